#!/bin/bash
# From a bare Debian 12 with git to a first pull: installs what the build needs, builds Release,
# starts `harbor-router serve --demo` on loopback and pulls an image through it. The router keeps
# running; --stop-after ends it again, by its process id.
set -euo pipefail
cd "$(dirname "$0")/.."
source deploy/debian_packages.sh

stop_after=no
case ${1-} in
  "") ;;
  --stop-after) stop_after=yes ;;
  *) echo "usage: $0 [--stop-after]" >&2; exit 2 ;;
esac

install_missing "${build_packages[@]}" skopeo curl

export CCACHE_SLOPPINESS=pch_defines,time_macros
echo "Building (some minutes the first time)"
mkdir -p build/quickstart
log=build/quickstart/build.log
if ! { cmake --preset release -DHARBOR_ROUTER_TESTS=OFF &&
       cmake --build --preset release --target harbor-router; } >"$log" 2>&1; then
  tail -40 "$log" >&2
  exit 1
fi

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() {  # the first choice if it is free, else one that is
  local port=$1
  until is_free "$port"; do port=$((RANDOM % 10000 + 20000)); done
  echo "$port"
}
port=$(free_port 8080)
metrics_port=$(free_port 9090)

log=build/quickstart/harbor-router.log
nohup build/release/harbor-router serve --demo --listen-addr "127.0.0.1:$port" \
  --metrics-addr "127.0.0.1:$metrics_port" >"$log" 2>&1 </dev/null &
router=$!
layout=$(mktemp -d)
keep=no
clean_up() {
  rm -rf "$layout"
  [[ $keep == yes ]] || kill "$router" 2>/dev/null || true
}
trap clean_up EXIT

ready=no
for _ in {1..200}; do
  if curl -fs "http://127.0.0.1:$port/readyz" >/dev/null; then ready=yes; break; fi
  kill -0 "$router" 2>/dev/null || break
  sleep 0.1
done
if [[ $ready == no ]]; then
  echo "The router is not ready; its log:" >&2
  cat "$log" >&2
  exit 1
fi
echo
echo "harbor-router serves http://127.0.0.1:$port: $(curl -s "http://127.0.0.1:$port/readyz")"

image=127.0.0.1:$port/proxy/hello:latest
echo
echo "\$ skopeo copy --src-tls-verify=false docker://$image oci:$layout/hello:latest"
skopeo --insecure-policy copy --src-tls-verify=false "docker://$image" "oci:$layout/hello:latest"

# Clients get a token first, also for what is public; here one of nobody's.
token=$(curl -fs "http://127.0.0.1:$port/service/token?scope=repository:proxy/hello:pull" |
  sed 's/.*"token":"\([^"]*\)".*/\1/')
manifest=http://127.0.0.1:$port/v2/proxy/hello/manifests/latest
echo
echo "\$ curl -sI -H \"Authorization: Bearer \$token\" $manifest"
head=$(curl -sI -H "Authorization: Bearer $token" -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
  -H 'Accept: application/vnd.oci.image.index.v1+json' "$manifest" | tr -d '\r')
grep -iE '^(HTTP|content-type|docker-content-digest|x-harbor-router)' <<<"$head"
grep -qi '^x-harbor-router-project: .' <<<"$head" || { echo "No project is named." >&2; exit 1; }

echo
if [[ $stop_after == yes ]]; then
  kill "$router"
  code=0
  wait "$router" || code=$?
  keep=yes
  [[ $code -eq 0 ]] || { echo "The router ended with $code:" >&2; tail "$log" >&2; exit 1; }
  echo "Stopped."
else
  keep=yes
  echo "Still running as process $router, log in $log. Stop it with: kill $router"
fi
