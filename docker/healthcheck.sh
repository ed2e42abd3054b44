#!/bin/bash
# Whether the service of this container takes work. In bash, which can speak HTTP without starting another program.
port=${FQ_METRICS_PORT:-9464}
exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
printf 'GET /healthz/ready HTTP/1.0\r\n\r\n' >&3
read -r -t 2 status <&3
[[ $status == HTTP/1.?" 200 "* ]]
