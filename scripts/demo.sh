#!/usr/bin/env bash
# From a fresh clone to the notebook's output: installs what is missing, builds, runs.
#   scripts/demo.sh [OPTIONS OF charrnn notebook…]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
begin demo

options=()
is_configured build || options=(-DCHARRNN_TESTS=OFF)
build release "${options[@]}" -- charrnn
program=$(from_here build/charrnn)
say "Running $program notebook $*"
cd "$here"
"$root/build/charrnn" notebook "$@"

next 'Next, a model of a text of yours, or of these documents:' \
  "$program train $(from_here docs)/*.md --time 1m -o runs/docs" \
  "$program sample runs/docs" \
  "$program serve runs"
