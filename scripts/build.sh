#!/usr/bin/env bash
# Installs what is missing and builds the program at build/charrnn.
#   scripts/build.sh [-DNAME=VALUE…] [-- TARGET…]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
begin build

options=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  options+=("$1")
  shift
done
[ -f build/CMakeCache.txt ] || options=(-DCHARRNN_TESTS=OFF "${options[@]}")
if [ $# -gt 1 ]; then
  build release "${options[@]}" "$@"
else
  build release "${options[@]}" -- charrnn
  next 'The program is there:' "$(from_here build/charrnn) --help"
fi
