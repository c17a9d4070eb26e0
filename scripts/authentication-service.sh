#!/usr/bin/env bash
# Runs the real authentication service beside ours, on one PostgreSQL and one Redis, and walks through what people do
# with both. Arguments choose among the walks of tests/beside:
#
#   scripts/authentication-service.sh                      everything, as CI does
#   scripts/authentication-service.sh shared-secret        one of them
#   BESIDE_PROGRAM=target/release/user-tenant-service scripts/authentication-service.sh
#
# The service comes from npm into the target directory, once, and its bcrypt is compiled there; Redis is Debian's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/common.sh

help_if_asked "$@"
target=${CARGO_TARGET_DIR:-$PWD/target}
packages=$target/beside
need_node "$target/node"
have redis-server || apt_install redis-server
scripts/postgres.sh install >/dev/null
need_npm_packages "$packages" tests/beside
if [ ! -e "$packages/node_modules/bcrypt/lib/binding" ]; then
  need_c_compiler
  have python3 || apt_install python3
  progress "compiling bcrypt"
  # Debian has the headers of Node.js beside it; elsewhere node-gyp fetches them.
  headers=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
  if [ -e "$headers/include/node/node.h" ]; then export npm_config_nodedir=$headers; fi
  (cd "$packages/node_modules/bcrypt" && npx node-pre-gyp install --build-from-source >"$packages/bcrypt.log" 2>&1) ||
    fail "bcrypt was not compiled: $(tail -n 20 "$packages/bcrypt.log")"
fi

program=${BESIDE_PROGRAM:-}
if [ -z "$program" ]; then
  need_rust
  progress "building"
  cargo build --locked
  program=$target/debug/user-tenant-service
fi

place=$(mktemp -d "${TMPDIR:-/tmp}/user-tenant-beside.XXXXXX")
chmod 755 "$place" # who runs PostgreSQL may be another user
clean_up() {
  scripts/postgres.sh remove "$place/postgres" >/dev/null 2>&1 || true
  rm -rf "$place"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

progress "starting PostgreSQL"
DATABASE_URL=$(scripts/postgres.sh start "$place/postgres")
REDIS_PORT=$(free_port)

progress "walking"
export DATABASE_URL REDIS_PORT PLACE=$place PROGRAM=$program NODE_PATH=$packages/node_modules
node tests/beside/walk.js "$@" || fail "a walk went wrong: see above"
