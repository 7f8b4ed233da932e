#!/bin/bash
# Two routers behind haproxy on one host, and what Redis adds to a miss.
#
# usage: tests/perf/replicas.sh [ROUTER]   default build/release/harbor-router
#   PROJECTS=50 LOOKUPS=500 ROUNDS=3 SECONDS_EACH=3 CONNECTIONS=64
#
# First table: warm pulls through haproxy to one router, to two, and to two that share a Redis; CPU
# is that of the routers. Second: names asked one after the other at one replica, which nobody knows
# ("alone", "first"), or the other replica has just learnt ("second"). On two cores requests/s says
# little of two machines; CPU per request does. Needs nginx, haproxy, wrk, redis-server.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/perf/measure.sh

lookups=${LOOKUPS:-500} count=${PROJECTS:-50}

start_redis() {
  redis_port=$(free_port)
  start redis redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --dir "$work"
  redis_pid=$pid
  until (exec 3<>"/dev/tcp/127.0.0.1/$redis_port") 2>/dev/null; do sleep 0.05; done
}

# One name after the other, never asked for before; what second is asked for, first has just learnt.
miss_cell() { # ROUND TARGET PIDS PORT
  local names=$1-$2 before redis_before cpu redis asked requests p50
  [[ $2 != second ]] || connections=1 load "$first_port" 60 tests/perf/names.lua "$names" "$lookups" once
  before=$(cpu_ns $3) redis_before=$(cpu_ns "$redis_pid") asked=$(harbor_requests)
  connections=1 load "$4" 60 tests/perf/names.lua "$names" "$lookups" once
  cpu=$(($(cpu_ns $3) - before)) redis=$(($(cpu_ns "$redis_pid") - redis_before))
  asked=$(($(harbor_requests) - asked))
  read -r requests _ p50 _ <<<"$(of_load)"
  awk "BEGIN { print $1, \"$2\", $cpu / 1e3 / $requests, $redis / 1e3 / $requests, $p50,
    $asked / $requests }" >>"$results"
}

begin nginx haproxy wrk redis-server
projects=$count start_harbor
start_redis
shared=(REDIS_URL="redis://127.0.0.1:$redis_port" MAX_FANOUT_PROJECTS="$count")
start_router alone MAX_FANOUT_PROJECTS="$count"
start_router other MAX_FANOUT_PROJECTS="$count"
start_router first "${shared[@]}"
start_router second "${shared[@]}"
haproxy_in_front one "" "$alone_port"
haproxy_in_front two "" "$alone_port" "$other_port"
haproxy_in_front two_with_redis "" "$first_port" "$second_port"
one_pid=$alone_pid two_pid="$alone_pid $other_pid" two_with_redis_pid="$first_pid $second_pid"
for target in one two two_with_redis; do
  target_port=${target}_port
  load "${!target_port}" 1
done

rounds manifest_cell one two two_with_redis
conditions "warm manifest through haproxy, THREADS=$threads each, $connections connections, $seconds_each s each"
report 'CPU_us/request' 'requests/s' p50_ms p99_ms
echo

rounds miss_cell alone first second
conditions "$lookups new names each, $count projects, one client"
report 'CPU_us/miss' 'Redis_CPU_us/miss' p50_ms requests_to_Harbor
