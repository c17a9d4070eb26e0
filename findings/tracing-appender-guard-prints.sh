#!/usr/bin/env bash
# The guard of a non-blocking log prints to standard output when it is dropped, where the log is behind.
#
# Seen on 2026-11-29 with the crate tracing-appender 0.2.5.
#
# What is surprising:
# * A program whose log goes to standard error writes "Failed to send shutdown signal to logging worker" to standard output at
#   its end, among its results, if the queue of lines is full at that moment. The library has no other way to say so, and no
#   setting that turns it off.
# * It says so after 100 ms, and waits no longer: what is in the queue is not written, though the guard's documentation names
#   it as what keeps the last lines.
# * Where there is room in the queue, the guard waits for the last lines for a second, and prints nothing.
#
# Why it matters: a service manager or a container joins both outputs on one pipe. When the log is behind because nobody reads
# that pipe, the print waits for the same reader, and so does the end of the process.
#
# What ours does: the guard is never dropped. The end of the process counts the lines that are through, and waits for a second.
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/src"
cd "$place"
cat >Cargo.toml <<'TOML'
[package]
name = "seen"
version = "0.1.0"
edition = "2021"

[dependencies]
tracing-appender = "=0.2.5"
TOML
cat >src/main.rs <<'RUST'
use std::io::{self, Write};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tracing_appender::non_blocking::NonBlockingBuilder;

/// A log that takes so long for each line.
struct Slow(Duration);

impl Write for Slow {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        sleep(self.0);
        io::stderr().write_all(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes five lines to a queue of two, and drops the guard.
fn end(each: Duration) {
    let (mut log, guard) = NonBlockingBuilder::default().buffered_lines_limit(2).lossy(true).finish(Slow(each));
    for number in 1..=5 {
        log.write_all(format!("line {number}\n").as_bytes()).unwrap();
        sleep(Duration::from_millis(20));
    }
    let begun = Instant::now();
    drop(guard);
    println!("the guard of a log of {each:?} a line was dropped within {} tenths of a second", begun.elapsed().as_millis() / 100);
}

fn main() {
    end(Duration::from_millis(1));
    end(Duration::from_secs(5));
}
RUST
cargo build -q
./target/debug/seen >results 2>log
echo "standard output:" && cat results
echo "standard error:" && cat log
grep -q '^the guard of a log of 1ms a line was dropped within 0 tenths' results
grep -q '^Failed to send shutdown signal to logging worker' results
grep -q '^the guard of a log of 5s a line was dropped within 1 tenths' results
[[ $(grep -c 'Failed to send' results) == 1 ]]
[[ $(grep -c '^line' log) == 5 ]]
echo "as seen: the guard prints to standard output, and leaves the queue unwritten"
