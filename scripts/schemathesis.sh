#!/usr/bin/env bash
# Sends thousands of requests made from /openapi.json to the service, with schemathesis. Arguments go to
# tests/schemathesis/fuzz.py:
#
#   scripts/schemathesis.sh                                   everything, as CI does
#   scripts/schemathesis.sh --only 'POST /tenants' --examples 200
#
# Schemathesis comes from PyPI into a virtual environment below the target directory, once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/common.sh

help_if_asked "$@"
need_rust
have curl || apt_install curl ca-certificates
target=${CARGO_TARGET_DIR:-$PWD/target}
environment=$target/schemathesis
need_python_environment "$environment" tests/schemathesis/requirements.txt

progress "building"
cargo build --locked
program=$target/debug/user-tenant-service
place=$(mktemp -d)
service=''
clean_up() {
  if [ -n "$service" ]; then
    kill -KILL "$service" 2>/dev/null || true
    wait "$service" 2>/dev/null || true
  fi
  rm -rf "$place"
}
trap clean_up EXIT

# Alice of tenant A, with every permission that an operation asks for.
alice=a0000000-0000-4000-8000-000000000031
export DATABASE_URL=sqlite:$place/fixture.db DATA_DIR=$place JWT_VERIFIER=secret
export JWT_SECRET=a-secret-of-this-run-and-no-other-one USER_CALLBACK_SECRET=a-secret-of-callbacks
export ADMIN_USER_TENANT_ID=99999999-9999-4999-8999-999999999999 FIRST_USER_ROLE=Owner
export SUPER_ADMIN_PERMISSIONS=ViewTenant PERMISSIONS_OPEN=true HOST=127.0.0.1 PORT=0 LOG_LEVEL=warn
"$program" migrate up >&2
sqlite() { python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(open(sys.argv[2]).read())' "$@"; }
sqlite "$place/fixture.db" tests/contract/seed.sqlite.sql
permissions=()
while IFS= read -r permission; do
  permissions+=(--permission "$permission")
done < <(python3 -c 'import json
for path in json.load(open("openapi.json"))["paths"].values():
    for operation in path.values():
        print("\n".join(operation["x-permissions"]))' | sed '/^$/d' | sort -u)
administrator=$("$program" token --user-tenant "$alice" "${permissions[@]}")
master=$("$program" token --user-tenant "$alice" "${permissions[@]}" --master)

"$program" serve >"$place/log" 2>&1 &
service=$!
url=''
for _ in $(seq 600); do
  url=$(sed -n 's/.* is running at \(http[^ ]*\)$/\1/p' "$place/log")
  if [ -n "$url" ] && curl -fsS -o "$place/ready" "$url/health/ready" 2>/dev/null; then
    break
  fi
  kill -0 "$service" 2>/dev/null || fail "the service did not start: $(cat "$place/log")"
  sleep 0.1
done

progress "schemathesis"
"$environment/bin/python" tests/schemathesis/fuzz.py --url "$url" --database "$place/fixture.db" \
  --seed tests/contract/seed.sqlite.sql --master "$master" --administrator "$administrator" \
  --callback-secret "$USER_CALLBACK_SECRET" "$@" || fail "schemathesis found something: see above"
