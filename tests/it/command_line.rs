//! The command line as a stranger types it: what each command prints, and the exit code that scripts rely on.

mod bootstrap;
mod giving;
mod keys;
mod manual;
mod migrate;
mod names;
mod obstacles;
mod packaging;
mod passwords;
mod permissions;
mod provision;
mod resources;
mod settings;
mod start;
mod steps;
mod surroundings;
mod templates;
mod token;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value as Json};

use crate::program::{Outcome, Workplace};
use crate::request::leak;
use crate::support::fixture::Database;

/// Exit codes, as `--help` lists them.
pub(crate) const FAILED: i32 = 1;
pub(crate) const WRONG_USAGE: i32 = 2;
const INVALID_CONFIGURATION: i32 = 3;
/// The database, or a service, cannot be reached.
const UNREACHABLE: i32 = 4;
pub(crate) const SCHEMA_NOT_READY: i32 = 5;

const SECRET: &str = "a secret of the command line tests, long enough";

/// A directory in which the program works on this database and signs with a secret.
pub(crate) fn on(database: &Database) -> Workplace {
    Workplace::with(&[("DATABASE_URL", &database.url()), ("JWT_VERIFIER", "secret"), ("JWT_SECRET", SECRET)])
}

/// The claims of a token, unverified.
fn claims(token: &str) -> Map<String, Json> {
    let body = token.trim().split('.').nth(1).expect("a token has three parts");
    let body = URL_SAFE_NO_PAD.decode(body).expect("the parts are base64url");
    serde_json::from_slice(&body).expect("the claims are JSON")
}

/// That a command failed with this code, and says why in words that hold all of these.
#[track_caller]
pub(crate) fn assert_fails(outcome: &Outcome, code: i32, words: &[&str]) {
    assert_eq!(outcome.code, code, "{outcome:?}");
    for word in words {
        assert!(outcome.stderr.contains(word), "no {word:?} in {outcome:?}");
    }
    assert!(!outcome.stderr.contains("panicked"), "{outcome:?}");
}

/// As [`assert_fails`], where the database refused: in our words, not in the driver's.
#[track_caller]
pub(crate) fn assert_fails_politely(outcome: &Outcome, code: i32, words: &[&str]) {
    assert_fails(outcome, code, words);
    assert_eq!(leak(&outcome.stderr), None, "{outcome:?}");
}
