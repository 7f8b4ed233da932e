# shellcheck shell=bash
# Sourced by the measurements beside it: processes on loopback, their CPU, rounds and ratios.
#
# What stays true: everything listens on 127.0.0.1 on a free port and is ended by its process id
# when the script ends, however it ends; files live in one directory on tmpfs that goes with it.
# CPU is utime + stime of a process, all its threads and children (10 ms ticks). Ratios are taken
# within a round, so that a disturbance of a shared machine meets both sides.

project=dockerhub-proxy
manifest_type=application/vnd.oci.image.manifest.v1+json
manifest_path=/v2/proxy/library/nginx/manifests/latest
started=()
read -ra router_settings <<<"${ROUTER_SETTINGS-}"

begin() { # PROGRAM...: what must be installed
  PATH=$PATH:/usr/sbin
  local program
  for program in "$@"; do
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

finish() {
  local pid
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
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
    curl -sf -o /dev/null "$2" && return
    kill -0 "$1" 2>/dev/null || break
    sleep 0.05
  done
  echo "$2 is not served" >&2
  tail -n 20 "$work"/*.log >&2
  exit 1
}

cpu_ticks() { # PID
  local one total=0 fields
  for one in "$1" $(<"/proc/$1/task/$1/children"); do
    fields=$(<"/proc/$one/stat")
    read -ra fields <<<"${fields##*) }"
    total=$((total + fields[11] + fields[12]))
  done
  echo "$total"
}

nginx_head() { # NAME: what both nginx have in common
  cat <<CONF
daemon off; worker_processes ${workers:-1}; pid $work/$1.pid; error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; tcp_nodelay on;
  client_body_temp_path $work/$1-body; proxy_temp_path $work/$1-proxy;
  fastcgi_temp_path $work/$1-f; uwsgi_temp_path $work/$1-u; scgi_temp_path $work/$1-s;
CONF
}

# A file of exactly 2,091 bytes, as a real image with eight layers has.
write_manifest() { # FILE
  python3 - "$manifest_type" >"$1" <<'PY'
import hashlib, json, sys
def part(number, kind, size):
    return {"mediaType": "application/vnd.oci.image." + kind, "size": size,
            "digest": "sha256:" + hashlib.sha256(b"%d" % number).hexdigest()}
made = {"schemaVersion": 2, "mediaType": sys.argv[1], "config": part(0, "config.v1+json", 7682),
        "layers": [part(n, "layer.v1.tar+gzip", 1000000 + n) for n in range(1, 9)],
        "annotations": {"padding": ""}}
made["annotations"]["padding"] = "x" * (2091 - len(json.dumps(made)))
sys.stdout.write(json.dumps(made))
PY
}

# An nginx that imitates Harbor with one project: static answers, and the files under $work/files.
start_harbor() { # [BLOB-BYTES]: with them there is a blob, at $blob_path of the router and nginx
  local repository=$work/files/v2/$project/library/nginx digest blob
  mkdir -p "$repository"/{manifests,blobs}
  write_manifest "$repository/manifests/latest"
  digest=sha256:$(sha256sum <"$repository/manifests/latest" | cut -d' ' -f1)
  if [[ -n ${1-} ]]; then
    head -c "$1" /dev/urandom >"$repository/blobs/new"
    blob=$(sha256sum <"$repository/blobs/new" | cut -d' ' -f1)
    mv "$repository/blobs/new" "$repository/blobs/sha256:$blob"
    blob_path=/v2/proxy/library/nginx/blobs/sha256:$blob
  fi
  harbor_port=$(free_port)
  { workers=1 nginx_head harbor
    cat <<CONF
  sendfile on; tcp_nopush on; open_file_cache max=100;
  server {
    listen 127.0.0.1:$harbor_port backlog=4096; root $work/files;
    default_type application/json;
    location = /api/v2.0/projects {
      add_header X-Total-Count 1;
      return 200 '[{"project_id":2,"name":"$project","registry_id":1,"metadata":{"public":"true"}}]';
    }
    location = /api/v2.0/registries {
      add_header X-Total-Count 1;
      return 200 '[{"id":1,"name":"hub","type":"docker-hub","url":"https://hub.docker.com","status":"healthy"}]';
    }
    location = /service/token {
      return 200 '{"token":"$(head -c 675 /dev/zero | base64 -w0)","access_token":"","expires_in":1800,"issued_at":"$(date -u +%FT%TZ)"}';
    }
    location /v2/$project/library/nginx/manifests/ {
      default_type $manifest_type;
      add_header Docker-Content-Digest $digest;
      add_header Docker-Distribution-Api-Version registry/2.0;
    }
    location /v2/$project/library/nginx/blobs/ { default_type application/octet-stream; }
    location / { return 404 '{"errors":[{"code":"NOT_FOUND","message":"not found"}]}'; }
  }
}
CONF
  } >"$work/harbor.conf"
  start harbor nginx -e stderr -c "$work/harbor.conf"
  await "$pid" "http://127.0.0.1:$harbor_port/v2/$project/library/nginx/manifests/latest"
}

# The peer: nginx's proxy_pass with kept connections. It neither checks digests nor logs.
start_nginx() { # [DIRECTIVES of its location]
  nginx_port=$(free_port)
  { workers=${THREADS:-1} nginx_head nginx
    cat <<CONF
  upstream harbor { server 127.0.0.1:$harbor_port; keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:$nginx_port backlog=4096;
    location /v2/proxy/ {
      proxy_pass http://harbor/v2/$project/; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Authorization "Bearer token"; ${1-}
    }
  }
}
CONF
  } >"$work/nginx.conf"
  start nginx nginx -e stderr -c "$work/nginx.conf"
  nginx_pid=$pid
  await "$nginx_pid" "http://127.0.0.1:$nginx_port$manifest_path"
}

# The router, logging every request into a file on tmpfs. $router_settings: more of them.
start_router() { # BINARY
  router_port=$(free_port)
  start router env -i HARBOR_URL="http://127.0.0.1:$harbor_port" HARBOR_USERNAME=robot \
    HARBOR_PASSWORD=perf AUTH_MODE=service THREADS="${THREADS:-1}" LOG_LEVEL=info \
    LISTEN_ADDR="127.0.0.1:$router_port" METRICS_ADDR=127.0.0.1:0 \
    "${router_settings[@]}" "$1" serve
  router_pid=$pid
  await "$router_pid" "http://127.0.0.1:$router_port$manifest_path"
}

# rounds N MEASURE: calls `MEASURE ROUND nginx|router PID PORT`, the order turning every round.
# MEASURE appends "ROUND TARGET VALUE..." to $results.
rounds() {
  local round target targets
  for ((round = 1; round <= $1; ++round)); do
    targets=(nginx router)
    ((round % 2)) || targets=(router nginx)
    for target in "${targets[@]}"; do
      local target_pid=${target}_pid target_port=${target}_port
      "$2" "$round" "$target" "${!target_pid}" "${!target_port}"
      : >"$work/router.log"
    done
  done
}

# report NAME...: a table of the values after ROUND and TARGET, medians with (lowest to highest),
# and the last line the ratio router / nginx of each, taken within a round.
report() {
  awk -v names="$*" '
    function spread(list, count, digits,   i, j, swap, middle) {
      for (i = 2; i <= count; ++i)
        for (j = i; j > 1 && list[j - 1] > list[j]; --j) {
          swap = list[j]; list[j] = list[j - 1]; list[j - 1] = swap
        }
      middle = count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
      return sprintf("%.*f (%.*f to %.*f)", digits, middle, digits, list[1], digits, list[count])
    }
    { if ($1 > last) last = $1
      for (i = 3; i <= NF; ++i) value[$2, $1, i - 2] = $i }
    END {
      columns = split(names, name, " ")
      printf "| |"; for (c = 1; c <= columns; ++c) printf " %s |", name[c]; print ""
      printf "|---|"; for (c = 1; c <= columns; ++c) printf "---|"; print ""
      split("nginx router ratio", row, " ")
      for (r = 1; r <= 3; ++r) {
        printf "| %s |", row[r]
        for (c = 1; c <= columns; ++c) {
          for (n = 1; n <= last; ++n)
            list[n] = r < 3 ? value[row[r], n, c] : value["router", n, c] / value["nginx", n, c]
          digits = r == 3 || list[1] < 10 ? 2 : list[1] < 1000 ? 1 : 0
          printf " %s |", spread(list, last, digits)
        }
        print ""
      }
    }' "$results"
}
