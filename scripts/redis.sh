#!/usr/bin/env bash
# A throw-away Redis for tests, benchmarks and trying things out.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'TEXT'
usage: scripts/redis.sh COMMAND

  start DIR   start a server that keeps its files in DIR, on a free port of
              127.0.0.1 (where DIR has had one, on the same port), and print its URL
  stop DIR    stop it; what it held is gone
  remove DIR  stop it and delete DIR
  install     install the server where it is missing and apt-get may be used
TEXT
}

running() { [ -s "$1/pid" ] && kill -0 "$(cat "$1/pid")" 2>/dev/null; }

# The package starts a server of its own on port 6379 where something lets it: nobody wants that one here.
install_server() {
  have redis-server || RUNLEVEL=1 apt_install redis-server
}

start() {
  local dir=$1 port=''
  have redis-server || fail "redis-server was not found: install it, for example with  sudo apt-get install redis-server"
  mkdir -p "$dir"
  if ! running "$dir"; then
    for attempt in {1..10}; do # a port that was free can be taken before we bind it
      if [ "$attempt" -eq 1 ] && [ -s "$dir/port" ]; then port=$(cat "$dir/port"); else port=$(free_port); fi
      rm -f "$dir/pid" "$dir/log"
      redis-server --bind 127.0.0.1 --port "$port" --save "" --appendonly no --dir "$dir" \
        --daemonize yes --pidfile "$dir/pid" --logfile "$dir/log" >/dev/null
      for _ in {1..100}; do
        if running "$dir" && port_is_taken "$port"; then break 2; fi
        if grep -q 'Failed listening' "$dir/log" 2>/dev/null; then break; fi
        sleep 0.1
      done
    done
    running "$dir" || {
      cat "$dir/log" >&2
      fail "Redis did not start"
    }
    echo "$port" >"$dir/port"
  fi
  echo "redis://127.0.0.1:$(cat "$dir/port")/0"
}

stop() {
  if running "$1"; then
    local pid
    pid=$(cat "$1/pid")
    kill "$pid"
    for _ in {1..100}; do
      kill -0 "$pid" 2>/dev/null || return 0
      sleep 0.05
    done
    kill -9 "$pid"
  fi
}

case ${1:-} in
  start | stop | remove)
    [ -n "${2:-}" ] || {
      usage >&2
      exit 2
    }
    case $2 in /*) dir=$2 ;; *) dir=$PWD/$2 ;; esac
    case $1 in
      start) start "$dir" ;;
      stop) stop "$dir" ;;
      remove)
        stop "$dir"
        rm -rf "$dir"
        ;;
    esac
    ;;
  install) install_server ;;
  help | --help | -h) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
