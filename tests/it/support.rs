//! What tests share: a database of their own, the program as a process, requests, tokens and the fixture.

pub(crate) mod fixture;
pub(crate) mod http;
pub(crate) mod npm;
pub(crate) mod postgres;
pub(crate) mod redis;
pub(crate) mod server;
pub(crate) mod smtp;
pub(crate) mod sqlite;
pub(crate) mod token;

use std::path::{Path, PathBuf};

/// A file of the recorded contract, by its path below `tests/contract`.
pub(crate) fn contract_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract").join(name)
}

/// The text of a file of the recorded contract.
pub(crate) fn contract_text(name: &str) -> String {
    let path = contract_file(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A runtime for one task at a time, so that tests themselves need not be asynchronous.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built")
}
