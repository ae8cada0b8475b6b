#!/usr/bin/env bash
# Builds the page from web/src into web/dist and the exported page from web/export into web/dist-export. Both
# are kept in the tree and become part of the program.
# Installs what it needs; git shows afterwards what has changed.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/lib.sh"
begin page

packages nodejs
command -v npm >/dev/null || packages npm
cd "$root/web"
if [ ! -d node_modules/vite ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  watch 'npm packages' reason_tail npm ci
fi
watch Page reason_tail npm run build

changes=$(git -C "$root" status --short -- web/dist web/dist-export)
if [ -n "$changes" ]; then
  next 'The page is new. Build it in, look at it, and commit it with what you changed in its source:' \
    "$(from_here scripts/build.sh)" "git -C $(quoted_root) add web"
else
  say 'The pages in web/dist and web/dist-export are what their sources give.'
fi
