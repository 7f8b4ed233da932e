# shellcheck shell=bash
# Sourced by the measurements beside it: processes on loopback, their CPU, rounds and ratios.
#
# What stays true: everything listens on 127.0.0.1 on a free port and is ended by its process id
# when the script ends, however it ends; files live in one directory on tmpfs that goes with it.
# CPU is what the scheduler counts for a process, its threads and its children, in ns (threads that
# have ended are lost: none of those measured ends one). Ratios are taken within a round, so that a
# disturbance of a shared machine meets both sides.

arguments=("$@")                         # the script's
binary=${1:-build/release/harbor-router}
stand_in=${STAND_IN:-$(dirname "$binary")/tests/standin/stand-in-harbor}
least_relay=${LEAST_RELAY:-$(dirname "$stand_in")/../perf/least_relay}
rounds_wanted=${ROUNDS:-3} seconds_each=${SECONDS_EACH:-3} connections=${CONNECTIONS:-64}
threads=${THREADS:-1}
started=()
source tests/perf/servers.sh

# With CONGESTION=NAME the script runs once more where that congestion control is in force: a network
# namespace of its own, in which nothing is but loopback. Needs to be root.
under_congestion_control() {
  local in_force=/proc/sys/net/ipv4/tcp_congestion_control
  [[ ${CONGESTION:-$(<$in_force)} != "$(<$in_force)" ]] || return 0
  [[ ! -v perf_namespace ]] || { echo "$CONGESTION is not to be had" >&2; exit 2; }
  perf_namespace='' exec unshare --net bash -c \
    'ip link set lo up && echo "$CONGESTION" >'"$in_force"'; exec bash "$0" "$@"' "$0" "${arguments[@]}"
}

begin() { # PROGRAM...: what must be installed
  PATH=$PATH:/usr/sbin
  under_congestion_control
  local program
  for program in python3 curl "$@"; do
    command -v "$program" >/dev/null || { echo "needs $program" >&2; exit 2; }
  done
  local tmpfs=/dev/shm
  [[ -w $tmpfs ]] || tmpfs=${TMPDIR:-/tmp}
  work=$(mktemp -d "$tmpfs/harbor-router-perf-XXXXXX")
  chmod 755 "$work" # nginx's worker may be another user
  results=$work/results
  trap finish EXIT
  trap 'exit 130' INT TERM
}

end_servers() {
  local pid
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
  started=()
}

finish() {
  end_servers
  rm -rf "$work"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start NAME COMMAND...: in the background; sets $pid; stderr is appended to $work/NAME.log
start() {
  local name=$1
  shift
  "$@" >/dev/null 2>>"$work/$name.log" &
  pid=$!
  started+=("$pid")
}

# await PID URL: until it answers 200
await() {
  local tries
  for ((tries = 0; tries < 200; ++tries)); do
    curl -sf --max-time 2 -o /dev/null "$2" && return
    kill -0 "$1" 2>/dev/null || break
    sleep 0.05
  done
  echo "$2 is not served" >&2
  tail -n 20 "$work"/*.log >&2
  exit 1
}

processes() { # PID...: these and their children
  local one
  for one in "$@"; do echo "$one" $(<"/proc/$one/task/$one/children"); done
}

cpu_ns() { # PID...
  local one total=0 ran rest file
  for one in $(processes "$@"); do
    for file in /proc/"$one"/task/*/schedstat; do
      read -r ran rest <"$file"
      total=$((total + ran))
    done
  done
  echo "$total"
}

resident_kib() { # PID...
  local one total=0
  for one in $(processes "$@"); do
    total=$((total + $(awk '/^VmRSS/ { print $2 }' "/proc/$one/status")))
  done
  echo "$total"
}

# Manifests from one PORT with wrk; with a wrk script and its arguments, what that asks for.
load() { # PORT SECONDS [SCRIPT ARGUMENT...]
  local port=$1 seconds=$2
  shift 2
  wrk -t1 "-c$connections" "-d${seconds}s" --latency --timeout 10s -H "Accept: $manifest_type" \
    ${1:+-s "$1"} "http://127.0.0.1:$port$manifest_path" "${@:2}" >"$work/wrk"
  if grep -E 'Non-2xx|Socket errors' "$work/wrk"; then exit 1; fi
}

of_load() { # what wrk said: "REQUESTS RATE P50_MS P99_MS"
  awk '
    function ms(text) { return text ~ /us$/ ? text / 1000 : text ~ /ms$/ ? text + 0 : text * 1000 }
    $1 == "50%" { p50 = ms($2) }
    $1 == "99%" { p99 = ms($2) }
    /requests in/ { requests = $1 }
    /^Requests\/sec:/ { rate = $2 }
    END { print requests, rate, p50, p99 }' "$work/wrk"
}

# A cell of `rounds`: CPU us per request, requests/s, p50 and p99 in ms; more arguments go to load.
manifest_cell() { # ROUND TARGET PIDS PORT [SCRIPT ARGUMENT...]
  local round=$1 target=$2 pids=$3 port=$4 before after requests rest
  shift 4
  before=$(cpu_ns $pids)
  load "$port" "$seconds_each" "$@"
  after=$(cpu_ns $pids)
  read -r requests rest <<<"$(of_load)"
  echo "$round $target $(awk "BEGIN { print ($after - $before) / 1000 / $requests }") $rest" >>"$results"
}

# The peer's buffers for blobs.
blob_directives='proxy_buffers 16 128k; proxy_buffer_size 128k; proxy_busy_buffers_size 256k;
      proxy_max_temp_file_size 0;'

pull() { # PORT PATH BYTES TIMES: by one curl after the other; the seconds they took are in $pulled
  local got n urls=()
  for ((n = 0; n < $4; ++n)); do urls+=(-o /dev/null "http://127.0.0.1:$1$2"); done
  got=$(curl -sf -w '%{size_download} %{time_total}\n' "${urls[@]}")
  pulled=$(awk -v bytes="$3" '$1 != bytes { print "got", $1 > "/dev/stderr"; exit 1 } { s += $2 }
    END { print s }' <<<"$got")
}

# A cell of `rounds`: CPU s per GB, GB/s.
blob_cell() { # ROUND TARGET PIDS PORT PATH BYTES TIMES
  local before after
  before=$(cpu_ns $3)
  pull "${@:4}"
  after=$(cpu_ns $3)
  awk -v round="$1" -v target="$2" -v ns="$((after - before))" -v gb="$6e-9" -v times="$7" \
    -v seconds="$pulled" 'BEGIN { gb *= times; print round, target, ns / 1e9 / gb, gb / seconds }' \
    >>"$results"
}

# harbor-router bench: "REQUESTS RATE P50_MS P99_MS"; not one answer may be bad.
bench() { # PORT IMAGE ARGUMENT...
  "$binary" bench --target "http://127.0.0.1:$1" --image "$2" --warmup 0s -o csv \
    --fail-if 'errors>0' "${@:3}" | awk -F, '
      NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i }
      NR == 2 { print $column["requests"], $column["rate"], $column["p50_ms"], $column["p99_ms"] }'
}

# rounds MEASURE TARGET...: calls `MEASURE ROUND TARGET PIDS PORT` for each, the order turning every
# round; a target T is $T_pid and $T_port. MEASURE appends "ROUND TARGET VALUE..." to $results.
rounds() {
  local measure=$1 round target order
  shift
  targets=("$@")
  : >"$results"
  for ((round = 1; round <= rounds_wanted; ++round)); do
    order=("$@")
    ((round % 2)) || mapfile -t order < <(printf '%s\n' "$@" | tac)
    for target in "${order[@]}"; do
      local target_pid=${target}_pid target_port=${target}_port
      "$measure" "$round" "$target" "${!target_pid}" "${!target_port}"
      truncate -s 0 "$work"/*.log
    done
  done
}

# report NAME...: a table of the values after ROUND and TARGET, medians with (lowest to highest);
# below them the ratio of every target to the first, taken within a round.
report() {
  awk -v names="$*" -v targets="${targets[*]}" '
    function spread(list, count, digits,   i, j, swap, middle) {
      for (i = 2; i <= count; ++i)
        for (j = i; j > 1 && list[j - 1] > list[j]; --j) {
          swap = list[j]; list[j] = list[j - 1]; list[j - 1] = swap
        }
      middle = count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
      return sprintf("%.*f (%.*f to %.*f)", digits, middle, digits, list[1], digits, list[count])
    }
    function row(title, one, other,   c, n, digits) {
      printf "| %s |", title
      for (c = 1; c <= columns; ++c) {
        for (n = 1; n <= last; ++n) {
          list[n] = value[one, n, c]
          if (other != "") list[n] = value[other, n, c] ? list[n] / value[other, n, c] : 0
        }
        digits = other != "" || list[1] < 10 ? 2 : list[1] < 1000 ? 1 : 0
        printf " %s |", spread(list, last, digits)
      }
      print ""
    }
    { if ($1 > last) last = $1
      for (i = 3; i <= NF; ++i) value[$2, $1, i - 2] = $i }
    END {
      columns = split(names, name, " ")
      printf "| |"; for (c = 1; c <= columns; ++c) printf " %s |", name[c]; print ""
      printf "|---|"; for (c = 1; c <= columns; ++c) printf "---|"; print ""
      count = split(targets, target, " ")
      for (t = 1; t <= count; ++t) row(target[t], target[t])
      for (t = 2; t <= count; ++t) row(target[t] " / " target[1], target[t], target[1])
    }' "$results"
}

conditions() { # TEXT: one line over a table
  echo "$1; $rounds_wanted rounds; $(</proc/sys/net/ipv4/tcp_congestion_control);" \
    "load average now $(cut -d' ' -f1 /proc/loadavg)"
}
