#!/bin/bash
# The load generator beside wrk, on the same nginx that serves a static manifest, in one run.
#
# usage: tests/perf/bench.sh [ROUTER]       default build/release/harbor-router
#   ROUNDS=3 SECONDS_EACH=3 CONNECTIONS=64
#
# CPU is that of the generator's process (user + system). Needs nginx and wrk.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/perf/measure.sh

begin nginx wrk
start_harbor
python3 - "$binary" "http://127.0.0.1:$harbor_port" "$project/library/nginx" "$rounds_wanted" \
  "$seconds_each" "$connections" <<'PY'
import json, os, re, resource, statistics, subprocess, sys
binary, target, image, rounds, seconds, connections = sys.argv[1:]
# What bench sends (src/bench/requests.cpp), so that the target has the same bytes to read.
fields = ("User-Agent: harbor-router-bench", "Accept: " + ", ".join(
    "application/vnd." + kind + "+json" for kind in
    ("oci.image.manifest.v1", "oci.image.index.v1", "docker.distribution.manifest.v2",
     "docker.distribution.manifest.list.v2")))

def run(*command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return text, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

def ours():
    text, cpu = run(binary, "bench", "--target", target, "--image", image + ":latest", "-o", "json",
                    "-z", seconds + "s", "--warmup", "0s", "-c", connections)
    result = json.loads(text)["result"]
    assert result["errors"] == 0, text
    return result["rate"], cpu * 1e6 / result["requests"]

def wrk():
    text, cpu = run("wrk", "-t1", "-c" + connections, "-d" + seconds + "s",
                    *(part for field in fields for part in ("-H", field)),
                    f"{target}/v2/{image}/manifests/latest")
    assert "Non-2xx" not in text and "Socket errors" not in text, text
    return (float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
            cpu * 1e6 / int(re.search(r"(\d+) requests in", text)[1]))

pairs = []
for n in range(int(rounds)):
    order = [ours, wrk] if n % 2 == 0 else [wrk, ours]
    got = {each.__name__: each() for each in order}
    pairs.append((got["ours"], got["wrk"]))
def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"
print("| | requests/s | CPU us/request |\n|---|---|---|")
for name, i in (("bench", 0), ("wrk", 1)):
    print(f"| {name} | {spread([p[i][0] for p in pairs])} | {spread([p[i][1] for p in pairs])} |")
print(f"| ratio | {spread([p[0][0] / p[1][0] for p in pairs])} | "
      f"{spread([p[0][1] / p[1][1] for p in pairs])} |")
print("load average now", os.getloadavg()[0])
PY
