#!/usr/bin/env bash
# Makes the Debian package of the service and prints where it is. It holds the program, its manual pages and completions,
# the systemd unit and a file of settings.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/common.sh

help_if_asked "$@"
need_rust
need_cargo_tool cargo-deb 3.8.0 --no-default-features
have dpkg-shlibdeps || apt_install dpkg-dev

target=${CARGO_TARGET_DIR:-$PWD/target}
# Cargo.toml names them so, wherever the target directory is.
files=$PWD/target/debian-files
cargo build --release --locked
program=$target/release/user-tenant-service
rm -rf "$files"
mkdir -p "$files/man"
"$program" man "$files/man" >&2
"$program" completions bash >"$files/user-tenant-service.bash"
"$program" completions fish >"$files/user-tenant-service.fish"
"$program" completions zsh >"$files/_user-tenant-service"
rm -f "$target"/debian/user-tenant-service_*.deb
cargo deb --no-build --no-strip --quiet >&2
ls "$target"/debian/user-tenant-service_*.deb
