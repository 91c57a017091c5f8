#!/usr/bin/env bash
# Starts a throw-away PostgreSQL server for the tests and prints its address, stops it as a crash
# would, or starts it once more at the same address.
#   ./postgres.sh start DIR   installs PostgreSQL when missing (Debian, as root), makes a server in
#                             DIR on a socket and a free loopback port, prints postgres://…
#   ./postgres.sh stop DIR    in immediate mode: the next start recovers
#   ./postgres.sh again DIR
set -euo pipefail
action=${1:?start, stop or again}
dir=${2:?folder}

find_bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1; }

as_server() { # PostgreSQL refuses to run as root
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

case $action in
start)
  bin=$(find_bin)
  if [ -z "$bin" ] || [ ! -x "$bin/initdb" ]; then
    sudo=$([ "$(id -u)" = 0 ] || echo sudo)
    $sudo apt-get update -qq >&2
    # Without a cluster of its own: ours is made below.
    $sudo mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq postgresql >&2
    bin=$(find_bin)
  fi
  mkdir -p "$dir"
  if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; fi
  as_server "$bin/initdb" --no-sync -A trust -U postgres -E UTF8 --locale=C -D "$dir/data" >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
  port=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])' 2>/dev/null || echo $((20000 + RANDOM % 20000)))
  # In its own file, so that a start once more is the same server.
  as_server tee -a "$dir/data/postgresql.conf" >/dev/null <<EOF
port = $port
listen_addresses = '127.0.0.1'
unix_socket_directories = '$dir'
fsync = off
max_connections = 300
EOF
  as_server "$bin/pg_ctl" -w -s -D "$dir/data" -l "$dir/log" start >&2
  echo "postgres://postgres@127.0.0.1:$port/postgres"
  ;;
stop)
  as_server "$(find_bin)/pg_ctl" -s -D "$dir/data" -m immediate stop >&2 || true
  ;;
again)
  as_server "$(find_bin)/pg_ctl" -w -s -D "$dir/data" -l "$dir/log" start >&2
  ;;
*)
  echo "start, stop or again" >&2
  exit 2
  ;;
esac
