//! Reads `filter` and `where` from a query string, in JSON or bracket form, checked and parsed.

use axum::http::{HeaderMap, HeaderName};
use serde_json::{Value as Json, json};
use user_tenant_store::EntityMeta;
use user_tenant_store::cursor::Cursor;
use user_tenant_store::filter::parse::{self, Bounds};
use user_tenant_store::filter::{Filter, FilterError, Predicate, brackets};

use super::body::prohibited;
use super::validation::{Validator, coerce, shortened};
use crate::error::{Error, Result};

/// Name of the parameter that says where a page begins.
pub(crate) const CURSOR: &str = "cursor";
/// Name of the request header that asks for more than the rows (RFC 7240).
pub(crate) const PREFER: HeaderName = HeaderName::from_static("prefer");
/// Asks how many rows a list has, as `PostgREST` spells it.
pub(crate) const COUNT: &str = "count=exact";
/// Deepest nesting of `include`.
const INCLUDE_DEPTH: usize = 5;
/// Most bytes of the name of a parameter that a refusal repeats.
const LONGEST_NAME: usize = 100;
/// Most bytes of a parameter that a refusal repeats.
const LONGEST_ECHO: usize = 16 * 1024;

/// The `filter` parameter; absent means no condition.
pub(super) fn filter(query: &str, validator: &Validator, meta: &'static EntityMeta) -> Result<Filter> {
    let Some(json) = parameter(query, "filter", validator)? else { return Ok(Filter::default()) };
    parse::filter(meta, &json, Bounds { include_depth: INCLUDE_DEPTH }).map_err(|error| refusal("filter", json, error))
}

/// Refuses a parameter that the route does not know: misspelt, it would narrow nothing.
pub(super) fn check_names(query: &str, takes: impl Fn(&str) -> bool) -> Result<()> {
    for (key, _) in form_urlencoded::parse(query.as_bytes()) {
        let name = key.split('[').next().unwrap_or_default();
        if !takes(name) {
            return Err(Error::UnknownParameter(shortened(name.to_owned(), LONGEST_NAME)));
        }
    }
    Ok(())
}

/// The filter of the rest of its list, where the parameter `cursor` says that a page was read before.
pub(super) fn behind_cursor(query: &str, meta: &'static EntityMeta, filter: Filter) -> Result<Filter> {
    let text = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == CURSOR).map(|(_, value)| value);
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(filter) };
    match Cursor::parse(meta, &filter, &text) {
        Ok(cursor) => Ok(cursor.rest(meta, filter)),
        Err(error) => Err(Error::InvalidParameter {
            name: CURSOR,
            value: Box::new(echo(text.as_ref().into())),
            details: Box::new(json!([{ "path": "", "code": "cursor", "message": error.to_string(), "info": {} }])),
        }),
    }
}

/// Whether the request asks how many rows the list has.
pub(super) fn is_counted(headers: &HeaderMap) -> bool {
    let sent = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    let mut preferences = sent.flat_map(|value| value.split(',')).filter_map(|preference| preference.split(';').next());
    preferences.any(|preference| preference.trim().eq_ignore_ascii_case(COUNT))
}

/// The query string of the next page, which begins behind `cursor`.
pub(super) fn next_page(query: &str, cursor: &Cursor) -> String {
    let is_cursor = |pair: &&str| pair.split('=').next() == Some(CURSOR);
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !is_cursor(pair));
    kept.map(ToOwned::to_owned).chain([format!("{CURSOR}={cursor}")]).collect::<Vec<_>>().join("&")
}

/// The `where` parameter; absent means no condition.
pub(super) fn predicate(query: &str, validator: &Validator, meta: &'static EntityMeta) -> Result<Option<Predicate>> {
    let Some(json) = parameter(query, "where", validator)? else { return Ok(None) };
    parse::predicate(meta, &json).map_err(|error| refusal("where", json, error))
}

/// A place in the parameter is wrong: say so as of any invalid parameter. Other refusals have words of their own.
fn refusal(name: &'static str, value: Json, error: FilterError) -> Error {
    match error {
        FilterError::Invalid { path, code, message, info } => Error::InvalidParameter {
            name,
            value: Box::new(echo(value)),
            details: Box::new(json!([{ "path": path, "code": code, "message": message, "info": info }])),
        },
        other => other.into(),
    }
}

/// A value as a refusal repeats it: as it is, or the beginning of its text.
fn echo(value: Json) -> Json {
    match value {
        Json::String(text) => shortened(text, LONGEST_ECHO).into(),
        other => {
            let text = other.to_string();
            if text.len() > LONGEST_ECHO { shortened(text, LONGEST_ECHO).into() } else { other }
        }
    }
}

/// The parameter as a JSON object that its schema accepts; `None` when it is absent, empty or null.
fn parameter(query: &str, name: &'static str, validator: &Validator) -> Result<Option<Json>> {
    let invalid = |value: Json, details: Json| Error::InvalidParameter {
        name,
        value: Box::new(echo(value)),
        details: Box::new(details),
    };
    let plain: Vec<_> =
        form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name).map(|(_, value)| value).collect();
    let bracketed = bracketed(query, name);
    let mut value = match (plain.as_slice(), bracketed.is_empty()) {
        ([], true) => return Ok(None),
        ([text], true) => match text.as_ref() {
            "" | "null" => return Ok(None),
            text => serde_json::from_str::<Json>(text)
                .map_err(|error| invalid(text.into(), json!({ "syntaxError": error.to_string() })))
                .and_then(|value| if value.is_object() { Ok(value) } else { Err(invalid(text.into(), Json::Null)) })?,
        },
        ([], false) => {
            let mut parsed = brackets::parse(&bracketed)
                .map_err(|error| invalid(bracketed.as_str().into(), json!({ "syntaxError": error.to_string() })))?;
            parsed[name].take()
        }
        (many, _) => return Err(invalid(json!(many), Json::Null)),
    };
    if let Some(key) = prohibited(&value) {
        let text = format!("JSON string cannot contain {} key.", Json::from(key));
        return Err(invalid(
            plain.first().map_or(Json::Null, |text| text.as_ref().into()),
            json!({ "syntaxError": text }),
        ));
    }
    coerce(validator.schema(), &mut value);
    let details = validator.check(&value);
    if details.is_empty() { Ok(Some(value)) } else { Err(invalid(value, json!(details))) }
}

/// The part of the query string that spells the parameter in brackets.
fn bracketed(query: &str, name: &str) -> String {
    let belongs = |pair: &&str| {
        form_urlencoded::parse(pair.as_bytes())
            .next()
            .is_some_and(|(key, _)| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('[')))
    };
    query.split('&').filter(belongs).collect::<Vec<_>>().join("&")
}
