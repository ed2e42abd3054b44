#!/bin/sh
# Runs a TypeScript file of the workspace: sh scripts/run.sh ENTRY ARGUMENTS…
# ENTRY is relative to the repository, everything else to the folder the caller is in.
set -eu

case $0 in */*) root=${0%/*}/.. ;; *) root=.. ;; esac
root=$(CDPATH='' cd -- "$root" && pwd)

# Programs that cannot open a file say so in many words, and late.
files=$(ulimit -n)
if [ "$files" != unlimited ] && [ "$files" -lt 128 ]; then
  echo "Only $files files may be open at once here, and 128 are needed: ulimit -n 1024" >&2
  exit 78
fi
sh "$root/scripts/setup.sh"

# npm starts scripts in the repository and keeps the caller's folder in INIT_CWD, which processes further down inherit.
if [ "$PWD" != "$root" ] || ! [ -d "${INIT_CWD:-}" ]; then INIT_CWD=$PWD; fi
export INIT_CWD
cd -- "$INIT_CWD"

node=node
for candidate in "$root"/node_modules/node-*/bin/node; do
  if [ -x "$candidate" ]; then node=$candidate; fi
done
export PATH="$root/node_modules/.bin:$PATH"
# Node 24 runs TypeScript, but its first releases call that experimental on stderr.
export NODE_OPTIONS="--disable-warning=ExperimentalWarning${NODE_OPTIONS:+ $NODE_OPTIONS}"
# What was compiled before need not be again: that is half of a start.
export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$root/node_modules/.cache/framequeue}"
# onnxruntime reports its use to its maker otherwise; nothing leaves this machine.
export ORT_DISABLE_TELEMETRY=1

# npm passes two signals on, and no word of its own end. Who started whom is told, so that what it leaves ends too. What
# was started by hand may outlive the terminal.
if [ -n "${npm_lifecycle_event:-}" ]; then
  # Gone while this was being set up. That it is another user's is another answer of the same command.
  case $(LC_ALL=C kill -0 "$PPID" 2>&1) in *[Nn]"o such process"*) exit 129 ;; esac
  export FQ_RUN_BY="$$ $PPID"
fi

entry=$root/$1
shift
exec "$node" "$entry" "$@"
