//! The values that cross between JSON, filters and the two databases: add a property type here first.

use serde::ser::{Serialize, SerializeSeq, Serializer};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime, Time, UtcOffset};
use uuid::Uuid;

/// The types a property can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PropertyType {
    /// UUID; JSON string in lower case.
    Uuid,
    /// UTF-8 text.
    Text,
    /// Signed integer, of 32 bits where clients write it; JSON number.
    Integer,
    /// Boolean.
    Boolean,
    /// Instant in UTC; JSON `YYYY-MM-DDTHH:mm:ss.sssZ`.
    Timestamp,
    /// Calendar date; JSON `YYYY-MM-DDT00:00:00.000Z`, as the original shows it.
    Date,
    /// JSON object.
    Json,
    /// Array of text.
    TextArray,
    /// Array of 32-bit integers.
    IntegerArray,
}

/// One value of one property.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL `NULL`, JSON `null`.
    Null,
    /// Boolean.
    Boolean(bool),
    /// Integer.
    Integer(i64),
    /// Text, and on SQLite everything that is stored as its JSON text already.
    Text(String),
    /// UUID.
    Uuid(Uuid),
    /// Instant in UTC.
    Timestamp(OffsetDateTime),
    /// Calendar date.
    Date(Date),
    /// JSON document.
    Json(serde_json::Value),
    /// JSON document of a row that was read, as its text: as a tree, one of many small values takes a hundred times more.
    JsonText(String),
    /// Array of text.
    TextArray(Vec<String>),
    /// Array of integers.
    IntegerArray(Vec<i64>),
}

/// A value that does not fit its property; says what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {article} {expected}")]
pub struct WrongType {
    article: &'static str,
    /// Name of the type in schema terms: `date-time`, `uuid`, `number`.
    pub expected: &'static str,
}

pub(crate) const fn wrong<T>(article: &'static str, expected: &'static str) -> Result<T, WrongType> {
    Err(WrongType { article, expected })
}

impl Value {
    /// Reads a JSON value as a property of this type, as bodies and filters hold it: numbers and
    /// booleans may be strings (bracket form), an instant may be a date or epoch milliseconds.
    ///
    /// # Errors
    /// [`WrongType`] when the value cannot be one of that type.
    pub fn from_json(kind: PropertyType, json: &serde_json::Value) -> Result<Self, WrongType> {
        use serde_json::Value as Json;
        match (kind, json) {
            (_, Json::Null) => Ok(Self::Null),
            (PropertyType::Text, Json::String(text)) if !text.contains('\0') => Ok(Self::Text(text.clone())),
            (PropertyType::Text, Json::Number(number)) => Ok(Self::Text(number.to_string())),
            (PropertyType::Text, Json::Bool(flag)) => Ok(Self::Text(flag.to_string())),
            (PropertyType::Text, _) => wrong("a", "string"),
            (PropertyType::Uuid, Json::String(text)) => parse_uuid(text).map(Self::Uuid),
            (PropertyType::Uuid, _) => wrong("a", "uuid"),
            (PropertyType::Integer, json) => integer(json).map(Self::Integer),
            (PropertyType::Boolean, Json::Bool(flag)) => Ok(Self::Boolean(*flag)),
            (PropertyType::Boolean, Json::String(text)) if text == "true" || text == "1" => Ok(Self::Boolean(true)),
            (PropertyType::Boolean, Json::String(text)) if text == "false" || text == "0" => Ok(Self::Boolean(false)),
            (PropertyType::Boolean, Json::Number(number)) if number.as_i64() == Some(1) => Ok(Self::Boolean(true)),
            (PropertyType::Boolean, Json::Number(number)) if number.as_i64() == Some(0) => Ok(Self::Boolean(false)),
            (PropertyType::Boolean, _) => wrong("a", "boolean"),
            (PropertyType::Timestamp, json) => instant(json).map(Self::Timestamp),
            // A time of the day says that it was meant in some zone, where it may have been another day.
            (PropertyType::Date, json) => match instant(json) {
                Ok(at) if at.time() == Time::MIDNIGHT => Ok(Self::Date(at.date())),
                _ => wrong("a", "day at midnight, like 1990-01-31T00:00:00.000Z"),
            },
            (PropertyType::Json, json) if !holds_nul(json) => Ok(Self::Json(json.clone())),
            (PropertyType::Json, _) => wrong("a", "JSON value without NUL characters"),
            (PropertyType::TextArray, Json::Array(items)) => items
                .iter()
                .map(|item| match item {
                    Json::String(text) if !text.contains('\0') => Ok(text.clone()),
                    _ => wrong("an", "array of strings"),
                })
                .collect::<Result<_, _>>()
                .map(Self::TextArray),
            (PropertyType::TextArray, _) => wrong("an", "array of strings"),
            (PropertyType::IntegerArray, Json::Array(items)) => {
                items.iter().map(integer).collect::<Result<_, _>>().map(Self::IntegerArray)
            }
            (PropertyType::IntegerArray, _) => wrong("an", "array of numbers"),
        }
    }

    /// The value as an id, however its database holds ids; `None` for what is none.
    pub fn to_uuid(&self) -> Option<Uuid> {
        match self {
            Self::Uuid(id) => Some(*id),
            Self::Text(text) => parse_uuid(text).ok(),
            _ => None,
        }
    }

    /// The text of a value that is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value as text, for keys of look-ups and messages; `None` for null and documents.
    pub fn to_key(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Uuid(id) => Some(id.hyphenated().to_string()),
            Self::Integer(number) => Some(number.to_string()),
            Self::Boolean(flag) => Some(flag.to_string()),
            Self::Timestamp(at) => Some(format_timestamp(*at)),
            Self::Date(day) => Some(format_date(*day)),
            Self::Null | Self::Json(_) | Self::JsonText(_) | Self::TextArray(_) | Self::IntegerArray(_) => None,
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Boolean(flag) => serializer.serialize_bool(*flag),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Uuid(id) => {
                let mut buffer = Uuid::encode_buffer();
                serializer.serialize_str(id.hyphenated().encode_lower(&mut buffer))
            }
            Self::Timestamp(at) => {
                let mut buffer = TIMESTAMP;
                serializer.serialize_str(encode_timestamp(*at, &mut buffer))
            }
            Self::Date(day) => {
                let mut buffer = TIMESTAMP;
                serializer.serialize_str(encode_timestamp(day.midnight().assume_utc(), &mut buffer))
            }
            Self::Json(json) => json.serialize(serializer),
            Self::JsonText(text) => {
                let json: serde_json::Value = serde_json::from_str(text).map_err(serde::ser::Error::custom)?;
                json.serialize(serializer)
            }
            Self::TextArray(items) => items.serialize(serializer),
            Self::IntegerArray(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    sequence.serialize_element(item)?;
                }
                sequence.end()
            }
        }
    }
}

/// Reads a UUID in the form of RFC 9562, in either case, or as `PostgreSQL` takes it too: without hyphens, or in braces.
///
/// # Errors
/// [`WrongType`] when the text is no such UUID.
pub fn parse_uuid(text: &str) -> Result<Uuid, WrongType> {
    match Uuid::try_parse(text) {
        Ok(id) if matches!(text.len(), 32 | 36 | 38) => Ok(id),
        _ => wrong("a", "uuid"),
    }
}

/// The form of instants everywhere: UTC, milliseconds, 24 characters, as `Date.toISOString()` writes it.
pub fn format_timestamp(at: OffsetDateTime) -> String {
    let mut buffer = TIMESTAMP;
    encode_timestamp(at, &mut buffer).to_owned()
}

/// What an instant is written over.
pub(crate) const TIMESTAMP: [u8; 24] = *b"0000-00-00T00:00:00.000Z";

/// Writes an instant into a buffer that is [`TIMESTAMP`]. Rows hold several instants, and the formatting machinery of
/// the standard library costs more than all else about them.
pub(crate) fn encode_timestamp(at: OffsetDateTime, buffer: &mut [u8; 24]) -> &str {
    let at = at.to_offset(UtcOffset::UTC);
    let (hour, minute, second) = at.to_hms();
    let mut write = |place: std::ops::Range<usize>, mut number: u16| {
        for digit in buffer[place].iter_mut().rev() {
            *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
        }
    };
    // The databases and `Value::from_json` hold years of four digits.
    write(0..4, u16::try_from(at.year()).unwrap_or(0));
    write(5..7, u8::from(at.month()).into());
    write(8..10, at.day().into());
    write(11..13, hour.into());
    write(14..16, minute.into());
    write(17..19, second.into());
    write(20..23, at.millisecond());
    std::str::from_utf8(buffer).unwrap_or_default()
}

/// `YYYY-MM-DD`.
pub fn format_date(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
}

/// Cuts an instant to milliseconds, the precision that both databases keep.
pub fn truncate_to_milliseconds(at: OffsetDateTime) -> OffsetDateTime {
    let at = at.to_offset(UtcOffset::UTC);
    at.replace_millisecond(at.millisecond()).unwrap_or(at)
}

/// Whether a text or a key inside holds a NUL character, which `PostgreSQL` cannot store.
fn holds_nul(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(holds_nul),
        serde_json::Value::Object(object) => object.iter().any(|(key, json)| key.contains('\0') || holds_nul(json)),
        _ => false,
    }
}

fn integer(json: &serde_json::Value) -> Result<i64, WrongType> {
    let number = match json {
        serde_json::Value::Number(number) => number.as_i64().or_else(|| {
            number.as_f64().filter(|float| float.fract() == 0.0).and_then(|float| format!("{float:.0}").parse().ok())
        }),
        serde_json::Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number {
        Some(number) if i32::try_from(number).is_ok() => Ok(number),
        _ => wrong("a", "number"),
    }
}

fn instant(json: &serde_json::Value) -> Result<OffsetDateTime, WrongType> {
    let parsed = match json {
        serde_json::Value::String(text) => OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| {
            Date::parse(text, format_description!("[year]-[month]-[day]")).ok().map(|day| day.midnight().assume_utc())
        }),
        serde_json::Value::Number(number) => number.as_i64().and_then(|milliseconds| {
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).ok()
        }),
        _ => None,
    };
    let parsed = parsed.and_then(|at| at.checked_to_offset(UtcOffset::UTC));
    match parsed.map(truncate_to_milliseconds) {
        Some(at) if (1..=9999).contains(&at.year()) => Ok(at),
        _ => wrong("a", "date-time"),
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<OffsetDateTime> for Value {
    fn from(at: OffsetDateTime) -> Self {
        Self::Timestamp(at)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<serde_json::Value> for Value {
    fn from(document: serde_json::Value) -> Self {
        Self::Json(document)
    }
}
impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Uuid(id)
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Integer(number.into())
    }
}
impl From<Date> for Value {
    fn from(day: Date) -> Self {
        Self::Date(day)
    }
}
impl From<Vec<i32>> for Value {
    fn from(items: Vec<i32>) -> Self {
        Self::IntegerArray(items.into_iter().map(i64::from).collect())
    }
}
impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Boolean(flag)
    }
}
impl From<Vec<String>> for Value {
    fn from(items: Vec<String>) -> Self {
        Self::TextArray(items)
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
