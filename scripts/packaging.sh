#!/usr/bin/env bash
# Checks what packaging/ holds, as far as it can be without a container engine: the systemd unit is valid, and exposes
# little of the machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/common.sh

# Of 10; below 2 systemd says "OK".
most_exposed=15
unit=packaging/user-tenant-service.service

if ! have systemd-analyze; then
  may_install || fail "systemd-analyze is needed to check $unit: install systemd"
  apt_install systemd
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
# The program and its manual are not installed here.
sed -e 's|^ExecStart=[^ ]*|ExecStart=/bin/true|' -e 's|man:[^ ]* ||' "$unit" >"$place/${unit##*/}"
systemd-analyze verify "$place/${unit##*/}"
systemd-analyze security --offline=true --threshold="$most_exposed" --no-pager "$place/${unit##*/}" | tail -n 1
