#!/bin/bash
# Installs what the tests need (Debian 12), builds and runs all of them:
#   quickstart  the first command of README.md, from build to pull
#   release     every test
#   asan        every test, with AddressSanitizer and UBSan
#   fuzz        every parser of what comes from outside, 20 s each
#   tsan        every test, with ThreadSanitizer
#   profiled    every test of the program that deploy/build.sh makes
# While the tests of one stage run, the next is built with what they leave of the machine.
# Without a word the first four, which is what CI has half an hour for; --quick stops after release,
# --all goes on to the last. Exit code 0 only if everything passed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
source deploy/debian_packages.sh

last=fuzz
case ${1-} in
  "") ;;
  --quick) last=release ;;
  --all) last=profiled ;;
  *) echo "usage: $0 [--quick | --all]" >&2; exit 2 ;;
esac

test_packages=(doctest-dev clang-14 skopeo podman containerd docker.io docker-registry umoci
  redis-server redis-sentinel nginx curl python3 openssl prometheus bash zsh fish mandoc man-db apache2-utils jq)

# Debian starts the services it installs; the tests want the programs alone. So while packages are
# installed, policy-rc.d forbids it.
results=$(mktemp -d)
policy=/usr/sbin/policy-rc.d
root=()
[[ $EUID -eq 0 ]] || root=(sudo)
policy_is_ours=no
forbid_services() {
  [[ ! -e $policy ]] || "${root[@]}" mv "$policy" "$policy.before-tests" || return 1
  policy_is_ours=yes
  printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
  "${root[@]}" chmod +x "$policy"
}
restore_policy() {
  [[ $policy_is_ours == yes ]] || return 0
  policy_is_ours=no
  "${root[@]}" rm -f "$policy"
  [[ ! -e $policy.before-tests ]] || "${root[@]}" mv "$policy.before-tests" "$policy"
}
trap 'restore_policy; rm -rf "$results"' EXIT
trap 'exit 130' INT TERM

if [[ -n $(missing_of "${build_packages[@]}" "${test_packages[@]}") ]]; then
  forbid_services || exit 1
  install_missing "${build_packages[@]}" "${test_packages[@]}" || exit 1
  restore_policy
fi

export CCACHE_SLOPPINESS=pch_defines,time_macros
export UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1
jobs=$(nproc)
passed=0
failed=0
times=()

# count ATTRIBUTE FILE: of the first <testsuite> of a JUnit report
count() { grep -owE "$1=\"[0-9]+\"" "$2" | head -1 | tr -dc 0-9; }

# stage NAME FUNCTION ARGUMENTS...: a function that fails is one more failure beside the tests'
stage() {
  local name=$1 began=$SECONDS
  shift
  echo
  echo "== $name"
  "$@" || failed=$((failed + 1))
  times+=("$name $((SECONDS - began))s")
}

quickstart() { bash deploy/quickstart.sh --stop-after && passed=$((passed + 1)); }

# Without address randomisation ThreadSanitizer of GCC 12 finds its shadow on newer kernels too.
fixed_addresses=()
setarch "$(uname -m)" -R true 2>/dev/null && fixed_addresses=(setarch "$(uname -m)" -R)

program=  # that is tested; empty: the one built with the tests
# build PRESET [TARGETS...]: all of them without a name
build() {
  local preset=$1
  shift
  { cmake --preset "$preset" -DHARBOR_ROUTER_TESTS=ON "-DHARBOR_ROUTER_PROGRAM=$program" &&
      cmake --build --preset "$preset" -j "$jobs" ${1:+--target "$@"}; } >"$results/$preset.log" 2>&1
}

declare -A ahead=()  # preset to the process that builds it
build_ahead() {
  ( renice -n 19 -p "$BASHPID" >/dev/null; build "$@" ) &
  ahead[$1]=$!
}

# build_and_test PRESET NEXT CTEST-ARGUMENTS...: NEXT names a function that builds ahead, or nothing
build_and_test() {
  local preset=$1 next=$2 report=$PWD/build/$1/tests.xml log=$results/$1.log under=()
  shift 2
  rm -f "$report"
  [[ $preset == tsan ]] && under=("${fixed_addresses[@]}")
  if [[ -n ${ahead[$preset]-} ]]; then wait "${ahead[$preset]}"; else build "$preset"; fi
  if [[ $? -ne 0 ]]; then
    grep -E 'error:|FAILED|CMake Error' -A 5 "$log" | head -60
    echo "$preset does not build"
    return 1
  fi
  [[ -z $next ]] || "$next"
  "${under[@]}" ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$jobs" \
    --timeout 600 --output-junit "$report" "$@"
  local code=$? bad=0
  if [[ -s $report ]]; then
    bad=$(count failures "$report")
    failed=$((failed + bad))
    passed=$((passed + $(count tests "$report") - bad - $(count skipped "$report") -
              $(count disabled "$report")))
  fi
  [[ $code -eq 0 || $bad -gt 0 ]]  # else ctest failed without a test that did
}

build_asan() { build_ahead asan; }
build_fuzz() { build_ahead fuzz fuzz; }
fuzz() {
  [[ -z ${ahead[fuzz]-} ]] || wait "${ahead[fuzz]}" || tail -n 30 "$results/fuzz.log"
  bash tests/fuzz/run.sh 20 && passed=$((passed + $(ls tests/fuzz/corpus | wc -l)))
}
build_tsan() { build_ahead tsan; }
profiled() {
  bash deploy/build.sh || return 1
  local program=$PWD/build/profiled/harbor-router
  build_and_test release ""
}

stage quickstart quickstart
if [[ $last == release ]]; then
  stage release build_and_test release ""
else
  stage release build_and_test release build_asan
  export SOAK_SECONDS=15
  stage asan build_and_test asan build_fuzz
  stage fuzz fuzz
fi
if [[ $last == profiled ]]; then
  build_tsan
  stage tsan build_and_test tsan ""
  stage profiled profiled
fi

echo
printf '%s\n' "${times[@]}"
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
