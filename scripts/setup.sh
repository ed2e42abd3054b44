#!/bin/sh
# Brings what Framequeue needs and this machine lacks: ffmpeg and redis-server, Node 24 and the packages.
# Silent and quick when nothing is missing. Speaks on stderr only, so that a command's stdout stays its own.
# FQ_SKIP_SETUP=1 skips all of it.
set -eu

if [ "${FQ_SKIP_SETUP:-}" = 1 ]; then exit 0; fi
case $0 in */*) CDPATH='' cd -- "${0%/*}/.." ;; *) cd .. ;; esac

pnpm_version=12.21.0
stamp=node_modules/.framequeue-stamp
tools_stamp=node_modules/.framequeue-tools
lock=node_modules/.framequeue-lock

say() { printf 'framequeue: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

# --- What is there -------------------------------------------------------------------------------------------------

platform=$(uname -sm)

# The platform and every file that decides what `pnpm install` makes.
manifests() {
  for file in package.json pnpm-lock.yaml pnpm-workspace.yaml */package.json packages/*/package.json services/*/package.json; do
    if [ -f "$file" ]; then set -- "$@" "$file"; fi
  done
  printf '%s\n' "$platform"
  cat "$@"
}

# Where pnpm linked what each package depends on.
folders() { printf '%s\n' */node_modules packages/*/node_modules services/*/node_modules; }

tools() {
  printf '%s\n' "$(command -v ffmpeg) $(command -v ffprobe) $(command -v redis-server)"
}

# Prints the workspace's own Node, whichever of the platform packages holds it.
workspace_node() {
  for node in node_modules/node-*/bin/node; do
    if [ -x "$node" ]; then
      printf '%s\n' "$node"
      return
    fi
  done
  return 1
}

packages_ready() {
  { manifests && folders; } 2>/dev/null | cmp -s - "$stamp" 2>/dev/null && workspace_node >/dev/null
}

# Versions are asked for once per set of programs: starting ffmpeg alone takes longer than the rest of this script.
tools_ready() {
  [ -f "$tools_stamp" ] && read -r known <"$tools_stamp" && [ "$known" = "$(tools)" ]
}

if tools_ready && packages_ready; then exit 0; fi

# --- One set-up at a time ------------------------------------------------------------------------------------------

log=
release() {
  if [ -n "$log" ]; then rm -f "$log" "$stamp-new"; fi
  if [ "$(readlink "$lock" 2>/dev/null)" = "$$" ]; then rm -f "$lock"; fi
}

running() {
  if [ -d /proc/self ]; then [ -d "/proc/$1" ]; else ps -p "$1" >/dev/null 2>&1; fi
}

# A link is made in one step together with the number of the process that holds it. A lock whose holder is gone may be
# taken away, by one process at a time, so that none takes away the next holder's.
take_lock() {
  mkdir -p node_modules 2>/dev/null && [ -w node_modules ] ||
    fail "cannot write to $PWD/node_modules. Run this as the user who owns the folder."
  waited=0
  until ln -s "$$" "$lock" 2>/dev/null; do
    holder=$(readlink "$lock" 2>/dev/null) || holder=
    if [ -n "$holder" ] && ! running "$holder"; then
      if ln -s "$$" "$lock-broken" 2>/dev/null; then
        if [ "$(readlink "$lock" 2>/dev/null)" = "$holder" ]; then rm -f "$lock"; fi
        rm -f "$lock-broken"
      else
        breaker=$(readlink "$lock-broken" 2>/dev/null) || breaker=
        if [ -n "$breaker" ] && ! running "$breaker"; then rm -f "$lock-broken"; fi
      fi
      continue
    fi
    if [ "$waited" = 0 ] && [ -n "$holder" ]; then say "waiting for another set-up (process $holder)"; fi
    waited=$((waited + 1))
    if [ "$waited" -gt 1800 ]; then fail "another set-up has not ended in 30 minutes. If there is none, delete $lock."; fi
    sleep 1
  done
}

trap release EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
take_lock
log=$(mktemp "${TMPDIR:-/tmp}/fq-setup-XXXXXX")

# --- ffmpeg and redis-server ---------------------------------------------------------------------------------------

have() { command -v "$1" >/dev/null 2>&1; }

with_apt() {
  as_root=
  if [ "$(id -u)" != 0 ]; then
    have sudo || fail "this machine lacks $wanted. Let root run: apt-get install $apt_wanted"
    as_root=sudo
    if ! sudo -n true 2>/dev/null; then
      if ! [ -t 0 ]; then fail "this machine lacks $wanted, and sudo wants a password. Run: sudo apt-get install $apt_wanted"; fi
      say "sudo may ask for your password"
    fi
  fi
  say "installing $apt_wanted (apt-get)"
  # shellcheck disable=SC2086
  apt_get install $apt_wanted || { apt_get update && apt_get install $apt_wanted; } || {
    cat "$log" >&2
    fail "apt-get could not install $apt_wanted; its own words are above. They come from the network, once."
  }
}

apt_get() {
  action=$1
  shift
  $as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -y -o APT::Install-Recommends=false -o DPkg::Lock::Timeout=300 "$action" "$@" </dev/null >"$log" 2>&1
}

with_brew() {
  say "installing $brew_wanted (brew)"
  # shellcheck disable=SC2086
  brew install $brew_wanted </dev/null >"$log" 2>&1 || {
    cat "$log" >&2
    fail "brew could not install $brew_wanted; its own words are above."
  }
}

install_tools() {
  wanted='' apt_wanted='' brew_wanted=''
  if ! have ffmpeg || ! have ffprobe; then
    wanted=ffmpeg apt_wanted='ffmpeg fontconfig fonts-dejavu-core' brew_wanted=ffmpeg
  fi
  if ! have redis-server; then
    wanted="${wanted:+$wanted and }redis-server" apt_wanted="$apt_wanted redis-server" brew_wanted="$brew_wanted redis"
  fi
  # The smallest Debian has no certificates; pnpm and ffmpeg trust the system's.
  if have apt-get && ! [ -e /etc/ssl/certs/ca-certificates.crt ]; then
    wanted="${wanted:+$wanted and }ca-certificates" apt_wanted="$apt_wanted ca-certificates"
  fi
  if [ -z "$wanted" ]; then return; fi
  apt_wanted=${apt_wanted# } brew_wanted=${brew_wanted# }
  case $platform in
    Linux*) if have apt-get; then with_apt; fi ;;
    Darwin*) if have brew; then with_brew; fi ;;
  esac
  if ! have ffmpeg || ! have ffprobe || ! have redis-server; then
    fail "this machine lacks $wanted. Install ffmpeg 5.1 or later and redis-server 6.2 or later, then run this again."
  fi
}

# at_least NAME VERSION MAJOR MINOR: fails in words when VERSION is older. A build from source may name no number.
at_least() {
  case $2 in '' | *[!0-9.]*) return ;; esac
  rest=$2.0
  major=${rest%%.*} rest=${rest#*.}
  minor=${rest%%.*}
  if [ "$major" -gt "$3" ] || { [ "$major" -eq "$3" ] && [ "$minor" -ge "$4" ]; }; then return; fi
  fail "$1 is $2 here ($(command -v "$1")); Framequeue needs $3.$4 or later. Debian 12 and Ubuntu 24.04 have it."
}

check_tools() {
  for tool in ffmpeg ffprobe; do
    line=$("$tool" -version 2>/dev/null) || fail "$(command -v "$tool") does not run."
    at_least "$tool" "$(printf '%s\n' "$line" | sed -n '1s/^[a-z]* version [nN]*\([0-9][0-9.]*\).*/\1/p')" 5 1
  done
  line=$(redis-server --version 2>/dev/null) || fail "$(command -v redis-server) does not run."
  at_least redis-server "$(printf '%s\n' "$line" | sed -n 's/.* v=\([0-9][0-9.]*\).*/\1/p')" 6 2
  tools >"$tools_stamp"
}

# --- Node 24 and the packages --------------------------------------------------------------------------------------

# `npm run` puts node_modules/.bin first on the PATH, and with it a `node` that may be half installed or another
# platform's. npm itself has to run with the machine's own.
machine_path() {
  path=
  set -f
  IFS=:
  for entry in $PATH; do
    case $entry in */node_modules/.bin) ;; *) path=${path:+$path:}$entry ;; esac
  done
  unset IFS
  set +f
  printf '%s\n' "$path"
}

check_npm() {
  have node && have npm ||
    fail "npm is missing. Install Node with its npm (18 or later), from https://nodejs.org or as the system's package npm."
  major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null) || major=0
  if [ "$major" -lt 18 ]; then
    fail "Node is $(node --version 2>/dev/null) here ($(command -v node)); the set-up needs Node 18 or later and its npm."
  fi
}

clear_packages() {
  find node_modules -mindepth 1 -maxdepth 1 ! -name '.framequeue-*' -exec rm -rf {} +
  rm -rf ./*/node_modules packages/*/node_modules services/*/node_modules
}

pnpm_install() {
  ONNXRUNTIME_NODE_INSTALL=skip npm exec --yes --loglevel=error --update-notifier=false --prefer-offline \
    --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000 --package="pnpm@$pnpm_version" -- \
    pnpm install --frozen-lockfile --config.confirmModulesPurge=false \
    --config.fetchRetryMintimeout=1000 --config.fetchRetryMaxtimeout=5000 </dev/null >"$log" 2>&1
}

node_runs() { node=$(workspace_node) && "$node" --version >/dev/null 2>&1; }

install_packages() {
  made_on=
  if [ -f "$stamp" ]; then read -r made_on <"$stamp" || made_on=; fi
  rm -f "$stamp"
  # pnpm believes what node_modules says about itself, which is wrong for one that another platform made.
  if [ "${made_on:-$platform}" != "$platform" ] || ! node_runs; then clear_packages; fi
  say "installing Node 24 and the packages (pnpm $pnpm_version)"
  manifests >"$stamp-new"
  pnpm_install || {
    cat "$log" >&2
    if grep -Eiq 'EAI_AGAIN|ENOTFOUND|ECONN|ETIMEDOUT|ENETUNREACH|dns error|error sending request' "$log"; then
      fail "the network did not answer. It is needed once, to download pnpm and the packages."
    fi
    fail "the packages could not be installed; pnpm's own words are above."
  }
  node_runs || fail "there is no Node 24 that runs on this platform ($platform). Linux with glibc and macOS are supported."
  folders >>"$stamp-new"
  mv "$stamp-new" "$stamp"
}

if ! packages_ready; then
  PATH=$(machine_path)
  check_npm
fi
if ! tools_ready; then
  install_tools
  check_tools
fi
if ! packages_ready; then install_packages; fi
