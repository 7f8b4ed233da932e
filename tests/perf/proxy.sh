#!/bin/bash
# A warm manifest pull by tag through the router beside nginx's proxy_pass, in one run.
#
# usage: tests/perf/proxy.sh [ROUTER]      default build/release/harbor-router
#   ROUNDS=5 SECONDS_EACH=3 CONNECTIONS=64 THREADS=1
#
# Last, in a short run of its own, the system calls per request (strace -c -f).
# Needs nginx, wrk, curl, python3, and strace for the last part.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/perf/measure.sh

load() { # PORT SECONDS
  wrk -t1 "-c${CONNECTIONS:-64}" "-d${2}s" --latency --timeout 10s -H "Accept: $manifest_type" \
    "http://127.0.0.1:$1$manifest_path" >"$work/wrk"
  if grep -E 'Non-2xx|Socket errors' "$work/wrk"; then exit 1; fi
}

one_cell() { # ROUND TARGET PID PORT
  local before after
  before=$(cpu_ticks "$3")
  load "$4" "${SECONDS_EACH:-3}"
  after=$(cpu_ticks "$3")
  awk -v round="$1" -v target="$2" -v ticks="$((after - before))" -v hertz="$(getconf CLK_TCK)" '
    function ms(text) { return text ~ /us$/ ? text / 1000 : text ~ /ms$/ ? text + 0 : text * 1000 }
    $1 == "50%" { p50 = ms($2) }
    $1 == "99%" { p99 = ms($2) }
    /requests in/ { requests = $1 }
    /^Requests\/sec:/ { rate = $2 }
    END { print round, target, ticks / hertz / requests * 1e6, rate, p50, p99 }' \
    "$work/wrk" >>"$results"
}

system_calls() { # TARGET PID PORT
  local tracer process=$2
  [[ $1 == router ]] || process=$(<"/proc/$2/task/$2/children")
  strace -c -f -p "${process%% *}" -o "$work/$1.strace" 2>"$work/strace.log" &
  tracer=$!
  started+=("$tracer")
  until grep -qs attached "$work/strace.log"; do
    kill -0 "$tracer" 2>/dev/null || { cat "$work/strace.log" >&2; return; }
    sleep 0.02
  done
  load "$3" 3
  kill -INT "$tracer"
  wait "$tracer" || true
  unset 'started[-1]'
  awk -v target="$1" -v requests="$(awk '/requests in/ { print $1 }' "$work/wrk")" '
    $1 ~ /^[0-9.]+$/ && $NF != "total" {
      total += $4
      if ($4 > requests / 100) calls[$NF] = $4
    }
    END {
      printf "%s: %.2f system calls per request (%d requests):", target, total / requests, requests
      for (name in calls) printf " %s %.2f", name, calls[name] / requests
      print ""
    }' "$work/$1.strace"
}

begin nginx wrk curl python3
start_harbor
start_nginx
start_router "${1:-build/release/harbor-router}"
load "$nginx_port" 1
load "$router_port" 1
rounds "${ROUNDS:-5}" one_cell

echo "2,091-byte manifest, THREADS=${THREADS:-1}, ${CONNECTIONS:-64} connections," \
  "${ROUNDS:-5} rounds of ${SECONDS_EACH:-3} s; load average now $(cut -d' ' -f1 /proc/loadavg)"
report 'CPU_us/request' 'requests/s' p50_ms p99_ms
echo
if command -v strace >/dev/null; then
  system_calls nginx "$nginx_pid" "$nginx_port"
  system_calls router "$router_pid" "$router_port"
fi
