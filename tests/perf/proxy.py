#!/usr/bin/env python3
"""A warm manifest through the router beside nginx's proxy_pass, in one run.

usage: tests/perf/proxy.py [ROUTER] [--rounds N] [--seconds N] [--connections N]

ROUTER defaults to build/release/harbor-router. Both stand before the same upstream, an nginx that
imitates Harbor with one project, and are measured in turn by wrk -t1, which of them first changing
from round to round. CPU is that of the proxy's own processes (utime + stime of /proc/PID/stat,
10 ms ticks) for each request: on a shared machine it is steadier than requests a second. A ratio is
taken within a round, so that a disturbance of the machine meets both. The router logs every request
(LOG_LEVEL=info, into /dev/null); nginx logs nothing. Everything listens on 127.0.0.1, on free
ports, and is ended by its process id. Needs nginx and wrk.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

PROJECT = "dockerhub-proxy"
PULL = "/v2/proxy/library/nginx/manifests/latest"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
MANIFEST_SIZE = 2091

COMMON = """
daemon off; worker_processes 1; pid {directory}/{name}.pid; error_log {directory}/{name}.log warn;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 10000000; tcp_nodelay on;
  client_body_temp_path {directory}/{name}-body; proxy_temp_path {directory}/{name}-proxy;
  fastcgi_temp_path {directory}/{name}-f; uwsgi_temp_path {directory}/{name}-u;
  scgi_temp_path {directory}/{name}-s;
"""

HARBOR = COMMON + """
  sendfile on; tcp_nopush on; open_file_cache max=100; default_type application/json;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location = /api/v2.0/projects {{ add_header X-Total-Count 1; return 200 '{projects}'; }}
    location = /api/v2.0/registries {{ add_header X-Total-Count 1; return 200 '{registries}'; }}
    location = /service/token {{ return 200 '{token}'; }}
    location = /v2/{project}/library/nginx/manifests/latest {{
      root {directory}/files; default_type {manifest_type};
      add_header Docker-Content-Digest {digest};
      add_header Docker-Distribution-Api-Version registry/2.0;
    }}
    location / {{
      return 404 '{{"errors":[{{"code":"NOT_FOUND","message":"not found"}}]}}';
    }}
  }}
}}
"""

PROXY = COMMON + """
  upstream harbor {{ server 127.0.0.1:{upstream}; keepalive 128; keepalive_requests 10000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location /v2/proxy/ {{
      proxy_pass http://harbor/v2/{project}/; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Authorization "Bearer token";
    }}
  }}
}}
"""


def manifest():
    def layer(number, size):
        digest = "sha256:" + hashlib.sha256(b"%d" % number).hexdigest()
        return {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "digest": digest, "size": size}

    made = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE,
            "config": {**layer(0, 7682), "mediaType": "application/vnd.oci.image.config.v1+json"},
            "layers": [layer(n, 1000000 + n) for n in range(1, 9)],
            "annotations": {"padding": ""}}
    made["annotations"]["padding"] = "x" * (MANIFEST_SIZE - len(json.dumps(made)))
    body = json.dumps(made).encode()
    assert len(body) == MANIFEST_SIZE
    return body


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def children(pid):
    path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()]


def cpu_seconds(pid):
    ticks = 0
    for one in [pid, *children(pid)]:
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def fetch(url):
    request = urllib.request.Request(url, headers={"Accept": MANIFEST_TYPE})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read(), answer.headers


class Proxy:
    def __init__(self, name, process, port):
        self.name, self.process, self.port = name, process, port
        self.rates, self.cpu, self.median_ms, self.p99_ms = [], [], [], []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{PULL}"

    def wait_until_it_serves(self, body):
        deadline = time.monotonic() + 15
        while True:
            try:
                got, headers = fetch(self.url)
                break
            except OSError as error:  # HTTPError and URLError are OSErrors
                if self.process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"{self.name} does not serve {self.url}: {error}")
                time.sleep(0.05)
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        if got != body or headers["Docker-Content-Digest"] != digest:
            sys.exit(f"{self.name} serves something else than the manifest")

    def measure(self, seconds, connections):
        before = cpu_seconds(self.process.pid)
        output = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
             "-H", f"Accept: {MANIFEST_TYPE}", self.url],
            check=True, capture_output=True, text=True).stdout
        used = cpu_seconds(self.process.pid) - before
        for bad in ("Non-2xx", "Socket errors"):
            if bad in output:
                sys.exit(f"{self.name}: not every answer was good\n{output}")
        requests = int(re.search(r"(\d+) requests in", output)[1])
        scale = {"us": 0.001, "ms": 1, "s": 1000}

        def latency(percent):
            value, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", output).groups()
            return float(value) * scale[unit]

        self.rates.append(float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]))
        self.cpu.append(used / requests * 1e6)
        self.median_ms.append(latency(50))
        self.p99_ms.append(latency(99))


def spread(values, digits):
    return (f"{statistics.median(values):,.{digits}f} "
            f"({min(values):,.{digits}f} to {max(values):,.{digits}f})")


def report(proxies):
    row = "{:<10} {:>28} {:>24} {:>22} {:>22}"
    print(row.format("", "requests/s", "CPU us/request", "p50 ms", "p99 ms"))
    for proxy in proxies:
        print(row.format(proxy.name, spread(proxy.rates, 0), spread(proxy.cpu, 1),
                         spread(proxy.median_ms, 2), spread(proxy.p99_ms, 2)))
    if len(proxies) == 2:
        nginx, router = proxies
        print("\nrouter / nginx, within a round: median (lowest to highest)")
        print("  requests/s      ",
              spread([r / n for r, n in zip(router.rates, nginx.rates)], 2))
        print("  CPU per request ", spread([r / n for r, n in zip(router.cpu, nginx.cpu)], 2))


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    parser.add_argument("router", nargs="?", default="build/release/harbor-router")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    given = parser.parse_args()
    nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if not nginx or not shutil.which("wrk"):
        sys.exit("needs nginx and wrk")

    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="harbor-router-perf-"))
        os.chmod(directory, 0o755)  # nginx's worker may be another user

        def start(name, command, **more):
            process = subprocess.Popen(command, **more)

            def end():
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

            stack.callback(end)
            return process

        def start_nginx(name, template, **values):
            port = free_port()
            configuration = pathlib.Path(directory, name + ".conf")
            configuration.write_text(
                template.format(name=name, directory=directory, port=port, project=PROJECT,
                                **values))
            log = str(pathlib.Path(directory, name + ".log"))
            return start(name, [nginx, "-e", log, "-c", str(configuration)]), port

        body = manifest()
        file = pathlib.Path(directory, f"files/v2/{PROJECT}/library/nginx/manifests/latest")
        file.parent.mkdir(parents=True)
        file.write_bytes(body)
        _, harbor = start_nginx(
            "harbor", HARBOR, manifest_type=MANIFEST_TYPE,
            digest="sha256:" + hashlib.sha256(body).hexdigest(),
            projects=json.dumps([{"project_id": 2, "name": PROJECT, "registry_id": 1,
                                  "metadata": {"public": "true"}}]),
            registries=json.dumps([{"id": 1, "name": "hub", "type": "docker-hub",
                                    "url": "https://hub.docker.com", "status": "healthy"}]),
            token=json.dumps({"token": "token", "access_token": "", "expires_in": 1800,
                              "issued_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}))
        proxies = [Proxy("nginx", *start_nginx("proxy", PROXY, upstream=harbor))]

        if os.access(given.router, os.X_OK):
            port = free_port()
            environment = {"PATH": os.environ["PATH"],
                           "HARBOR_URL": f"http://127.0.0.1:{harbor}",
                           "HARBOR_USERNAME": "robot$perf", "HARBOR_PASSWORD": "perf",
                           "AUTH_MODE": "service", "THREADS": "1", "LOG_LEVEL": "info",
                           "LISTEN_ADDR": f"127.0.0.1:{port}",
                           "METRICS_ADDR": f"127.0.0.1:{free_port()}"}
            process = start("router", [given.router, "serve"], env=environment,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            proxies.append(Proxy("router", process, port))
        else:
            print(f"{given.router} is not there: nginx alone", file=sys.stderr)

        for proxy in proxies:
            proxy.wait_until_it_serves(body)
            subprocess.run(["wrk", "-t1", f"-c{given.connections}", "-d1s", proxy.url],
                           check=True, capture_output=True)
        for number in range(given.rounds):
            for proxy in proxies if number % 2 == 0 else reversed(proxies):
                proxy.measure(given.seconds, given.connections)
        print(f"{MANIFEST_SIZE}-byte manifest, {given.connections} connections, "
              f"{given.rounds} rounds of {given.seconds} s, load average now "
              f"{os.getloadavg()[0]:.1f}: median (lowest to highest)\n")
        report(proxies)


if __name__ == "__main__":
    main()
