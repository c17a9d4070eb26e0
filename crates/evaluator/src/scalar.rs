//! Comparable values: reading them from rows and coercing filter values to a property's type.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Number, Value};

use super::Type;

const MILLISECONDS_A_DAY: i64 = 86_400_000;

/// A value that is not NULL. Two values of one property are of one variant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scalar {
    /// Texts and ids; Rust orders strings by their UTF-8 bytes.
    Text(String),
    Integer(i64),
    Boolean(bool),
    /// Milliseconds since 1970 in UTC, for timestamps and dates.
    Instant(i64),
    List(Vec<Scalar>),
    /// A whole JSON value, which compares with nothing.
    Json,
}

impl Scalar {
    /// The text to match patterns against.
    pub(crate) fn text(&self) -> &str {
        if let Self::Text(text) = self { text } else { "" }
    }
}

/// The value of a property in a row.
pub(crate) fn read(kind: Type, value: &Value) -> Result<Option<Scalar>, String> {
    match kind {
        Type::Json if !value.is_null() => Ok(Some(Scalar::Json)),
        _ => coerce(kind, value),
    }
}

/// The value that a filter names, as a value of the property's type; nothing for null.
pub(crate) fn coerce(kind: Type, value: &Value) -> Result<Option<Scalar>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let scalar = match kind {
        Type::Text => text(value).map(Scalar::Text),
        Type::Uuid => value.as_str().and_then(uuid).map(Scalar::Text),
        Type::Integer => integer(value).map(Scalar::Integer),
        Type::Boolean => boolean(value).map(Scalar::Boolean),
        Type::Timestamp => instant(value).map(Scalar::Instant),
        Type::Date => instant(value).map(|instant| Scalar::Instant(instant - instant.rem_euclid(MILLISECONDS_A_DAY))),
        Type::TextArray => members(value, |member| member.as_str().and_then(|_| text(member)).map(Scalar::Text)),
        Type::IntegerArray => members(value, |member| integer(member).map(Scalar::Integer)),
        Type::Json => None,
    };
    scalar.map(Some).ok_or_else(|| format!("{value} is not of type {kind:?}"))
}

fn members(value: &Value, read: fn(&Value) -> Option<Scalar>) -> Option<Scalar> {
    value.as_array()?.iter().map(read).collect::<Option<_>>().map(Scalar::List)
}

/// JavaScript's `String(v)`; no database text holds a NUL.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => whole(number).map_or_else(|| number.to_string(), |whole| whole.to_string()),
        _ => return None,
    };
    Some(text).filter(|text| !text.contains('\0'))
}

fn uuid(text: &str) -> Option<String> {
    static SHAPE: LazyLock<Result<Regex, regex::Error>> =
        LazyLock::new(|| Regex::new("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"));
    let shape = SHAPE.as_ref().ok()?;
    Some(text.to_ascii_lowercase()).filter(|text| shape.is_match(text))
}

/// JavaScript's `Number(v)`, refused where a whole-number column could not hold it.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => whole(number),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(flag) => Some(i64::from(*flag)),
        _ => None,
    }
}

/// A number without a fraction, however it is written (`2`, `2.0`).
fn whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| number.to_string().strip_suffix(".0")?.parse().ok())
}

/// The words of the query string, and JavaScript's truthiness for all else.
fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => Some(!matches!(text.as_str(), "false" | "0" | "")),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        _ => None,
    }
}

/// JavaScript's `new Date(v)` for milliseconds and for ISO 8601, which is in UTC unless it names an offset.
fn instant(value: &Value) -> Option<i64> {
    static SHAPE: LazyLock<Result<Regex, regex::Error>> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)",
            r"(?:T(?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.(?<fraction>\d{1,9}))?)?",
            r"(?:Z|(?<sign>[+-])(?<ahead_hours>\d\d):(?<ahead_minutes>\d\d))?)?$"
        ))
    });
    let text = match value {
        Value::Number(number) => return whole(number),
        Value::String(text) => text,
        _ => return None,
    };
    let parts = SHAPE.as_ref().ok()?.captures(text)?;
    let part = |name| parts.name(name).map_or(Some(0), |part| part.as_str().parse::<i64>().ok());
    let (year, month, day) = (part("year")?, part("month")?, part("day")?);
    let (hour, minute, second) = (part("hour")?, part("minute")?, part("second")?);
    let (ahead_hours, ahead_minutes) = (part("ahead_hours")?, part("ahead_minutes")?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    let valid = (1..=longest).contains(&day) && hour < 24 && minute < 60 && second < 60;
    if !valid || ahead_hours > 23 || ahead_minutes > 59 {
        return None;
    }
    let fraction = parts.name("fraction").map_or("", |part| part.as_str());
    let milliseconds = format!("{fraction:0<3}").get(..3)?.parse::<i64>().ok()?;
    let east = if parts.name("sign").is_some_and(|sign| sign.as_str() == "-") { -1 } else { 1 };
    let minutes =
        days_since_1970(year, month, day) * 24 * 60 + hour * 60 + minute - east * (ahead_hours * 60 + ahead_minutes);
    Some((minutes * 60 + second) * 1000 + milliseconds)
}

/// Days of the proleptic Gregorian calendar; years begin in March so that the leap day comes last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month < 3 { year - 1 } else { year };
    let months_since_march = (month + 9) % 12;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days_before_month = (153 * months_since_march + 2) / 5;
    365 * year + leap_days + days_before_month + day - 719_469
}
