"""Redis servers, Sentinels and routers that share them, for the stories of redis*_test.py."""

import contextlib
import json
import os
import re
import signal
import subprocess
import uuid

import images
from processes import ask, connects, end, free_port, wait_for
from story import Story
from world import SERVICE, Router

PASSWORD, SENTINEL_PASSWORD, ADMIN = "router-1", "sentinel-1", "admin-1"
# All that a router needs (README.md names the same).
RIGHTS = ("~hr:* &hr:* -@all +auth +select +role +ping +getrange +set +unlink +scan +zadd "
          "+zrevrange +zremrangebyrank +expire +publish +subscribe")
# No stall of a loaded machine is a loss; HASTY is for stories of a Redis that hangs.
PATIENT, HASTY = {"REDIS_TIMEOUT": "10s"}, {"REDIS_TIMEOUT": "1s"}


class Redis:
    """redis-server, or with sentinel_of a Sentinel."""

    def __init__(self, directory, name, replica_of=None, sentinel_of=None, tls=None, more=()):
        self.port = free_port()
        directory.mkdir(exist_ok=True)
        self._tls = tls
        self._config = directory / f"{name}.conf"
        self._log = directory / f"{name}.log"
        lines = ["bind 127.0.0.1", "protected-mode no", f"dir {directory}", 'save ""',
                 f'logfile "{self._log}"']
        if tls:
            lines += ["port 0", f"tls-port {self.port}", "tls-auth-clients no",
                      f"tls-cert-file {tls}/redis.crt", f"tls-key-file {tls}/redis.key",
                      f"tls-ca-cert-file {tls}/ca.crt"]
        else:
            lines.append(f"port {self.port}")
        if sentinel_of:
            lines += [f"requirepass {SENTINEL_PASSWORD}",
                      f"sentinel sentinel-pass {SENTINEL_PASSWORD}",
                      f"sentinel monitor mymaster 127.0.0.1 {sentinel_of.port} 2",
                      f"sentinel auth-pass mymaster {ADMIN}",
                      "sentinel down-after-milliseconds mymaster 5000",
                      "sentinel failover-timeout mymaster 5000"]
        else:
            lines += [f"user default on >{ADMIN} ~* &* +@all",
                      f"user router on >{PASSWORD} {RIGHTS}",
                      f"masterauth {ADMIN}", "repl-diskless-sync-delay 0", *more]
        if replica_of:
            lines.append(f"replicaof 127.0.0.1 {replica_of.port}")
        self._command = ["redis-sentinel" if sentinel_of else "redis-server", self._config]
        self._config.write_text("\n".join(lines) + "\n")
        self._admin = SENTINEL_PASSWORD if sentinel_of else ADMIN
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_for(lambda: connects(self.port), self._config.name, self.process)

    def stop(self):
        self.process.send_signal(signal.SIGCONT)
        end(self.process)

    def hang(self):
        """Connections are taken, and nothing is answered until it goes on."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def tell(self, *words, standard_input=None):
        """One command, as redis-cli prints its answer."""
        tls = ["--tls", "--cacert", f"{self._tls}/ca.crt"] if self._tls else []
        done = subprocess.run(["redis-cli", "-h", "127.0.0.1", "-p", str(self.port), *tls, *words],
                              input=standard_input, capture_output=True, timeout=60,
                              env={**os.environ, "REDISCLI_AUTH": self._admin})
        return done.stdout.decode(errors="replace").strip()


class Deployment:
    """A primary with a replica, three Sentinels over them."""

    def __init__(self, directory, made):
        self._made = made
        self.primary = self._keep(Redis(directory, "primary"))
        self.replica = self._keep(Redis(directory, "replica", replica_of=self.primary))
        wait_for(lambda: "master_link_status:up" in self.replica.tell("info", "replication"),
                 "replication", self.replica.process)
        self.sentinels = [self._keep(Redis(directory, f"sentinel{i}", sentinel_of=self.primary))
                          for i in range(3)]
        for sentinel in self.sentinels:
            wait_for(lambda: re.search(r"slaves=1,sentinels=3",
                                       sentinel.tell("info", "sentinel")),
                     "the Sentinels to know each other", sentinel.process)

    def wait_for_failover(self):
        wait_for(lambda: "role:master" in self.replica.tell("info", "replication"),
                 "the failover", self.replica.process, within=120)

    def _keep(self, redis):
        self._made.callback(redis.stop)
        return redis

    @property
    def settings(self):
        return {"REDIS_SENTINELS": ",".join(f"127.0.0.1:{each.port}" for each in self.sentinels),
                "REDIS_USERNAME": "router", "REDIS_PASSWORD": PASSWORD,
                "REDIS_SENTINEL_PASSWORD": SENTINEL_PASSWORD, **PATIENT}


def single(redis, scheme="redis"):
    return {"REDIS_URL": f"{scheme}://127.0.0.1:{redis.port}", "REDIS_USERNAME": "router",
            "REDIS_PASSWORD": PASSWORD, **PATIENT}


def metric(router, name):
    _, _, text = ask(router.metrics_port, "GET", "/metrics")
    found = re.search(rf"^harbor_router_redis_{name} (\d+)$", text.decode(), re.MULTILINE)
    return int(found[1])


class Replicas(Story):
    """Stories of several routers."""

    def setUp(self):
        super().setUp()
        self.made = self.enterContext(contextlib.ExitStack())
        self.routers = []

    def enterContext(self, context):  # as unittest has it from Python 3.11 on
        entered = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return entered

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            for router in self.routers:
                print(router.log())

    def one_redis(self, *more):
        redis = Redis(self.directory, "redis", more=more)
        self.made.callback(redis.stop)
        return redis

    def router_of(self, name, settings):
        router = Router(self.world.router_program, self.directory, self.harbor, name,
                        **{**SERVICE, **settings})
        self.made.callback(router.stop)
        self.routers.append(router)
        return router

    def connected(self, router):
        wait_for(lambda: metric(router, "connected") == 1, "Redis", router.process)
        return router

    def pull(self, router, name, reference="1"):
        """A manifest by GET: (status, what the router says of its cache)."""
        status, headers, _ = ask(router.port, "GET", f"/v2/proxy/{name}/manifests/{reference}",
                                 {"Accept": images.USUAL_TYPES})
        return status, headers["X-Harbor-Router-Cache"]

    def assertHitWithoutFanOut(self, router, name, project, reference="1"):
        """Of this pull alone: what another router is still asking for it has another id."""
        pull = {"Accept": images.USUAL_TYPES, "X-Request-Id": uuid.uuid4().hex}
        status, headers, _ = ask(router.port, "GET", f"/v2/proxy/{name}/manifests/{reference}", pull)
        self.assertEqual((status, headers["X-Harbor-Router-Cache"]), (200, "hit"))
        asked = [each for each in self.harbor.asked()
                 if dict(each["headers"])["X-Request-Id"] == pull["X-Request-Id"]]
        self.assertEqual([(each["method"], each["project"]) for each in asked], [("GET", project)])

    def tagged(self, project, name, count):
        """So many tags of one image, none pulled yet."""
        manifest = self.world.has(project, name)
        tags = [f"t{number}" for number in range(count)]
        for tag in tags:
            self.registries[project].tag(name, manifest, tag)
        return tags

    def wait_for_value(self, redis, name, reference="1"):
        """Until Redis has the mapping (of the bare form's hint or none)."""
        wait_for(lambda: redis.tell("exists", f"hr:m:|{name}|{reference}") == "1",
                 f"{name}:{reference} in Redis", redis.process)

    def heat(self, redis, router, name):
        """Until it is among the mappings that a router starts with, which are written 5 s after
        this one's start and then each minute: make the image before."""
        for _ in range(2):
            self.assertEqual(self.pull(router, name)[0], 200)
        wait_for(lambda: redis.tell("zscore", "hr:hot", f"|{name}|1"), "the hot list",
                 router.process, within=120)

    def inspect(self, *words, **settings):
        """cache-inspect -o json, parsed."""
        said = subprocess.run([self.world.router_program, "cache-inspect", "-o", "json", *words],
                              env={**os.environ, **settings}, text=True, capture_output=True,
                              timeout=60, check=False)
        self.assertEqual(said.returncode, 0, said.stderr)
        return json.loads(said.stdout)

    def images_of(self, *words, **settings):
        return {each["image"]: each for each in self.inspect(*words, **settings)["entries"]}
