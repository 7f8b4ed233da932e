#!/bin/bash
# 1,000 clients at once for one image never asked for: what Harbor with 50 projects is asked.
#
# usage: tests/perf/herd.sh [ROUTER]       default build/release/harbor-router
#   CLIENTS=1000 PROJECTS=50; STAND_IN=build/release/tests/standin/stand-in-harbor
#
# The stand-in answers after 300 ms, so that all clients have asked before it does.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/perf/measure.sh

begin
python3 - "${PROJECTS:-50}" >"$work/content.json" <<'PY'
import json, sys
count = int(sys.argv[1])
images = [{"repository": "library/cold", "tag": "latest"}]
print(json.dumps({"projects": [
    {"name": f"p{n}", "registry": {"name": f"r{n}", "url": f"https://r{n}.example.com"},
     "images": images if n == count // 2 else []} for n in range(count)]}))
PY
start_stand_in "$work/content.json"
start_router router MAX_FANOUT_PROJECTS="${PROJECTS:-50}"
control=http://127.0.0.1:$harbor_port/_stand-in
curl -sf -o /dev/null "$control/faults" -d '{"kind":"none","delay_ms":300,"endpoint":"manifests"}'
curl -sf -o /dev/null -X DELETE "$control/requests"

echo "${CLIENTS:-1000} clients at once, ${PROJECTS:-50} projects, THREADS=$threads"
python3 - "$router_port" "${CLIENTS:-1000}" "$control/requests?endpoint=manifests" "$manifest_type" <<'PY'
import collections, json, selectors, socket, sys, time, urllib.request
port, count, log, kind = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
question = ("GET /v2/proxy/library/cold/manifests/latest HTTP/1.1\r\nHost: router\r\n"
            f"Accept: {kind}\r\nConnection: close\r\n\r\n").encode()
clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
began = time.monotonic()
for client in clients:
    client.sendall(question)
sent = time.monotonic() - began
statuses, waiting = collections.Counter(), selectors.DefaultSelector()
for client in clients:
    waiting.register(client, selectors.EVENT_READ)
heads = {}
while waiting.get_map():
    for key, _ in waiting.select():
        piece = key.fileobj.recv(65536)
        heads.setdefault(key.fd, piece[:12])
        if not piece:
            waiting.unregister(key.fileobj)
for head in heads.values():
    statuses[head.split()[1].decode()] += 1
took = time.monotonic() - began
asked = collections.Counter(each["method"] for each in json.load(urllib.request.urlopen(log)))
print("| clients | answers by status | Harbor's requests | sent within ms | last answer after ms |")
print("|---|---|---|---|---|")
show = lambda counts: " + ".join(f"{n} {what}" for what, n in sorted(counts.items(), reverse=True))
print(f"| {count} | {show(statuses)} | {show(asked)} | {sent * 1e3:.0f} | {took * 1e3:.0f} |")
PY
