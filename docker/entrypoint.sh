#!/bin/sh
# What the images run: entrypoint.sh SERVICE, or entrypoint.sh models ARGUMENTS… for the command of that name.
#
# FQ_SCRATCH_DIR is a disk for temporary files that all containers of a host share. Each has a folder of its own there
# (a folder of temporary files is swept by the ids of processes, which containers give out twice), and takes away those
# of containers that are gone: as long as a container lives it holds a lock on its own. A folder without our
# mark is nobody's of ours, and a link is not followed.
set -eu

app=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
name=${1:?name a service: api, ingest, decode, enhance, infer, track, index or render}
shift

if [ -n "${FQ_SCRATCH_DIR:-}" ]; then
  export TMPDIR="$FQ_SCRATCH_DIR/${HOSTNAME:-$(uname -n)}"
  exec 8>"$FQ_SCRATCH_DIR/.lock"
  flock 8
  mkdir -p "$TMPDIR"
  : >"$TMPDIR/.framequeue-scratch"
  # The service inherits this file, and with it the lock.
  exec 9>"$TMPDIR/.lock"
  flock -n 9
  for folder in "$FQ_SCRATCH_DIR"/*; do
    if [ -L "$folder" ] || [ ! -d "$folder" ] || [ -L "$folder/.lock" ] || [ ! -f "$folder/.lock" ]; then continue; fi
    # Older versions left no mark, in folders that are called as the engine calls containers.
    case ${folder##*/} in *[!0-9a-f]*) [ -f "$folder/.framequeue-scratch" ] || continue ;; esac
    flock -n "$folder/.lock" rm -rf "$folder" || continue
  done
  exec 8>&-
fi

# For healthcheck.sh: who is to answer, and that it has not been silent yet.
echo "$$ 0" 2>/dev/null >"${HOME:-/tmp}/.framequeue-watch" || true

case $name in
  api | ingest | decode | enhance | infer | track | index | render)
    # The flags are those of `npm start` (packages/cli/src/system/supervisor.ts says why); V8 takes them on the command line only.
    exec node --disable-warning=ExperimentalWarning \
      --max-semi-space-size=2 --initial-old-space-size=24 --heap-growing-percent=30 \
      "$app/services/$name/src/main.ts" "$@"
    ;;
  models)
    exec node --disable-warning=ExperimentalWarning "$app/packages/cli/src/main.ts" models "$@"
    ;;
  *)
    exec "$name" "$@"
    ;;
esac
