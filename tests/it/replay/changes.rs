//! What a request changed in the tables, in the form of the recordings: inserted, updated and deleted rows.

use std::net::SocketAddr;

use serde_json::{Value as Json, json};

use super::compare::{normalise, sorted};
use crate::support::fixture::Tables;

/// The one table without an audit log.
const NOT_AUDITED: &str = "auth_clients";
/// Columns that the original's tables have not, and that no answer shows.
const OURS: [(&str, &str); 1] = [("auth_clients", "tenant_id")];

/// The changes between two states of the tables, with volatile values replaced.
pub(super) fn between(before: &Tables, after: &Tables, address: SocketAddr) -> Vec<Json> {
    let normalise = |value: &Json| normalise(&canonical_time(value), "", address);
    let mut changes = Vec::new();
    for (key, row) in &after.rows {
        let (table, id) = key;
        match before.rows.get(key) {
            None => {
                let is_ours = |name: &String| OURS.contains(&(table.as_str(), name.as_str()));
                let set = row.iter().filter(|(name, value)| {
                    !value.is_null() && (table != NOT_AUDITED || *name != "id") && !is_ours(name)
                });
                let set: Json = set.map(|(name, value)| (name.clone(), normalise(value))).collect();
                changes.push(json!({ "op": "insert", "table": table, "row": set }));
            }
            Some(old) if old != row => {
                let set = row.iter().filter(|(name, value)| old.get(*name) != Some(value));
                let set: Json = set.map(|(name, value)| (name.clone(), normalise(value))).collect();
                changes.push(json!({ "op": "update", "table": table, "id": id, "set": set }));
            }
            Some(_) => {}
        }
    }
    for (table, id) in before.rows.keys().filter(|key| !after.rows.contains_key(*key)) {
        changes.push(json!({ "op": "delete", "table": table, "id": id }));
    }
    sorted(&changes)
}

/// Expected changes in the same form: one form of time, one order.
pub(super) fn normalised(expected: &[Json]) -> Vec<Json> {
    sorted(&expected.iter().map(canonical_time).collect::<Vec<_>>())
}

/// The entries of the audit log that changes must leave: one for each row, and two for a row that is
/// removed, since whoever removes it is written into it first.
pub(super) fn audit_of(changes: &[Json]) -> Vec<String> {
    let mut entries = Vec::new();
    for change in changes.iter().filter(|change| change["table"] != NOT_AUDITED) {
        let (table, verb) = (change["table"].as_str().unwrap(), change["op"].as_str().unwrap().to_uppercase());
        if verb == "DELETE" {
            entries.push(format!("{table}:UPDATE"));
        }
        entries.push(format!("{table}:{verb}"));
    }
    entries.sort();
    entries
}

/// PostgreSQL writes `+00:00` where SQLite holds `Z`: both become UTC with milliseconds.
fn canonical_time(value: &Json) -> Json {
    use time::format_description::well_known::Rfc3339;
    use time::macros::format_description;
    const MILLISECONDS: &[time::format_description::BorrowedFormatItem<'_>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    match value {
        Json::String(text) => match time::OffsetDateTime::parse(text, &Rfc3339) {
            Ok(instant) => {
                instant.to_offset(time::UtcOffset::UTC).format(MILLISECONDS).expect("an instant can be written").into()
            }
            Err(_) => value.clone(),
        },
        Json::Array(items) => items.iter().map(canonical_time).collect(),
        Json::Object(members) => members.iter().map(|(name, value)| (name.clone(), canonical_time(value))).collect(),
        other => other.clone(),
    }
}

/// The entries of the audit log that came after `before`.
pub(super) fn audit_since(before: &Tables, after: &Tables) -> Vec<String> {
    let mut entries = after.audit.clone();
    for old in &before.audit {
        let at = entries.iter().position(|entry| entry == old).expect("nothing is deleted from the audit log");
        entries.remove(at);
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(rows: &Json) -> Tables {
        let mut tables = Tables::default();
        for row in rows.as_array().unwrap() {
            let key = (row["table"].as_str().unwrap().to_owned(), row["row"]["id"].as_str().unwrap().to_owned());
            tables.rows.insert(key, row["row"].as_object().unwrap().clone());
        }
        tables
    }

    #[test]
    fn rows_that_come_change_and_go() {
        let one = "a0000000-0000-4000-8000-000000000001";
        let two = "b0000000-0000-4000-8000-000000000001";
        let before = tables(&json!([
            { "table": "tenants", "row": { "id": one, "name": "A", "city": "X" } },
            { "table": "roles", "row": { "id": two, "name": "R" } },
        ]));
        let after = tables(&json!([
            { "table": "tenants", "row": { "id": one, "name": "A", "city": null } },
            { "table": "tenants", "row": { "id": two, "name": "B", "city": null, "created_on": "2001-01-01T00:00:00+00:00" } },
        ]));
        let expected = json!([
            { "op": "delete", "table": "roles", "id": two },
            { "op": "insert", "table": "tenants", "row": { "id": two, "name": "B", "created_on": "2001-01-01T00:00:00.000Z" } },
            { "op": "update", "table": "tenants", "id": one, "set": { "city": null } },
        ]);
        let changes = between(&before, &after, "127.0.0.1:1".parse().unwrap());
        assert_eq!(changes, sorted(expected.as_array().unwrap()));
        assert_eq!(audit_of(&changes), ["roles:DELETE", "roles:UPDATE", "tenants:INSERT", "tenants:UPDATE"]);
    }

    #[test]
    fn rows_made_together_compare_in_any_order() {
        let insert = |name: &str| json!({ "op": "insert", "table": "roles", "row": { "id": "<uuid>", "name": name } });
        assert_eq!(normalised(&[insert("b"), insert("a")]), normalised(&[insert("a"), insert("b")]));
    }

    #[test]
    fn earlier_entries_of_the_audit_log_do_not_count() {
        let log =
            |entries: &[&str]| Tables { audit: entries.iter().map(ToString::to_string).collect(), ..Tables::default() };
        let (before, after) = (log(&["roles:INSERT"]), log(&["roles:INSERT", "roles:INSERT", "users:UPDATE"]));
        assert_eq!(audit_since(&before, &after), ["roles:INSERT", "users:UPDATE"]);
    }

    #[test]
    fn both_databases_write_times_alike() {
        assert_eq!(canonical_time(&json!("2024-01-02T03:04:05.678+00:00")), json!("2024-01-02T03:04:05.678Z"));
        assert_eq!(canonical_time(&json!(["2024-01-02T05:04:05+02:00"])), json!(["2024-01-02T03:04:05.000Z"]));
        assert_eq!(canonical_time(&json!("1990-05-06")), json!("1990-05-06"));
    }
}
