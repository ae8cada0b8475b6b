#!/usr/bin/env bash
# Builds the page (web/ → web/dist, which the program embeds). Quick where nothing has changed; without
# node 18 or npm it says so and succeeds: the program then serves its API alone.
set -euo pipefail
cd "$(dirname "$0")/../web"

major=$(node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/' || true)
if [ "${major:-0}" -lt 18 ] || ! command -v npm >/dev/null; then
  [ -f dist/index.html ] || echo "The page is left out: it needs node 18 and npm (apt install nodejs npm)." >&2
  exit 0
fi

changed() { # is any source newer than $1?
  [ ! -f "$1" ] || [ -n "$(find src public index.html vite.config.js package-lock.json -newer "$1" -print -quit)" ]
}
changed dist/index.html || exit 0

log=$(mktemp)
trap 'rm -f "$log"' EXIT
{
  # npm 11 refuses a lock file that names the optional packages of one system alone; install takes it.
  [ -d node_modules/vite ] && [ ! package-lock.json -nt node_modules/.package-lock.json ] || npm ci ||
    npm install --no-save
  npm run build
} >"$log" 2>&1 || {
  cat "$log" >&2
  [ ! -f dist/index.html ] || rm -r dist # an old page is worse than none
  echo "The page is left out: it could not be built." >&2
}
