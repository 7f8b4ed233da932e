"""A dockerd of our own, told what to do over its socket as the docker command does."""

import base64
import http.client
import json
import socket
import subprocess
import urllib.parse

from processes import DEADLINE, Failed, wait_for


class Dockerd:
    """In a mount namespace of its own, so that no mount outlives it. It starts and ends the
    containerd it needs. Root alone can run it."""

    def __init__(self, directory, mirrors=()):
        self._socket = directory / "docker.sock"
        config = directory / "daemon.json"
        config.write_text(json.dumps({
            "hosts": [f"unix://{self._socket}"], "data-root": str(directory / "data"),
            "exec-root": str(directory / "exec"), "pidfile": str(directory / "pid"),
            "storage-driver": "vfs", "bridge": "none", "iptables": False, "ip6tables": False,
            "ip-forward": False, "ip-masq": False, "insecure-registries": ["127.0.0.0/8"],
            "registry-mirrors": list(mirrors)}))
        with open(directory / "dockerd.log", "wb") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "dockerd", "--config-file", config], stdout=log, stderr=log)
        wait_for(self._answers, "dockerd", self.process)

    def _answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self._socket)) == 0

    def _ask(self, method, path, body=None, headers={}):
        """The answer's JSON values, one a line; Failed with what dockerd says is wrong."""
        connection = http.client.HTTPConnection("docker", timeout=DEADLINE)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(DEADLINE)
        connection.sock.connect(str(self._socket))
        try:
            connection.request(method, path, body, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            values = [json.loads(line) for line in answer.read().splitlines()]
        finally:
            connection.close()
        if answer.status >= 400:
            raise Failed(values[0]["message"])
        for value in values:
            if isinstance(value, dict) and "error" in value:  # of a pull under way
                raise Failed(value["error"])
        return values

    def login(self, host, name, password):
        account = {"username": name, "password": password, "serveraddress": host}
        return self._ask("POST", "/auth", json.dumps(account))[0]

    def pull(self, host, name, account=None):
        """name: "repository:tag"; account: (name, password). What docker inspect says of it."""
        headers = {}
        if account is not None:
            login = {"username": account[0], "password": account[1], "serveraddress": host}
            headers["X-Registry-Auth"] = base64.urlsafe_b64encode(
                json.dumps(login).encode()).decode()
        repository, tag = name.split("@" if "@" in name else ":", 1)
        image = urllib.parse.quote(f"{host}/{repository}", safe="")
        self._ask("POST", f"/images/create?fromImage={image}&tag={tag}", headers=headers)
        return self._ask("GET", f"/images/{host}/{name}/json")[0]

    def forget(self, host, name):
        self._ask("DELETE", f"/images/{host}/{name}")
