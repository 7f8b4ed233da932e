#!/bin/bash
# Builds every fuzz target and runs each on a copy of its corpus, one per core at a time:
# tests/fuzz/run.sh [seconds-each].
# Exit code 1 when a target crashed; its input is kept in the directory that is printed.
set -eu
seconds=${1:-20}
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${FUZZ_BUILD:-$root/build/fuzz}

cd "$root"
cmake --preset fuzz -B "$build" >/dev/null
cmake --build "$build" --target fuzz
work=$(mktemp -d "${TMPDIR:-/tmp}/harbor-router-fuzz.XXXXXX")

# fuzz PARSER: one that failed leaves a file of that name behind
fuzz() {
  if "$build/tests/fuzz/fuzz_$1" -max_total_time="$seconds" -max_len=4096 -timeout=60 \
      -print_final_stats=1 -artifact_prefix="$work/$1/" "$work/$1/corpus" >"$work/$1/log" 2>&1; then
    printf '%-20s %s runs\n' "$1" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$1/log")"
  else
    touch "$work/$1/failed"
    tail -n 25 "$work/$1/log"
  fi
}

for corpus in "$root"/tests/fuzz/corpus/*/; do
  parser=$(basename "$corpus")
  mkdir -p "$work/$parser/corpus"
  cp "$corpus"* "$work/$parser/corpus/"
  while [ "$(jobs -pr | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
  fuzz "$parser" &
done
wait

failed=$(cd "$work" && for mark in */failed; do [ ! -e "$mark" ] || printf ' %s' "${mark%/failed}"; done)
if [ -n "$failed" ]; then
  echo "crashed:$failed (inputs and logs in $work)" >&2
  exit 1
fi
rm -rf "$work"
