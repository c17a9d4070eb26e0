//! Replays what the original answered: each recorded case is answered alike, or under a rule of `docs/compatibility.md`.
//!
//! `tests/contract/README.md` explains the files. `REPLAY_ONLY=tenant` in the environment replays only
//! the cases of a group, or those whose name starts so (`REPLAY_ONLY=tenant.find/`); `REPLAY_WRITE`
//! is for `proposal.rs`.

mod case;
mod changes;
mod compare;
mod proposal;
pub(crate) mod signature;

use std::collections::BTreeMap;
use std::rc::Rc;

use case::{Case, Expectation, Pass};
use compare::Actual;
use proposal::Proposal;
use serde_json::Value as Json;

use crate::support::fixture::{Database, Tables};
use crate::support::server::Server;

/// Differences of one case that a failure prints.
const MOST_SHOWN: usize = 6;
/// What the service was told when the original was recorded.
const SETTINGS: [(&str, &str); 5] = [
    ("USER_CALLBACK_SECRET", signature::SECRET),
    ("TIMESTAMP_TOLERANCE", "5000"),
    ("FIRST_USER_ROLE", "SuperAdmin"),
    ("SUPER_ADMIN_PERMISSIONS", "CreateTenant,ViewTenant,UpdateTenant"),
    ("ADMIN_USER_TENANT_ID", "99999999-9999-4999-8999-999999999999"),
];

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
    let server = Server::start(&database.url(), &SETTINGS);
    let expectations = case::expectations();
    let only = std::env::var("REPLAY_ONLY").unwrap_or_default();
    let (mut failures, mut proposal) = (Vec::new(), Proposal::default());
    let (mut groups, mut rules) = (BTreeMap::<String, [usize; 3]>::new(), BTreeMap::<String, usize>::new());
    // The recorded callers hold less in the database than their tokens say. Answers show it, and changes ask for it.
    let (reads, writes): (Vec<_>, Vec<_>) = case::cases(pass).into_iter().partition(Case::only_reads);
    let restores = [Database::restore_recorded, Database::restore];
    let cases = [reads, writes].into_iter().zip(restores).flat_map(|(cases, restore)| {
        restore(database);
        let fixture = Fixture { restore, tables: database.tables().into() };
        cases.into_iter().map(move |case| (case, fixture.clone()))
    });
    for (case, fixture) in cases.filter(|(case, _)| case.is_asked_for(&only)) {
        let (case, expected) = (&case, case.expectation(&expectations, pass));
        let (actual, differences) = attempt(case, &expected, &server, database, &fixture);
        let [as_recorded, by_rule, differing] = groups.entry(case.group.clone()).or_default();
        match &expected.rule {
            rule if !differences.is_empty() => {
                *differing += 1;
                failures.push(failure(&case.name, rule.as_deref().unwrap_or("as recorded"), &differences));
                if let Some(actual) = actual {
                    proposal.note(case, &expected, actual, pass);
                }
            }
            Some(rule) => {
                *by_rule += 1;
                *rules.entry(rule.clone()).or_default() += 1;
            }
            None => *as_recorded += 1,
        }
    }
    for (group, [as_recorded, by_rule, differing]) in &groups {
        println!("{group}: {as_recorded} equal to the recording, {by_rule} under a rule, {differing} differ");
    }
    println!("{rules:#?}");
    proposal.write(database, pass);
    assert!(failures.is_empty(), "{} cases differ:\n{}", failures.len(), failures.join("\n"));
}

fn failure(case: &str, rule: &str, differences: &[String]) -> String {
    let more = (differences.len() > MOST_SHOWN).then_some("…");
    let shown: Vec<&str> = differences.iter().take(MOST_SHOWN).map(String::as_str).chain(more).collect();
    format!("{case} [{rule}]\n    {}", shown.join("\n    "))
}

/// What the database holds before each case, and how it is put there.
#[derive(Clone)]
struct Fixture {
    restore: fn(&Database),
    tables: Rc<Tables>,
}

/// Sends a case and says what came, and how it differs from what is expected; leaves the fixture as it was.
fn attempt(
    case: &Case,
    expected: &Expectation,
    server: &Server,
    database: &Database,
    fixture: &Fixture,
) -> (Option<Actual>, Vec<String>) {
    let prepared = (case.pre_sql.is_some() || !case.pre.is_empty()).then(|| {
        case.pre_sql.iter().for_each(|sql| database.run(sql));
        for request in &case.pre {
            request.send(server.address()).unwrap_or_else(|error| panic!("{}: no answer before: {error}", case.name));
        }
        database.tables()
    });
    let before = prepared.as_ref().unwrap_or(&fixture.tables);
    let answer = case.request.send(server.address());
    let after = (!case.request.only_reads()).then(|| database.tables());
    if prepared.is_some() || after.as_ref().is_some_and(|after| *after != *fixture.tables) {
        (fixture.restore)(database);
    }
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return (None, vec![format!("no answer: {error}")]),
    };
    let after = after.as_ref().unwrap_or(before);
    let db_diff = changes::between(before, after, server.address());
    let actual = Actual::new(&answer, db_diff, &case.request, server.address());
    let mut differences = compare::case(expected, &actual);
    // Each change leaves a trace, those that nobody expected too.
    let (traces, left) = (changes::audit_of(&actual.db_diff), changes::audit_since(before, after));
    differences.extend(compare::json("audit log", &traces.into(), &left.into()));
    (Some(actual), differences)
}

#[test]
fn every_expectation_names_a_case_and_differs_from_its_recording() {
    let cases = case::cases(Pass::Recorded);
    for expectation in case::expectations() {
        let name = expectation.name.as_str();
        let case = cases.iter().find(|case| case.name == name).unwrap_or_else(|| panic!("{name} is no case"));
        assert_eq!(expectation.group, case.group, "{name} stands in the file of another group");
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
        let pinned_elsewhere = document.lines().any(|line| {
            line.starts_with(&format!("| `{rule}`")) && (line.contains("`tests/") || line.contains("/tests.rs`"))
        });
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
