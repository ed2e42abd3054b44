#!/bin/sh
# Starts the Redis of the queues and the ledger: redis-start.sh CONFIGURATION [OPTIONS…].
#
# A crash can leave half a transaction at the end of the append-only file. Redis ignores it when it starts, but leaves it
# there and appends behind it, and so the next start executes what this one ignored. It is cut off first.
set -eu
manifest=appendonlydir/appendonly.aof.manifest
if [ -e "$manifest" ]; then
  echo y | redis-check-aof --fix "$manifest" || echo "redis-check-aof could not mend $manifest; Redis will judge" >&2
fi
exec redis-server "$@"
