"""A deployment: three docker-registries with filesystem storage, the stand-in Harbor with a proxy
project in front of each, and the router in front of that. All on 127.0.0.1.

    project  stands for                    so a client's ns= is
    hub      https://hub.docker.com        docker.io
    quay     https://quay.io               quay.io
    own      https://registry.example.com  registry.example.com

In service mode (SERVICE) everything is everybody's. In passthrough mode (PASSTHROUGH) "own" is
private and alice alone is its member; bob has an account and nothing more. There, too, "team" is an
ordinary project of Harbor's, no proxy, and alice's as well."""

import base64
import contextlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import urllib.parse
import uuid

import images
from processes import ask, connects, end, free_port, run, wait_for

PROJECTS = {"hub": ("docker-hub", "https://hub.docker.com"),
            "quay": ("quay", "https://quay.io"),
            "own": ("docker-registry", "https://registry.example.com")}
ROBOT, SECRET = "robot$router", "Robot-1"
PASSWORDS = {"alice": "Alice-1", "bob": "Bob-1"}
SERVICE = {"AUTH_MODE": "service", "ROOT_REGISTRY": "docker.io"}
PASSTHROUGH = {"AUTH_MODE": "passthrough", "LOG_LEVEL": "debug"}


def basic(name, password):
    """The credentials of an Authorization: Basic field."""
    return base64.b64encode(f"{name}:{password}".encode()).decode()


class Registry:
    """Debian's docker-registry."""

    def __init__(self, directory):
        self.port = free_port()
        self._directory = directory
        directory.mkdir()
        config = directory / "config.json"  # JSON is YAML
        config.write_text(json.dumps({
            "version": "0.1", "log": {"level": "error"},
            "storage": {"filesystem": {"rootdirectory": str(directory / "content")},
                        "delete": {"enabled": True}},
            "http": {"addr": f"127.0.0.1:{self.port}"}}))
        with open(directory / "log", "wb") as log:
            # Of its own environment: REGISTRY_AUTH_FILE would be a setting of its "auth".
            self.process = subprocess.Popen(["docker-registry", "serve", config], stdout=log,
                                            stderr=log, env={"PATH": os.environ["PATH"]})
        wait_for(lambda: connects(self.port), "docker-registry", self.process)

    def push(self, layout, tag, repository, *options):
        """Puts an image of a layout there under the same tag; returns its manifest."""
        run("skopeo", "copy", "--all", "--dest-tls-verify=false", *options, f"oci:{layout}:{tag}",
            f"docker://127.0.0.1:{self.port}/{repository}:{tag}")
        return images.stored(self.port, repository, tag)

    def tag(self, repository, manifest, tag):
        kind = manifest.parsed.get("mediaType", images.OCI_MANIFEST)
        status, _, body = ask(self.port, "PUT", f"/v2/{repository}/manifests/{tag}",
                              {"Content-Type": kind}, manifest.content)
        assert status == 201, body

    def remove(self, repository, manifest):
        status, _, body = ask(self.port, "DELETE", f"/v2/{repository}/manifests/{manifest.digest}")
        assert status == 202, body


class Harbor:
    """The stand-in, driven as src/stub/control.hpp says."""

    def __init__(self, program, directory, registries, has_people):
        self.port = free_port()
        accounts = [{"name": ROBOT, "password": SECRET, "kind": "robot", "projects": ["*"],
                     "system_permissions": ["project:list", "registry:list", "registry:read"]}]
        projects = [{"name": name, "backend": registries[name].port,
                     "registry": {"name": name, "type": kind, "url": url}}
                    for name, (kind, url) in PROJECTS.items()]
        if has_people:
            mine = {"alice": ["own", "team"], "bob": []}
            accounts += [{"name": name, "password": password, "projects": mine[name]}
                         for name, password in PASSWORDS.items()]
            projects[-1]["public"] = False
            projects.append({"name": "team", "public": False, "backend": registries["own"].port})
        self._command = [program, "--config", directory / "harbor.json"]
        self._command[-1].write_text(json.dumps(
            {"port": self.port, "accounts": accounts, "projects": projects}))
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_for(lambda: connects(self.port), "the stand-in Harbor", self.process)

    def stop(self):
        end(self.process)

    def _control(self, method, what, body=None):
        status, _, answer = ask(self.port, method, f"/_stand-in/{what}", {},
                                None if body is None else json.dumps(body).encode())
        assert status == 200, answer
        return json.loads(answer)

    def asked(self, **which):
        """What it was asked for about images; narrowed by method, project and endpoint."""
        return [each for each in self._control("GET", "requests?" + urllib.parse.urlencode(which))
                if each["endpoint"] in ("manifests", "blobs", "tags", "referrers")]

    def logins(self):
        """The requests for tokens, but for the router's own."""
        return [each for each in self._control("GET", "requests?endpoint=token")
                if each["authorization"] != f"Basic {basic(ROBOT, SECRET)}"]

    def projects_asked(self, **which):
        return {each["project"] for each in self.asked(**which)}

    def forget_requests(self):
        self._control("DELETE", "requests")

    @contextlib.contextmanager
    def fault(self, project, kind, **more):
        self._control("POST", "faults", {"project": project, "kind": kind, **more})
        try:
            yield
        finally:
            self._control("DELETE", f"faults?project={project}")


class Router:
    def __init__(self, program, directory, harbor, name="router", **settings):
        self._command = [program, "serve"]
        self._log = directory / f"{name}.log"
        self._environment = {
            **os.environ, "HARBOR_URL": f"http://127.0.0.1:{harbor.port}",
            "HARBOR_USERNAME": ROBOT, "HARBOR_PASSWORD": SECRET,
            "LISTEN_ADDR": "127.0.0.1:0", "METRICS_ADDR": "127.0.0.1:0", "THREADS": "2", **settings}
        self.port = self.metrics_port = None
        self.process = None
        self.start()

    def start(self):
        with open(self._log, "wb") as log:
            self.process = subprocess.Popen(self._command, env=self._environment, stderr=log,
                                            stdout=subprocess.DEVNULL)
        listening = wait_for(lambda: re.search(r"listening port=(\d+) metrics_port=(\d+)\n",
                                               self.log()), "the router's port", self.process)
        self.port, self.metrics_port = int(listening[1]), int(listening[2])
        self.wait_until_ready()

    def wait_until_ready(self):
        wait_for(lambda: ask(self.port, "GET", "/readyz")[0] == 200, "/readyz", self.process)

    def stop(self):
        code = end(self.process)
        assert code == 0, f"the router ended with {code} on SIGTERM:\n{self.log()}"

    def restart(self):
        """Another process, at another port, with nothing remembered."""
        self.stop()
        self.start()

    def log(self):
        """What is written so far. Lines come a moment after what they tell."""
        return self._log.read_text(errors="replace")

    def log_to_here(self):
        """Once a request asked now stands in it."""
        mark = uuid.uuid4().hex
        ask(self.port, "GET", "/readyz", {"X-Request-Id": mark})
        wait_for(lambda: mark in self.log(), "the log", self.process)
        return self.log()


class World:
    """Enter it to have it. The temporary directory and all processes go with it."""

    def __init__(self, router, stand_in_harbor, settings):
        self._programs = (router, stand_in_harbor)
        self._settings = settings
        self._made = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as made:
            temporary = made.enter_context(tempfile.TemporaryDirectory(prefix="clients"))
            self.directory = pathlib.Path(temporary)
            # No credentials of whoever runs the tests, and none of theirs changed.
            authentication = self.directory / "auth.json"
            authentication.write_text("{}")
            os.environ["REGISTRY_AUTH_FILE"] = str(authentication)
            self.registries = {}
            for name in PROJECTS:
                self.registries[name] = Registry(self.directory / name)
                made.callback(end, self.registries[name].process)
            self.harbor = Harbor(self._programs[1], self.directory, self.registries,
                                 self._settings["AUTH_MODE"] == "passthrough")
            made.callback(self.harbor.stop)
            self.router = Router(self._programs[0], self.directory, self.harbor, **self._settings)
            made.callback(self.router.stop)
            self._made = made.pop_all()
        return self

    def __exit__(self, *exception):
        return self._made.__exit__(*exception)

    @property
    def router_program(self):
        return self._programs[0]

    def layout(self, project, repository, tag="1"):
        """Where the image that has() made was before it was pushed."""
        return images.Layout(
            self.directory / f"{project}-{repository.replace('/', '-')}-{tag}-layout")

    def has(self, project, repository, *options, tag="1", **form):
        """An image of its own in a project; returns its manifest."""
        layout = self.layout(project, repository, tag).path
        images.make_image(layout, tag, **form)
        return self.registries[project].push(layout, tag, repository, *options)

    def has_index(self, project, repository, tag="1"):
        layout = self.layout(project, repository, tag).path
        images.make_index(layout, tag, ("amd64", "arm64"))
        return self.registries[project].push(layout, tag, repository)
