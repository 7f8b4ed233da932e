#!/usr/bin/env python3
"""Commands that ask what is no router and no Harbor, and a prompt that is interrupted.

usage: wrong_server_test.py ROUTER-BINARY
"""
import contextlib
import http.server
import os
import pty
import signal
import socket
import subprocess
import sys
import termios
import threading

HARBOR = {"HARBOR_USERNAME": "robot$router", "HARBOR_PASSWORD": "Robot-1",
          "RETRY_MAX_ATTEMPTS": "0"}


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Answers everything alike."""
    protocol_version = "HTTP/1.1"
    status, kind, body = 200, "application/json", b"{}"

    def answer(self):
        self.send_response(self.status)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_GET = do_HEAD = do_DELETE = answer

    def log_message(self, *_):
        pass


def answering(status, kind, body):
    """Its URL."""
    handler = type("Answering", (Elsewhere,), {"status": status, "kind": kind, "body": body})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


@contextlib.contextmanager
def closing_each_connection():
    """As a port that speaks TLS does to who speaks plain HTTP; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        def close_each():
            with contextlib.suppress(OSError):
                while True:
                    listening.accept()[0].close()
        threading.Thread(target=close_each, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def run(*arguments, **environment):
    return subprocess.run([sys.argv[1], *arguments], env=environment, capture_output=True,
                          text=True, timeout=120)


def no_router_is_no_empty_cache():
    url = answering(200, "application/json", b"{}")
    for arguments in (["cache-inspect"], ["cache-inspect", "--stats"],
                      ["cache-inspect", "--purge", "--yes"], ["resolve", "nginx"]):
        said = run(*arguments, "--server", url, ADMIN_TOKEN="let-me-in")
        assert said.returncode == 5 and url in said.stderr, said
        assert "METRICS_ADDR" in said.stderr and said.stdout == "", said


def a_silent_router_is_not_waited_for_long():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        said = run("resolve", "--server", url, "nginx", RESOLVER_TIMEOUT="100ms")
        assert said.returncode == 5 and url in said.stderr, said


def discovery_names_what_to_check():
    refused = answering(401, "application/json", b'{"errors":[]}')
    said = run("discover", HARBOR_URL=refused, **HARBOR)
    assert said.returncode == 4, said
    assert refused in said.stderr and "HARBOR_PASSWORD" in said.stderr, said
    assert "robot$router" in said.stderr, said
    for portal in (answering(200, "text/html", b"<html>"), answering(200, "application/json", b"-")):
        said = run("resolve", "nginx", HARBOR_URL=portal, **HARBOR)
        assert said.returncode == 5 and portal in said.stderr, said
        assert "HARBOR_URL" in said.stderr, said
    with closing_each_connection() as speaks_tls:
        said = run("discover", HARBOR_URL=speaks_tls, **HARBOR)
        assert said.returncode == 5 and "wants https" in said.stderr, said
    plain = refused.replace("http:", "https:")
    said = run("discover", HARBOR_URL=plain, **HARBOR)
    assert said.returncode == 5 and "does not speak TLS" in said.stderr, said


def an_interrupted_prompt_gives_the_screen_back():
    child, terminal = pty.fork()
    if child == 0:
        os.execve(sys.argv[1], [sys.argv[1], "resolve", "--user", "alice", "nginx"],
                  {"HARBOR_URL": "http://127.0.0.1:1", **HARBOR})
    said = b""
    while b"Password of alice: " not in said:
        said += os.read(terminal, 4096)
    assert not termios.tcgetattr(terminal)[3] & termios.ECHO
    os.write(terminal, b"\x03")
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGINT, status
    assert termios.tcgetattr(terminal)[3] & termios.ECHO
    os.close(terminal)


def main():
    for story in (no_router_is_no_empty_cache, a_silent_router_is_not_waited_for_long,
                  discovery_names_what_to_check, an_interrupted_prompt_gives_the_screen_back):
        story()


main()
