#!/usr/bin/env bash
# From a fresh clone to the notebook's output: installs what is missing, builds, runs.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh -DCHARRNN_TESTS=OFF
exec build/charrnn notebook "$@"
