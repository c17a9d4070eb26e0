#!/usr/bin/env bash
# A query that is given up goes on, and the pool lends its connection to the next caller, who waits for that query too.
#
# Seen on 2026-11-29 with the crates deadpool-postgres 0.14.2 and tokio-postgres 0.7.18, on PostgreSQL 15.
#
# What is surprising:
# * Whoever drops the future of a query, by a time limit or because their own client has hung up, frees nobody: the server goes
#   on, and the connection counts as idle at once.
# * With RecyclingMethod::Fast the pool lends it at once. The next caller's quick statement is answered after the one that was
#   given up.
# * With RecyclingMethod::Verified the pool asks the connection first, and waits for the answer. The time limit for waiting
#   (`wait_timeout`) does not count here: a caller who would wait 200 ms waits for seconds. `recycle_timeout` is the limit that
#   counts, and has no default.
# * A cancel request (`Client::cancel_token`), sent before the connection is given back, frees the next caller at once.
#
# Why it matters: a few clients that ask for something slow, hang up and ask again fill a pool with statements that nobody
# waits for, and all others wait for them.
#
# What ours does: a connection whose answer is owed comes back to the pool by way of a cancel request, once the server has
# answered it.
set -euo pipefail

place=$(mktemp -d)
bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1)
if [[ -z $bin ]]; then
  apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y postgresql >/dev/null
  bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -1)
fi
# The server refuses to run as root.
as() { if [[ $(id -u) == 0 ]]; then runuser -u postgres -- "$@"; else "$@"; fi; }
finish() {
  as "$bin/pg_ctl" -D "$place/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$place"
}
trap finish EXIT
[[ $(id -u) != 0 ]] || chown postgres "$place"
chmod 755 "$place"
cd "$place"
as "$bin/initdb" -D "$place/data" -A trust -U postgres >/dev/null
as "$bin/pg_ctl" -D "$place/data" -w -l "$place/log" -o "-c listen_addresses='' -k $place" start >/dev/null
as "$bin/postgres" --version

mkdir -p program/src
cd program
cat >Cargo.toml <<'TOML'
[package]
name = "seen"
version = "0.1.0"
edition = "2021"

[dependencies]
deadpool-postgres = "=0.14.2"
tokio = { version = "1", features = ["macros", "rt-multi-thread", "time"] }
tokio-postgres = "=0.7.18"
TOML
cat >src/main.rs <<'RUST'
use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::NoTls;

fn said(since: Instant) -> &'static str {
    if since.elapsed() > Duration::from_millis(1500) { "after the query that was given up" } else { "at once" }
}

async fn see(socket: &str, name: &str, method: RecyclingMethod, cancels: bool) {
    let mut config = tokio_postgres::Config::new();
    config.host_path(socket).user("postgres").dbname("postgres");
    let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: method });
    let pool = Pool::builder(manager)
        .max_size(1)
        .wait_timeout(Some(Duration::from_millis(200)))
        .runtime(Runtime::Tokio1)
        .build()
        .unwrap();
    let first = pool.get().await.unwrap();
    let slow = first.query_one("SELECT pg_sleep(3)", &[]);
    assert!(tokio::time::timeout(Duration::from_millis(100), slow).await.is_err());
    if cancels {
        first.cancel_token().cancel_query(NoTls).await.unwrap();
    }
    drop(first);
    let begun = Instant::now();
    let next = pool.get().await.unwrap();
    let lent = said(begun);
    next.query_one("SELECT 1", &[]).await.unwrap();
    println!("{name}: lent {lent}, answered {}", said(begun));
}

#[tokio::main]
async fn main() {
    let socket = std::env::args().nth(1).unwrap();
    see(&socket, "Fast", RecyclingMethod::Fast, false).await;
    see(&socket, "Verified", RecyclingMethod::Verified, false).await;
    see(&socket, "Fast, cancelled", RecyclingMethod::Fast, true).await;
    see(&socket, "Verified, cancelled", RecyclingMethod::Verified, true).await;
}
RUST
cargo run --quiet -- "$place" | tee "$place/seen"
cat >"$place/expected" <<'TEXT'
Fast: lent at once, answered after the query that was given up
Verified: lent after the query that was given up, answered after the query that was given up
Fast, cancelled: lent at once, answered at once
Verified, cancelled: lent at once, answered at once
TEXT
diff "$place/expected" "$place/seen"
echo 'as seen'
