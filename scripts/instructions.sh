#!/usr/bin/env bash
# Counts the processor instructions that a fixed set of requests takes, which are the same on a busy machine and on an idle
# one, and compares them with bench/instructions.json: more than a sixth more of any fails. A change that is meant to cost
# more, or has made things cheaper, writes the file anew with --bless. Works on the release build, on SQLite.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/common.sh

help_if_asked "$@"
case ${1:-} in
  '' | --bless) ;;
  *) fail "usage: scripts/instructions.sh [--bless]" ;;
esac
need_rust
have callgrind_control || apt_install valgrind
have python3 || apt_install python3
progress "building"
cargo build --release --locked
export PYTHONDONTWRITEBYTECODE=1
exec python3 -m bench.instructions "${CARGO_TARGET_DIR:-$PWD/target}/release/user-tenant-service" "$@"
