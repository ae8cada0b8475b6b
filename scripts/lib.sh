# What the scripts share: they source this file, then call `begin`. Each step says in one line what it
# does and how far it is, its output goes to a log file, and where it fails its reason comes last.
# shellcheck shell=bash

here=$PWD
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit
PATH=$PATH:/usr/sbin:/sbin # dpkg wants them, and not everyone's root has them
export NINJA_STATUS='[%f/%t] '
unset CTEST_PROGRESS_OUTPUT

log=
child=           # process group of the step that is running
on_terminal=false
if [ -t 2 ] && [ "${TERM:-dumb}" != dumb ]; then on_terminal=true; fi

# begin NAME: the log is build/log/NAME.log.
begin() {
  log=build/log/$1.log
  if ! mkdir -p build/log 2>/dev/null || ! : 2>/dev/null >"$log"; then
    say "charrnn: cannot write to $root/build, which belongs to $(stat -c %U build 2>/dev/null)"
    say "Run as that user (sudo $0), or once: sudo chown -R $(id -un) $(quoted "$root/build")"
    exit 1
  fi
  trap 'stop 129 HUP' HUP
  trap 'stop 130 INT' INT
  trap 'stop 143 TERM' TERM
}

# Ends with everything that the running step has started.
stop() {
  local tries signal
  trap '' HUP INT TERM
  clear_line
  if [ -n "$child" ]; then
    for signal in "$2" TERM KILL; do
      kill "-$signal" -- "-$child" 2>/dev/null || true
      for ((tries = 0; tries < 30; tries++)); do
        kill -0 -- "-$child" 2>/dev/null || break 2
        sleep 0.1
      done
    done
  fi
  say 'Stopped. The same command goes on from here.'
  exit "$1"
}

clear_line() { if $on_terminal; then printf '\r\033[K' >&2; fi; }
say() {
  clear_line
  printf '%s\n' "$*" >&2
}
quoted() { printf '%q' "$1"; }
# A path of the tree as one types it where the script was called.
from_here() { if [ "$here" = "$root" ]; then printf %s "$1"; else quoted "$root/$1"; fi; }

# next SENTENCE COMMAND…: what to do now, ready to paste.
next() {
  say
  say "$1"
  shift
  printf '  %s\n' "$@" >&2
}

duration() {
  if [ "$1" -lt 60 ]; then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# Steps done, steps in all and failures, from what apt, ninja or ctest has written since byte $1 of the log.
progress() {
  tail -c "+$1" "$log" | awk '
    / newly installed,/ { n[2] = $3 }
    /^Setting up / { n[1]++ }
    match($0, /^\[[0-9]+\/[0-9]+\]/) { split(substr($0, 2, RLENGTH - 2), n, "/") }
    /^ *[0-9]+\/[0-9]+ Test +#/ { split($1, n, "/"); if (/\*\*\*/ && !/\*\*\*Skipped/) failed++ }
    END { print (n[1] > n[2] ? n[2] : n[1]) + 0, n[2] + 0, failed + 0 }'
}

# watch STEP REASON COMMAND…: runs the command in a process group of its own, its output in the log.
# REASON is the function that finds in the log why the command failed.
watch() {
  local step=$1 reason=$2 from begun=$SECONDS pause=0.1 tenth=0 code=0 finished=0 all=0 failed=0 text
  shift 2
  printf '== %s: %s\n' "$step" "$*" >>"$log"
  from=$(($(wc -c <"$log") + 1))
  $on_terminal || say "$step …"
  set -m
  "$@" >>"$log" 2>&1 </dev/null &
  child=$!
  set +m
  while kill -0 "$child" 2>/dev/null; do
    sleep "$pause"
    [ $((SECONDS - begun)) -lt 2 ] || pause=0.5
    read -r finished all failed < <(progress "$from")
    text="$step: $finished of $all"
    [ "$failed" = 0 ] || text+=", $failed failed"
    if $on_terminal; then
      [ "$all" -gt 0 ] || text="$step …"
      text+=" ($(duration $((SECONDS - begun))))"
      printf '\r\033[K%s' "${text:0:$((${COLUMNS:-80} - 1))}" >&2
    elif [ "$all" -ge 10 ] && [ $((finished * 10 / all)) -gt "$tenth" ]; then
      tenth=$((finished * 10 / all))
      say "$text"
    fi
  done
  wait "$child" || code=$?
  child=
  if [ "$code" -ne 0 ]; then
    say "charrnn: $step: failed. All of its output is in $(from_here "$log"). The reason:"
    "$reason" "$from" >&2
    exit 1
  fi
  say "$step: done in $(duration $((SECONDS - begun)))"
}

# Why a step failed, from byte $1 of the log on.
reason_tail() { tail -c "+$1" "$log" | tail -n 25; }
reason_packages() { tail -c "+$1" "$log" | grep -E '^(E|W|Err):|^(E|W): ' || reason_tail "$1"; }
reason_configure() {
  tail -c "+$1" "$log" | awk '/^CMake Error/ { on = 1 } /^-- Configuring incomplete/ { on = 0 } on' | head -n 40
  tail -c "+$1" "$log" | grep -q '^CMake Error' || reason_tail "$1"
}
reason_build() { # the lines of the first that failed, less the compiler's command
  local lines
  lines=$(tail -c "+$1" "$log" | awk '
    /^FAILED: / && !seen { on = 1; seen = 1; print; getline; next }
    /^\[[0-9]+\/[0-9]+\]|^ninja: / { on = 0 }
    on' | head -n 40)
  if [ -n "$lines" ]; then printf '%s\n' "$lines"; else reason_tail "$1"; fi
}
reason_tests() { # the names of all that failed, then the last lines of each of the first three
  tail -c "+$1" "$log" | awk '
    /^The following tests FAILED:/ { names = 1 }
    names && (/^\t/ || /^The following/) { list = list $0 "\n" }
    /^ *[0-9]+\/[0-9]+ Test +#/ {
      on = /\*\*\*/ && !/\*\*\*Skipped/ && ++failed <= 3
      if (on) { first[failed] = $0; count[failed] = 0 }
      next
    }
    /^ *Start +[0-9]+: / || /^[0-9]+% tests passed/ { on = 0 }
    on && !/^ *$/ { line[failed, count[failed]++ % 40] = $0 }
    END {
      printf "%s", list
      for (i = 1; i <= failed && i <= 3; i++) {
        print first[i]
        for (j = count[i] > 40 ? count[i] - 40 : 0; j < count[i]; j++) print line[i, j % 40]
      }
      if (!failed) exit 1
    }' || reason_tail "$1"
}

missing_packages() { # of the Debian packages named
  local package installed
  command -v dpkg-query >/dev/null || return 0 # another system: CMake says what is missing
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  for package; do
    grep -qxF "installed $package" <<<"$installed" || printf '%s\n' "$package"
  done
}

as_root=()
may_install() {
  [ "$(id -u)" -ne 0 ] || return 0
  command -v sudo >/dev/null || return 1
  as_root=(sudo)
  sudo -n true 2>/dev/null || sudo -v # asks here, not in the midst of a step
}
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 "$@"; }
install() { apt update && apt install -y --no-install-recommends "$@"; }

# packages NAME…: installs those that are missing, and says which.
packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  if ! may_install; then
    say "charrnn: packages are missing, and neither root nor sudo is here to install them"
    say "As root: apt-get install --no-install-recommends ${missing[*]}"
    exit 1
  fi
  say "Installing ${missing[*]}"
  watch Packages reason_packages install "${missing[@]}"
}

# The same for what the tests can do without: they say what they skip.
optional_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] && may_install || return 0
  say "Installing ${missing[*]}, if they can be had"
  watch Packages reason_packages try install "${missing[@]}"
}
try() { "$@" || echo "(left out)"; }

is_configured() {
  [ -f "$1/build.ninja" ] && grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$1/CMakeCache.txt"
}

# configure PRESET FOLDER [-DNAME=VALUE…]: runs CMake where there is no build yet or an option differs.
configure() {
  local preset=$1 folder=$2 option name more=() same=true
  shift 2
  if ! is_configured "$folder"; then
    same=false
    [ ! -f "$folder/CMakeCache.txt" ] || more=(--fresh) # the clone has been moved
  fi
  for option; do
    name=${option%%=*}
    grep -qxE "${name#-D}:[A-Z]+=${option#*=}" "$folder/CMakeCache.txt" 2>/dev/null || same=false
  done
  ! $same || return 0
  if command -v ccache >/dev/null; then more+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  watch Configure reason_configure cmake --preset "$preset" "${more[@]}" "$@"
}

build_packages=(g++ cmake ninja-build pkg-config nlohmann-json3-dev libfmt-dev
  libtomlplusplus-dev libutf8proc-dev liblzma-dev zlib1g-dev libboost-dev)

# build PRESET [-DNAME=VALUE…] [-- TARGET…]: the preset's own targets where none is named.
build() {
  local preset=$1 options=() targets=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  if [ $# -gt 1 ]; then targets=(--target "${@:2}"); fi
  packages "${build_packages[@]}"
  configure "$preset" "$(folder_of "$preset")" "${options[@]}"
  watch Build reason_build cmake --build --preset "$preset" "${targets[@]}"
}
folder_of() { # of a preset's build
  case $1 in
    release) echo build ;;
    benchmarks) echo build-bench ;;
    *) echo "build-$1" ;;
  esac
}
