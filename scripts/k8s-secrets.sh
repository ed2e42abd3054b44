#!/bin/sh
# Makes the secrets of a cluster that are not in the folder yet: k8s-secrets.sh FOLDER [SHARDS], where SHARDS is the
# number of Redis servers for pixels (2). docs/kubernetes.md says where the folder belongs.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=${1:?name the folder}
shards=${2:-2}
umask 077
mkdir -p "$folder"
sh "$here/../docker/first-start.sh" "$folder"
chmod 600 "$folder"/*
cd -- "$folder"
if [ -s frame-redis-urls ]; then exit 0; fi
password=$(cat redis-password)
shard=0
while [ "$shard" -lt "$shards" ]; do
  printf 'redis://:%s@frame-redis-%s.frame-redis:6379\n' "$password" "$shard"
  shard=$((shard + 1))
done >frame-redis-urls.new
mv frame-redis-urls.new frame-redis-urls
echo 'made frame-redis-urls'
