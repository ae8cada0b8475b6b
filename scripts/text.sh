#!/usr/bin/env bash
# A larger text to learn from: the Jargon File, 1.5 MB about the language of hackers, in the public
# domain, from Debian's package jargon-text. Nothing is installed.
#   scripts/text.sh [FILE]     (jargon.txt)
set -euo pipefail
. "$(dirname "$0")/lib.sh"
begin text

package=jargon-text
case ${1:-jargon.txt} in
  /*) target=$1 ;;
  *) target=$here/${1:-jargon.txt} ;;
esac
if [ -e "$target" ]; then
  say "charrnn: $(quoted "$target") is there already; give another name, or remove it"
  exit 1
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Root's apt hands its downloads to another user, who must be able to write here.
chmod 755 "$folder"
if [ "$(id -u)" -eq 0 ] && id _apt >/dev/null 2>&1; then chown _apt "$folder"; fi

download() { (cd "$folder" && apt-get -q download "$package"); }
fetch() {
  download || { apt update && download; } # a fresh machine knows no packages yet
}
unpack() { dpkg -x "$folder/$package"_*.deb "$folder"; }
# Without the table of contents, and without the indentation of every line.
write() {
  zcat "$folder/usr/share/doc/$package/jargon.txt.gz" |
    awk '/^ *Welcome to the Jargon File$/ { times++ } times >= 2' | sed 's/^   //' >"$folder/text"
  [ -s "$folder/text" ] && mv "$folder/text" "$target"
}
if ! apt-get -q --print-uris download "$package" >/dev/null 2>&1; then may_install || true; fi
watch Package reason_packages fetch
watch Text reason_tail eval 'unpack && write'

program=$(from_here build/charrnn)
name=$(basename "$target")
next "$(quoted "$target") has $(wc -c <"$target") bytes. To learn from it, and to write like it:" \
  "$program train $(quoted "$target") --time 1m" \
  "$program sample $(quoted "runs/${name%.*}")"
