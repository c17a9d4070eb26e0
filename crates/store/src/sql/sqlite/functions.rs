//! Functions that give `SQLite` the text rules of `PostgreSQL`: `LIKE` by case, regular expressions, text at a JSON path.

use std::sync::Arc;

use regex::Regex;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{Connection, Error, Result};
use serde_json::Value as Json;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Registers all of them on a connection.
pub(super) fn register(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("matches_like", 3, flags, |context| matches(context, like_to_regex))?;
    connection.create_scalar_function("matches_regexp", 3, flags, |context| matches(context, regexp_to_regex))?;
    connection.create_scalar_function("json_path_text", 2, flags, |context| {
        Ok(at_path(context)?.and_then(|json| match json {
            Json::String(text) => Some(text),
            Json::Bool(_) | Json::Number(_) => Some(json.to_string()),
            Json::Null | Json::Array(_) | Json::Object(_) => None,
        }))
    })?;
    connection.create_scalar_function("json_path_presence", 2, flags, |context| {
        Ok(at_path(context)?.filter(|json| !json.is_null()).map(|_| true))
    })
}

/// `f(text, pattern, insensitive)`; null for a null text. The compiled pattern is kept with the statement.
fn matches(context: &Context<'_>, compile: fn(&str, bool) -> Result<Regex, Failure>) -> Result<Option<bool>> {
    let Some(text) = context.get::<Option<String>>(0)? else { return Ok(None) };
    let insensitive: bool = context.get(2)?;
    let regex: Arc<Regex> =
        context.get_or_create_aux(1, |pattern| -> Result<_, Failure> { compile(pattern.as_str()?, insensitive) })?;
    Ok(Some(regex.is_match(&text)))
}

fn like_to_regex(pattern: &str, insensitive: bool) -> Result<Regex, Failure> {
    let mut regex = String::from("^");
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            '\\' => regex.push_str(&escape(characters.next().unwrap_or('\\'))),
            other => regex.push_str(&escape(other)),
        }
    }
    regex.push('$');
    build(&regex, insensitive)
}

fn regexp_to_regex(pattern: &str, insensitive: bool) -> Result<Regex, Failure> {
    build(pattern, insensitive)
}

fn escape(character: char) -> String {
    regex::escape(character.encode_utf8(&mut [0; 4]))
}

/// A dot matches a line feed too, as in `PostgreSQL`.
fn build(pattern: &str, insensitive: bool) -> Result<Regex, Failure> {
    Ok(regex::RegexBuilder::new(pattern).case_insensitive(insensitive).dot_matches_new_line(true).build()?)
}

fn at_path(context: &Context<'_>) -> Result<Option<Json>> {
    let Some(document) = context.get::<Option<String>>(0)? else { return Ok(None) };
    let read =
        |text: &str| serde_json::from_str::<Json>(text).map_err(|error| Error::UserFunctionError(Box::new(error)));
    let keys = read(&context.get::<String>(1)?)?;
    let mut place = read(&document)?;
    for key in keys.as_array().into_iter().flatten().filter_map(Json::as_str) {
        let next = match &mut place {
            Json::Object(object) => object.remove(key),
            Json::Array(items) => key.parse::<usize>().ok().and_then(|at| items.get_mut(at).map(Json::take)),
            _ => None,
        };
        match next {
            Some(json) => place = json,
            None => return Ok(None),
        }
    }
    Ok(Some(place))
}
