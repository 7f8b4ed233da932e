#!/bin/bash
# From exec to ready, with a Harbor that answers in 1 ms.
#
# usage: tests/perf/start.sh [ROUTER]      default build/release/harbor-router
#   STARTS=20 PROJECTS=50; STAND_IN=build/release/tests/standin/stand-in-harbor
#
# Ready is the first 200 of /readyz, asked for every 0.5 ms; the router says so once it has
# a token and the list of projects. Threads: as many as cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/perf/measure.sh

begin
python3 - "${PROJECTS:-50}" >"$work/content.json" <<'PY'
import json, sys
print(json.dumps({"projects": [
    {"name": f"p{n}", "registry": {"name": f"r{n}", "url": f"https://r{n}.example.com"}}
    for n in range(int(sys.argv[1]))]}))
PY
start_stand_in "$work/content.json"
curl -sf -o /dev/null "http://127.0.0.1:$harbor_port/_stand-in/faults" -d '{"kind":"none","delay_ms":1}'

echo "Harbor with ${PROJECTS:-50} projects; load average now $(cut -d' ' -f1 /proc/loadavg)"
python3 - "$binary" "$harbor_port" "${STARTS:-20}" "$(free_port)" <<'PY'
import socket, statistics, subprocess, sys, time
binary, harbor, starts, port = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
environment = {"HARBOR_URL": f"http://127.0.0.1:{harbor}", "HARBOR_USERNAME": "robot$router",
               "HARBOR_PASSWORD": "Robot-1", "AUTH_MODE": "service", "METRICS_ADDR": "127.0.0.1:0",
               "LISTEN_ADDR": f"127.0.0.1:{port}"}

def is_ready():
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as asking:
            asking.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return asking.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False

took = []
for _ in range(starts):
    began = time.monotonic()
    router = subprocess.Popen([binary, "serve"], env=environment, stderr=subprocess.DEVNULL)
    try:
        while not is_ready():
            time.sleep(0.0005)
            if router.poll() is not None or time.monotonic() - began > 20:
                sys.exit("the router does not get ready")
        took.append((time.monotonic() - began) * 1e3)
    finally:
        router.terminate()
        router.wait()
print("| starts | ms to ready, median (lowest to highest) |\n|---|---|")
print(f"| {starts} | {statistics.median(took):.1f} ({min(took):.1f} to {max(took):.1f}) |")
PY
