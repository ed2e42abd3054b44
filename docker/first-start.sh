#!/bin/sh
# Makes the secrets that are not in the folder yet: first-start.sh FOLDER. What is there stays as it is, so that a folder
# of one's own can hold some or all of them.
set -eu
cd -- "${1:?name the folder}"
umask 022

random() { head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

# Beside its place first: nobody reads half a secret.
secret() {
  if [ -s "$1" ]; then return; fi
  printf '%s\n' "$2" >"$1.new"
  mv "$1.new" "$1"
  echo "made $1"
}

secret api-keys "$(random)"
secret admin-keys "$(random)"
secret grafana-password "$(random)"
secret redis-password "$(random)"
password=$(cat redis-password)
secret redis.conf "requirepass $password"

# For the object store of the profile `s3`, in the form that its clients and the server read.
s3_secret=$(random)
secret aws-credentials "[default]
aws_access_key_id = framequeue
aws_secret_access_key = $s3_secret"
s3_secret=$(sed -n 's/^aws_secret_access_key = //p' aws-credentials)
secret s3.json '{"identities":[{"name":"framequeue","credentials":[{"accessKey":"framequeue","secretKey":"'"$s3_secret"'"}],"actions":["Admin","Read","Write","List","Tagging"]}]}'
