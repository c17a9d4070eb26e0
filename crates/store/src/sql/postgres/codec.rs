//! Values to and from the binary format of `PostgreSQL`, by the type that the server names.

use std::error::Error;

use bytes::BytesMut;
use time::{Date, OffsetDateTime, PrimitiveDateTime};
use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::value::Value;

type Failure = Box<dyn Error + Sync + Send>;

/// A bound value, written as the type that the statement's parameter has.
pub(super) struct Bind<'a>(pub(super) &'a sea_query::Value);

/// The driver logs its parameters; values may be secrets or personal data.
impl std::fmt::Debug for Bind<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl ToSql for Bind<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        use sea_query::Value as V;
        match self.0 {
            V::Bool(Some(flag)) => flag.to_sql(ty, out),
            V::BigInt(Some(number)) => integer(*number, ty, out),
            V::BigUnsigned(Some(number)) => integer(i64::try_from(*number)?, ty, out),
            V::Int(Some(number)) => integer(i64::from(*number), ty, out),
            V::String(Some(text)) if *ty == Type::UUID => Uuid::try_parse(text)?.to_sql(ty, out),
            V::String(Some(text)) => text.to_sql(ty, out),
            V::Uuid(Some(id)) if *ty == Type::UUID => id.to_sql(ty, out),
            V::Uuid(Some(id)) => id.hyphenated().to_string().to_sql(ty, out),
            V::TimeDateTimeWithTimeZone(Some(at)) if *ty == Type::TIMESTAMP => {
                PrimitiveDateTime::new(at.date(), at.time()).to_sql(ty, out)
            }
            V::TimeDateTimeWithTimeZone(Some(at)) => at.to_sql(ty, out),
            V::TimeDate(Some(day)) => day.to_sql(ty, out),
            V::Json(Some(json)) => json.to_sql(ty, out),
            V::Array(_, Some(items)) => items.iter().map(Bind).collect::<Vec<_>>().to_sql(ty, out),
            V::Bool(None)
            | V::BigInt(None)
            | V::String(None)
            | V::Uuid(None)
            | V::TimeDateTimeWithTimeZone(None)
            | V::TimeDate(None)
            | V::Json(None)
            | V::Array(_, None) => Ok(IsNull::Yes),
            other => Err(format!("no binary form for {other:?}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn integer(number: i64, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
    match *ty {
        Type::INT2 => i16::try_from(number)?.to_sql(ty, out),
        Type::INT4 => i32::try_from(number)?.to_sql(ty, out),
        Type::INT8 => number.to_sql(ty, out),
        Type::TEXT | Type::VARCHAR => number.to_string().to_sql(ty, out),
        _ => Err(format!("no integer form for {ty}").into()),
    }
}

/// A value of a row, read as the type that its column has.
pub(super) struct Decoded(pub(super) Value);

impl<'a> FromSql<'a> for Decoded {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        let value = match *ty {
            Type::UUID => Value::Uuid(Uuid::from_sql(ty, raw)?),
            // As it is on the wire; the driver's own conversion would first look for types of extensions by name.
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => Value::Text(str::from_utf8(raw)?.to_owned()),
            Type::BOOL => Value::Boolean(bool::from_sql(ty, raw)?),
            Type::INT2 => Value::Integer(i16::from_sql(ty, raw)?.into()),
            Type::INT4 => Value::Integer(i32::from_sql(ty, raw)?.into()),
            Type::INT8 => Value::Integer(i64::from_sql(ty, raw)?),
            Type::TIMESTAMPTZ => Value::Timestamp(OffsetDateTime::from_sql(ty, raw)?),
            Type::TIMESTAMP => Value::Timestamp(PrimitiveDateTime::from_sql(ty, raw)?.assume_utc()),
            Type::DATE => Value::Date(Date::from_sql(ty, raw)?),
            // Without the spaces that the server writes.
            Type::JSONB | Type::JSON => Value::JsonText(serde_json::Value::from_sql(ty, raw)?.to_string()),
            Type::INT4_ARRAY => {
                Value::IntegerArray(Vec::<i32>::from_sql(ty, raw)?.into_iter().map(i64::from).collect())
            }
            Type::INT8_ARRAY => Value::IntegerArray(Vec::<i64>::from_sql(ty, raw)?),
            _ if matches!(ty.kind(), Kind::Array(_)) => Value::TextArray(Vec::<String>::from_sql(ty, raw)?),
            _ => return Err(format!("no value for a column of type {ty}").into()),
        };
        Ok(Self(value))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failure> {
        Ok(Self(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
