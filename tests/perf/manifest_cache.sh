#!/bin/bash
# A manifest by tag answered from the manifest cache, beside nginx's proxy_pass, which asks Harbor.
#
# usage: tests/perf/manifest_cache.sh [ROUTER]      default build/release/harbor-router
#   the variables of proxy.sh, which does it
set -euo pipefail
ROUTER_SETTINGS='MANIFEST_CACHE_SIZE=64MiB MANIFEST_CACHE_TTL=1h CACHE_TTL=1h' \
  exec bash "$(dirname "$0")/proxy.sh" "$@"
