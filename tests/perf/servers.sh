# shellcheck shell=bash
# Sourced by measure.sh: Harbor as nginx imitates it, the router, and its peers.
#
# Every start_* sets NAME_pid and NAME_port and returns once it serves.

project=dockerhub-proxy
manifest_type=application/vnd.oci.image.manifest.v1+json
manifest_path=/v2/proxy/library/nginx/manifests/latest
# What the router asks Harbor with beside the client's own fields: Harbor reads as much from a peer,
# which costs Harbor several µs.
bearer_token=$(head -c 675 /dev/zero | base64 -w0)
declare -A question_fields=([Authorization]="Bearer $bearer_token" [Accept-Encoding]=identity
  [User-Agent]=harbor-router [X-Request-Id]=00112233445566778899aabbccddeeff)

per_question_field() { # FORMAT: printf's, of a name and a value
  local name
  for name in "${!question_fields[@]}"; do printf "$1" "$name" "${question_fields[$name]}"; done
}

nginx_head() { # NAME: what every nginx here has in common
  cat <<CONF
daemon off; worker_processes ${workers:-1}; pid $work/$1.pid; error_log stderr warn;
events { worker_connections ${worker_connections:-4096}; }
http {
  access_log off; keepalive_requests 100000000; tcp_nodelay on; keepalive_timeout 300s;
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

# Names in the list of projects: the one that has the images in the middle, the others empty.
projects_json() { # COUNT
  python3 - "$project" "$1" <<'PY'
import json, sys
name, count = sys.argv[1], int(sys.argv[2])
print(json.dumps([{"project_id": n + 2, "registry_id": 1, "metadata": {"public": "true"},
                   "name": name if n == count // 2 else f"empty-{n}"} for n in range(count)]))
PY
}

# An nginx that imitates Harbor: static answers and the files under $work/files. library/nginx, and
# every library/nginx-X with the same manifest, in one project of $projects (1).
start_harbor() { # [BLOB-BYTES...]: for each a blob, $blob_paths being theirs at the router and nginx
  local repository=$work/files/v2/$project/library/nginx digest bytes blob
  mkdir -p "$repository"/{manifests,blobs} "$work/pages"
  write_manifest "$repository/manifests/latest"
  digest=sha256:$(sha256sum <"$repository/manifests/latest" | cut -d' ' -f1)
  blob_paths=()
  for bytes in "$@"; do
    head -c "$bytes" /dev/urandom >"$repository/blobs/new"
    blob=$(sha256sum <"$repository/blobs/new" | cut -d' ' -f1)
    mv "$repository/blobs/new" "$repository/blobs/sha256:$blob"
    blob_paths+=("/v2/proxy/library/nginx/blobs/sha256:$blob")
  done
  projects_json "${projects:-1}" >"$work/pages/projects"
  harbor_port=$(free_port)
  { workers=1 worker_connections=16384 nginx_head harbor
    cat <<CONF
  sendfile on; tcp_nopush on; open_file_cache max=100;
  server {
    listen 127.0.0.1:$harbor_port backlog=4096; root $work/files;
    default_type application/json;
    location = /_requests { stub_status; }
    location = /api/v2.0/projects { add_header X-Total-Count ${projects:-1}; alias $work/pages/projects; }
    location = /api/v2.0/registries {
      add_header X-Total-Count 1;
      return 200 '[{"id":1,"name":"hub","type":"docker-hub","url":"https://hub.docker.com","status":"healthy"}]';
    }
    location = /service/token {
      return 200 '{"token":"$bearer_token","access_token":"","expires_in":1800,"issued_at":"$(date -u +%FT%TZ)"}';
    }
    location ^~ /v2/$project/library/nginx/manifests/ {
      default_type $manifest_type;
      add_header Docker-Content-Digest $digest;
      add_header Docker-Distribution-Api-Version registry/2.0;
    }
    location ^~ /v2/$project/library/nginx/blobs/ { default_type application/octet-stream; }
    location ~ ^/v2/$project/library/nginx-[^/]+/manifests/latest\$ {
      default_type $manifest_type;
      add_header Docker-Content-Digest $digest;
      add_header Docker-Distribution-Api-Version registry/2.0;
      alias $repository/manifests/latest;
    }
    location / { return 404 '{"errors":[{"code":"NOT_FOUND","message":"not found"}]}'; }
  }
}
CONF
  } >"$work/harbor.conf"
  start harbor nginx -e stderr -c "$work/harbor.conf"
  harbor_pid=$pid
  await "$pid" "http://127.0.0.1:$harbor_port/v2/$project/library/nginx/manifests/latest"
}

harbor_requests() { # how many Harbor was asked so far, less those of this function
  local count
  count=$(curl -sf "http://127.0.0.1:$harbor_port/_requests" | awk 'NR == 3 { print $3 }')
  echo $((count - ++harbor_looks))
}
harbor_looks=0

# The peer: nginx's proxy_pass with kept connections. It neither checks digests nor logs.
start_nginx() { # [DIRECTIVES of its location]
  nginx_port=$(free_port)
  { workers=$threads nginx_head nginx
    cat <<CONF
  upstream harbor { server 127.0.0.1:$harbor_port; keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:$nginx_port backlog=4096;
    location /v2/proxy/ {
      proxy_pass http://harbor/v2/$project/; proxy_http_version 1.1;
      proxy_set_header Connection ""; $(per_question_field 'proxy_set_header %s "%s";') ${1-}
    }
  }
}
CONF
  } >"$work/nginx.conf"
  start nginx nginx -e stderr -c "$work/nginx.conf"
  nginx_pid=$pid
  await "$nginx_pid" "http://127.0.0.1:$nginx_port$manifest_path"
}

# What no relay can do without, where it is built (least_relay.cpp); sets least_port to '' otherwise.
start_least() {
  least_port=
  [[ -x $least_relay ]] || return 0
  least_port=$(free_port)
  { printf 'GET /v2/%s/library/nginx/manifests/latest HTTP/1.1\r\nHost: harbor\r\nAccept: %s\r\n' \
      "$project" "$manifest_type"
    per_question_field '%s: %s\r\n'
    printf '\r\n'; } >"$work/question"
  start least "$least_relay" "$least_port" "$harbor_port" "$work/question"
  least_pid=$pid
  await "$pid" "http://127.0.0.1:$least_port$manifest_path"
}

haproxy_in_front() { # NAME DIRECTIVES PORT...: of servers; logs nothing
  local name=$1 directives=$2 port server
  port=$(free_port)
  shift 2
  { cat <<CONF
global
  nbthread $threads
  maxconn 12000
  no strict-limits
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 60s
frontend front
  bind 127.0.0.1:$port backlog 4096
  default_backend back
backend back
  http-reuse always
  $directives
CONF
    for server in "$@"; do echo "  server on-$server 127.0.0.1:$server"; done
  } >"$work/$name.cfg"
  start "$name" haproxy -db -q -f "$work/$name.cfg"
  printf -v "${name}_pid" %s "$pid"
  printf -v "${name}_port" %s "$port"
  await "$pid" "http://127.0.0.1:$port$manifest_path"
}

# The other peer, with the same change of path and the same question.
start_haproxy() {
  haproxy_in_front haproxy "http-request replace-path /v2/proxy/(.*) /v2/$project/\\1
$(per_question_field '  http-request set-header %s "%s"\n')" "$harbor_port"
}

# The router, logging every request into a file on tmpfs.
start_router() { # [NAME [VARIABLE=VALUE...]]
  local name=${1:-router} port
  port=$(free_port)
  start "$name" env -i HARBOR_URL="http://127.0.0.1:$harbor_port" HARBOR_USERNAME='robot$router' \
    HARBOR_PASSWORD=Robot-1 AUTH_MODE=service THREADS="$threads" LOG_LEVEL=info \
    LISTEN_ADDR="127.0.0.1:$port" METRICS_ADDR=127.0.0.1:0 "${@:2}" "$binary" serve
  printf -v "${name}_pid" %s "$pid"
  printf -v "${name}_port" %s "$port"
  await "$pid" "http://127.0.0.1:$port/readyz"
}

# The stand-in Harbor of src/stub, where more is asked of Harbor than a file.
start_stand_in() { # CONFIG: as include/harbor_router/stub/config.hpp says, without a port
  [[ -x $stand_in ]] || { echo "needs $stand_in (STAND_IN)" >&2; exit 2; }
  harbor_port=$(free_port)
  python3 -c 'import json, sys; print(json.dumps(json.load(open(sys.argv[1])) | {"port": int(sys.argv[2]),
    "accounts": [{"name": "robot$router", "password": "Robot-1", "kind": "robot", "projects": ["*"],
                  "system_permissions": ["project:list", "registry:list", "registry:read"]}]}))' \
    "$1" "$harbor_port" >"$work/stand-in.json"
  start stand-in "$stand_in" --config "$work/stand-in.json"
  await "$pid" "http://127.0.0.1:$harbor_port/_stand-in/state"
}
