#!/bin/bash
# The microbenchmarks: parsing of heads, lookups of mappings, the decision, the histogram, the log.
#
# usage: tests/perf/micro.sh [BUILD]       default build/release
#   ROUNDS=3: repetitions of each; MIN_SECONDS=0.2: of one repetition
#
# They are built with the tests where libbenchmark-dev is installed. Medians with the coefficient of
# variation; 500,000 mappings are also filled into a fresh process for their memory.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/release} found=0
for room in store http routing bench observe; do
  program=$build/tests/perf/${room}_benchmark
  [[ -x $program ]] || continue
  found=1
  "$program" --benchmark_format=json --benchmark_repetitions="${ROUNDS:-3}" \
    --benchmark_min_time="${MIN_SECONDS:-0.2}" --benchmark_report_aggregates_only=true 2>/dev/null |
    python3 -c '
import json, sys
room, rows = sys.argv[1], {}
for each in json.load(sys.stdin)["benchmarks"]:
    rows.setdefault(each["run_name"], {})[each.get("aggregate_name", "only")] = each
print(f"| {room} | CPU ns | variation | a second, all threads | |\n|---|---|---|---|---|")
for name, row in rows.items():
    one = row.get("median") or row["only"]
    if one.get("error_occurred"): sys.exit(name + ": " + one["error_message"])
    scale = {"ns": 1, "us": 1e3, "ms": 1e6}[one["time_unit"]]
    spread = f"{row['"'cv'"']['"'cpu_time'"'] * 100:.1f} %" if "cv" in row else ""
    rate = f"{one['"'items_per_second'"'] / 1e6:.2f} M" if "items_per_second" in one else ""
    more = f"{one['"'resident_MiB'"']:.1f} MiB resident" if "resident_MiB" in one else ""
    name = name.replace("/real_time", "").partition("/iterations")[0]
    print(f"| {name} | {one['"'cpu_time'"'] * scale:,.1f} | {spread} | {rate} | {more} |")
print()' "$room"
done
((found)) || { echo "needs $build/tests/perf/*_benchmark" >&2; exit 2; }
