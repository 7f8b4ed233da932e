#!/bin/sh
# Builds every fuzz target and runs each on a copy of its corpus: tests/fuzz/run.sh [seconds-each].
# Exit code 1 when a target crashed; its input is kept in the directory that is printed.
set -eu
seconds=${1:-20}
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${FUZZ_BUILD:-$root/build/fuzz}

cd "$root"
cmake --preset fuzz -B "$build" >/dev/null
cmake --build "$build" --target fuzz
work=$(mktemp -d "${TMPDIR:-/tmp}/harbor-router-fuzz.XXXXXX")

failed=""
for corpus in "$root"/tests/fuzz/corpus/*/; do
  parser=$(basename "$corpus")
  mkdir -p "$work/$parser/corpus"
  cp "$corpus"* "$work/$parser/corpus/"
  if "$build/tests/fuzz/fuzz_$parser" -max_total_time="$seconds" -max_len=4096 -timeout=5 \
      -print_final_stats=1 -artifact_prefix="$work/$parser/" "$work/$parser/corpus" \
      >"$work/$parser/log" 2>&1; then
    printf '%-20s %s runs\n' "$parser" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$parser/log")"
  else
    failed="$failed $parser"
    tail -n 25 "$work/$parser/log"
  fi
done

if [ -n "$failed" ]; then
  echo "crashed:$failed (inputs and logs in $work)" >&2
  exit 1
fi
rm -rf "$work"
