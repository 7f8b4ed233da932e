#!/usr/bin/env python3
"""bench, the real binary: its counts, its exit codes, and that it finds a body that lies.

usage: bench_test.py ROUTER-BINARY
"""
import hashlib
import http.server
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

BODY = b'{"schemaVersion":2}'


class Registry(http.server.BaseHTTPRequestHandler):
    """Serves honest:1, and lying:1, whose body is not that of its digest; 404 of none:1."""
    protocol_version = "HTTP/1.1"
    asked = 0

    def do_GET(self):
        type(self).asked += 1
        digest = hashlib.sha256(BODY).hexdigest()
        body = BODY.replace(b"2", b"3") if "/lying/" in self.path else BODY
        self.send_response(404 if re.search("-cold-|/none/", self.path) else 200)
        self.send_header("Docker-Content-Digest", "sha256:" + digest)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Unasked(Registry):
    """Of a server that nobody else asks: what an ended bench had sent comes when it comes."""
    asked = 0


def serve(registry):
    """The port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), registry)
    server.handle_error = lambda *_: None  # bench hangs up when it is ended
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def bench(*arguments):
    return subprocess.run([sys.argv[1], "bench", "--warmup", "0s", *arguments],
                          capture_output=True, text=True, timeout=120)


def result_of(run):
    return json.loads(run.stdout)["result"]


def main():
    target = ("--target", f"http://127.0.0.1:{serve(Registry)}", "-c", "4", "-o", "json")

    # Alone, with everything inside the process.
    alone = bench("-n", "500", "-c", "8", "-t", "2", "--mix", "manifest:8,head:1,blob:1", "--verify",
                  "-o", "json", "--fail-if", "errors>0")
    assert alone.returncode == 0, alone
    assert result_of(alone)["good"] == 500 and result_of(alone)["verified"] > 0, alone
    assert alone.stderr == "", alone.stderr  # a progress bar is for terminals

    # An open loop asks what it was told to.
    paced = bench("-r", "200", "-n", "60", "-o", "json")
    assert result_of(paced)["requests"] == 60 and result_of(paced)["unsent"] == 0, paced

    # A body that lies.
    honest = bench(*target, "--image", "honest:1", "-n", "20", "--verify", "--fail-if", "errors>0")
    assert honest.returncode == 0 and result_of(honest)["verified"] == 20, honest
    lying = bench(*target, "--image", "lying:1", "-n", "20", "--verify", "--fail-if", "errors>0")
    assert lying.returncode == 7 and result_of(lying)["errors_by_kind"]["digest"] == 20, lying

    # Which is no success without a condition either.
    lying = bench(*target, "--image", "lying:1", "-n", "20", "--verify")
    assert lying.returncode == 5 and "digest" in lying.stderr, lying
    none = bench(*target, "--image", "none:1", "-n", "20")
    assert none.returncode == 3 and "404" in none.stderr, none

    # Ended early it tells what it measured, and ends as the signal would have it.
    for ending in (signal.SIGINT, signal.SIGTERM):
        asked = Registry.asked
        with subprocess.Popen([sys.argv[1], "bench", "--warmup", "0s", *target, "--image",
                               "honest:1", "-z", "10m"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as endless:
            while Registry.asked < asked + 100:
                assert endless.poll() is None, endless.communicate()
                time.sleep(0.01)
            endless.send_signal(ending)
            out, err = endless.communicate(timeout=60)
        assert endless.returncode == -ending and "ended early" in err, (endless, err)
        assert json.loads(out)["result"]["good"] > 0, out

    # Processor time is known to the nanosecond, so that a short run has it too.
    assert result_of(bench("-n", "20", "-c", "1", "-o", "json", "--fail-if", "cpu>1h"))

    # A report that cannot be written is told of before anything is asked.
    unwritable = bench("--target", f"http://127.0.0.1:{serve(Unasked)}", "--image", "honest:1",
                       "--report", "/nowhere/report.html")
    assert unwritable.returncode == 2 and "/nowhere/report.html" in unwritable.stderr, unwritable
    assert Unasked.asked == 0

    # New names are expected not to be there.
    cold = bench(*target, "--image", "honest:1", "-n", "20", "--cold", "--fail-if", "errors>0")
    assert cold.returncode == 0 and result_of(cold)["statuses"] == {"404": 20}, cold

    # A baseline, in turn; and a page that needs nothing but itself.
    with tempfile.TemporaryDirectory() as directory:
        page = pathlib.Path(directory) / "report.html"
        pair = bench(*target, "--baseline", target[1], "--image", "honest:1", "-n", "20",
                     "--report", str(page))
        ratios = json.loads(pair.stdout)["baseline"]["ratios"]
        assert len(ratios["rate"]["pairs"]) == 3, pair
        text = page.read_text()
        assert "<svg" in text and not re.search(r"(src|href)\s*=|url\(|@import|<script", text)

    for wrong in (["--mix", "tags"], ["--fail-if", "p99>5"], ["--baseline", "http://127.0.0.1:1"],
                  ["--target", "http://127.0.0.1:1"], ["--image", "host.example:5000/a"],
                  ["--password-file", __file__], ["--report", "/"]):
        assert bench(*wrong).returncode == 2, wrong
    nobody = bench("--target", "http://127.0.0.1:1", "--image", "a:1")
    assert nobody.returncode == 5 and "127.0.0.1" in nobody.stderr, nobody


main()
