#!/usr/bin/env bash
# Drives the MCP server with the protocol's own client from PyPI, over standard input and output and over HTTP. The client
# comes into a virtual environment below the target directory, once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/common.sh

case ${1:-} in
  -h | --help)
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
    exit
    ;;
esac
need_rust
target=${CARGO_TARGET_DIR:-$PWD/target}
environment=$target/mcp-client
need_python_environment "$environment" tests/mcp/requirements.txt

progress "building"
cargo build --locked
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export DATA_DIR=$place/data LOG_LEVEL=warn
"$target/debug/user-tenant-service" bootstrap >&2
progress "the client from PyPI"
"$environment/bin/python" tests/mcp/client.py "$target/debug/user-tenant-service" "$place"
