#!/bin/bash
# A blob of 256 MiB through the router (splice) beside nginx with 16 buffers of 128 KiB, in one run.
#
# usage: tests/perf/blob.sh [ROUTER]       default build/release/harbor-router
#   ROUNDS=5 PULLS=4 BLOB_BYTES=268435456
#
# A cell is PULLS downloads by one curl after the other. Needs nginx, curl, python3.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/perf/measure.sh

bytes=${BLOB_BYTES:-268435456}

pull() { # PORT: prints how many seconds it took
  local got
  got=$(curl -sf -o /dev/null -w '%{size_download} %{time_total}' "http://127.0.0.1:$1$blob_path")
  [[ ${got% *} == "$bytes" ]] || { echo "got ${got% *} of $bytes bytes" >&2; exit 1; }
  echo "${got#* }"
}

one_cell() { # ROUND TARGET PID PORT
  local before after seconds n
  before=$(cpu_ticks "$3")
  seconds=$(for ((n = 0; n < ${PULLS:-4}; ++n)); do pull "$4"; done | awk '{ s += $1 } END { print s }')
  after=$(cpu_ticks "$3")
  awk -v round="$1" -v target="$2" -v ticks="$((after - before))" -v hertz="$(getconf CLK_TCK)" \
    -v gigabytes="$bytes $((${PULLS:-4}))" -v seconds="$seconds" 'BEGIN {
      split(gigabytes, part, " "); amount = part[1] * part[2] / 1e9
      print round, target, ticks / hertz / amount, amount / seconds }' >>"$results"
}

begin nginx curl python3
start_harbor "$bytes"
start_nginx 'proxy_buffers 16 128k; proxy_buffer_size 128k; proxy_busy_buffers_size 256k;
      proxy_max_temp_file_size 0;'
start_router "${1:-build/release/harbor-router}"
curl -sf "http://127.0.0.1:$router_port$blob_path" | cmp - "$work/files/v2/$project${blob_path#/v2/proxy}"
pull "$nginx_port" >/dev/null
rounds "${ROUNDS:-5}" one_cell

echo "blob of $bytes bytes, THREADS=${THREADS:-1}, ${ROUNDS:-5} rounds of ${PULLS:-4} pulls;" \
  "load average now $(cut -d' ' -f1 /proc/loadavg)"
report 'CPU_s/GB' 'GB/s'
