#!/bin/bash
# The program to deploy, build/profiled/harbor-router: built once to be watched under load (a demo and
# `harbor-router bench`, on loopback) and once more for what was seen, with link-time optimisation.
# Takes twice as long as the release preset; what it saves says docs/performance.md.
set -euo pipefail
cd "$(dirname "$0")/.."
source deploy/debian_packages.sh
[[ $# -eq 0 ]] || { echo "usage: $0" >&2; exit 2; }

install_missing "${build_packages[@]}"

export CCACHE_SLOPPINESS=pch_defines,time_macros
build=build/profiled
binary=$build/harbor-router
mkdir -p "$build"

compile() { # write | use
  if ! { cmake --preset profiled -DHARBOR_ROUTER_PROFILE="$1" &&
         cmake --build --preset profiled --target harbor-router; } >"$build/build.log" 2>&1; then
    tail -40 "$build/build.log" >&2
    exit 1
  fi
}

router=
trap '[[ -z $router ]] || kill "$router" 2>/dev/null || true' EXIT

# watch VARIABLE=VALUE...: a demo with these settings under load; each process adds to the profile
watch() {
  local log=$build/demo.log port=
  env LISTEN_ADDR=127.0.0.1:0 METRICS_ADDR=127.0.0.1:0 "$@" "$binary" serve --demo 2>"$log" &
  router=$!
  until port=$(sed -n 's/.*listening port=\([0-9]*\) .*/\1/p' "$log") && [[ -n $port ]]; do
    kill -0 "$router" 2>/dev/null || { cat "$log" >&2; exit 1; }
    sleep 0.05
  done
  ask() {
    "$binary" bench --target "http://127.0.0.1:$port" --image proxy/hello:latest \
      --image proxy/shared/app:1.0 --warmup 0s -o csv "$@" >>"$build/bench.log" ||
      { echo "the load failed; its figures are in $build/bench.log" >&2; exit 1; }
  }
  ask --mix manifest:8,head:1,blob:1 -n 40000 --fail-if 'errors>0'
  ask --by-digest -n 10000 --fail-if 'errors>0'
  ask --cold -n 500
  kill "$router"
  wait "$router" || { cat "$log" >&2; exit 1; }
  router=
}

rm -f "$build/bench.log"
find "$build" -name '*.gcda' -delete
echo "Building, to be watched"
compile write
echo "Watching it"
watch
watch AUTH_MODE=service MANIFEST_CACHE_SIZE=64MiB MANIFEST_CACHE_TTL=60s
echo "Building for what was seen"
CCACHE_DISABLE=1 compile use # ccache does not always see that a profile has changed
echo "$binary: $("$binary" --version | head -1)"
