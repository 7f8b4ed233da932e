#!/bin/bash
# How cost grows: CPU by number of projects, of connections, of image names, and by size of blobs.
#
# usage: tests/perf/sweep.sh [ROUTER [DIRECTORY]]   defaults build/release/harbor-router and
#   docs/performance; ROUNDS=3 SECONDS_EACH=1 SWEEPS='projects connections names blobs'
#
# Writes DIRECTORY/SWEEP.csv, a line per cell, and SWEEP.svg with medians and ranges. Image names:
# each request another one, all warm. Needs nginx, wrk, and 2 GiB in /dev/shm.
set -euo pipefail
cd "$(dirname "$0")/../.."
SECONDS_EACH=${SECONDS_EACH:-1}
source tests/perf/measure.sh
directory=${2:-docs/performance}

# record SWEEP X: the cells of the rounds just made
record() { awk -v x="$2" -v OFS=, '{ $1 = x OFS $1; print }' "$results" >>"$directory/$1.csv"; }

cold_cell() { # ROUND TARGET PIDS PORT
  connections=1 seconds_each=600 manifest_cell "$@" tests/perf/names.lua "$1" 300 once
}

projects() {
  local count
  for count in 1 3 10 30 100; do
    projects=$count start_harbor
    start_router warm MAX_FANOUT_PROJECTS=100
    cold_pid=$warm_pid cold_port=$warm_port
    load "$warm_port" 1
    rounds manifest_cell warm
    record projects "$count"
    rounds cold_cell cold
    record projects "$count"
    end_servers
  done
}

connections() {
  local connections
  for connections in 1 4 16 64 256 1024; do
    rounds manifest_cell nginx router
    record connections "$connections"
  done
}

names() {
  local count
  for count in 1 100 1000 10000 100000; do
    names_cell() { manifest_cell "$@" tests/perf/names.lua "of$count" "$count"; }
    load "$router_port" 600 tests/perf/names.lua "of$count" "$count" once
    rounds names_cell nginx router
    record names "$count"
  done
}

blobs() {
  local kib n=0
  local sizes=(64 1024 16384 262144 1048576)
  start_harbor "${sizes[@]/%/K}"
  start_nginx "$blob_directives"
  start_router
  for kib in "${sizes[@]}"; do
    local path=${blob_paths[n++]} bytes=$((kib * 1024)) times=$((524288 / kib))
    ((times <= 2000)) || times=2000
    ((times >= 1)) || times=1
    size_cell() { blob_cell "$@" "$path" "$bytes" "$times"; }
    rounds size_cell nginx router
    record blobs "$bytes"
  done
}

begin nginx wrk
mkdir -p "$directory"
manifests='CPU_us,requests_per_s,p50_ms,p99_ms'
for sweep in ${SWEEPS:-projects connections names blobs}; do
  echo "sweep by $sweep; load average now $(cut -d' ' -f1 /proc/loadavg)"
  case $sweep in
    projects) columns=$manifests words='projects|CPU, us per request' ;;
    connections) columns=$manifests words='connections|CPU, us per request' ;;
    names) columns=$manifests words='image names|CPU, us per request' ;;
    blobs) columns=CPU_s_per_GB,GB_per_s words='bytes of a blob|CPU, s per GB' ;;
  esac
  echo "$sweep,round,target,$columns" >"$directory/$sweep.csv"
  if [[ $sweep == connections || $sweep == names ]]; then
    start_harbor
    start_nginx
    start_router router CACHE_TTL=1h
  fi
  "$sweep"
  end_servers
  python3 tests/perf/plot.py "$directory/$sweep.csv" "${words%|*}" "${words#*|}" >"$directory/$sweep.svg"
done
