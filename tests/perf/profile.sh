#!/bin/bash
# Where the router's time goes on a warm manifest pull by tag: shares by library and by function.
#
# usage: tests/perf/profile.sh [ROUTER]    default build/release/harbor-router
#   SECONDS_EACH=5 CONNECTIONS=64 TOP=25
#
# perf's cpu-clock samples of all the router's threads while wrk asks. Needs nginx, wrk, perf and the
# right to use it.
set -euo pipefail
cd "$(dirname "$0")/../.."
SECONDS_EACH=${SECONDS_EACH:-5}
source tests/perf/measure.sh

shares() { # FIELD TOP
  perf report -i "$work/perf.data" --stdio -g none --sort "$1" 2>/dev/null |
    awk -v top="$2" '/^ +[0-9.]+%/ && n++ < top {
      share = $1; $1 = ""; sub(/^ /, ""); gsub(/ *\[[.k]\] */, ""); sub(/^ +/, "")
      print "| " substr($0, 1, 110) " | " share " |" }'
}

begin nginx wrk perf
start_harbor
start_router
load "$router_port" 1
perf record -q -F 1999 -e cpu-clock -p "$router_pid" -o "$work/perf.data" -- sleep "$seconds_each" \
  2>"$work/perf.log" &
recorder=$!
load "$router_port" "$seconds_each"
wait "$recorder" || { cat "$work/perf.log" >&2; exit 1; }
read -r _ rate _ <<<"$(of_load)"
echo "$connections connections, THREADS=$threads, $rate requests/s under perf;" \
  "$(perf report -i "$work/perf.data" --stdio -g none 2>/dev/null | awk '/^# Samples/ { print $3 }') samples;" \
  "load average now $(cut -d' ' -f1 /proc/loadavg)"
printf '\n| library | share |\n|---|---|\n'
shares dso 8
printf '\n| function | share |\n|---|---|\n'
shares sym "${TOP:-25}"
