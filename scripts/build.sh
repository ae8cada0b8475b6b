#!/usr/bin/env bash
# Installs what is missing and builds the program at build/charrnn and the library at build/libcharrnn.so.
#   scripts/build.sh [-DNAME=VALUE…] [-- TARGET…]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
begin build

options=() targets=(charrnn charrnn_shared)
is_configured build || options=(-DCHARRNN_TESTS=OFF)
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  options+=("$1")
  shift
done
if [ $# -gt 1 ]; then targets=("${@:2}"); fi
build release "${options[@]}" -- "${targets[@]}"
next 'It is built:' "$(from_here "build/${targets[0]}")"
