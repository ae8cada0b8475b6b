#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test.
#   scripts/test.sh              the whole suite (Release)
#   scripts/test.sh asan         the C++ tests under AddressSanitizer and UndefinedBehaviorSanitizer
#   scripts/test.sh tsan         … under ThreadSanitizer
#   scripts/test.sh clang        a warning-free build with clang, and its tests
# Further words go to ctest: scripts/test.sh -R text
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install.sh libgtest-dev python3 binutils

case "${1:-}" in
  asan | tsan | clang)
    preset=$1
    shift
    [ "$preset" != clang ] || scripts/install.sh clang
    cmake --preset "$preset" >/dev/null
    cmake --build "build-$preset"
    ctest --test-dir "build-$preset" --output-on-failure --label-exclude not_under_sanitizers "$@"
    ;;
  *)
    scripts/install.sh nodejs chromium
    command -v npm >/dev/null || scripts/install.sh npm
    # For the test of the NEON kernels, which says that it is skipped where they can't be had.
    scripts/install.sh g++-aarch64-linux-gnu qemu-user-static || true
    scripts/build.sh -DCHARRNN_TESTS=ON -DCHARRNN_WERROR=ON -- all
    ctest --test-dir build --output-on-failure -j 2 "$@"
    ;;
esac
