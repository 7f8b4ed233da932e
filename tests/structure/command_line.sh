#!/bin/bash
# The real binary: exit codes, and that data goes to standard output and complaints to standard
# error. Nothing here starts to serve.
set -u
binary=$1
failed=0
unset "${!HARBOR_@}"

# expect CODE STREAM PATTERN ARGUMENTS...: the exit code, and a pattern on stdout or stderr; the
# other stream must be empty.
expect() {
  local code=$1 stream=$2 pattern=$3
  shift 3
  local out err rc
  out=$("$binary" "$@" 2>"$scratch/stderr"); rc=$?
  err=$(cat "$scratch/stderr")
  local text=$out other=$err
  [[ $stream == stderr ]] && text=$err other=$out
  if [[ $rc -ne $code || -n $other ]] || ! grep -qF -- "$pattern" <<<"$text"; then
    echo "harbor-router $*: wanted exit $code and \"$pattern\" on $stream alone; got exit $rc"
    echo "  stdout: $out"
    echo "  stderr: $err"
    failed=1
  fi
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

expect 0 stdout "Subcommands" --help
expect 0 stdout "CACHE_TTL (default 300s)" serve --help
expect 0 stdout "commit" --version
expect 0 stdout "OpenSSL 3." --version
expect 0 stdout '"commit"' --version -o json
expect 0 stdout "wants ADMIN_TOKEN" cache-inspect --help

expect 2 stderr "a subcommand is missing"
expect 2 stderr "did you mean serve?" serv
expect 2 stderr "did you mean --cache-ttl?" serve --cache-tll 5s
expect 2 stderr "takes no argument" serve nginx
expect 2 stderr "set HARBOR_PASSWORD or HARBOR_PASSWORD_FILE" serve --harbor-password x
expect 2 stderr "HARBOR_USERNAME is missing" serve
expect 2 stderr "HARBOR_PASSWORD is missing" serve

CACHE_TTL=5 expect 2 stderr 'CACHE_TTL: "5" lacks a unit' serve --demo
CACHE_TTL=5 expect 2 stderr '--cache-ttl: "6" lacks a unit' serve --demo --cache-ttl 6
CACHE_TTL=5 THREADS=x expect 2 stderr 'THREADS: "x" is no whole number' serve --demo
HARBOR_PASSWORD_FILE=$scratch/none expect 2 stderr "HARBOR_PASSWORD_FILE: cannot read" serve --demo
expect 2 stderr '[::1]:8080' serve --demo --listen-addr localhost:80
expect 2 stderr 'has a path' serve --demo --harbor-url http://harbor/path

if "$binary" --help >/dev/full 2>/dev/null; then
  echo "--help to a full disk went unnoticed"
  failed=1
fi
for page in "--help" "serve --help" "resolve --help" "discover --help" "cache-inspect --help"; do
  # shellcheck disable=SC2086
  if "$binary" $page | grep -nE '^.{81}'; then
    echo "harbor-router $page is wider than 80 columns"
    failed=1
  fi
done
exit $failed
