//! Functions that give `SQLite` the text rules of `PostgreSQL`: `LIKE` by case, regular expressions, text at a JSON path.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};

use regex::Regex;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};
use serde_json::Value as Json;

use crate::filter::pattern;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const FLAGS: FunctionFlags = FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC);

/// Registers patterns, none of which is looked for once `must_end` says so: `SQLite` itself asks after some thousand steps
/// only, and to look for a pattern is one step, however long the text.
pub(super) fn register_patterns(
    connection: &Connection,
    must_end: impl Fn() -> bool + Clone + Send + 'static,
) -> Result<()> {
    let ends = must_end.clone();
    connection
        .create_scalar_function("matches_like", 3, FLAGS, move |context| matches(context, pattern::like, &must_end))?;
    connection
        .create_scalar_function("matches_regexp", 3, FLAGS, move |context| matches(context, pattern::regexp, &ends))
}

/// Registers all of them on a connection.
pub(super) fn register(connection: &Connection) -> Result<()> {
    register_patterns(connection, || false)?;
    connection.create_scalar_function("digest", -1, FLAGS, |context| Ok(digest(context)))?;
    let last: Arc<Mutex<Document>> = Arc::default();
    let same = last.clone();
    connection.create_scalar_function("json_path_text", 2, FLAGS, move |context| {
        at_path(context, &last, |json| match json {
            Json::String(text) => Some(text.clone()),
            Json::Bool(_) | Json::Number(_) => Some(json.to_string()),
            Json::Null | Json::Array(_) | Json::Object(_) => None,
        })
    })?;
    connection.create_scalar_function("json_path_presence", 2, FLAGS, move |context| {
        at_path(context, &same, |json| (!json.is_null()).then_some(true))
    })
}

/// A number that differs once one of the values does, as good as always. It means nothing to another process.
fn digest(context: &Context<'_>) -> i64 {
    let mut hasher = DefaultHasher::new();
    for at in 0..context.len() {
        match context.get_raw(at) {
            ValueRef::Null => 0_u8.hash(&mut hasher),
            ValueRef::Integer(number) => (1_u8, number).hash(&mut hasher),
            ValueRef::Real(number) => (2_u8, number.to_bits()).hash(&mut hasher),
            ValueRef::Text(text) => (3_u8, text).hash(&mut hasher),
            ValueRef::Blob(bytes) => (4_u8, bytes).hash(&mut hasher),
        }
    }
    hasher.finish().cast_signed()
}

/// The document that was parsed last, and its text: each further condition on the same row asks for the same one.
#[derive(Default)]
struct Document {
    text: String,
    json: Json,
}

impl Document {
    /// The parsed form of this text.
    fn of(&mut self, text: &str) -> Result<&Json> {
        if self.text != text {
            self.text.clear();
            self.json = parsed(text)?;
            text.clone_into(&mut self.text);
        }
        Ok(&self.json)
    }
}

fn parsed(text: &str) -> Result<Json> {
    serde_json::from_str(text).map_err(|error| Error::UserFunctionError(Box::new(error)))
}

/// `f(text, pattern, insensitive)`; null for a null text. The compiled pattern is kept with the statement.
fn matches(
    context: &Context<'_>,
    compile: fn(&str, bool) -> Option<Regex>,
    must_end: &impl Fn() -> bool,
) -> Result<Option<bool>> {
    let Some(text) = text(context)? else { return Ok(None) };
    if must_end() {
        return Err(Error::UserFunctionError("the statement is to end".into()));
    }
    let insensitive: bool = context.get(2)?;
    let regex: Arc<Regex> = context.get_or_create_aux(1, |pattern| -> Result<_, Failure> {
        Ok(compile(pattern.as_str()?, insensitive).ok_or("the pattern is too large")?)
    })?;
    Ok(Some(regex.is_match(text)))
}

/// The first argument.
fn text<'a>(context: &'a Context<'_>) -> Result<Option<&'a str>> {
    context.get_raw(0).as_str_or_null().map_err(|error| Error::UserFunctionError(error.into()))
}

/// What is made of the value at a place in a document; null where there is none.
fn at_path<T>(context: &Context<'_>, last: &Mutex<Document>, make: fn(&Json) -> Option<T>) -> Result<Option<T>> {
    let Some(document) = text(context)? else { return Ok(None) };
    let keys = context.get_or_create_aux(1, |keys| -> Result<_, Failure> {
        Ok(serde_json::from_str::<Vec<String>>(keys.as_str()?)?)
    })?;
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    let mut place = last.of(document)?;
    for key in keys.iter() {
        let next = match place {
            Json::Object(object) => object.get(key),
            Json::Array(items) => key.parse::<usize>().ok().and_then(|at| items.get(at)),
            _ => None,
        };
        match next {
            Some(json) => place = json,
            None => return Ok(None),
        }
    }
    Ok(make(place))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn no_pattern_is_looked_for_once_the_statement_must_end() -> Result<()> {
        let connection = Connection::open_in_memory()?;
        let over = Arc::new(AtomicBool::default());
        let seen = over.clone();
        register_patterns(&connection, move || seen.load(Ordering::Relaxed))?;
        for sql in ["SELECT matches_like('Ada', 'a%', 1)", "SELECT matches_regexp('Ada', '^A.a$', 0)"] {
            over.store(false, Ordering::Relaxed);
            assert!(connection.query_row(sql, [], |row| row.get::<_, bool>(0))?, "{sql}");
            over.store(true, Ordering::Relaxed);
            assert!(connection.query_row(sql, [], |row| row.get::<_, bool>(0)).is_err(), "{sql}");
        }
        Ok(())
    }
}
