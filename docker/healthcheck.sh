#!/bin/bash
# Whether the service of this container takes work. In bash, which can speak HTTP without starting another program.
#
# A container engine marks a container as unhealthy and leaves it so. A process that takes connections and has answered
# none of the last twelve, a minute long, is ended here, and the engine's restart policy starts it again. An answer of any
# kind will do: to start it again because Redis is away would mend nothing. A container that is paused is not asked.
port=${FQ_METRICS_PORT:-9464}
watch=${HOME:-/tmp}/.framequeue-watch # the process, and how many it has not answered
most=12

exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
printf 'GET /healthz/ready HTTP/1.0\r\n\r\n' >&3
read -r -t 2 status <&3
if [[ -r $watch ]] && read -r pid silences <"$watch" && [[ $pid =~ ^[0-9]+$ ]]; then
  silences=$((${silences:-0} + 1))
  if [[ -n $status ]]; then silences=0; fi
  echo "$pid $silences" >"$watch"
  if ((silences >= most)); then
    echo "no answer $silences times in a row: the service is ended, to be started again" >&2
    kill -KILL "$pid"
  fi
fi
[[ $status == HTTP/1.?" 200 "* ]]
