#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test.
#   scripts/test.sh          the suite (g++, Release) but for the next
#   scripts/test.sh neon     the NEON kernels and the engine on them, cross-compiled and emulated: minutes
#   scripts/test.sh clang    a build with clang, warnings as errors, and the unit tests
#   scripts/test.sh asan     the same with clang under AddressSanitizer and UndefinedBehaviorSanitizer
#   scripts/test.sh tsan     what runs in threads under ThreadSanitizer: unit tests, training and serving
#   scripts/test.sh all      all of these in turn, nothing left out, with each instruction set
# Words that begin with -D go to CMake, others to ctest, and those after -- are the targets to build:
#   scripts/test.sh -R text
#   scripts/test.sh asan -R '^model$' -- model_test
set -euo pipefail
. "$(dirname "$0")/lib.sh"

case "${1:-}" in
  neon | clang | asan | tsan | all)
    what=$1
    shift
    ;;
  *) what=release ;;
esac
options=() words=() targets=()
while [ $# -gt 0 ]; do
  case "$1" in
    --)
      targets=("$@")
      break
      ;;
    -D*) options+=("$1") ;;
    *) words+=("$1") ;;
  esac
  shift
done
begin "test-$what"

# test_preset PRESET [WORDS FOR CTEST…]: builds and tests it, then says how it went.
test_preset() {
  local preset=$1 from
  shift
  build "$preset" -DCHARRNN_TESTS=ON "${options[@]}" "${targets[@]}"
  from=$(($(wc -c <"$log") + 1))
  watch Tests reason_tests ctest --preset "$preset" "$@" "${words[@]}"
  tail -c "+$from" "$log" | grep -E '^[0-9]+% tests passed|^No tests' >&2 || true
  skipped "$from" "$(folder_of "$preset")"
}

# Which tests were skipped since byte $1 of the log, with the reason that each gave to ctest's own log in $2.
skipped() {
  tail -c "+$1" "$log" | awk '
    FNR == 1 { file++ }
    file == 1 && /\*\*\*Skipped/ { sub(/^.*#[0-9]+: /, ""); skipped[$1] = 1 }
    file == 2 && /^[0-9]+\/[0-9]+ Testing: / { name = $NF }
    file == 2 && /^skipped: / && skipped[name] { print "Skipped: " name ": " substr($0, 10); name = "" }
    ' - "$2/Testing/Temporary/LastTest.log" >&2
}

packages libgtest-dev python3 binutils git
case $what in
  clang | asan | all) packages clang ;;
esac
case $what in
  release | all)
    packages nodejs chromium
    command -v npm >/dev/null || packages npm
    # For the test of the page in Firefox, which is left out without it.
    optional_packages firefox-esr
    # For the test of the Python wheel, which says that it is skipped where they can't be had.
    optional_packages python3-venv python3-numpy
    # For the test of servers behind a proxy, likewise, where installing them starts no service for all the network,
    # as in containers; elsewhere it's for you to install them.
    if [ ! -d /run/systemd/system ] && [ -x /usr/sbin/policy-rc.d ]; then optional_packages nginx haproxy; fi
    ;;
esac
case $what in
  neon | all) optional_packages g++-aarch64-linux-gnu qemu-user-static ;;
esac

case $what in
  release)
    [ ${#words[@]} -gt 0 ] || words=(-LE emulated)
    test_preset release
    ;;
  neon)
    targets=(-- charrnn)
    words=(-L emulated "${words[@]}")
    test_preset release
    ;;
  clang | asan | tsan) test_preset "$what" ;;
  all)
    export CHARRNN_LONG_TESTS=1
    for isa in portable avx2 avx512 ''; do
      say "Instruction set: ${isa:-all that this machine has}"
      CHARRNN_ISA=$isa test_preset release
    done
    for preset in clang asan tsan; do
      say "Preset: $preset"
      test_preset "$preset"
    done
    ;;
esac
case $what in
  clang | asan | tsan) folder=$(folder_of "$what") ;;
  *) folder=build ;;
esac
next 'All of it passed. One test by itself, and some cases of a test program:' \
  "ctest --test-dir $(from_here "$folder") -R text --output-on-failure" \
  "$(from_here "$folder")/text_test --gtest_filter='Utf8*'"
