#!/usr/bin/env bash
# A client with an address of IPv6, behind a trusted proxy that names it in X-Forwarded-For, is taken for the proxy.
#
# Seen on 2026-11-28 with the crate trusted-proxies 0.3.0.
#
# What is surprising:
# * The crate cuts each element of X-Forwarded-For at its first colon, to leave away a port. Of 2001:db8::7 remains 2001, which
#   is no address, and the answer is the address of the peer, that is of the proxy. There is no error. With brackets, as in
#   [2001:db8::7], the address is found, and so it is in the header Forwarded, whose standard (RFC 7239, section 6) asks for
#   brackets. X-Forwarded-For has no standard; proxies write the address into it as it is.
# * A trusted proxy that is written as an address of IPv4 within IPv6 (::ffff:10.0.0.2) is not one of 10.0.0.0/8, and counts as
#   the client.
#
# Why it matters: all clients with IPv6 are one client to limits by address, to logs and to audit; one of them uses up what
# all may do, or all share the blame.
#
# What ours does: each element is read as an address first, written in its shortest form, and given to the crate in brackets.
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "seen"
version = "0.1.0"
edition = "2021"

[dependencies]
http = "=1.5.0"
trusted-proxies = "=0.3.0"
TOML
cat >src/main.rs <<'RUST'
use trusted_proxies::{Config, Trusted};

fn client(header: &str, value: &str) -> String {
    let mut config = Config::new();
    config.add_trusted_ip("10.0.0.0/8").unwrap();
    match header {
        "forwarded" => config.trust_forwarded(),
        _ => config.trust_x_forwarded_for(),
    }
    let request = http::Request::builder().header(header, value).body(()).unwrap();
    Trusted::from("10.0.0.1".parse().unwrap(), &request, &config).ip().to_string()
}

fn main() {
    for (header, value) in [
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-for", "2001:db8::7"),
        ("x-forwarded-for", "[2001:db8::7]"),
        ("forwarded", "for=\"[2001:db8::7]\""),
        ("x-forwarded-for", "203.0.113.7, 10.0.0.2"),
        ("x-forwarded-for", "203.0.113.7, [::ffff:10.0.0.2]"),
    ] {
        println!("{header}: {value} -> {}", client(header, value));
    }
}
RUST
cargo run --quiet >seen 2>cargo.log || { cat cargo.log >&2; exit 1; }
cat seen
diff seen - <<'SEEN'
x-forwarded-for: 203.0.113.7 -> 203.0.113.7
x-forwarded-for: 2001:db8::7 -> 10.0.0.1
x-forwarded-for: [2001:db8::7] -> 2001:db8::7
forwarded: for="[2001:db8::7]" -> 2001:db8::7
x-forwarded-for: 203.0.113.7, 10.0.0.2 -> 203.0.113.7
x-forwarded-for: 203.0.113.7, [::ffff:10.0.0.2] -> ::ffff:10.0.0.2
SEEN
echo 'as seen'
