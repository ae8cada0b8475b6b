#!/usr/bin/env bash
# Checks how the tree is written, in about a minute: format, linters, layers, spelling.
#   scripts/check.sh           clang-tidy reads the files changed since the last commit but one
#   scripts/check.sh main      … since the commit, branch or tag that is named
# Every check runs, whichever fail. docs/words.txt has the words that the spelling check must accept.
# shellcheck disable=SC2317 # functions that `check` calls
set -euo pipefail
. "$(dirname "$0")/lib.sh"
begin check

base=${1:-HEAD~}
most_files=16 # of those changed, how many clang-tidy reads: some seconds each
failed=0

# check NAME COMMAND…: says how it went; exit code 77 means that this machine cannot run it.
check() {
  local begun=$SECONDS code=0 from
  printf '== %s\n' "$1" >>"$log"
  from=$(($(wc -c <"$log") + 1))
  "${@:2}" >>"$log" 2>&1 || code=$?
  case $code in
    0) say "$1: passed in $(duration $((SECONDS - begun)))" ;;
    77) say "$1: left out: $(tail -n 1 "$log")" ;;
    *)
      say "$1: FAILED"
      tail -c "+$from" "$log" | head -n 40 >&2
      failed=1
      ;;
  esac
}

files() { git ls-files -- "$@" | while read -r file; do if [ -f "$file" ]; then echo "$file"; fi; done; }

# In CUDA's files the order of includes is free: clang-format does not know their main header.
check_format() {
  files '*.h' '*.cc' | xargs -P "$(nproc)" -n 40 clang-format --dry-run -Werror &&
    files '*.cu' '*.cuh' | xargs -n 40 clang-format --dry-run -Werror --sort-includes=0
}

# The changed sources, and those of changed headers. Left out: what needs a set's or nvcc's flags, and tests
# that read a path which only a configured build knows.
changed_sources() {
  git diff --name-only --diff-filter=d "$base" -- '*.h' '*.cc' |
    sed 's/\.h$/.cc/' | sort -u | grep -vE '/isa_|/cuda/|^bench/cuda' |
    while read -r file; do
      if [ -f "$file" ] && { [ -d build/generated ] || ! grep -q '"test_paths.h"' "$file"; }; then echo "$file"; fi
    done
}
check_tidy() {
  local sources
  if ! git rev-parse -q --verify "$base^{commit}"; then
    echo "this clone has no $base"
    return 77
  fi
  mapfile -t sources < <(changed_sources)
  echo "${#sources[@]} changed sources, of which $most_files are read at most"
  [ ${#sources[@]} -gt 0 ] || return 0
  printf '%s\n' "${sources[@]}" | shuf -n "$most_files" --random-source=.clang-tidy |
    xargs -P "$(nproc)" -I FILE clang-tidy --quiet FILE -- -std=c++20 -Isrc -Ibuild/generated -DFMT_SHARED \
      '-DCHARRNN_VERSION="0"' 2> >(grep -vE 'warnings? generated' >&2)
}

check_layers() { CHARRNN_SOURCE=. python3 tests/layers_test.py; }
# The scripts that source lib.sh share its variables with it.
check_scripts() { shellcheck -x -P scripts -e SC2154 scripts/*.sh .ci/*; }

check_page() (
  if ! command -v npm >/dev/null; then
    echo 'npm is not installed'
    return 77
  fi
  cd web
  if [ ! -d node_modules/eslint ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    if ! npm ci; then
      grep -qE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH' "$root/$log" || return 1
      echo 'npm does not reach its registry'
      return 77
    fi
  fi
  npm run lint
)

# Prose without code blocks, code words and addresses.
# shellcheck disable=SC2016 # backquotes of Markdown
prose() { sed '/^ *```/,/^ *```/d; s/`[^`]*`/ /g; s/](\([^)]*\))/]/g; s#https\?://[^ )]*##g' "$@"; }
check_documents() {
  local file unknown found=0
  while read -r file; do
    unknown=$(prose "$file" | aspell list --lang=en_GB-ize | sort -u | grep -vxFf docs/words.txt) || continue
    printf '%s: %s\n' "$file" "$(tr '\n' ' ' <<<"$unknown")"
    found=1
  done < <(files '*.md')
  [ "$found" = 0 ] || echo 'Mend them, or add them to docs/words.txt.'
  return "$found"
}
# Of comments and messages only common mistakes are found; the words left out are parts of escapes and tests.
check_comments() {
  files src bench fuzz tests scripts cmake examples .ci web/src web/test web/mock |
    grep -vE '\.(safetensors|svg|png|npz|bin|golden)$' | xargs codespell -q 3 -L conten,nd,alse,trian,nnumber,sie,fo,documen
}

packages clang-format clang-tidy shellcheck aspell aspell-en codespell python3 git
packages "${build_packages[@]}" libgtest-dev # the headers that clang-tidy reads
check 'Format of C++' check_format
check 'clang-tidy on changed files' check_tidy
check 'Layers' check_layers
check 'Scripts' check_scripts
check 'Page: prettier and eslint' check_page
check 'Spelling of documents' check_documents
check 'Spelling of comments' check_comments
exit "$failed"
