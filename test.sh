#!/usr/bin/env bash
# Runs every test, on SQLite and on PostgreSQL. Extra arguments go to `cargo nextest run`:
#
#   ./test.sh                     everything
#   ./test.sh tenants             the tests whose name contains "tenants"
#   ./test.sh -E 'binary(it)'     a nextest filter expression
#
# PostgreSQL is a throw-away cluster of its own, stopped and deleted at the end. Set
# TEST_POSTGRES_URL to use a server of yours instead; its user must be a superuser.
# The tests of adoption install the original from npm into target/, once; promtool and Redis come from Debian
# where they are not there, and a mail server from PyPI, once; tests of Redis start servers of their own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/common.sh

help_if_asked "$@"

cluster=''
clean_up() {
  if [ -n "$cluster" ]; then
    progress "stopping PostgreSQL"
    scripts/postgres.sh remove "$cluster" || true
    rm -rf "$cluster"
    cluster=''
  fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

progress "checking the tools"
need_rust
need_c_compiler
# Without what it needs to update itself: half of its dependencies.
need_cargo_tool cargo-nextest 0.9.143 --no-default-features --features default-no-update
need_node "$PWD/target/node"
need_promtool "$PWD/target/promtool"
scripts/redis.sh install
need_python_environment "$PWD/target/mail-server" tests/mail/requirements.txt

if [ -z "${TEST_POSTGRES_URL:-}" ]; then
  scripts/postgres.sh install >/dev/null
  progress "starting PostgreSQL"
  cluster=$(mktemp -d "${TMPDIR:-/tmp}/user-tenant-postgres.XXXXXX")
  TEST_POSTGRES_URL=$(scripts/postgres.sh start "$cluster")
fi
export TEST_POSTGRES_URL
progress "PostgreSQL at ${TEST_POSTGRES_URL//:\/\/*@/:\/\/…@}"

# Without a filter the examples in the documentation run too; nextest does not know them.
if [ $# -eq 0 ]; then
  progress "examples in the documentation"
  cargo test --workspace --locked --doc
fi
if [ -n "${CI:-}" ]; then
  export NEXTEST_PROFILE=${NEXTEST_PROFILE:-ci}
fi
progress "tests"
cargo nextest run --workspace --locked "$@"
