//! Rows as the JSON text of an answer: letter by letter what `Serialize` writes of them, in a fraction of the steps.
//!
//! Ids and instants never hold what JSON escapes, and most names and texts do not; `serde_json` looks at each of their
//! bytes. What it alone can write, it writes here too.

use std::io::Write;

use crate::error::{StoreError, StoreResult};
use crate::length::Length;
use crate::record::{Record, Related};
use crate::value::{TIMESTAMP, Value, encode_timestamp};

mod pieces;

pub use pieces::Pieces;

/// Room in bytes that is asked for before it is known that it will be needed.
const LARGEST_GUESS: usize = 1 << 20;

impl Record {
    /// The row as the text of a JSON object.
    ///
    /// # Errors
    /// When a document inside cannot be written.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        let mut text = Vec::with_capacity(1024);
        append_row(self, &mut text)?;
        Ok(text)
    }

    /// Rows as the text of a JSON array.
    ///
    /// # Errors
    /// As [`Self::to_json`].
    pub fn to_json_array(rows: &[Self]) -> serde_json::Result<Vec<u8>> {
        let mut text = Vec::with_capacity(1024);
        append_rows(rows, &mut text)?;
        Ok(text)
    }
}

/// How long [`Record::to_json_array`] would be.
pub(crate) fn length(rows: &[Record]) -> StoreResult<u64> {
    let mut text = Length(0);
    append_rows(rows, &mut text).map_err(|error| StoreError::Database(Box::new(error)))?;
    Ok(text.0)
}

/// Where a text goes.
trait Text: Write {
    fn push(&mut self, byte: u8);
    fn extend_from_slice(&mut self, bytes: &[u8]);
    fn reserve(&mut self, _: usize) {}
    fn len(&self) -> usize;
}

// Inlined, since most of what is appended has a length that the compiler knows.
impl Text for Vec<u8> {
    #[inline]
    fn push(&mut self, byte: u8) {
        self.push(byte);
    }
    #[inline]
    fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
    #[inline]
    fn reserve(&mut self, bytes: usize) {
        self.reserve(bytes);
    }
    fn len(&self) -> usize {
        self.len()
    }
}

impl Text for Length {
    fn push(&mut self, _: u8) {
        self.0 += 1;
    }
    fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.0 += bytes.len() as u64;
    }
    fn len(&self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

fn append_rows(records: &[Record], text: &mut impl Text) -> serde_json::Result<()> {
    text.push(b'[');
    for (at, record) in records.iter().enumerate() {
        let before = text.len();
        if at > 0 {
            text.push(b',');
        }
        append_row(record, text)?;
        if at == 0 {
            // The others are about as long, unless it is an exception.
            text.reserve((text.len() - before).saturating_mul(records.len()).min(LARGEST_GUESS));
        }
    }
    text.push(b']');
    Ok(())
}

/// Opens an object and writes the values of a row. What stands before a further member is given back.
fn append_values(record: &Record, text: &mut impl Text) -> serde_json::Result<u8> {
    let mut opening = b'{';
    for (property, value) in record.shown() {
        debug_assert!(is_plain(property.name), "a property's name is an identifier: {}", property.name);
        text.push(opening);
        text.extend_from_slice(property.member.as_bytes());
        append_value(value, text)?;
        opening = b',';
    }
    Ok(opening)
}

fn append_row(record: &Record, text: &mut impl Text) -> serde_json::Result<()> {
    let mut opening = append_values(record, text)?;
    for (name, related) in &record.related {
        text.push(opening);
        debug_assert!(is_plain(name), "a relation's name is an identifier: {name}");
        append_plain(name, text);
        text.push(b':');
        match related {
            Related::Many(rows) => append_rows(rows, text)?,
            Related::One(row) => append_row(row, text)?,
        }
        opening = b',';
    }
    if opening == b'{' {
        text.push(opening);
    }
    text.push(b'}');
    Ok(())
}

fn append_value(value: &Value, text: &mut impl Text) -> serde_json::Result<()> {
    match value {
        Value::Uuid(id) => {
            let mut buffer = uuid::Uuid::encode_buffer();
            append_plain(id.hyphenated().encode_lower(&mut buffer), text);
        }
        Value::Timestamp(at) => {
            let mut buffer = TIMESTAMP;
            append_plain(encode_timestamp(*at, &mut buffer), text);
        }
        Value::Date(day) => {
            let mut buffer = TIMESTAMP;
            append_plain(encode_timestamp(day.midnight().assume_utc(), &mut buffer), text);
        }
        Value::Text(value) => append_text(value, text)?,
        Value::JsonText(json) => text.extend_from_slice(json.as_bytes()),
        Value::Null => text.extend_from_slice(b"null"),
        other => serde_json::to_writer(text, other)?,
    }
    Ok(())
}

fn append_text(value: &str, text: &mut impl Text) -> serde_json::Result<()> {
    if is_plain(value) {
        append_plain(value, text);
        return Ok(());
    }
    serde_json::to_writer(text, value)
}

fn append_plain(plain: &str, text: &mut impl Text) {
    text.reserve(plain.len() + 2);
    text.push(b'"');
    text.extend_from_slice(plain.as_bytes());
    text.push(b'"');
}

/// Whether JSON escapes none of it (RFC 8259, section 7). Looks at blocks, each of which takes a few steps; the last one
/// is filled up with what is not escaped.
fn is_plain(text: &str) -> bool {
    let (blocks, rest) = text.as_bytes().as_chunks::<16>();
    let mut last = [b' '; 16];
    last[..rest.len()].copy_from_slice(rest);
    blocks.iter().chain([&last]).all(|block| {
        let escaped = |byte: u8| u8::from(byte < b' ') | u8::from(byte == b'"') | u8::from(byte == b'\\');
        block.iter().fold(0, |found, byte| found | escaped(*byte)) == 0
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use time::macros::{date, datetime};

    use super::*;
    use crate::entity::Property;

    static SHOWN: Property = Property { name: "firstName", member: "\"firstName\":", ..Property::PLAIN };
    static HIDDEN: Property = Property { name: "password", member: "\"password\":", hidden: true, ..Property::PLAIN };

    fn record(values: Vec<Value>, related: Vec<(&'static str, Related)>) -> Record {
        let properties: Arc<[_]> = values.iter().map(|_| &SHOWN).chain([&HIDDEN, &SHOWN]).collect();
        let shown = values.len() + 1;
        let values = values.into_iter().chain([Value::from("secret"), Value::from("read to sort")]).collect();
        Record { properties, values, shown, related, reservation: None }
    }

    /// The text of all pieces, of which there are at least so many.
    fn in_pieces(mut pieces: Pieces, least: usize) -> Result<String, Box<dyn std::error::Error>> {
        let mut texts = Vec::new();
        loop {
            let announced = pieces.length();
            let rest = announced
                - pieces.next().map_or(Ok(0), |piece| {
                    texts.push(piece?);
                    Ok::<_, serde_json::Error>(texts.last().map_or(0, Vec::len) as u64)
                })?;
            assert_eq!(pieces.length(), rest);
            if rest == 0 {
                break;
            }
        }
        assert!(pieces.next().is_none());
        assert!(texts.len() >= least, "{}", texts.len());
        assert!(texts.iter().all(|text| text.len() < 150_000));
        Ok(String::from_utf8(texts.concat())?)
    }

    #[test]
    fn long_answers_come_in_pieces_wherever_they_are_long() -> Result<(), Box<dyn std::error::Error>> {
        let long = record(vec![Value::from("n".repeat(30_000))], Vec::new());
        let many = |rows: usize| Related::Many(vec![long.clone(); rows]);
        let around = |related| record(vec![Value::from("\n")], related);
        let one = around(vec![("users", many(20)), ("home", Related::One(Box::new(around(vec![("roles", many(9))]))))]);
        assert_eq!(in_pieces(Pieces::of_row(one.clone())?, 9)?, serde_json::to_string(&one)?);
        let rows = vec![long.clone(), one, long];
        assert_eq!(in_pieces(Pieces::of_rows(rows.clone())?, 10)?, serde_json::to_string(&rows)?);
        Ok(())
    }

    #[test]
    fn what_is_escaped_is_seen_in_every_place() {
        for length in 0..50 {
            let plain = "\u{7f}".repeat(length);
            assert!(is_plain(&plain), "{plain}");
            for (at, escaped) in (0..length).flat_map(|at| ["\"", "\\", "\n", "\u{1f}"].map(|escaped| (at, escaped))) {
                let mut text = plain.clone();
                text.replace_range(at..=at, escaped);
                assert!(!is_plain(&text), "{text:?}");
            }
        }
    }

    #[test]
    fn a_row_reads_as_serde_writes_it() -> Result<(), Box<dyn std::error::Error>> {
        let texts = ["", "Ann", "a\"b", "a\\b", "a\nb", "\u{1}\u{1f}\u{7f}", "é 漢 🦀", "/</script>", "\u{2028}"];
        let mut values: Vec<Value> = texts.into_iter().map(Value::from).collect();
        values.extend([
            Value::Null,
            Value::Boolean(true),
            Value::Integer(i64::MIN),
            Value::Uuid(uuid::Uuid::from_u128(0x0190_abcd)),
            Value::Timestamp(datetime!(2026-02-03 04:05:06.789 +02:00)),
            Value::Date(date!(2026 - 02 - 03)),
            Value::Json(serde_json::json!({"a\"": [1.5, "\n", null, {}]})),
            Value::JsonText(r#"{"b":"\n\u0001","a":[1]}"#.to_owned()),
            Value::TextArray(vec!["a\"".to_owned(), String::new()]),
            Value::IntegerArray(vec![1, -2]),
        ]);
        let inner = record(values.clone(), Vec::new());
        let empty =
            Record { properties: Arc::new([]), values: Vec::new(), shown: 0, related: Vec::new(), reservation: None };
        let many = Related::Many(vec![inner.clone(), empty.clone(), inner.clone()]);
        let only_related = Record { related: vec![("roles", Related::One(Box::new(inner.clone())))], ..empty.clone() };
        let outer = record(values, vec![("users", many), ("none", Related::Many(Vec::new()))]);
        for record in [&inner, &empty, &outer, &only_related] {
            assert_eq!(String::from_utf8(record.to_json()?)?, serde_json::to_string(record)?);
            assert_eq!(in_pieces(Pieces::of_row(record.clone())?, 1)?, serde_json::to_string(record)?);
        }
        let all = [outer, empty, inner];
        for some in [&all[..], &[]] {
            assert_eq!(String::from_utf8(Record::to_json_array(some)?)?, serde_json::to_string(some)?);
            assert_eq!(length(some)?, serde_json::to_string(some)?.len() as u64);
            assert_eq!(in_pieces(Pieces::of_rows(some.to_vec())?, 1)?, serde_json::to_string(some)?);
        }
        Ok(())
    }
}
