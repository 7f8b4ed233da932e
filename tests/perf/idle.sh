#!/bin/bash
# Resident bytes of a client that keeps its connection and is silent: router, nginx, haproxy.
#
# usage: tests/perf/idle.sh [ROUTER]       default build/release/harbor-router
#   CLIENTS=10000 IDLE_SECONDS=15
#
# Each client makes one request and keeps quiet. Bytes are RSS after IDLE_SECONDS less RSS of the
# warm process before, for each client; the kernel's socket buffers are not in it, nor what nginx
# keeps ready for connections before they come. Needs nginx, haproxy, wrk and an open-file limit
# over CLIENTS (else there are fewer).
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/perf/measure.sh

ulimit -n "$(ulimit -Hn)"
clients=${CLIENTS:-10000} limit=$(ulimit -n)
[[ $limit == unlimited ]] || ((clients + 500 < limit)) || clients=$(((limit - 500) / 1000 * 1000))

# Keeps the connections until it is ended; the file $work/TARGET.silent says when all are there.
hold() { # TARGET PORT
  start "$1-clients" python3 -c '
import signal, socket, sys
port, count, path, ready = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
question = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
kept = []
for _ in range(count):
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.sendall(question)
    answer = b""
    while b"\r\n\r\n" not in answer or len(answer.partition(b"\r\n\r\n")[2]) < 2091:
        piece = client.recv(65536)
        if not piece: sys.exit("the server closed")
        answer += piece
    if not answer.startswith(b"HTTP/1.1 200"): sys.exit(answer[:80])
    kept.append(client)
open(ready, "w").close()
signal.pause()' "$2" "$clients" "$manifest_path" "$work/$1.silent"
}

begin nginx haproxy wrk
start_harbor
worker_connections=16384 start_nginx
start_haproxy
start_router router MAX_CONNECTIONS=$((clients + 100))
targets=(nginx haproxy router)
declare -A before=()
for target in "${targets[@]}"; do
  target_pid=${target}_pid target_port=${target}_port
  load "${!target_port}" 1
  sleep 0.5
  before[$target]=$(resident_kib "${!target_pid}")
done
for target in "${targets[@]}"; do
  target_port=${target}_port
  hold "$target" "${!target_port}"
  until [[ -e $work/$target.silent ]]; do
    kill -0 "$pid" 2>/dev/null || { tail -n 3 "$work/$target"*.log >&2; exit 1; }
    sleep 0.1
  done
done
sleep "${IDLE_SECONDS:-15}"
: >"$results"
for target in "${targets[@]}"; do
  target_pid=${target}_pid
  after=$(resident_kib "${!target_pid}")
  awk "BEGIN { print 1, \"$target\", ${before[$target]} / 1024, $after / 1024,
    ($after - ${before[$target]}) * 1024 / $clients }" >>"$results"
done
echo "$clients clients, silent for ${IDLE_SECONDS:-15} s, THREADS=$threads; one run"
report MiB_before MiB_after bytes/client
