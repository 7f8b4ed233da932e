#!/bin/bash
# The size of the stripped executable.
#
# usage: tests/perf/size.sh [ROUTER]       default build/release/harbor-router
set -euo pipefail
cd "$(dirname "$0")/../.."
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "${1:-build/release/harbor-router}"
awk -v bytes="$(stat -c %s "$stripped")" 'BEGIN { print "| stripped | MiB |\n|---|---|"
  printf "| %d bytes | %.2f |\n", bytes, bytes / 1048576 }'
