#!/usr/bin/env bash
# Checks what packaging/ holds, as far as it can be without a container engine: the systemd unit is valid, and exposes
# little of the machine; the Dockerfiles have no known mistakes; the Debian package has what it should, and its program runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/common.sh

# In tenths, of 10; below 2 systemd says "OK".
most_exposed=11
unit=packaging/user-tenant-service.service

if ! have systemd-analyze; then
  may_install || fail "systemd-analyze is needed to check $unit: install systemd"
  apt_install systemd
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
# The program and its manual are not installed here.
sed -e 's|^ExecStart=[^ ]*|ExecStart=/bin/true|' -e 's|man:[^ ]* ||' "$unit" >"$place/${unit##*/}"
# It says of an unknown key that it is ignored, and is content.
complaints=$(systemd-analyze verify "$place/${unit##*/}" 2>&1) || fail "$unit: $complaints"
[ -z "$complaints" ] || fail "$unit: $complaints"
systemd-analyze security --offline=true --threshold="$most_exposed" --no-pager "$place/${unit##*/}" | tail -n 1

progress "the Dockerfiles, ours and that of a scaffolded service"
target=${CARGO_TARGET_DIR:-$PWD/target}
need_python_environment "$target/hadolint" packaging/requirements.txt
cargo build --locked --quiet
for source in "--source=$PWD" --source=0.1; do
  "$target/debug/user-tenant-service" microservice "service${#source}" --baseOnService --baseService=user-tenant-service \
    --datasourceType=postgresql "$source" --directory "$place/scaffolded" >"$place/scaffold" 2>&1 || fail "$(cat "$place/scaffold")"
done
"$target/hadolint/bin/hadolint" --config packaging/hadolint.yaml packaging/Dockerfile "$place"/scaffolded/*/Dockerfile

progress "making the Debian package"
package=$(scripts/debian.sh)
dpkg-deb --extract "$package" "$place/root"
dpkg-deb --control "$package" "$place/control"
for file in usr/bin/user-tenant-service usr/share/man/man1/user-tenant-service.1 etc/user-tenant-service/environment \
  usr/share/bash-completion/completions/user-tenant-service usr/share/zsh/vendor-completions/_user-tenant-service \
  usr/share/fish/vendor_completions.d/user-tenant-service.fish usr/share/doc/user-tenant-service/copyright; do
  [ -n "$(find "$place/root" -path "$place/root/$file*" -type f -size +0)" ] || fail "the package lacks /$file"
done
find "$place/root" -path '*/systemd/system/user-tenant-service.service' | grep -q . || fail "the package lacks the unit"
grep -qx /etc/user-tenant-service/environment "$place/control/conffiles" || fail "an update would replace the settings"
grep -q '^Depends: .*libc6' "$place/control/control" || fail "the package does not say what it depends on"
"$place/root/usr/bin/user-tenant-service" --version
if have man; then
  complaints=$(man --warnings -l "$place/root/usr/share/man/man1/user-tenant-service.1"* 2>&1 >/dev/null)
  [ -z "$complaints" ] || fail "the manual: $complaints"
fi
ls -l "$package"
