#!/usr/bin/env bash
# Installs what is missing and builds the program at build/charrnn.
#   scripts/build.sh [--preset NAME] [-DNAME=VALUE…] [-- TARGET…]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
begin build

preset=release options=() targets=(charrnn)
while [ $# -gt 0 ]; do
  case "$1" in
    --preset)
      preset=$2
      shift
      ;;
    --)
      shift
      targets=("$@")
      break
      ;;
    *) options+=("$1") ;;
  esac
  shift
done
folder=$(folder_of "$preset")
if [ ! -f "$folder/CMakeCache.txt" ]; then options=(-DCHARRNN_TESTS=OFF "${options[@]}"); fi
if [ "$preset" = clang ] || [ "$preset" = fuzz ]; then packages clang; fi
build "$preset" "${options[@]}" -- "${targets[@]}"
next 'It is built:' "$(from_here "$folder/${targets[0]}")"
