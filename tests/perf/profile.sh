#!/bin/bash
# Where the router's time goes on a warm manifest pull by tag: shares by kind of work and by function.
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

report_by() { # FIELDS: "SHARE FIELDS..." of every line
  perf report -i "$work/perf.data" --stdio -g none --sort "$1" 2>/dev/null |
    awk '/^ +[0-9.]+%/ { sub(/%/, "", $1); print }'
}

kinds() {
  report_by dso,sym | awk '
    function kind(library, name) {
      if (library ~ /kernel/) return "kernel"
      if (library ~ /libcrypto/) return "SHA-256 and random numbers (libcrypto)"
      if (name ~ /malloc|_int_free|cfree|unlink_chunk|operator (new|delete)|tcache|arena/) return "memory (malloc, free)"
      if (name ~ /mem(move|cpy|chr|cmp|set)|strlen/) return "copying and searching bytes (libc)"
      if (library ~ /libc\.|vdso|libpthread/) return "stubs of system calls, clock, the rest of libc"
      if (name ~ /beast/ && name !~ /^harbor_router/) return "Beast (parser)"
      if (name ~ /^harbor_router::/) { split(name, part, "::"); return "harbor_router::" part[2] }
      if (name ~ /asio/) return "Asio"
      return "the rest of the executable and libstdc++"
    }
    { name = $0; sub(/^[^\[]*\[[.k]\] */, "", name); sum[kind($2, name)] += $1 }
    END { for (each in sum) printf "%.1f|%s\n", sum[each], each }' |
    sort -t'|' -rn | awk -F'|' '{ print "| " $2 " | " $1 " % |" }'
}

functions() { # COUNT
  # No head, whose end would end perf too, and the script with it.
  report_by sym | awk -v most="$1" 'NR <= most { share = $1; $1 = $2 = ""; sub(/^ +/, "")
    print "| `" substr($0, 1, 100) "` | " share " % |" }'
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
printf '\n| work | share |\n|---|---|\n'
kinds
printf '\n| function | share |\n|---|---|\n'
functions "${TOP:-20}"
