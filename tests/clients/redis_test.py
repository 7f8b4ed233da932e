"""Replicas of the router with one Redis: real servers, Sentinels and passwords."""

import concurrent.futures
import re
import threading

from authority import Authority
from processes import ask, run, wait_for
from replicas import ADMIN, PASSWORD, Deployment, Redis, Replicas, metric, single
from story import main


class SharedCache(Replicas):
    def test_what_one_learnt_is_a_hit_on_the_other(self):
        deployment = Deployment(self.directory, self.made)
        a = self.connected(self.router_of("a", deployment.settings))
        b = self.connected(self.router_of("b", deployment.settings))
        manifest = self.world.has("own", "shared/app")
        self.assertEqual(self.pull(a, "shared/app"), (200, "miss"))
        self.wait_for_value(deployment.primary, "shared/app")
        self.assertHitWithoutFanOut(b, "shared/app", "own")
        self.assertHitWithoutFanOut(b, "shared/app", "own", manifest.digest)
        # Absence too, in service mode.
        self.assertEqual(self.pull(a, "shared/app", "none")[0], 404)
        self.wait_for_value(deployment.primary, "shared/app", "none")
        self.assertEqual(self.pull(b, "shared/app", "none"), (404, "negative"))
        # No token or password was ever written.
        deployment.primary.tell("config", "set", "rdbcompression", "no")  # of dumps, too
        scheme, token = self.harbor.asked()[0]["authorization"].split(" ")
        values = deployment.primary.tell("--scan")
        for key in values.split():
            for secret in ("Robot-1", scheme, token[:8], PASSWORD):
                self.assertNotIn(secret, deployment.primary.tell("dump", key))

    def test_the_primary_killed_under_load(self):
        deployment = Deployment(self.directory, self.made)
        a = self.connected(self.router_of("a", deployment.settings))
        b = self.connected(self.router_of("b", deployment.settings))
        tags = self.tagged("own", "load/app", 300)
        self.assertEqual(self.pull(a, "load/app"), (200, "miss"))
        self.wait_for_value(deployment.primary, "load/app")
        self.assertHitWithoutFanOut(b, "load/app", "own")
        answers, ended = [], threading.Event()

        def load(router, mine):
            while mine or not ended.is_set():
                answers.append(self.pull(router, "load/app", mine.pop(0) if mine else "1")[0])
                answers.append(self.pull(router, "load/app")[0])
                ended.wait(0.1)  # a pace at which there is something to learn until the failover

        loads = [threading.Thread(target=load, args=(router, tags[at::4]))
                 for at, router in enumerate((a, b, a, b))]
        for each in loads:
            each.start()
        try:
            wait_for(lambda: len(answers) > 40, "load", a.process)
            deployment.primary.kill()
            deployment.wait_for_failover()
        finally:
            ended.set()
            for each in loads:
                each.join()
        self.assertEqual(set(answers), {200})
        self.assertEqual(self.pull(b, "load/app"), (200, "hit"))
        self.connected(a)
        self.connected(b)
        # What was learnt meanwhile, and what is learnt now, is at the new primary.
        for tag in tags[::50]:
            self.wait_for_value(deployment.replica, "load/app", tag)
        self.world.has("quay", "load/after")
        self.assertEqual(self.pull(a, "load/after"), (200, "miss"))
        self.wait_for_value(deployment.replica, "load/after")
        self.assertHitWithoutFanOut(b, "load/after", "quay")
        for router in (a, b):
            self.assertEqual(metric(router, "dropped_writes_total"), 0)

    def test_all_of_redis_stopped_and_started_again(self):
        redis = self.one_redis()
        a = self.connected(self.router_of("a", single(redis)))
        b = self.connected(self.router_of("b", single(redis)))
        self.world.has("own", "outage/before")
        self.world.has("own", "outage/during")
        self.assertEqual(self.pull(a, "outage/before"), (200, "miss"))
        redis.stop()
        wait_for(lambda: metric(a, "connected") == 0, "the loss", a.process)
        self.assertEqual(self.pull(a, "outage/before"), (200, "hit"))
        self.assertEqual(self.pull(a, "outage/during"), (200, "miss"))
        self.assertEqual(self.pull(a, "outage/during"), (200, "hit"))
        redis.start()
        self.connected(a)
        self.connected(b)
        self.wait_for_value(redis, "outage/during")
        self.assertHitWithoutFanOut(b, "outage/during", "own")
        a.stop()  # its log is whole then: lines are written a moment after what they tell
        self.assertEqual(a.log().count("Redis is away"), 1)
        self.assertEqual(a.log().count("Redis is connected"), 2)

    def test_tls_with_a_private_ca(self):
        place = self.directory
        Authority(place).certify("redis", "IP:127.0.0.1")
        redis = Redis(self.directory, "redis", tls=place)
        self.made.callback(redis.stop)
        trusting = {**single(redis, "rediss"), "REDIS_CA_FILE": str(place / "ca.crt")}
        a = self.connected(self.router_of("a", trusting))
        b = self.connected(self.router_of("b", trusting))
        self.world.has("own", "secret/app")
        self.assertEqual(self.pull(a, "secret/app"), (200, "miss"))
        self.wait_for_value(redis, "secret/app")
        self.assertHitWithoutFanOut(b, "secret/app", "own")
        doubting = self.router_of("doubting", single(redis, "rediss"))
        wait_for(lambda: re.search("Redis is away.*certificate", doubting.log()), "the doubt",
                 doubting.process)
        self.assertEqual(self.pull(doubting, "secret/app")[0], 200)

    def test_a_wrong_password_is_said_clearly(self):
        deployment = Deployment(self.directory, self.made)
        self.world.has("own", "wrong/app")
        for name, setting in (("wrong", "REDIS_PASSWORD"),
                              ("sentinel", "REDIS_SENTINEL_PASSWORD")):
            router = self.router_of(name, {**deployment.settings, setting: "wrong-1"})
            wait_for(lambda: re.search(f"Redis is not used.*refuses {setting}.*WRONGPASS",
                                       router.log()), setting, router.process)
            self.assertEqual(self.pull(router, "wrong/app")[0], 200)
            self.assertNotIn("wrong-1", router.log())

    def test_a_rotated_password_needs_no_restart(self):
        redis = self.one_redis()
        password = self.directory / "redis_password"
        password.write_text(PASSWORD + "\n")
        router = self.connected(self.router_of(
            "a", {**single(redis), "REDIS_PASSWORD": "", "REDIS_PASSWORD_FILE": str(password)}))
        redis.tell("acl", "setuser", "router", "resetpass", ">router-2")
        redis.tell("client", "kill", "user", "router")
        wait_for(lambda: "Redis is not used" in router.log(), "the refusal", router.process)
        password.write_text("router-2\n")
        self.connected(router)

    def test_started_with_harbor_down(self):
        redis = self.one_redis()
        self.world.has("own", "cold/app")
        a = self.connected(self.router_of("a", single(redis)))
        self.heat(redis, a, "cold/app")
        self.harbor.stop()
        self.addCleanup(lambda: self.harbor.process.poll() is None or self.harbor.start())
        b = self.router_of("b", single(redis))  # returns when it is ready
        wait_for(lambda: "projects known before discovery from=Redis" in b.log(), "the projects",
                 b.process)
        wait_for(lambda: "warm from Redis mappings=" in b.log(), "the mappings", b.process)
        self.harbor.start()
        self.assertEqual(self.pull(b, "cold/app"), (200, "hit"))
        self.assertEqual(self.harbor.projects_asked(), {"own"})
        self.assertFalse(self.harbor.asked(method="HEAD"))

    def test_poisoned_values_change_nothing_but_a_counter(self):
        redis = self.one_redis()
        # So that nobody writes the true list over the poisoned one.
        settings = {**single(redis), "DISCOVERY_INTERVAL": "1h"}
        a = self.connected(self.router_of("a", settings))
        tags = self.tagged("own", "poison/app", 12)
        self.assertEqual(self.pull(a, "poison/app"), (200, "miss"))
        self.wait_for_value(redis, "poison/app")
        dump = run("redis-cli", "-p", str(redis.port), "--no-auth-warning", "-a", ADMIN, "get",
                   "hr:m:|poison/app|1")[:-1]  # the line feed is redis-cli's

        def value_for(tag, change=lambda value: value):
            return change(dump.replace(b"\x011\x03own", bytes([len(tag)]) + tag.encode() +
                                       b"\x03own"))

        poisons = [lambda v: v.replace(b"\x03own", b"\x03foo"),            # unknown project
                   lambda v: v.replace(b"poison/app", b"../../etc/"),      # traversal, same length
                   lambda v: v.replace(b"\x03own", b"\x06../own"),
                   lambda v: b"x" * 1_000_000,                             # 1 MB
                   lambda v: bytes(range(256)),                            # binary
                   lambda v: v[:-1],
                   lambda v: b"\x09" + v[1:],                              # another version
                   lambda v: b'{"project":"own"}']
        ignored = metric(a, "ignored_values_total")
        for tag, poison in zip(tags, poisons):
            redis.tell("-x", "set", f"hr:m:|poison/app|{tag}",
                       standard_input=value_for(tag, poison))
            self.assertEqual(self.pull(a, "poison/app", tag), (200, "miss"), tag)
        self.assertEqual(metric(a, "ignored_values_total"), ignored + len(poisons))
        # A value that is right is believed: the poisons above were not refused for their writer.
        redis.tell("-x", "set", "hr:m:|poison/app|t10", standard_input=value_for("t10"))
        self.assertEqual(self.pull(a, "poison/app", "t10"), (200, "hit"))
        # Wrong types, also where the router starts from.
        redis.tell("rpush", "hr:m:|poison/app|t11", "x")
        self.assertEqual(self.pull(a, "poison/app", "t11"), (200, "miss"))
        self.assertEqual(metric(a, "ignored_values_total"), ignored + len(poisons) + 1)
        for key in ("hr:projects", "hr:hot"):
            redis.tell("del", key)
            redis.tell("rpush", key, "x")
        b = self.connected(self.router_of("b", settings))
        self.assertEqual(self.pull(b, "poison/app")[0], 200)
        redis.tell("del", "hr:projects")
        redis.tell("set", "hr:projects", '{"version":1,"discovered":1,"projects":[{"name":"../x",'
                   '"id":1,"public":true,"registry":{"id":1}}]}')
        # With Harbor away nothing else tells the router the projects.
        self.harbor.stop()
        self.addCleanup(lambda: self.harbor.process.poll() is None or self.harbor.start())
        log = self.directory / "c.log"
        with concurrent.futures.ThreadPoolExecutor(1) as beside:
            ready = beside.submit(self.router_of, "c", settings)
            try:
                wait_for(lambda: log.exists() and "a list of projects is not used" in
                         log.read_text(errors="replace"), "the refusal", redis.process)
            finally:
                self.harbor.start()
            c = ready.result()
        self.assertEqual(self.pull(c, "poison/app")[0], 200)

    def test_a_purge_reaches_every_replica(self):
        redis = self.one_redis()
        a = self.connected(self.router_of("a", single(redis)))
        b = self.connected(self.router_of("b", single(redis)))
        self.world.has("own", "purge/app")
        self.world.has("own", "stay/app")
        for router in (a, b):
            self.pull(router, "purge/app")
            self.pull(router, "stay/app")
        self.assertEqual(self.pull(b, "purge/app"), (200, "hit"))
        for key in redis.tell("--scan", "--pattern", "hr:m:*purge/app*").split():
            redis.tell("unlink", key)
        wait_for(lambda: redis.tell("publish", "hr:purge", "1 purge/*") == "2", "two listeners",
                 redis.process)
        for router in (a, b):
            wait_for(lambda: "purged, as a replica asks" in router.log(), "purge", router.process)
        self.assertEqual(self.pull(b, "purge/app"), (200, "miss"))
        self.assertEqual(self.pull(b, "stay/app"), (200, "hit"))

    def test_a_purge_reaches_the_manifests_kept_by_every_replica(self):
        redis = self.one_redis()
        settings = {**single(redis), "MANIFEST_CACHE_SIZE": "16MiB", "MANIFEST_CACHE_TTL": "1h"}
        a = self.connected(self.router_of("a", settings))
        b = self.connected(self.router_of("b", settings))
        self.world.has("own", "purge/app")
        for router in (a, b):
            self.pull(router, "purge/app")
            self.assertEqual(self.pull(router, "purge/app"), (200, "manifest_hit"))
        self.wait_for_value(redis, "purge/app")
        # What is kept is each process's own.
        for key in redis.tell("--scan", "--pattern", "hr:m:*").split():
            self.assertNotIn("schemaVersion", redis.tell("get", key))
        self.inspect("--redis", "--purge", "--yes", "purge/app", **single(redis))
        for router in (a, b):
            wait_for(lambda: "purged, as a replica asks" in router.log(), "purge", router.process)
            _, _, metrics = ask(router.metrics_port, "GET", "/metrics")
            self.assertIn(b"\nharbor_router_manifest_cache_entries 0\n", metrics)
        self.harbor.forget_requests()
        self.assertEqual(self.pull(b, "purge/app")[0], 200)
        self.assertTrue(self.harbor.asked(method="GET"))

    def test_cache_inspect_reads_and_purges_redis(self):
        redis = self.one_redis()
        a = self.connected(self.router_of("a", {**single(redis), "ADMIN_TOKEN": "let-me-in"}))
        b = self.connected(self.router_of("b", single(redis)))
        for name in ("seen/app", "gone/app", "told/app"):
            self.world.has("own", name)
            self.assertEqual(self.pull(a, name), (200, "miss"))
            self.wait_for_value(redis, name)
            self.assertEqual(self.pull(b, name), (200, "hit"))
        images_there = self.images_of("--redis", **single(redis))
        entry = images_there["seen/app:1"]
        self.assertEqual((entry["project"], entry["state"], entry["hits"]), ("own", "fresh", None))
        self.assertEqual(set(self.images_of("--redis", "gone/*", **single(redis))),
                         {each for each in images_there if each.startswith("gone/app")})
        redis.tell("set", "hr:m:|seen/app|poison", "no record")
        self.assertEqual(self.inspect("--redis", **single(redis))["stats"]["ignored_values"], 1)
        # What cannot be read is shown, as a purge removes it too.
        poison = self.images_of("--redis", "seen/app:poison", **single(redis))["seen/app:poison"]
        self.assertEqual(poison["state"], "unreadable")

        removed = self.inspect("--redis", "--purge", "--yes", "gone/app", **single(redis))
        self.assertEqual(removed["removed"], sum(each.startswith("gone/app")
                                                 for each in images_there))
        for router in (a, b):
            wait_for(lambda: "purged, as a replica asks" in router.log(), "purge", router.process)
        self.assertEqual(self.pull(b, "gone/app"), (200, "miss"))

        status, _, _ = ask(a.metrics_port, "DELETE", "/debug/cache?image=told/app",
                           {"Authorization": "Bearer let-me-in"})
        self.assertEqual(status, 200)
        wait_for(lambda: b.log().count("purged, as a replica asks") == 2, "purge", b.process)
        self.assertEqual(self.images_of("--redis", "told/*", **single(redis)), {})
        self.assertEqual(self.pull(b, "told/app"), (200, "miss"))
        self.assertEqual(self.pull(b, "seen/app"), (200, "hit"))

        # Without a pattern everything goes, on the replicas too.
        self.inspect("--redis", "--purge", "--yes", **single(redis))
        wait_for(lambda: b.log().count("purged, as a replica asks") == 3, "purge", b.process)
        self.assertEqual(self.pull(b, "seen/app"), (200, "miss"))

        redis.tell("set", "hr:m:|seen/app|poison", "no record")
        self.assertEqual(self.inspect("--redis", "--purge", "--yes", "seen/app:poison",
                                      **single(redis))["removed"], 1)

    def test_a_restart_with_a_snapshot_and_no_redis(self):
        snapshot = self.directory / "mappings"
        settings = {"CACHE_SNAPSHOT_FILE": str(snapshot)}
        a = self.router_of("a", settings)
        self.world.has("own", "kept/app")
        self.assertEqual(self.pull(a, "kept/app"), (200, "miss"))
        a.restart()
        self.assertHitWithoutFanOut(a, "kept/app", "own")
        a.stop()
        entry = self.images_of("--snapshot", snapshot)["kept/app:1"]
        self.assertEqual((entry["project"], entry["state"]), ("own", "fresh"))
        snapshot.write_bytes(snapshot.read_bytes()[:-40])
        a.start()
        wait_for(lambda: "the snapshot is not used" in a.log(), "the refusal", a.process)
        self.assertEqual(self.pull(a, "kept/app"), (200, "miss"))


if __name__ == "__main__":
    main("redis-server", "redis-sentinel", "redis-cli", "openssl")
