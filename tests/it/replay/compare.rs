//! Answers against expectations: volatile values are replaced by placeholders, and differences are named by their place.

use std::net::SocketAddr;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value as Json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::case::{Expectation, Recorded, Response};
use super::changes;
use crate::support::http::Answer;

/// Matches anything: for a document of our own, or a text that is ours to choose.
const ANY: &str = "<any>";
/// Times within these days of now are made by the service.
const RECENT_DAYS: i64 = 2;

static UUID: LazyLock<Regex> =
    LazyLock::new(|| pattern("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"));
static FIXTURE_UUID: LazyLock<Regex> =
    LazyLock::new(|| pattern("^([0-9a-f]0000000-0000-4000-8000-|99999999-9999-4999-8999-999999999999)"));
static TIME: LazyLock<Regex> = LazyLock::new(|| pattern(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"));
static EPOCH_MILLISECONDS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b\d{13}\b"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is written here")
}

/// What a case brought about, with volatile values replaced.
pub(super) struct Actual {
    /// The answer.
    pub(super) response: Response,
    /// The media type of its body.
    content_type: String,
    /// What changed in the tables.
    pub(super) db_diff: Vec<Json>,
}

impl Actual {
    /// An answer in the form of the recordings.
    pub(super) fn new(answer: &Answer, db_diff: Vec<Json>, request: &Recorded, address: SocketAddr) -> Self {
        let body = match (answer.body.is_empty(), serde_json::from_slice::<Json>(&answer.body)) {
            (true, _) => None,
            (_, Ok(json)) => Some(json),
            (_, Err(_)) => Some(Json::String(String::from_utf8_lossy(&answer.body).chars().take(200).collect())),
        };
        let body = body.map(|body| without_engine_text(normalise(&body, &request.text(), address)));
        let content_type = answer.header("content-type").to_owned();
        Self { response: Response { status: answer.status, body }, content_type, db_diff }
    }
}

/// How answer and changes differ from the expected ones.
pub(super) fn case(expected: &Expectation, actual: &Actual) -> Vec<String> {
    let mut found = Vec::new();
    if actual.response.status != expected.response.status {
        found.push(format!("status: expected {}, got {}", expected.response.status, actual.response.status));
    }
    let wanted = expected.response.body.clone().map(without_engine_text);
    match (&wanted, &actual.response.body) {
        (None, None) => {}
        (Some(wanted), Some(body)) => found.extend(json("body", wanted, body)),
        (None, Some(body)) => found.push(format!("body: expected none, got {}", short(body))),
        (Some(wanted), None) => found.push(format!("body: expected {}, got none", short(wanted))),
    }
    if wanted.is_some_and(|wanted| wanted != ANY) && !actual.content_type.starts_with("application/json") {
        found.push(format!("content-type: expected application/json, got {:?}", actual.content_type));
    }
    let wanted = changes::normalised(&expected.db_diff).into();
    found.extend(json("database", &wanted, &actual.db_diff.clone().into()));
    found
}

/// Where two documents differ; the order of an object's members does not matter.
pub(super) fn json(place: &str, expected: &Json, actual: &Json) -> Vec<String> {
    match (expected, actual) {
        (Json::String(any), _) if any == ANY => Vec::new(),
        (Json::Object(expected), Json::Object(actual)) => {
            let missing = expected.iter().filter(|(name, _)| !actual.contains_key(*name));
            let missing =
                missing.map(|(name, value)| format!("{place}.{name}: expected {}, got nothing", short(value)));
            let both = expected.iter().filter_map(|(name, value)| Some((name, value, actual.get(name)?)));
            let different = both.flat_map(|(name, value, other)| json(&format!("{place}.{name}"), value, other));
            let more = actual.iter().filter(|(name, _)| !expected.contains_key(*name));
            let more = more.map(|(name, value)| format!("{place}.{name}: expected nothing, got {}", short(value)));
            missing.chain(different).chain(more).collect()
        }
        (Json::Array(rows), Json::Array(others)) if rows != others && sorted(rows) == sorted(others) => {
            vec![format!("{place}: the same {} items in another order", rows.len())]
        }
        (Json::Array(expected), Json::Array(actual)) if expected.len() == actual.len() => {
            let pairs = expected.iter().zip(actual).enumerate();
            pairs.flat_map(|(at, (expected, actual))| json(&format!("{place}[{at}]"), expected, actual)).collect()
        }
        _ if expected == actual => Vec::new(),
        _ => vec![format!("{place}: expected {}, got {}", short(expected), short(actual))],
    }
}

/// Items in an order that depends on nothing but what they hold.
pub(super) fn sorted(items: &[Json]) -> Vec<Json> {
    let mut items = items.to_vec();
    items.sort_by_cached_key(|item| {
        let mut item = item.clone();
        item.sort_all_objects();
        item.to_string()
    });
    items
}

/// Replaces what differs from run to run: ids that are neither the fixture's nor in `sent`, recent times, our address.
pub(super) fn normalise(value: &Json, sent: &str, address: SocketAddr) -> Json {
    match value {
        Json::String(text) => {
            let known = |id: &str| FIXTURE_UUID.is_match(id) || sent.contains(id);
            let text = UUID.replace_all(
                text,
                |id: &Captures<'_>| {
                    if known(&id[0]) { id[0].to_owned() } else { "<uuid>".to_owned() }
                },
            );
            let text =
                TIME.replace_all(
                    &text,
                    |time: &Captures<'_>| {
                        if is_recent(&time[0]) { "<datetime>".to_owned() } else { time[0].to_owned() }
                    },
                );
            let text = EPOCH_MILLISECONDS.replace_all(&text, "<epoch_ms>");
            Json::String(text.replace(&address.to_string(), "<host>"))
        }
        Json::Array(items) => items.iter().map(|item| normalise(item, sent, address)).collect(),
        Json::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), normalise(value, sent, address))).collect()
        }
        other => other.clone(),
    }
}

fn is_recent(text: &str) -> bool {
    OffsetDateTime::parse(text, &Rfc3339)
        .is_ok_and(|time| (time - OffsetDateTime::now_utc()).whole_days().abs() < RECENT_DAYS)
}

/// What a JSON parser says about malformed text is its own affair.
fn without_engine_text(mut body: Json) -> Json {
    if let Some(text) = body.pointer_mut("/error/details/syntaxError") {
        *text = "<text>".into();
    }
    if body.pointer("/error/name").is_some_and(|name| name == "SyntaxError") {
        body["error"]["message"] = "<text>".into();
    }
    body
}

/// A value in one line, cut where it gets long.
fn short(value: &Json) -> String {
    const LONGEST: usize = 300;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn address() -> SocketAddr {
        "127.0.0.1:3000".parse().unwrap()
    }

    #[test]
    fn volatile_values_become_placeholders() {
        let now = OffsetDateTime::now_utc().format(&Rfc3339).unwrap();
        let now = format!("{}.123Z", &now[..19]);
        let fixture = "a0000000-0000-4000-8000-0000000000a1";
        let sent = "12345678-1234-4123-8123-123456789012";
        let made = "0197f0c0-0000-7000-8000-000000000001";
        let value = json!({ "ids": [fixture, sent, made], "at": now, "old": "2024-01-02T03:04:05.678Z", "url": "http://127.0.0.1:3000/x" });
        let expected = json!({ "ids": [fixture, sent, "<uuid>"], "at": "<datetime>", "old": "2024-01-02T03:04:05.678Z", "url": "http://<host>/x" });
        assert_eq!(normalise(&value, &format!("/tenants/{sent}"), address()), expected);
    }

    #[test]
    fn a_time_of_another_form_is_not_taken_for_ours() {
        let now = json!(OffsetDateTime::now_utc().replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap());
        assert_eq!(normalise(&now, "", address()), now);
    }

    #[test]
    fn differences_are_named_by_place() {
        let expected = json!({ "a": 1, "b": [1, { "c": "x" }], "d": null, "e": "<any>" });
        let actual = json!({ "b": [1, { "c": "y" }], "d": null, "e": [1], "f": true });
        let found = json("body", &expected, &actual);
        assert_eq!(
            found,
            [
                "body.a: expected 1, got nothing",
                r#"body.b[1].c: expected "x", got "y""#,
                "body.f: expected nothing, got true",
            ]
        );
        assert!(json("body", &expected, &expected).is_empty());
    }

    #[test]
    fn rows_in_another_order_or_number_differ() {
        let (one, two) = (json!({ "a": 1, "b": 2 }), json!({ "b": 2, "a": 2 }));
        let other_order = json("body", &json!([one, two]), &json!([{ "a": 2, "b": 2 }, one]));
        assert_eq!(other_order, ["body: the same 2 items in another order"]);
        assert_eq!(json("body", &json!([1, 2]), &json!([2, 3])).len(), 2);
        assert_eq!(json("body", &json!([1]), &json!([])), ["body: expected [1], got []"]);
    }

    #[test]
    fn texts_of_the_json_parser_are_not_compared() {
        let ours = json!({ "error": { "name": "SyntaxError", "message": "expected value" } });
        let theirs = json!({ "error": { "name": "SyntaxError", "message": "Unexpected token" } });
        assert_eq!(without_engine_text(ours), without_engine_text(theirs));
        let kept = json!({ "error": { "name": "Error", "message": "x", "details": [] } });
        assert_eq!(without_engine_text(kept.clone()), kept);
    }
}
