#!/usr/bin/env bash
# Types the README's commands into a fresh clone, as a newcomer would, and checks what they do.
#
# A fenced block of ```console (lines that begin with "$ ") or ```sh counts when the line before it is
# <!-- ci: run -->. All blocks share one shell. Of the commands,
#   git clone …           clones this checkout's last commit instead of the published repository;
#   ./test.sh             is not run again: .ci/run has done it;
#   cargo run             (also with "-- serve …") starts the service in the background; when it is
#                         ready, the curl line that its first start prints is pasted and must
#                         answer 200. It is stopped, and must stop cleanly, at the next start and
#                         at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/common.sh
need_rust
have curl || apt_install curl ca-certificates

checkout=$PWD
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$checkout/target}
repository=$(sed -n 's/^repository = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
place=$(mktemp -d)
log=$place/service.log
service=''

stop_service() {
  if [ -n "$service" ]; then
    kill -TERM "$service" 2>/dev/null || true
    wait "$service" || fail "the service did not stop cleanly on SIGTERM: $(tail -n 5 "$log")"
    service=''
  fi
}
clean_up() {
  if [ -n "$service" ]; then
    kill -KILL "$service" 2>/dev/null || true
    wait "$service" 2>/dev/null || true
  fi
  rm -rf "$place"
}
trap clean_up EXIT

# Nothing of this machine's configuration may help the newcomer.
for name in $(compgen -e | grep -E '^(HOST|PORT|DATA|BASE_PATH|DB_|JWT_|LOG_|CORS_|MAX_|CALLER_|CONCURRENCY_|[A-Z_]+_MILLISECONDS|TEST_POSTGRES)' || true); do
  unset "$name"
done
export USER_TENANT_SHOW_TOKEN=true # as on a terminal
export CURL_HOME=$place
printf 'silent\nshow-error\n' >"$place/.curlrc" # no progress bars
# The published address leads to this checkout.
export GIT_CONFIG_COUNT=2
export GIT_CONFIG_KEY_0="url.file://$checkout.insteadOf" GIT_CONFIG_VALUE_0="$repository"
export GIT_CONFIG_KEY_1="url.file://$checkout.insteadOf" GIT_CONFIG_VALUE_1="$repository.git"

# Prints one command a line; lines that end in a backslash are joined.
commands() {
  awk '
    /^<!-- ci: run -->/          { marked = 1; next }
    !inside && /^```(console|sh)/ { inside = marked; prompt = /^```console/; other = !marked; marked = 0; next }
    /^```/                       { inside = 0; other = 0; next }
    /[^[:space:]]/ && !inside    { marked = 0 }
    !inside                      { next }
    more                         { sub(/^> /, "") }
    !more && prompt              { if (!sub(/^\$ /, "")) next }
    !more && /^[[:space:]]*(#|$)/ { next }
    { more = sub(/\\$/, ""); printf "%s%s", $0, more ? "" : "\n" }
  ' "$checkout/README.md"
}

port=3000

# Chosen only after the build: a port that is free now need not be so some minutes later.
build_and_choose_port() {
  progress "building"
  cargo build >"$log" 2>&1 || {
    cat "$log" >&2
    fail "the build failed"
  }
  if port_is_taken "$port"; then port=$(free_port); fi
}

start_service() {
  if [ -z "$started" ]; then build_and_choose_port; fi
  stop_service
  # exec: the process to stop is then cargo's, which becomes the service itself.
  (if [ "$port" -ne 3000 ]; then export PORT=$port; fi && eval "exec $1") >"$log" 2>&1 &
  service=$!
  local waited=0
  until curl --silent --fail --output /dev/null "http://127.0.0.1:$port/health/ready" 2>/dev/null; do
    kill -0 "$service" 2>/dev/null || {
      service=''
      cat "$log" >&2
      fail "the service did not start: $1"
    }
    waited=$((waited + 1))
    [ $waited -lt 3600 ] || fail "the service was not ready after half an hour: $1"
    sleep 0.5
  done
  if [ -n "$started" ]; then
    return # only the first start prints a token
  fi
  progress "ready; pasting the curl line that it printed"
  local line status
  line=$(sed -E 's/\x1b\[[0-9;]*m//g' "$log" | grep -oE -m 1 '\bcurl .*') || {
    cat "$log" >&2
    fail "the service printed no curl line"
  }
  status=$(eval "$line --silent --show-error --output '$place/answer' --write-out '%{http_code}'")
  [ "$status" = 200 ] || fail "the printed curl line answered $status: $(cat "$place/answer")"
}

mapfile -t lines < <(commands)
[ ${#lines[@]} -gt 0 ] || fail "README.md has no block marked <!-- ci: run -->"
started=''
cd "$place"
case ${lines[0]} in
  'git clone '*) ;;
  *)
    git clone --quiet "file://$checkout" clone
    cd clone
    ;;
esac
for line in "${lines[@]}"; do
  if [ "$port" -ne 3000 ]; then
    line=${line//127.0.0.1:3000/127.0.0.1:$port}
    line=${line//localhost:3000/localhost:$port}
  fi
  progress "README: $line"
  if [[ $line =~ ^\./test\.sh ]]; then
    [ -x test.sh ] || fail "test.sh cannot be run"
  elif [[ $line =~ ^([A-Z_]+=[^\ ]*\ )*cargo\ run(\ --\ serve.*)?$ ]]; then
    start_service "$line"
    started=yes
  else
    eval "$line" </dev/null || fail "the README's command failed: $line"
  fi
done
[ -n "$started" ] || fail "README.md starts the service in no block marked <!-- ci: run -->"
stop_service
progress "README: ${#lines[@]} commands work as printed"
