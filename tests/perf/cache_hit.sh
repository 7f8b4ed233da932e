#!/bin/bash
# A manifest the router answers itself (MANIFEST_CACHE_SIZE) beside nginx's proxy_pass, in one run.
#
# usage: tests/perf/cache_hit.sh [ROUTER]  default build/release/harbor-router
#   THREADS=1 ROUNDS=3 SECONDS_EACH=3 CONNECTIONS=64
#
# Says how often Harbor was asked, for a router that asks it each time has answered nothing itself.
# Needs nginx and wrk.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/perf/measure.sh

begin nginx wrk
start_harbor
start_nginx
start_router router MANIFEST_CACHE_SIZE=64MiB MANIFEST_CACHE_TTL=1h CACHE_TTL=1h
load "$nginx_port" 1
load "$router_port" 1
before=$(harbor_requests)
load "$router_port" 1
asked=$(($(harbor_requests) - before))
read -r answered _ <<<"$(of_load)"
rounds manifest_cell nginx router

conditions "2,091-byte manifest, THREADS=$threads, $connections connections, $seconds_each s each"
report 'CPU_us/request' 'requests/s' p50_ms p99_ms
echo
echo "router: Harbor was asked $asked times for $answered answers"
((asked * 10 < answered)) || echo "These are not cache hits: the router asked Harbor."
