#!/usr/bin/env bash
# Drives the MCP server with clients that are not ours: the protocol's own client from PyPI over standard input and output
# and over HTTP, the inspector from npm over standard input and output, and the conformance suite from npm over HTTP, but
# for the scenarios that tests/mcp/left-out.yml names. What they need comes below the target directory, once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/common.sh

help_if_asked "$@"
need_rust
target=${CARGO_TARGET_DIR:-$PWD/target}
environment=$target/mcp-client
packages=$target/mcp-clients
need_python_environment "$environment" tests/mcp/requirements.txt
need_node "$target/node-22" 22
need_npm_packages "$packages" tests/mcp

progress "building"
cargo build --locked
program=$target/debug/user-tenant-service
place=$(mktemp -d)
server=''
clean_up() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
  rm -rf "$place"
}
trap clean_up EXIT
export DATA_DIR=$place/data LOG_LEVEL=warn
"$program" bootstrap >&2

progress "the client from PyPI"
"$environment/bin/python" tests/mcp/client.py "$program" "$place"

# inspect METHOD [OPTION…]: one request by the inspector, which hands the server no variable that it was not told.
inspect() {
  "$packages/node_modules/.bin/mcp-inspector" --cli -e "DATA_DIR=$DATA_DIR" -e "LOG_LEVEL=$LOG_LEVEL" \
    "$program" mcp --method "$@" 2>"$place/inspector" || fail "the inspector says: $(cat "$place/inspector")"
}

# holds EXPRESSION: whether it is true of the JSON value `answer` on standard input.
holds() { node -e "const answer = JSON.parse(require('fs').readFileSync(0)); if (!($1)) { console.error(answer); process.exit(1) }"; }

progress "the same service by command"
for made in stdio http; do
  mkdir "$place/by-command"
  "$program" microservice "made-over-$made" --baseOnService --baseService=user-tenant-service --datasourceName=userdb \
    --datasourceType=postgresql --includeMigrations --directory "$place/by-command" >/dev/null 2>&1
  diff -r "$place/made-over-$made" "$place/by-command/made-over-$made" || fail "the tool writes another service than the command"
  rm -r "$place/by-command"
done

progress "the inspector from npm"
inspect tools/list --strict | holds 'answer.tools.length > 40 && answer.tools.some((tool) => tool.name === "microservice")'
inspect resources/list | holds 'answer.resources.length === 3'
inspect tools/call --tool-name tenant_find --tool-arg 'filter={"where":{"key":"default"}}' |
  holds '!answer.isError && JSON.parse(answer.content[0].text).body[0].key === "default"'
inspect tools/call --tool-name microservice --tool-arg name=inspected --tool-arg baseOnService=true \
  --tool-arg baseService=user-tenant-service --tool-arg datasourceName=userdb --tool-arg datasourceType=postgresql \
  --tool-arg includeMigrations=true --tool-arg "workingDir=$place" | holds '!answer.isError'
[ -f "$place/inspected/src/main.rs" ] || fail "the inspector's call wrote no service"
echo "inspector: tools listed and called, resources listed, a service written"

progress "the conformance suite from npm"
export MCP_TOKEN=sesame
address=127.0.0.1:$(free_port)
"$program" mcp --http "$address" --http-token "$MCP_TOKEN" >&2 &
server=$!
for _ in {1..100}; do
  port_is_taken "${address##*:}" && break
  sleep 0.1
done
(
  cd "$place"
  NODE_OPTIONS="--import=$OLDPWD/tests/mcp/bearer.mjs" "$packages/node_modules/.bin/conformance" server \
    --url "http://$address/mcp" --suite all --expected-failures "$OLDPWD/tests/mcp/left-out.yml" \
    --output-dir "$place/results" >"$place/report" 2>&1 || fail "the suite found this: $(cat "$place/report")"
  sed -n '/=== SUMMARY ===/,$p' "$place/report"
)
