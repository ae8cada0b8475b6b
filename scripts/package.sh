#!/usr/bin/env bash
# Installs what is missing, builds the program, and makes in dist/ the Debian packages charrnn_VERSION_ARCH.deb
# (the program), libcharrnnX.Y_….deb and libcharrnn-dev_….deb (the library), and the Python wheel
# charrnn-VERSION-….whl.
# The same tree gives the same bytes: times in the packages are those of the last commit.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
begin package

packages dpkg-dev file python3
options=()
is_configured build || options=(-DCHARRNN_TESTS=OFF)
build release "${options[@]}" -- charrnn charrnn_shared wheel_files
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)
export SOURCE_DATE_EPOCH
umask 022
watch Package reason_tail cpack --config build/CPackConfig.cmake -B "$root/dist"
rm -rf dist/_CPack_Packages
watch Wheel reason_tail python3 python/build_wheel.py --build build --out dist
next 'They are in dist/:' "sudo apt install $(quoted "$root")/dist/charrnn_*.deb" \
  "pip install $(quoted "$root")/dist/charrnn-*.whl"
