//! What people call a row, and the id that the service wants: by the properties that name rows of its kind.

use serde_json::{Map, Value as Json, json};
use unicode_normalization::UnicodeNormalization as _;
use user_tenant_store::value::parse_uuid;

use super::path::Path;
use crate::cli::failure::Failure;
use crate::cli::table::NO_ROWS;

/// How many names a refusal lists.
const SHOWN: usize = 8;

/// The id of the row that this names. What is an id already is not looked for: the service says whether it is one.
pub(super) async fn id(path: &Path, name: &str) -> Result<String, Failure> {
    // Without hyphens it may be a name.
    if name.len() == 36 && parse_uuid(name).is_ok() {
        return Ok(name.to_owned());
    }
    if name.is_empty() {
        return Err(Failure::Usage(format!("{name:?} is no id and no name")));
    }
    let kind = path.kind;
    let mut found = named(path, name).await.map_err(|failure| match failure {
        Failure::Other(message, source) => {
            let asked = format!("It was asked for the {} {name:?}; an id needs no asking.", kind.name());
            Failure::Other(format!("{message}\n{asked}"), source)
        }
        other => other,
    })?;
    // The letters as they were typed decide where others differ by case only.
    let exactly = |row: &Json| kind.names().iter().any(|property| row[*property] == name);
    if found.iter().any(exactly) {
        found.retain(exactly);
    }
    match &found[..] {
        [] => {
            let elsewhere = if path.is_in_a_tenant() { "\nName another tenant with --tenant." } else { "" };
            Err(Failure::Usage(format!("there is no {} {name:?}; {}{elsewhere}", kind.name(), there_are(path).await?)))
        }
        [row] => row["id"].as_str().map(ToOwned::to_owned).ok_or_else(|| Failure::other("the answer has no id")),
        several => {
            let several: Vec<_> = several.iter().take(SHOWN).map(|row| described(path, row)).collect();
            let message = format!("{name:?} is more than one {}; name one by its id:", kind.name());
            Err(Failure::Usage(format!("{message}\n  {}", several.join("\n  "))))
        }
    }
}

/// Puts ids where names stand for rows of other kinds.
pub(super) async fn resolve(path: &Path, values: &mut Map<String, Json>) -> Result<(), Failure> {
    for (relation, kind) in path.kind.references() {
        if let Some(Json::String(name)) = values.get(relation.local) {
            let id = id(&path.beside(kind), name).await?;
            values.insert(relation.local.to_owned(), id.into());
        }
    }
    Ok(())
}

/// The rows that one of their names calls so, in any case.
async fn named(path: &Path, name: &str) -> Result<Vec<Json>, Failure> {
    // As names are stored: trimmed, and composed.
    let stored: String = name.trim().nfc().collect();
    let pattern: String =
        stored.chars().flat_map(|c| "\\%_".contains(c).then_some('\\').into_iter().chain([c])).collect();
    // Whole, a name is compared in the form in which it is stored; a pattern is not.
    let conditions = |property: &&str| [json!({ *property: name }), json!({ *property: { "ilike": pattern } })];
    let any: Vec<Json> = path.kind.names().iter().flat_map(conditions).collect();
    rows(path, json!({ "where": { "or": any } })).await
}

/// Some of the names that there are.
async fn there_are(path: &Path) -> Result<String, Failure> {
    let property = path.kind.names()[0];
    let rows = rows(path, json!({ "order": [property] })).await?;
    let more = if rows.len() > SHOWN { ", …" } else { "" };
    let names: Vec<_> = rows.iter().take(SHOWN).filter_map(|row| row[property].as_str()).collect();
    let (place, names) = (path.place(), names.join(", "));
    Ok(if names.is_empty() {
        format!("there are no {}{place}", path.kind.collection())
    } else {
        format!("there are{place}: {names}{more}")
    })
}

/// A row by its id and its names, on one line.
fn described(path: &Path, row: &Json) -> String {
    let names = path.kind.names().iter().filter_map(|property| row[*property].as_str());
    [row["id"].as_str()].into_iter().flatten().chain(names).collect::<Vec<_>>().join("  ")
}

/// Rows with their names: so many that it shows whether there are more than [`SHOWN`].
async fn rows(path: &Path, mut filter: Json) -> Result<Vec<Json>, Failure> {
    let shown = path.kind.names().iter().chain(&["id"]);
    filter["fields"] = shown.map(|property| ((*property).to_owned(), json!(true))).collect::<Map<_, _>>().into();
    let Json::Object(filter) = filter else { return Ok(Vec::new()) };
    match path.at_least(SHOWN + 1, filter).await? {
        Json::Array(rows) => Ok(rows),
        _ => Err(Failure::other(NO_ROWS)),
    }
}
