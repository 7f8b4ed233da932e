#!/usr/bin/env python3
"""bench where not everybody is let in: https of a private authority, and somebody's rights.

usage: bench_access_test.py ROUTER-BINARY STAND-IN-BINARY        needs openssl
"""
import concurrent.futures
import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "clients"))
from authority import Authority  # noqa: E402
from processes import ask, connects, end, free_port, wait_for  # noqa: E402

ROUTER, STAND_IN = sys.argv[1:]
BODY = b'{"schemaVersion":2,"annotations":{"padding":"' + b"x" * 100_000 + b'"}}'


class Registry(http.server.BaseHTTPRequestHandler):
    """Has every image; of brief:1 each answer is the last of its connection."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Docker-Content-Digest", "sha256:" + hashlib.sha256(BODY).hexdigest())
        self.send_header("Content-Length", str(len(BODY)))
        if "/brief/" in self.path:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_):
        pass


def bench(*arguments, trusting=None):
    environment = {**os.environ, **({"SSL_CERT_FILE": str(trusting)} if trusting else {})}
    return subprocess.run([ROUTER, "bench", "--warmup", "0s", "-c", "4", "-n", "40", "-o", "json",
                           "--fail-if", "errors>0", *map(str, arguments)], env=environment,
                          capture_output=True, text=True, timeout=120)


def result_of(run):
    assert run.returncode == 0, run
    return json.loads(run.stdout)["result"]


def https_of_a_private_authority(directory):
    authority = Authority(directory)
    certificate, key = authority.certify("registry", "DNS:localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    server.socket = context.wrap_socket(server.socket, server_side=True,
                                        do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # a client that hangs up in the handshake is expected
    threading.Thread(target=server.serve_forever, daemon=True).start()
    target = ("--target", f"https://localhost:{server.server_port}")

    kept = bench(*target, "--image", "kept:1", "--verify", trusting=authority.certificate)
    assert result_of(kept)["verified"] == 40 and result_of(kept)["connections"] == 4, kept
    brief = bench(*target, "--image", "brief:1", "--verify", trusting=authority.certificate)
    assert result_of(brief)["verified"] == 40 and result_of(brief)["connections"] == 40, brief

    for stranger in (bench(*target, "--image", "kept:1"),
                     bench("--target", target[1].replace("localhost", "127.0.0.1"), "--image",
                           "kept:1", trusting=authority.certificate)):
        assert stranger.returncode == 5 and "certificate" in stranger.stderr, stranger


def has_one_private_image(port, token_life):
    robot = {"name": "robot$router", "password": "Robot-1", "kind": "robot", "projects": ["*"],
             "system_permissions": ["project:list", "registry:list", "registry:read"]}
    return {"port": port, "token_life": token_life,
            "accounts": [robot, {"name": "alice", "password": "Alice-1", "projects": ["own"]},
                         {"name": "bob", "password": "Bob-1"}],
            "projects": [{"name": "own", "public": False,
                          "registry": {"name": "own", "url": "https://registry.example.com"},
                          "images": [{"repository": "app", "tag": "1",
                                      "layer_sizes": [1000, 300_000]}]}]}


@contextlib.contextmanager
def harbor_and_router(directory, token_life=1800):
    """Their ports; the router leaves it to Harbor who may pull."""
    harbor_port, router_port = free_port(), free_port()
    configuration = directory / "harbor.json"
    configuration.write_text(json.dumps(has_one_private_image(harbor_port, token_life)))
    with contextlib.ExitStack() as running:
        harbor = subprocess.Popen([STAND_IN, "--config", configuration], stdout=subprocess.DEVNULL)
        running.callback(end, harbor)
        wait_for(lambda: connects(harbor_port), "the stand-in Harbor", harbor)
        router = subprocess.Popen(
            [ROUTER, "serve"], stderr=subprocess.DEVNULL,
            env={**os.environ, "HARBOR_URL": f"http://127.0.0.1:{harbor_port}",
                 "HARBOR_USERNAME": "robot$router", "HARBOR_PASSWORD": "Robot-1",
                 "AUTH_MODE": "passthrough", "METRICS_ADDR": "127.0.0.1:0",
                 "LISTEN_ADDR": f"127.0.0.1:{router_port}"})
        running.callback(end, router)
        wait_for(lambda: connects(router_port) and ask(router_port, "GET", "/readyz")[0] == 200,
                 "the router", router)
        yield harbor_port, router_port


def somebodys_rights(directory):
    passwords = {}
    for name, password in (("alice", "Alice-1"), ("bob", "Bob-1"), ("mallory", "wrong")):
        passwords[name] = directory / f"{name}.password"
        passwords[name].write_text(password + "\n")

    def login(name):
        return ("--user", name, "--password-file", passwords[name])

    with harbor_and_router(directory) as (harbor_port, router_port):
        harbor = ("--target", f"http://127.0.0.1:{harbor_port}", "--image", "own/app:1")
        router = ("--target", f"http://127.0.0.1:{router_port}", "--image", "proxy/app:1")
        tokens = "/_stand-in/requests?endpoint=token"
        for target in (harbor, router):
            ask(harbor_port, "DELETE", "/_stand-in/requests")
            mine = bench(*target, *login("alice"), "--mix", "manifest:1,head:1,blob:2", "--verify")
            assert result_of(mine)["statuses"] == {"200": 40}, mine
            assert result_of(mine)["verified"] >= 20, mine  # the blobs
            # A password is sent for a token, and the token is sent with every request.
            asked = len(json.loads(ask(harbor_port, "GET", tokens)[2]))
            assert asked <= 5, asked
            for name in ("bob", "mallory"):
                refused = bench(*target, *login(name))
                assert refused.returncode == 4 and "401" in refused.stderr, refused
        anonymous = bench(*router)
        assert anonymous.returncode == 4 and "401" in anonymous.stderr, anonymous
        # A token is for a name that is known, and these are new.
        nameless = bench(*router, "--cold")
        assert nameless.returncode == 4 and "--user" in nameless.stderr, nameless
        cold = bench(*router, *login("alice"), "--cold")
        assert result_of(cold)["statuses"] == {"404": 40}, cold


def a_run_longer_than_its_token(directory):
    password = directory / "alice.password"
    password.write_text("Alice-1\n")
    life = 15  # of which the last 3 s are left for a renewal

    def run(port, image):
        return bench("--target", f"http://127.0.0.1:{port}", "--image", image, "-r", 2.5,
                     "--user", "alice", "--password-file", password)  # 40 in 16 s

    with harbor_and_router(directory, token_life=life) as ports:
        with concurrent.futures.ThreadPoolExecutor() as both:
            runs = list(both.map(run, ports, ("own/app:1", "proxy/app:1")))
    for long in runs:
        assert result_of(long)["seconds"] > life, long
        assert result_of(long)["statuses"] == {"200": 40}, long


def main():
    for story in (https_of_a_private_authority, somebodys_rights, a_run_longer_than_its_token):
        with tempfile.TemporaryDirectory() as directory:
            story(pathlib.Path(directory))


main()
