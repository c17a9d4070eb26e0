#!/usr/bin/env bash
# Does with a service of one's own what a newcomer does: scaffolds it with the README's command, and types what the
# README that was written says: on SQLite, on PostgreSQL, its tests, and a route more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/common.sh

help_if_asked "$@"
need_rust
have curl || apt_install curl ca-certificates
have psql || apt_install postgresql-client

checkout=$PWD
CARGO_TARGET_DIR=$(realpath -m "${CARGO_TARGET_DIR:-target}")
export CARGO_TARGET_DIR
place=$(mktemp -d)
export CURL_HOME=$place
printf 'silent\nshow-error\n' >"$place/.curlrc" # no progress bars
service='' cluster=''
stop_service() {
  if [ -n "$service" ]; then
    kill -TERM "$service" 2>/dev/null || true
    wait "$service" || fail "the service did not stop cleanly: $(tail -n 5 "$place/log")"
    service=''
  fi
}
clean_up() {
  if [ -n "$service" ]; then kill -KILL "$service" 2>/dev/null || true; fi
  if [ -n "$cluster" ]; then
    scripts/postgres.sh remove "$cluster" >/dev/null 2>&1 || true
    rm -rf "$cluster"
  fi
  rm -rf "$place"
}
trap 'cd "$checkout"; clean_up' EXIT
for name in $(compgen -e | grep -E '^(HOST|PORT|DATA|BASE_PATH|DB_|DATABASE_|JWT_|LOG_|CORS_|MAX_|CALLER_|CONCURRENCY_|USER_TENANT_|[A-Z_]+_MILLISECONDS)' || true); do unset "$name"; done

# In the README that was written, and typed.
typed() {
  grep -qF -- "\$ $1" README.md || fail "README.md of the service does not say: $1"
  progress "$1"
  eval "${1//127.0.0.1:3000/127.0.0.1:$port}"
}

# typed_and_left COMMAND: in the background, until it answers.
typed_and_left() {
  grep -qFx -- "\$ $1" README.md || fail "README.md of the service does not say: $1"
  stop_service
  progress "$1"
  cargo build --quiet # its time does not count as that of the start
  (PORT=$port eval "exec $1") >"$place/log" 2>&1 &
  service=$!
  for _ in {1..600}; do
    curl --fail --output /dev/null "http://127.0.0.1:$port/health/ready" 2>/dev/null && return
    kill -0 "$service" 2>/dev/null || break
    sleep 0.1
  done
  service=''
  fail "the service did not start: $(cat "$place/log")"
}

# greeted MEMBERS: that `greeting`, which was typed, was answered with so many members.
greeted() {
  case $greeting in *"\"members\":$1"[,}]*) echo "$greeting" ;; *) fail "not greeted: $greeting" ;; esac
}

progress "building"
cargo build --locked
# What is built for the checkout serves here too, since versions and profile are the same, and nothing is fetched.
mkdir -p "$place/.cargo"
printf '[net]\noffline = true\n' >"$place/.cargo/config.toml"
cd "$place"
command=$(awk '/-- microservice/ { sub(/.*-- microservice/, "microservice"); found = 1 }
  found { more = sub(/\\$/, ""); printf "%s", $0; if (!more) exit }' "$checkout/README.md")
[ -n "$command" ] || fail "README.md scaffolds nothing"
eval "\"\$CARGO_TARGET_DIR\"/debug/user-tenant-service $command"
cd my-user-tenant
cargo build --quiet
port=$(free_port) # only now: one that is free need not be so minutes later
authorized='curl -H "Authorization: Bearer $token" http://127.0.0.1:3000/greeting'

typed_and_left "cargo run"
typed 'token=$(cargo run --quiet -- token)'
greeting=$(typed "$authorized")
greeted 1
typed 'curl -H "Authorization: Bearer $token" http://127.0.0.1:3000/tenants' | grep -q '"key":"default"' || fail "no tenants"
stop_service

cluster=$(mktemp -d)
url=$("$checkout/scripts/postgres.sh" start "$cluster")
psql "$url" --quiet --command "CREATE ROLE userdb LOGIN PASSWORD 'change-me'" --command "CREATE DATABASE userdb OWNER userdb"
typed "cp .env.example .env"
server=${url#*@}
sed -i "s|localhost:5432|${server%%/*}|" .env # this server's address is another
typed "set -a; . ./.env; set +a"
typed "cargo run -- migrate up"
typed "cargo run -- bootstrap --tenant-name Acme --tenant-key acme --username ann --email ann@acme.example --first-name Ann"
typed_and_left "cargo run -- serve"
typed 'token=$(cargo run --quiet -- token)'
greeting=$(typed "$authorized")
greeted 1

progress "a route more"
sed -e 's/greeting/order/g; s/Greeting/Order/g; s/GREET_MEMBERS/ORDER_BREAD/g; s/GreetMembers/OrderBread/g' src/greeting.rs >src/order.rs
sed -e 's/greeting/order/g; s/GREET_MEMBERS/ORDER_BREAD/g' tests/greeting.rs >tests/order.rs
sed -i -e 's/^pub mod greeting;/&\npub mod order;/' -e 's/permissions(greeting::PERMISSIONS)/&.permissions(order::PERMISSIONS)/' \
  -e 's/routes(greeting::routes)/routes(|users| greeting::routes(users).merge(order::routes(users)))/' src/lib.rs
typed "cargo test"
cargo build --quiet
typed_and_left "cargo run -- serve"
greeting=$(curl -H "Authorization: Bearer $token" "http://127.0.0.1:$port/order")
case $greeting in *403*) ;; *) fail "who lacks the permission was let in: $greeting" ;; esac
tenant=$(cargo run --quiet -- tenant list --output csv | sed -n '2s/.*\([0-9a-f]\{8\}-[0-9a-f-]\{27\}\),Acme,.*/\1/p')
membership=$(cargo run --quiet -- bootstrap --tenant "$tenant" --username bea --email bea@acme.example --role-name orders |
  sed -n 's/^user_tenant *//p')
token=$(cargo run --quiet -- token --user-tenant "$membership")
greeting=$(curl -H "Authorization: Bearer $token" "http://127.0.0.1:$port/order")
greeted 2
stop_service
progress "a service of one's own runs, on SQLite and on PostgreSQL, and took a route more"
