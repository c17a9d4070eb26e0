#!/usr/bin/env bash
# Tries a rolling upgrade: two versions of the service on one PostgreSQL database, that of the commit before the newest
# migration and that of the working tree, while clients read and write through both. No request may fail.
#
#   scripts/rolling.sh             # from the commit before the newest migration
#   scripts/rolling.sh COMMIT      # from another one
#
# The older version must allow for newer migrations that are additive, as it does since commit de49af8.
# It is compiled into target/rolling (some minutes), and the rest takes half a minute. Run it by hand before a release
# with a migration in it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/common.sh
help_if_asked "$@"

newest=$(git log -1 --diff-filter=A --format=%H -- 'migrations/postgres/*.up.sql')
before=$(git rev-parse --verify --quiet "${1:-$newest^}^{commit}") || fail "there is no commit ${1:-before $newest}"
target=${CARGO_TARGET_DIR:-$PWD/target}
place=$(mktemp -d)
# Who runs PostgreSQL may be another user.
chmod 755 "$place"
cleanup() {
  jobs -p | xargs -r kill 2>/dev/null || true
  wait || true
  scripts/postgres.sh remove "$place/postgres" >/dev/null 2>&1 || true
  git worktree remove --force "$place/before" 2>/dev/null || true
  rm -rf "$place"
}
trap cleanup EXIT

progress "compiling both versions"
git worktree add --quiet --detach "$place/before" "$before"
(cd "$place/before" && CARGO_TARGET_DIR="$target/rolling" cargo build --locked --quiet)
cargo build --locked --quiet
old=$target/rolling/debug/user-tenant-service new=$target/debug/user-tenant-service

DATABASE_URL=$(scripts/postgres.sh start "$place/postgres")
export DATABASE_URL JWT_VERIFIER=secret JWT_SECRET=0123456789abcdef0123456789abcdef PORT=0 LOG_LEVEL=warn

# start PROGRAM NAME: serves, and writes the address to the file NAME.
start() {
  "$1" serve >"$place/$2.out" 2>"$place/$2.log" &
  echo $! >"$place/$2.pid"
  for _ in $(seq 300); do
    grep -o 'http://[0-9.:]*' "$place/$2.out" 2>/dev/null | head -n 1 >"$place/$2" && [ -s "$place/$2" ] && return
    kill -0 "$(cat "$place/$2.pid")" 2>/dev/null || break
    sleep 0.1
  done
  cat "$place/$2.log" >&2
  fail "the $2 version does not start"
}

# load NAME: makes a role and a user, changes both, reads them, deletes the user, again and again. Statuses go to a file.
load() {
  local at number=0 role user
  at=$(cat "$place/$1")
  ask() {
    curl -s -m 20 -o "$place/$1.answer" -w '%{http_code}\n' -H "Authorization: Bearer $token" \
      -H 'Content-Type: application/json' -X "$2" "$at$3" ${4:+-d "$4"} >>"$place/$1.statuses" || true
  }
  id() { sed -n 's/.*"id":"\([0-9a-f-]*\)".*/\1/p' "$place/$1.answer"; }
  while :; do
    number=$((number + 1))
    ask "$1" POST "/tenants/$tenant/roles" "{\"name\":\"$1 $number\",\"permissions\":[\"ViewTenant\"]}"
    role=$(id "$1")
    ask "$1" POST "/tenants/$tenant/users" "{\"username\":\"$1-$number\",\"email\":\"$1-$number@acme.example\",\"firstName\":\"Ann\",\"roleId\":\"$role\"}"
    user=$(id "$1")
    ask "$1" PATCH "/tenants/$tenant/users/$user" '{"firstName":"Anna"}'
    ask "$1" GET "/tenants/$tenant/users?filter%5Blimit%5D=5"
    ask "$1" DELETE "/tenants/$tenant/users/$user"
    ask "$1" DELETE "/tenants/$tenant/roles/$role"
  done
}

progress "the older version alone"
"$old" migrate up
tenant=$("$old" bootstrap --tenant-key acme | sed -n 's/^tenant  *//p')
token=$("$old" token)
start "$old" old
load old &
sleep 5

progress "the migration, and the newer version beside the older one"
"$new" migrate up
start "$new" new
load new &
sleep 10

progress "the older version starts again: a replica may be moved before all are new"
start "$old" again
load again &
sleep 5
jobs -p | xargs kill 2>/dev/null || true
wait || true

for name in old new again; do
  made=$(grep -c '^20[04]$' "$place/$name.statuses" || true)
  failed=$(grep -cv '^20[04]$' "$place/$name.statuses" || true)
  # The request that was cut off at the end has no status.
  [ "$(tail -n 1 "$place/$name.statuses")" != 000 ] || failed=$((failed - 1))
  printf '%-6s %5s requests, %s failed\n' "$name" "$made" "$failed"
  [ "$failed" -eq 0 ] && [ "$made" -ge 20 ] || {
    sort "$place/$name.statuses" | uniq -c >&2
    cat "$place/$name.log" >&2
    fail "requests to the $name version failed"
  }
done
echo "from $(git log -1 --format='%h %s' "$before")"
