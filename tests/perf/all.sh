#!/bin/bash
# Every measurement, one after the other, into one log: the figures of docs/performance.md.
#
# usage: tests/perf/all.sh [BUILD [LOG]]   defaults build/release and docs/performance/measured.txt
#   ROUNDS=3 SECONDS_EACH=3; ONLY='proxy blob': these alone
#   ROUTER=build/profiled/harbor-router: this program in place of BUILD's
#
# About 12 minutes on two cores, which nothing else should use; the plots go beside the log. BUILD
# holds what `cmake --build --preset release` makes, tests included. A measurement that fails is
# said in the log and at the end (exit code 1); the others go on.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/release} log=${2:-docs/performance/measured.txt}
export ROUNDS=${ROUNDS:-3} SECONDS_EACH=${SECONDS_EACH:-3}
export STAND_IN=$build/tests/standin/stand-in-harbor
router=${ROUTER:-$build/harbor-router} failed=()
mkdir -p "$(dirname "$log")"

machine() {
  echo "date: $(date -u +%FT%TZ)"
  echo "commit: $(git rev-parse --short HEAD 2>/dev/null || echo unknown)"
  "$router" --version
  echo "kernel: $(uname -r)"
  echo "CPU: $(nproc) x $(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)"
  echo "memory: $(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)"
  echo "congestion control: $(</proc/sys/net/ipv4/tcp_congestion_control)"
  echo "load average: $(</proc/loadavg)"
  PATH=$PATH:/usr/sbin dpkg-query -W -f '${Package} ${Version}\n' nginx haproxy wrk redis-server 2>/dev/null || true
}

# measure NAME TITLE COMMAND...
measure() {
  local name=$1 title=$2 began=$SECONDS
  shift 2
  [[ " ${ONLY:-$name} " == *" $name "* ]] || return 0
  printf '\n## %s\n\n' "$title"
  "$@" 2>&1 || { failed+=("$name"); echo "failed: $*"; }
  echo "($((SECONDS - began)) s)"
}

everything() {
  local here=tests/perf
  machine
  measure proxy "Warm manifest by tag, one thread, beside nginx" bash $here/proxy.sh "$router"
  measure haproxy "Warm manifest by tag, two threads, beside haproxy" \
    env PEER=haproxy THREADS=2 bash $here/proxy.sh "$router"
  measure cache_hit "Manifest cache hit, beside nginx" bash $here/cache_hit.sh "$router"
  measure blob "Blob of 256 MiB, beside nginx" bash $here/blob.sh "$router"
  # Under BBR the kernel paces what is sent, which on loopback costs more than the sending.
  measure reno "The first and the blob without pacing, under Reno" env CONGESTION=reno bash -c \
    "bash $here/proxy.sh $router && echo && bash $here/blob.sh $router"
  measure latency "Latency at half load" bash $here/latency.sh "$router"
  measure quarter "Latency at a quarter of it" env SHARE=0.25 bash $here/latency.sh "$router"
  measure cold "Cold lookup, 50 projects" bash $here/cold.sh "$router"
  measure herd "1,000 clients at once for one cold image" bash $here/herd.sh "$router"
  measure idle "Idle clients" bash $here/idle.sh "$router"
  measure start "From start to ready" bash $here/start.sh "$router"
  measure size "Executable" bash $here/size.sh "$router"
  measure bench "The load generator beside wrk" env ROUNDS=9 SECONDS_EACH=2 bash $here/bench.sh "$router"
  measure replicas "Two replicas, and Redis" bash $here/replicas.sh "$router"
  measure micro "Microbenchmarks" bash $here/micro.sh "$build"
  measure profile "Where the time goes" env SECONDS_EACH=5 bash $here/profile.sh "$router"
  measure sweep "Sweeps" env SECONDS_EACH=1 bash $here/sweep.sh "$router" "$(dirname "$log")"
  echo
  echo "load average at the end: $(</proc/loadavg)"
  ((${#failed[@]} == 0)) || { echo "failed: ${failed[*]}"; return 1; }
}

code=0
everything > >(tee "$log") || code=1
exit "$code"
