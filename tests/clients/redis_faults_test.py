"""Replicas whose Redis hangs, loads, is poisoned or refuses: purges hold, starts are warm."""

import contextlib
import re

from processes import ask, run, wait_for
from replicas import ADMIN, HASTY, PASSWORD, RIGHTS, Deployment, Redis, Replicas, metric, single
from story import main

ADMIN_TOKEN = {"ADMIN_TOKEN": "let-me-in"}


class RedisFaults(Replicas):
    def purge(self, router, pattern):
        """By DELETE; what the router says of it."""
        status, _, body = ask(router.metrics_port, "DELETE", f"/debug/cache?image={pattern}",
                              {"Authorization": "Bearer let-me-in"})
        self.assertEqual(status, 200)
        return body.decode()

    def value_of(self, redis, name):
        return run("redis-cli", "-p", str(redis.port), "--no-auth-warning", "-a", ADMIN, "get",
                   f"hr:m:|{name}|1")[:-1]  # the line feed is redis-cli's

    def wait_for_log(self, router, words):
        wait_for(lambda: re.search(words, router.log()), words, router.process)

    @contextlib.contextmanager
    def harbor_away(self):
        self.harbor.stop()
        try:
            yield
        finally:
            self.harbor.start()

    def test_a_hot_mapping_to_a_project_that_is_none_of_its_names_is_not_believed(self):
        redis = self.one_redis()
        a = self.connected(self.router_of("a", single(redis)))
        self.world.has("own", "hot/app")
        self.pull(a, "hot/app")
        self.wait_for_value(redis, "hot/app")
        # docker.io is mirrored by another project, which alone may have its images.
        poison = self.value_of(redis, "hot/app").replace(b"\0\x07hot/app",
                                                         b"\x09docker.io\x07hot/app")
        redis.tell("-x", "set", "hr:m:docker.io|hot/app|1", standard_input=poison)
        redis.tell("zadd", "hr:hot", "9999999999", "docker.io|hot/app|1")
        b = self.connected(self.router_of("b", single(redis)))
        self.wait_for_log(b, "warm from Redis mappings=")
        self.assertEqual(metric(b, "ignored_values_total"), 1)
        status, headers, _ = ask(b.port, "GET", "/v2/proxy/hot/app/manifests/1?ns=docker.io")
        self.assertEqual((status, headers["X-Harbor-Router-Cache"]), (404, "miss"))

    def test_a_purge_of_everything_is_heard_whatever_it_is_written_as(self):
        redis = self.one_redis()
        a = self.connected(self.router_of("a", {**single(redis), **ADMIN_TOKEN}))
        b = self.connected(self.router_of("b", single(redis)))
        self.world.has("own", "every/app")
        purges = [lambda: self.purge(a, "*"),
                  lambda: self.purge(a, "every/app" + "*" * 1015),
                  lambda: redis.tell("flushdb") and redis.tell("publish", "hr:purge", "1 ")]
        for purge in purges:
            for router in (a, b):
                self.pull(router, "every/app")
            self.assertEqual(self.pull(b, "every/app"), (200, "hit"))
            before = b.log().count("purged, as a replica asks")
            purge()
            wait_for(lambda: b.log().count("purged, as a replica asks") > before, "purge",
                     b.process)
            self.assertEqual(self.pull(b, "every/app"), (200, "miss"))

    def test_big_values_are_counted_and_purged_and_cut_no_connection(self):
        redis = self.one_redis()
        self.world.has("own", "big/app")
        a = self.connected(self.router_of("a", single(redis)))
        self.heat(redis, a, "big/app")
        self.wait_for_value(redis, "big/app")
        self.tagged("own", "big/app", 2)
        redis.tell("eval", """for i = 0, 39 do
            redis.call('set', 'hr:m:|big/app|t' .. i, string.rep('x', 1000000))
            redis.call('zadd', 'hr:hot', 9999999999, '|big/app|t' .. i) end
            redis.call('set', 'hr:m:|big/app|t0', string.rep('x', 40000000))""", "0")
        seen = self.inspect("--redis", **single(redis))
        self.assertEqual(seen["stats"]["ignored_values"], 40)
        self.assertIn("big/app:1", {each["image"] for each in seen["entries"]})
        for tag in ("t0", "t1"):
            self.assertEqual(self.pull(a, "big/app", tag), (200, "miss"))
        self.assertEqual(metric(a, "ignored_values_total"), 2)
        b = self.connected(self.router_of("b", single(redis)))
        self.wait_for_log(b, "warm from Redis mappings=")
        self.assertEqual(self.pull(b, "big/app"), (200, "hit"))
        self.inspect("--redis", "--purge", "--yes", "big/*", **single(redis))
        self.assertEqual(redis.tell("--scan", "--pattern", "hr:m:*big/app*"), "")
        self.wait_for_log(b, "purged, as a replica asks")
        for router in (a, b):
            self.assertNotIn("Redis is away", router.log())

    def test_a_list_of_hot_mappings_longer_than_any_is_given_up(self):
        redis = self.one_redis()
        redis.tell("eval", """for i = 0, 39 do redis.call('zadd', 'hr:hot', i,
            string.rep('x', 1000000) .. i) end""", "0")
        router = self.router_of("a", {**single(redis), "REDIS_TIMEOUT": "10s"})
        wait_for(lambda: metric(router, "ignored_values_total") == 1, "the refusal",
                 router.process)
        self.connected(router)
        router.stop()
        self.assertEqual(router.log().count("Redis is away"), 1)

    def test_a_start_is_warm_once_redis_has_loaded(self):
        redis = self.one_redis("save 3600 1000000", "key-load-delay 2000", "rdbcompression no",
                               "loading-process-events-interval-bytes 1024")
        self.world.has("own", "load/ing")
        a = self.connected(self.router_of("a", single(redis)))
        self.heat(redis, a, "load/ing")
        # Ten seconds, in which it answers after each few keys.
        redis.tell("eval", "for i = 1, 5000 do redis.call('set', 'x' .. i, string.rep('x', 500)) "
                   "end", "0")
        self.assertEqual(redis.tell("save"), "OK")
        redis.stop()
        with self.harbor_away():
            redis.start()
            b = self.router_of("b", single(redis))  # returns when it is ready
            self.wait_for_log(b, "Redis is away.*LOADING")
            self.connected(b)
            self.wait_for_log(b, "warm from Redis mappings=[1-9]")
        self.assertNotIn("Redis is connected", b.log().partition("LOADING")[0])
        self.assertEqual(self.pull(b, "load/ing"), (200, "hit"))

    def test_a_start_is_warm_also_where_redis_has_no_list_of_projects(self):
        redis = self.one_redis()
        settings = {**single(redis), "DISCOVERY_INTERVAL": "1h"}
        self.world.has("own", "list/app")
        a = self.connected(self.router_of("a", settings))
        self.heat(redis, a, "list/app")
        for at, change in enumerate((["del", "hr:projects"], ["set", "hr:projects", "x"])):
            redis.tell(*change)
            b = self.router_of(f"b{at}", settings)
            self.wait_for_log(b, "warm from Redis mappings=[1-9]")
            self.assertHitWithoutFanOut(b, "list/app", "own")

    def test_the_newer_list_of_projects_is_the_one_in_use(self):
        redis = self.one_redis()
        snapshot = self.directory / "mappings"
        before = self.router_of("before", {"CACHE_SNAPSHOT_FILE": str(snapshot)})
        before.stop()
        # As a discovery since would have it: another name, and what is mapped to it.
        self.world.has("own", "newer/app")
        a = self.connected(self.router_of("a", single(redis)))
        self.heat(redis, a, "newer/app")
        a.stop()
        lists = redis.tell("get", "hr:projects")
        redis.tell("-x", "set", "hr:projects",
                   standard_input=lists.replace('"name":"own"', '"name":"new"', 1).encode())
        value = self.value_of(redis, "newer/app").replace(b"\x03own", b"\x03new")
        redis.tell("-x", "set", "hr:m:|newer/app|1", standard_input=value)
        with self.harbor_away():
            b = self.router_of("b", {**single(redis), "CACHE_SNAPSHOT_FILE": str(snapshot)})
            self.wait_for_log(b, "projects known before discovery from=snapshot")
            self.wait_for_log(b, "projects known before discovery from=Redis")
            self.wait_for_log(b, "warm from Redis mappings=[1-9]")

    def test_purges_are_heard_after_a_failover_from_a_primary_that_hangs(self):
        deployment = Deployment(self.directory, self.made)
        settings = {**deployment.settings, **HASTY}
        a = self.connected(self.router_of("a", {**settings, **ADMIN_TOKEN}))
        b = self.connected(self.router_of("b", settings))
        listening = deployment.primary
        wait_for(lambda: listening.tell("pubsub", "numsub", "hr:purge").endswith("2"),
                 "two listeners", a.process)
        deployment.primary.hang()
        deployment.wait_for_failover()
        wait_for(lambda: deployment.replica.tell("pubsub", "numsub", "hr:purge").endswith("2"),
                 "two listeners", a.process)
        self.world.has("own", "over/app")
        for router in (a, b):
            self.pull(router, "over/app")
        self.purge(a, "over/*")
        self.wait_for_log(b, "purged, as a replica asks")
        self.assertEqual(self.pull(b, "over/app"), (200, "miss"))

    def test_a_purge_while_redis_hangs_holds(self):
        redis = self.one_redis()
        a = self.connected(self.router_of("a", {**single(redis), **ADMIN_TOKEN, **HASTY}))
        b = self.connected(self.router_of("b", single(redis)))
        for name in ("hung/before", "hung/too", "hung/meanwhile"):
            self.world.has("own", name)
        for name in ("hung/before", "hung/too"):
            self.pull(a, name)
            self.wait_for_value(redis, name)
            self.assertEqual(self.pull(b, name), (200, "hit"))
        redis.hang()
        self.pull(a, "hung/meanwhile")  # which waits to be written
        wait_for(lambda: metric(a, "connected") == 0, "the loss", a.process)
        self.assertIn('"redis":"away"', self.purge(a, "hung/*"))
        self.wait_for_log(a, "not purged from Redis yet")
        redis.go_on()
        # Whether Redis is purged by now or not. (What a pulls now may be in Redis again.)
        self.assertEqual(self.pull(a, "hung/too"), (200, "miss"))
        self.wait_for_log(a, 'purged from Redis pattern="?hung')
        self.wait_for_log(b, "purged, as a replica asks")
        self.connected(a)
        self.assertEqual(redis.tell("exists", "hr:m:|hung/meanwhile|1", "hr:m:|hung/before|1"), "0")
        self.assertEqual(self.pull(b, "hung/before"), (200, "miss"))

    def test_a_redis_whose_memory_is_full_is_told_of_once_and_when_it_is_over(self):
        redis = self.one_redis("maxmemory-policy noeviction")
        a = self.connected(self.router_of("a", {**single(redis), "THREADS": "1"}))
        redis.tell("config", "set", "maxmemory", "1")
        for number in range(3):
            self.world.has("own", f"full/app{number}")
            self.assertEqual(self.pull(a, f"full/app{number}"), (200, "miss"))
        self.wait_for_log(a, "Redis takes no mappings.*OOM")
        redis.tell("config", "set", "maxmemory", "0")
        self.world.has("own", "full/again")
        self.pull(a, "full/again")
        self.wait_for_log(a, "Redis takes mappings again")
        self.assertEqual(a.log().count("Redis takes no mappings"), 1)

    def test_a_hot_list_too_big_to_be_read_is_given_up(self):
        redis = self.one_redis()
        for number in range(60):
            redis.tell("-x", "zadd", "hr:hot", str(number), standard_input=b"%d" % number * 500_000)
        a = self.connected(self.router_of("a", single(redis)))
        wait_for(lambda: metric(a, "ignored_values_total") >= 1, "giving it up", a.process)
        self.world.has("own", "big/app")
        self.pull(a, "big/app")
        self.wait_for_value(redis, "big/app")

    def test_an_absence_that_waited_for_redis_takes_no_mappings_place(self):
        redis = self.one_redis()
        b = self.connected(self.router_of("b", single(redis)))
        a = self.connected(self.router_of("a", {**single(redis), **HASTY, "THREADS": "1"}))
        self.world.has("own", "late/app")
        self.pull(b, "late/app")
        self.wait_for_value(redis, "late/app")
        mapping = self.value_of(redis, "late/app")
        redis.hang()
        with self.harbor.fault("own", "status", status=404):
            self.assertEqual(self.pull(a, "late/app"), (404, "miss"))
        self.assertEqual(self.pull(a, "late/none"), (404, "miss"))
        redis.go_on()
        self.wait_for_value(redis, "late/none")  # which was queued behind the other
        self.assertEqual(self.value_of(redis, "late/app"), mapping)
        c = self.connected(self.router_of("c", single(redis)))
        self.assertEqual(self.pull(c, "late/app"), (200, "hit"))

    def test_a_hung_redis_does_not_hold_the_end_of_the_process(self):
        redis = self.one_redis()
        snapshot = self.directory / "mappings"
        a = self.connected(self.router_of(
            "a", {**single(redis), **HASTY, **ADMIN_TOKEN, "CACHE_SNAPSHOT_FILE": str(snapshot)}))
        self.world.has("own", "end/app")
        self.pull(a, "end/app")
        redis.hang()
        for number in range(30):
            self.purge(a, f"other{number}")
        a.stop()
        self.assertIn("end/app:1", self.images_of("--snapshot", str(snapshot)))
        self.assertLessEqual(a.log().count("not purged from Redis"), 1)

    def test_a_purge_outlasts_a_process_that_is_killed(self):
        snapshot = self.directory / "mappings"
        a = self.router_of("a", {**ADMIN_TOKEN, "CACHE_SNAPSHOT_FILE": str(snapshot)})
        self.world.has("own", "gone/app")
        self.pull(a, "gone/app")
        a.restart()
        self.assertEqual(self.pull(a, "gone/app"), (200, "hit"))
        self.purge(a, "gone/app")
        wait_for(lambda: not self.images_of("--snapshot", str(snapshot)), "the snapshot without it",
                 a.process)
        a.process.kill()
        a.process.wait()
        a.start()
        self.assertEqual(self.pull(a, "gone/app"), (200, "miss"))

    def test_a_user_without_a_password(self):
        redis = self.one_redis(f"user open on nopass {RIGHTS}")
        settings = {"REDIS_URL": f"redis://127.0.0.1:{redis.port}"}
        self.connected(self.router_of("a", {**settings, "REDIS_USERNAME": "open"}))
        nobody = self.router_of("nobody", {**settings, "REDIS_USERNAME": "nobody"})
        self.wait_for_log(nobody, "Redis is not used.*REDIS_USERNAME.*WRONGPASS")

    def test_a_replica_by_its_url_is_refused_once(self):
        primary = self.one_redis()
        replica = Redis(self.directory, "replica", replica_of=primary)
        self.made.callback(replica.stop)
        wait_for(lambda: "master_link_status:up" in replica.tell("info", "replication"),
                 "replication", replica.process)
        router = self.router_of("a", single(replica))
        self.wait_for_log(router, "Redis is not used.*is a replica")
        replica.tell("replicaof", "no", "one")
        self.connected(router)
        router.stop()
        self.assertEqual(router.log().count("is a replica"), 1)
        self.assertEqual(router.log().count("Redis is connected"), 1)

    def test_rights_that_are_missing_are_said_once(self):
        lacking = RIGHTS.replace("&hr:*", "resetchannels").replace("+getrange ", "")
        redis = self.one_redis(f"user lacking on >{PASSWORD} {lacking}")
        router = self.connected(self.router_of(
            "a", {**single(redis), "REDIS_USERNAME": "lacking"}))
        self.world.has("own", "right/app")
        self.assertEqual(self.pull(router, "right/app"), (200, "miss"))
        self.assertEqual(self.pull(router, "right/other")[0], 404)
        self.wait_for_log(router, "does not give the rights.*getrange")
        self.wait_for_log(router, "does not give the rights.*SUBSCRIBE.*channel")
        self.assertEqual(metric(router, "ignored_values_total"), 0)
        router.stop()
        self.assertEqual(router.log().count("does not give the rights"), 2)


if __name__ == "__main__":
    main("redis-server", "redis-sentinel", "redis-cli", "openssl")
