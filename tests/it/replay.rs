//! Replays what the original answered: each recorded case is answered alike, or under a rule of `docs/compatibility.md`.
//!
//! `tests/contract/cases.jsonl` holds the recordings, `expected.jsonl` our own answer where a rule makes
//! it differ, `own.jsonl` what the rules demand and no recording shows. `REPLAY_ONLY=tenant.find/` in
//! the environment replays only the cases whose name starts so.

mod case;
mod changes;
mod compare;

use std::collections::BTreeMap;

use case::{Case, Expectation, Pass};
use serde_json::Value as Json;

use crate::support::fixture::{Database, Tables};
use crate::support::server::Server;

/// Differences of one case that a failure prints.
const MOST_SHOWN: usize = 6;

#[test]
fn postgres_answers_as_recorded() {
    replay(&Database::postgres(), Pass::Recorded);
}

#[test]
fn sqlite_answers_as_recorded() {
    replay(&Database::sqlite(), Pass::Recorded);
}

/// A caller that is not master sees one tenant; only master's lists can equal the recordings.
#[test]
fn postgres_shows_master_all_tenants() {
    replay(&Database::postgres(), Pass::Master);
}

#[test]
fn sqlite_shows_master_all_tenants() {
    replay(&Database::sqlite(), Pass::Master);
}

/// What a case changes can only be compared if both databases show the fixture alike.
#[test]
fn both_databases_hold_the_same_fixture() {
    let rows = [Database::postgres(), Database::sqlite()].map(|database| {
        Server::migrate(&database.url());
        database.restore();
        let tables = database.tables();
        assert!(tables.audit.is_empty(), "the fixture leaves no audit log");
        changes::between(&Tables::default(), &tables, ([127, 0, 0, 1], 0).into())
    });
    let [postgres, sqlite] = rows.map(Json::Array);
    assert_eq!(compare::json("rows", &postgres, &sqlite), [""; 0]);
}

/// Replays the cases of a pass and panics with every difference.
fn replay(database: &Database, pass: Pass) {
    let server = Server::start(&database.url(), &[("USER_CALLBACK_SECRET", "oracle-callback-secret")]);
    database.restore();
    let fixture = database.tables();
    let expectations = case::expectations();
    let only = std::env::var("REPLAY_ONLY").unwrap_or_default();
    let (mut equal, mut failures, mut rules) = (0, Vec::new(), BTreeMap::<String, usize>::new());
    for case in case::cases(pass).iter().filter(|case| case.name.starts_with(&only)) {
        let expectation = case.expectation(&expectations, pass);
        let differences = differences(case, &expectation, &server, database, &fixture);
        let rule = expectation.rule.clone();
        if !differences.is_empty() {
            let shown = differences
                .iter()
                .take(MOST_SHOWN)
                .cloned()
                .chain((differences.len() > MOST_SHOWN).then(|| "…".to_owned()));
            let shown = shown.collect::<Vec<_>>().join("\n    ");
            failures.push(format!("{} [{}]\n    {shown}", case.name, rule.as_deref().unwrap_or("as recorded")));
        } else if let Some(rule) = rule {
            *rules.entry(rule).or_default() += 1;
        } else {
            equal += 1;
        }
    }
    println!(
        "{} equal to the recording, {} under a rule, {} differ",
        equal,
        rules.values().sum::<usize>(),
        failures.len()
    );
    println!("{rules:#?}");
    assert!(failures.is_empty(), "{} cases differ:\n{}", failures.len(), failures.join("\n"));
}

/// Sends a case and says how answer and database differ from what is expected.
fn differences(
    case: &Case,
    expected: &Expectation,
    server: &Server,
    database: &Database,
    fixture: &Tables,
) -> Vec<String> {
    let answer = match case.request.send(server.address()) {
        Ok(answer) => answer,
        Err(error) => return vec![format!("no answer: {error}")],
    };
    let mut found = compare::answer(&expected.response, &answer, &case.request, server.address());
    if !case.request.only_reads() {
        let after = database.tables();
        let actual = changes::between(fixture, &after, server.address());
        found.extend(compare::json(
            "database",
            &Json::Array(changes::normalised(&expected.db_diff)),
            &Json::Array(actual),
        ));
        found.extend(compare::json(
            "audit log",
            &changes::audit_of(&expected.db_diff).into(),
            &after.audit.clone().into(),
        ));
        if after != *fixture {
            database.restore();
        }
    }
    found
}

#[test]
fn every_expectation_names_a_case_and_differs_from_its_recording() {
    let cases = case::cases(Pass::Recorded);
    for expectation in case::expectations() {
        let name = expectation.name.as_str();
        let case = cases.iter().find(|case| case.name == name).unwrap_or_else(|| panic!("{name} is no case"));
        let same =
            case.response == expectation.response && case.db_diff.clone().unwrap_or_default() == expectation.db_diff;
        assert!(!same, "{name} is expected to equal its recording: it needs no rule");
    }
}

#[test]
fn every_rule_is_explained_and_every_explained_rule_is_used() {
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/compatibility.md"))
        .expect("the document exists");
    let explained: Vec<&str> =
        document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(rule, _)| rule).collect();
    let own = case::cases(Pass::Recorded).into_iter().filter_map(|case| case.rule);
    let used: Vec<String> =
        case::expectations().into_iter().filter_map(|expectation| expectation.rule).chain(own).collect();
    for rule in &used {
        assert!(explained.contains(&rule.as_str()), "docs/compatibility.md has no row for {rule}");
    }
    for rule in &explained {
        let pinned_elsewhere =
            document.lines().any(|line| line.starts_with(&format!("| `{rule}`")) && line.contains("`tests/"));
        assert!(pinned_elsewhere || used.iter().any(|used| used == rule), "no case pins {rule}");
    }
}

#[test]
fn names_of_cases_are_unique() {
    let mut seen = std::collections::BTreeSet::new();
    for case in case::cases(Pass::Recorded) {
        assert!(seen.insert(case.name.clone()), "{} occurs twice", case.name);
    }
}
