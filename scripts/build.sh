#!/usr/bin/env bash
# Installs what is missing and builds the program at build/charrnn.
#   scripts/build.sh [CMAKE OPTION…] [-- TARGET…]
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install.sh g++ cmake ninja-build pkg-config nlohmann-json3-dev libfmt-dev \
  libtomlplusplus-dev libutf8proc-dev liblzma-dev zlib1g-dev libboost-dev

options=() targets=(charrnn)
while [ $# -gt 0 ]; do
  if [ "$1" = -- ]; then
    shift
    targets=("$@")
    break
  fi
  options+=("$1")
  shift
done
if command -v ccache >/dev/null; then
  options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi

scripts/page.sh
mkdir -p build
cmake --preset release "${options[@]}" >build/configure.log 2>&1 || {
  cat build/configure.log >&2
  exit 1
}
cmake --build build --target "${targets[@]}"
