//! Values to and from `SQLite`: instants, ids and documents are stored as the text that JSON shows.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ToSql};
use serde::de::IgnoredAny;

use super::errors::classify;
use crate::entity::{Property, PropertyType};
use crate::error::{StoreError, StoreResult};
use crate::meter::{self, Meter};
use crate::sql::Confined;
use crate::value::{Value, format_date, format_timestamp};

/// Runs a statement and returns its rows, as far as the meter allows them.
pub(super) fn query(connection: &Connection, statement: &Confined, meter: &mut Meter) -> StoreResult<Vec<Vec<Value>>> {
    let mut prepared = prepare(connection, statement).map_err(classify)?;
    let width = prepared.column_count();
    let mut rows = prepared.raw_query();
    let row_bytes = meter::row(&statement.projection);
    let mut decoded = Vec::new();
    while let Some(row) = rows.next().map_err(classify)? {
        // Collected, it would grow step by step: of fallible ones it is not known how many there will be.
        let mut values = Vec::with_capacity(width);
        let mut bytes = row_bytes;
        for at in 0..width {
            let value = row.get_ref(at).map_err(classify)?;
            let value = decode(statement.projection.get(at).copied(), value)?;
            bytes += meter::held(&value);
            values.push(value);
        }
        meter.add(bytes)?;
        decoded.push(values);
    }
    Ok(decoded)
}

/// Runs a statement and returns how many rows it touched.
pub(super) fn execute(connection: &Connection, statement: &Confined) -> StoreResult<u64> {
    let mut prepared = prepare(connection, statement).map_err(classify)?;
    let touched = prepared.raw_execute().map_err(classify)?;
    u64::try_from(touched).map_err(|error| StoreError::Database(Box::new(error)))
}

fn prepare<'a>(connection: &'a Connection, statement: &Confined) -> rusqlite::Result<CachedStatement<'a>> {
    let mut prepared = connection.prepare_cached(&statement.sql)?;
    for (at, value) in statement.values.iter().enumerate() {
        prepared.raw_bind_parameter(at + 1, Bind(value))?;
    }
    Ok(prepared)
}

struct Bind<'a>(&'a sea_query::Value);

impl ToSql for Bind<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        use sea_query::Value as V;
        Ok(match self.0 {
            V::Bool(Some(flag)) => (*flag).into(),
            V::BigInt(Some(number)) => (*number).into(),
            V::Int(Some(number)) => (*number).into(),
            V::BigUnsigned(Some(number)) => i64::try_from(*number).unwrap_or(i64::MAX).into(),
            V::String(Some(text)) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            V::Uuid(Some(id)) => id.hyphenated().to_string().into(),
            V::TimeDateTimeWithTimeZone(Some(at)) => format_timestamp(*at).into(),
            V::TimeDate(Some(day)) => format_date(*day).into(),
            V::Json(Some(json)) => json.to_string().into(),
            V::Array(_, Some(items)) => array(items).into(),
            _ => rusqlite::types::Null.into(),
        })
    }
}

fn array(items: &[sea_query::Value]) -> String {
    let items: Vec<_> = items
        .iter()
        .map(|item| match item {
            sea_query::Value::BigInt(Some(number)) => serde_json::Value::from(*number),
            sea_query::Value::String(Some(text)) => serde_json::Value::from(text.as_str()),
            _ => serde_json::Value::Null,
        })
        .collect();
    serde_json::Value::from(items).to_string()
}

fn decode(property: Option<&Property>, value: ValueRef<'_>) -> StoreResult<Value> {
    let kind = property.map(|property| property.kind);
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) if kind == Some(PropertyType::Boolean) => Value::Boolean(number != 0),
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).map_err(unexpected)?;
            match kind {
                Some(PropertyType::Json) => {
                    serde_json::from_str::<IgnoredAny>(text).map_err(unexpected)?;
                    Value::JsonText(text.to_owned())
                }
                Some(PropertyType::TextArray) => Value::TextArray(serde_json::from_str(text).map_err(unexpected)?),
                Some(PropertyType::IntegerArray) => {
                    Value::IntegerArray(serde_json::from_str(text).map_err(unexpected)?)
                }
                Some(PropertyType::Date) => Value::Text([text, "T00:00:00.000Z"].concat()),
                _ => Value::Text(text.to_owned()),
            }
        }
        ValueRef::Real(number) => return Err(unexpected(format!("a column holds the real number {number}"))),
        ValueRef::Blob(_) => return Err(unexpected("a column holds a blob")),
    })
}

fn unexpected(error: impl Into<crate::error::BoxError>) -> StoreError {
    StoreError::Database(error.into())
}
