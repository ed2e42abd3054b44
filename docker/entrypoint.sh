#!/bin/sh
# What the images run: entrypoint.sh SERVICE, or entrypoint.sh models ARGUMENTS… for the command of that name.
set -eu

app=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
name=${1:?name a service: api, ingest, decode, enhance, infer, track, index or render}
shift

case $name in
  api | ingest | decode | enhance | infer | track | index | render)
    # The flags are those of `npm start` (packages/cli/src/supervisor.ts says why); V8 takes them on the command line only.
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
