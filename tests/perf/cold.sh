#!/bin/bash
# A name never seen: the router asks 50 projects, one of which has it.
#
# usage: tests/perf/cold.sh [ROUTER]       default build/release/harbor-router
#   PROJECTS=50 LOOKUPS=1000 ROUNDS=3
#
# One client, one request after the other. "alone" is what the project that has the image needs by
# itself for the HEAD and the GET that every cold pull asks of it; "over" is the router's p50 less
# that. CPU is the router's. Harbor is one nginx on the same two cores: its own time for the other 49
# answers is in the router's p50. Needs nginx.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/perf/measure.sh

p50_alone() {
  local kind p50 sum=0
  for kind in head manifest; do
    read -r _ _ p50 _ <<<"$(bench "$harbor_port" "$project/library/nginx:latest" -c 1 -n "$lookups" \
      --mix "$kind:1")"
    sum=$(awk "BEGIN { print $sum + $p50 }")
  done
  echo "$sum"
}

one_cell() { # ROUND TARGET PIDS PORT
  local alone before after asked requests p50 p99
  alone=$(p50_alone)
  asked=$(harbor_requests)
  before=$(cpu_ns $3)
  read -r requests _ p50 p99 <<<"$(bench "$4" proxy/library/nginx:latest -c 1 -n "$lookups" --cold)"
  after=$(cpu_ns $3)
  asked=$(($(harbor_requests) - asked))
  awk "BEGIN { print $1, \"$2\", $p50, $p99, $alone, $p50 - $alone, ($after - $before) / 1e6 / $requests,
    $asked / $requests }" >>"$results"
}

lookups=${LOOKUPS:-1000}
begin nginx
projects=${PROJECTS:-50} start_harbor
start_router router MAX_FANOUT_PROJECTS="${PROJECTS:-50}"
bench "$router_port" proxy/library/nginx:latest -c 1 -n 200 --cold >/dev/null
rounds one_cell router

conditions "${PROJECTS:-50} projects, THREADS=$threads, $lookups names each"
report p50_ms p99_ms p50_alone_ms p50_over_ms CPU_ms/lookup requests_to_Harbor
