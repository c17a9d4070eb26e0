//! Literals of conditions, in the spellings that programs and `PostgreSQL` give them; what is stored is read more strictly.

use serde_json::{Value as Json, json};
use time::format_description::well_known::{Iso8601, Rfc2822};
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime};

use crate::entity::PropertyType;
use crate::value::{Value, WrongType, wrong};

/// Reads a literal as a value of this type.
pub(super) fn literal(kind: PropertyType, json: &Json) -> Result<Value, WrongType> {
    if kind == PropertyType::Date {
        // Of an instant the day is compared; of one whose zone makes it another day than it says, none is meant for sure.
        return match literal(PropertyType::Timestamp, json)? {
            Value::Timestamp(at) if json.as_str().and_then(says).is_some_and(|day| day != at.date()) => {
                wrong("a", "day, like 1990-01-31")
            }
            Value::Timestamp(at) => Ok(Value::Date(at.date())),
            other => Ok(other),
        };
    }
    let plain = match (kind, json) {
        (PropertyType::Timestamp, Json::String(text)) => instant(text),
        (PropertyType::Timestamp, Json::Number(number)) => whole(number.as_f64()),
        (PropertyType::Integer, Json::String(text)) => whole(text.trim().parse().ok()),
        (PropertyType::IntegerArray, Json::String(text)) => {
            array(text, |item| item.parse::<i64>().ok().map(Json::from))
        }
        (PropertyType::TextArray, Json::String(text)) => array(text, |item| Some(item.into())),
        _ => None,
    };
    Value::from_json(kind, plain.as_ref().unwrap_or(json))
}

/// The day that a text begins with.
fn says(text: &str) -> Option<Date> {
    Date::parse(text.trim().get(..10)?, format_description!("[year]-[month]-[day]")).ok()
}

/// The whole part of a number. A `Date` of JavaScript counts whole milliseconds and drops the rest.
fn whole(number: Option<f64>) -> Option<Json> {
    let number = number.filter(|number| number.abs() < 1e15)?;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small enough")]
    let whole = number.trunc() as i64;
    Some(whole.into())
}

/// An array as `PostgreSQL` writes it where no item needs quotes: `{1,2}`.
fn array(text: &str, item: impl Fn(&str) -> Option<Json>) -> Option<Json> {
    let inside = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    if inside.contains(['{', '}', '"', '\\']) {
        return None;
    }
    let items = inside.split(',').map(str::trim).filter(|_| !inside.trim().is_empty());
    items.map(item).collect::<Option<Vec<_>>>().map(Json::from)
}

/// An instant in a form that programs write: ISO 8601 with a blank for T, without seconds, zone, or colon in the zone;
/// a year, with a month or without; RFC 1123; `Date.toString()`. Without a zone it is in UTC.
fn instant(text: &str) -> Option<Json> {
    let text = text.trim();
    // `(Central European Summer Time)` says what stands before once more.
    let text = text.split_once(" (").map_or(text, |(before, _)| before);
    let iso = text.replacen(' ', "T", 1);
    let month = format!("{text}-01");
    let year = format!("{text}-01-01");
    let day = format_description!("[year]-[month]-[day]");
    let of_javascript = format_description!(
        "[weekday repr:short] [month repr:short] [day] [year] [hour]:[minute]:[second] GMT[offset_hour sign:mandatory][offset_minute]"
    );
    let at = OffsetDateTime::parse(&iso, &Iso8601::DEFAULT)
        .or_else(|_| PrimitiveDateTime::parse(&iso, &Iso8601::DEFAULT).map(PrimitiveDateTime::assume_utc))
        .or_else(|_| OffsetDateTime::parse(text, &Rfc2822))
        .or_else(|_| OffsetDateTime::parse(text, of_javascript))
        .or_else(|_| [text, &month, &year].iter().find_map(|text| Date::parse(text, day).ok()).ok_or(()).map(midnight));
    at.ok().map(milliseconds)
}

fn midnight(day: Date) -> OffsetDateTime {
    day.midnight().assume_utc()
}

fn milliseconds(at: OffsetDateTime) -> Json {
    json!(i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
