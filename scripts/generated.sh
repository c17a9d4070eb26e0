#!/usr/bin/env bash
# Writes the files that are generated: the OpenAPI document, the settings, the errors, the events, the index of decision records.
# With --check nothing is written: it fails, and shows the difference, where a file is not in step.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/common.sh

# file | command that prints it
generated=(
  "openapi.json          | cargo run --quiet --locked -- openapi --format json"
  "docs/configuration.md | cargo run --quiet --locked -- config --markdown"
  "docs/adr/README.md    | scripts/adr-index.sh"
  "docs/errors.md        | cargo run --quiet --locked -- errors"
  "docs/events.md        | cargo run --quiet --locked -- events --markdown"
)

check=''
case ${1:-} in
  --check) check=yes ;;
  '') ;;
  *) fail "usage: scripts/generated.sh [--check]" ;;
esac
need_rust

new=$(mktemp)
trap 'rm -f "$new"' EXIT
stale=()
for entry in "${generated[@]}"; do
  file=${entry%%|*} file=${file%%[[:space:]]*}
  read -ra command <<<"${entry#*|}"
  "${command[@]}" >"$new" || fail "could not generate $file: ${command[*]}"
  [ -s "$new" ] || fail "could not generate $file: ${command[*]} printed nothing"
  if [ -z "$check" ]; then
    mkdir -p "$(dirname "$file")"
    cp "$new" "$file"
    progress "wrote $file"
  elif ! diff -u --label "$file (checked in)" --label "$file (generated)" "$file" "$new" >&2; then
    stale+=("$file")
  fi
done
[ ${#stale[@]} -eq 0 ] || fail "not in step with the code: ${stale[*]}. Run  scripts/generated.sh  and commit the result"
