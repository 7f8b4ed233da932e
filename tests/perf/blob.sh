#!/bin/bash
# A blob of 256 MiB through the router (splice) beside nginx with 16 buffers of 128 KiB, in one run.
#
# usage: tests/perf/blob.sh [ROUTER]       default build/release/harbor-router
#   THREADS=1 ROUNDS=3 PULLS=4 BLOB_BYTES=268435456
#
# A cell is PULLS downloads by one curl after the other. Needs nginx.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/perf/measure.sh

bytes=${BLOB_BYTES:-268435456} pulls=${PULLS:-4}

begin nginx
start_harbor "$bytes"
start_nginx "$blob_directives"
start_router
curl -sf "http://127.0.0.1:$router_port${blob_paths[0]}" |
  cmp - "$work/files/v2/$project${blob_paths[0]#/v2/proxy}"
pull "$nginx_port" "${blob_paths[0]}" "$bytes" 1
one_cell() { blob_cell "$@" "${blob_paths[0]}" "$bytes" "$pulls"; }
rounds one_cell nginx router

conditions "blob of $bytes bytes, THREADS=$threads, $pulls pulls each"
report 'CPU_s/GB' 'GB/s'
