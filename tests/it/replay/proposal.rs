//! For whoever enables a group: `REPLAY_WRITE` writes our answers to the cases that differ, to be reviewed one by one.

use std::path::Path;

use super::case::{Case, Expectation, Pass};
use super::compare::Actual;
use crate::support::fixture::Database;

/// Lines in the form of `tests/contract/expected`, whose rule a reviewer has to name.
#[derive(Debug, Default)]
pub(super) struct Proposal(Vec<Expectation>);

impl Proposal {
    /// Notes what came in place of what was expected. A rule that was there stays; `?` is accepted by no test.
    pub(super) fn note(&mut self, case: &Case, expected: &Expectation, mut actual: Actual, pass: Pass) {
        // The databases differ in the order of columns, and their files should not.
        actual.db_diff.iter_mut().for_each(serde_json::Value::sort_all_objects);
        self.0.push(Expectation {
            group: case.group.clone(),
            name: case.name.clone(),
            pass: (pass == Pass::Master || case.lists_tenants()).then_some(pass),
            rule: Some(expected.rule.clone().unwrap_or_else(|| "?".to_owned())),
            response: actual.response,
            db_diff: actual.db_diff,
        });
    }

    /// Writes the lines, where the environment names a file: `x.jsonl` becomes `x.sqlite.jsonl`, `x.sqlite.master.jsonl`.
    pub(super) fn write(&self, database: &Database, pass: Pass) {
        let Some(path) = std::env::var_os("REPLAY_WRITE") else { return };
        assert!(std::env::var_os("CI").is_none(), "REPLAY_WRITE is for a person who reviews what it writes");
        let database = match database {
            Database::Postgres(_) => "postgres",
            Database::Sqlite(_) => "sqlite",
        };
        let ending = match pass {
            Pass::Recorded => format!("{database}.jsonl"),
            Pass::Master => format!("{database}.master.jsonl"),
        };
        let path = Path::new(&path).with_extension(ending);
        let lines = self.0.iter().map(|line| serde_json::to_string(line).expect("an expectation is JSON") + "\n");
        std::fs::write(&path, lines.collect::<String>()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        println!("wrote {}", path.display());
    }
}
