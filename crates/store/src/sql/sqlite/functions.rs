//! Functions that give `SQLite` the text rules of `PostgreSQL`: `LIKE` by case, regular expressions, text at a JSON path.

use std::sync::{Arc, Mutex, PoisonError};

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
    let last: Arc<Mutex<Document>> = Arc::default();
    let same = last.clone();
    connection.create_scalar_function("json_path_text", 2, flags, move |context| {
        at_path(context, &last, |json| match json {
            Json::String(text) => Some(text.clone()),
            Json::Bool(_) | Json::Number(_) => Some(json.to_string()),
            Json::Null | Json::Array(_) | Json::Object(_) => None,
        })
    })?;
    connection.create_scalar_function("json_path_presence", 2, flags, move |context| {
        at_path(context, &same, |json| (!json.is_null()).then_some(true))
    })
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
fn matches(context: &Context<'_>, compile: fn(&str, bool) -> Result<Regex, Failure>) -> Result<Option<bool>> {
    let Some(text) = text(context)? else { return Ok(None) };
    let insensitive: bool = context.get(2)?;
    let regex: Arc<Regex> =
        context.get_or_create_aux(1, |pattern| -> Result<_, Failure> { compile(pattern.as_str()?, insensitive) })?;
    Ok(Some(regex.is_match(text)))
}

/// The first argument.
fn text<'a>(context: &'a Context<'_>) -> Result<Option<&'a str>> {
    context.get_raw(0).as_str_or_null().map_err(|error| Error::UserFunctionError(error.into()))
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
