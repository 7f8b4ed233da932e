#!/bin/bash
# A warm manifest pull by tag through the router beside a relaying proxy, in one run.
#
# usage: tests/perf/proxy.sh [ROUTER]      default build/release/harbor-router
#   PEER=nginx THREADS=1 ROUNDS=3 SECONDS_EACH=3 CONNECTIONS=64
#
# PEER is nginx (proxy_pass, a worker per thread) or haproxy; with one thread the least a relay can
# do stands beside them (least_relay.cpp). Last, in a short run of its own, the system calls per
# request (strace -c -f). Needs nginx, wrk, haproxy with PEER=haproxy, and strace for the last part.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/perf/measure.sh
peer=${PEER:-nginx}

system_calls() { # TARGET PID PORT
  local tracer process=$2
  [[ $1 != nginx ]] || read -r process <"/proc/$2/task/$2/children" || true # no newline
  : >"$work/strace.log"
  strace -c -f -p "${process// /,}" -o "$work/$1.strace" 2>"$work/strace.log" &
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

begin nginx wrk "$peer"
start_harbor
"start_$peer"
start_router
[[ $threads != 1 ]] || start_least
peer_pid=${peer}_pid peer_port=${peer}_port
load "${!peer_port}" 1
load "$router_port" 1
rounds manifest_cell "$peer" router ${least_port:+least}

conditions "2,091-byte manifest, THREADS=$threads, $connections connections, $seconds_each s each"
report 'CPU_us/request' 'requests/s' p50_ms p99_ms
if command -v strace >/dev/null; then
  echo
  system_calls "$peer" "${!peer_pid}" "${!peer_port}"
  system_calls router "$router_pid" "$router_port"
fi
