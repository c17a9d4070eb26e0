#!/usr/bin/env bash
# PgBouncer for measurements: of version 1.21 or newer, which knows prepared statements when it pools by transaction.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

minimum=1.21
newer=trixie # Debian's first release with such a version
packages=(pgbouncer libc6 libcares2 libevent-2.1-7t64 libssl3t64 libpam0g libaudit1 libcap-ng0 libsystemd0 libcap2 libzstd1 libgcc-s1 zlib1g)

usage() {
  cat <<'TEXT'
usage: scripts/pgbouncer.sh install DIR

Prints the path of a PgBouncer of version 1.21 or newer: the one that PGBOUNCER
names, or that of PATH, else Debian's, which is unpacked into DIR with the
libraries that it needs. No package is installed, and no server is started.
TEXT
}

new_enough() {
  local version
  version=$("$1" --version 2>/dev/null | sed -nE '1s/^PgBouncer ([0-9.]+).*/\1/p')
  [ -n "$version" ] && [ "$(printf '%s\n' "$minimum" "$version" | sort -V | head -n1)" = "$minimum" ]
}

# Asks the mirror that apt uses here, with lists of our own: the system's own sources stay as they are.
unpack() {
  local dir=$1 site
  have apt-get && have dpkg || fail "PgBouncer $minimum or newer was not found: install it, then try again, or name it in PGBOUNCER"
  progress "fetching PgBouncer into $dir (once)"
  site=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n1)
  [ -n "$site" ] || fail "apt-get knows no mirror of Debian: install PgBouncer $minimum or newer, or name it in PGBOUNCER"
  rm -rf "$dir"
  mkdir -p "$dir"/{lists/partial,cache/archives/partial,debs,root}
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site $newer main" >"$dir/sources.list"
  local options=(-qq -o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir/cache" -o APT::Sandbox::User=root)
  (
    cd "$dir/debs"
    apt-get "${options[@]}" update
    apt-get "${options[@]}" download "${packages[@]}"
    for package in *.deb; do dpkg -x "$package" "$dir/root"; done
  ) >&2 || fail "PgBouncer could not be fetched: install version $minimum or newer, or name it in PGBOUNCER"
  rm -rf "$dir"/{lists,cache,debs}
  local libraries
  libraries=$(dirname "$(find "$dir/root/usr/lib" -name 'libc.so.6' | head -n1)")
  # Its own loader and libraries, since the system's may be older than it needs.
  cat >"$dir/pgbouncer" <<WRAPPER
#!/bin/sh
exec $(find "$libraries" -name 'ld-linux*.so.*' | head -n1) --library-path $libraries $dir/root/usr/sbin/pgbouncer "\$@"
WRAPPER
  chmod +x "$dir/pgbouncer"
}

case ${1:-} in
  install)
    [ -n "${2:-}" ] || { usage >&2; exit 2; }
    case $2 in /*) dir=$2 ;; *) dir=$PWD/$2 ;; esac
    for candidate in "${PGBOUNCER:-}" pgbouncer /usr/sbin/pgbouncer "$dir/pgbouncer"; do
      if [ -n "$candidate" ] && have "$candidate" && new_enough "$candidate"; then
        command -v "$candidate"
        exit
      fi
    done
    unpack "$dir"
    new_enough "$dir/pgbouncer" || fail "the PgBouncer in $dir does not start, or is older than $minimum"
    echo "$dir/pgbouncer"
    ;;
  help | --help | -h) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
