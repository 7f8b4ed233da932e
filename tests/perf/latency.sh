#!/bin/bash
# Latency a proxy adds at half load: an open loop at half of nginx's highest rate, in one run; with
# SHARE=0.25 at a quarter.
#
# usage: tests/perf/latency.sh [ROUTER]    default build/release/harbor-router
#   THREADS=1 ROUNDS=3 SECONDS_EACH=3 CONNECTIONS=64
#
# Requests are sent when due (harbor-router bench -r), and latency counts from there. "added" is less
# that of Harbor asked directly, within a round. Needs nginx and wrk.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/perf/measure.sh

one_cell() { # ROUND TARGET PIDS PORT
  local image=proxy/library/nginx:latest
  [[ $2 != direct ]] || image=$project/library/nginx:latest
  echo "$1 $2 $(bench "$4" "$image" -r "$rate" -z "${seconds_each}s" -c "$connections")" >>"$results"
}

added() { # from "ROUND TARGET REQUESTS RATE P50 P99"
  awk '{ p50[$1, $2] = $5; p99[$1, $2] = $6; line[NR] = $1 " " $2; rate[NR] = $4 }
    END { for (n = 1; n <= NR; ++n) {
      split(line[n], at, " "); round = at[1]; one = at[2]
      print line[n], rate[n], p50[round, one], p99[round, one],
        p50[round, one] - p50[round, "direct"], p99[round, one] - p99[round, "direct"] } }' "$results"
}

begin nginx wrk
start_harbor
start_nginx
start_router
direct_pid=$harbor_pid direct_port=$harbor_port
load "$router_port" 1
load "$nginx_port" "$seconds_each"
read -r _ highest _ <<<"$(of_load)"
share=${SHARE:-0.5}
rate=$(awk "BEGIN { print int($highest * $share) }")
rounds one_cell nginx router direct
added >"$results.added"
mv "$results.added" "$results"

conditions "$rate requests/s, $share of nginx's $highest; THREADS=$threads, $connections connections, $seconds_each s each"
report 'requests/s' p50_ms p99_ms added_p50_ms added_p99_ms
