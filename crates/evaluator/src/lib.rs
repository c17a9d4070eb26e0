//! A plain in-memory evaluator of `LoopBack` filters: what the SQL engine must answer, worked out without SQL.
//!
//! It shares nothing with the engine (own parser, own types), so that a misreading of the grammar in one of them shows as a difference.
//! Every rule is that of `PostgreSQL` with the `C.UTF-8` collation: comparison by bytes, unknown for NULL, NULL as the greatest value of an order.

use std::cmp::Ordering;

use serde_json::{Map, Value};

#[cfg(test)]
mod cases;
mod condition;
mod pattern;
mod scalar;

use condition::{Column, conjunction};
use scalar::Scalar;

/// One row as the service renders it: property name to JSON value.
pub type Row = Map<String, Value>;

/// The kind of a property, which decides how filter values are coerced and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A UUID: hyphenated, compared in lower case.
    Uuid,
    /// Text, compared by its UTF-8 bytes.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`; false is the smaller.
    Boolean,
    /// `YYYY-MM-DDTHH:MM:SS.sssZ`, to the millisecond.
    Timestamp,
    /// `YYYY-MM-DDT00:00:00.000Z`, to the day in UTC.
    Date,
    /// A JSON object; what a dotted path finds in it is compared as text.
    Json,
    /// A list of texts, compared as a whole.
    TextArray,
    /// A list of whole numbers, compared as a whole.
    IntegerArray,
}

/// The properties of an entity in the order in which the service renders them; one of them is `id`.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Name and type of each property.
    pub properties: Vec<(&'static str, Type)>,
}

/// Limit of a page when only an offset is asked for.
const LIMIT_WITH_OFFSET: usize = 100;

/// The rows that `filter` selects: in order, paged, with the fields it asks for.
///
/// # Errors
/// Says what is wrong when the filter is not valid for `schema`, whatever the rows are.
pub fn evaluate(schema: &Schema, rows: &[Row], filter: &Value) -> Result<Vec<Row>, String> {
    let filter = filter.as_object().ok_or("the filter is not an object")?;
    if let Some(unknown) =
        filter.keys().find(|key| !["where", "order", "limit", "skip", "offset", "fields"].contains(&key.as_str()))
    {
        return Err(format!("unknown filter key {unknown}"));
    }
    let condition = match filter.get("where") {
        Some(clause) => conjunction(schema, clause, 0)?,
        None => None,
    };
    let order = filter.get("order").map_or(Ok(Vec::new()), |order| parse_order(schema, order))?;
    let limit = filter.get("limit").map(|limit| whole(limit, 1)).transpose()?;
    let offset = filter.get("offset").map(|offset| whole(offset, 0)).transpose()?;
    let skip = filter.get("skip").map(|skip| whole(skip, 0)).transpose()?;
    let skip = skip.filter(|skip| *skip > 0).or(offset.filter(|offset| *offset > 0));
    let fields = filter.get("fields").map(|fields| parse_fields(schema, fields)).transpose()?.flatten();

    let mut found = Vec::new();
    for row in rows {
        let answer = match &condition {
            Some(condition) => condition.ask(row)?,
            None => Some(true),
        };
        if answer == Some(true) {
            let key = order.iter().map(|(column, _)| column.value(row)).collect::<Result<Vec<_>, _>>()?;
            found.push((key, row));
        }
    }
    found.sort_by(|left, right| {
        let mut keys = order.iter().zip(left.0.iter().zip(&right.0));
        keys.find_map(|((_, descending), (a, b))| {
            let ascending = nulls_last(a.as_ref(), b.as_ref());
            Some(if *descending { ascending.reverse() } else { ascending }).filter(|ordering| ordering.is_ne())
        })
        .unwrap_or_else(|| left.1.get("id").and_then(Value::as_str).cmp(&right.1.get("id").and_then(Value::as_str)))
    });
    let most = limit.unwrap_or(if skip.is_some() { LIMIT_WITH_OFFSET } else { usize::MAX });
    let page = found.into_iter().skip(skip.unwrap_or(0)).take(most).map(|(_, row)| row.clone());
    Ok(page
        .map(|row| row.into_iter().filter(|(name, _)| fields.as_ref().is_none_or(|kept| kept.contains(name))).collect())
        .collect())
}

fn nulls_last(left: Option<&Scalar>, right: Option<&Scalar>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => left.cmp(right),
        _ => left.is_none().cmp(&right.is_none()),
    }
}

/// A boolean, or its word as the query string spells it.
fn coerce_flag(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

fn parse_order(schema: &Schema, order: &Value) -> Result<Vec<(Column, bool)>, String> {
    let entries: Vec<&str> = match order {
        Value::String(text) => text.split(',').collect(),
        Value::Array(texts) => {
            let texts = texts.iter().map(|text| text.as_str().ok_or("order is not a text"));
            texts.collect::<Result<Vec<_>, _>>()?.into_iter().flat_map(|text| text.split(',')).collect()
        }
        _ => return Err(format!("{order} is not an order")),
    };
    let parse = |entry: &str| {
        let mut words = entry.split_whitespace();
        let column = Column::parse(schema, words.next().ok_or("empty order")?)?;
        let comparable =
            !matches!(column.kind, Type::Json | Type::TextArray | Type::IntegerArray) && column.path.is_empty();
        let descending = match words.next().map(str::to_lowercase).as_deref() {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => return Err(format!("the order {entry:?} has invalid direction")),
        };
        if words.next().is_some() || !comparable {
            Err(format!("invalid order {entry:?}"))
        } else {
            Ok((column, descending))
        }
    };
    entries.into_iter().map(parse).collect()
}

/// The names to keep; nothing when the filter keeps all.
fn parse_fields(schema: &Schema, fields: &Value) -> Result<Option<Vec<String>>, String> {
    if *fields == Value::Array(Vec::new()) || *fields == Value::Object(Map::new()) {
        return Ok(None);
    }
    let names = || schema.properties.iter().map(|(name, _)| *name);
    let known = |name: &str| {
        names().any(|property| property == name).then(|| name.to_owned()).ok_or(format!("unknown field {name}"))
    };
    let kept = match fields {
        Value::Array(listed) => {
            let listed = listed.iter().map(|name| known(name.as_str().ok_or("a field is not a text")?));
            listed.collect::<Result<Vec<_>, _>>()?
        }
        Value::Object(flags) => {
            let flag = |value: &Value| coerce_flag(value).ok_or("a field is neither true nor false");
            let flags = flags.iter().map(|(name, value)| Ok((known(name)?, flag(value)?)));
            let (on, off): (Vec<_>, Vec<_>) =
                flags.collect::<Result<Vec<_>, String>>()?.into_iter().partition(|(_, on)| *on);
            if on.is_empty() {
                names().filter(|name| off.iter().all(|(omitted, _)| omitted != name)).map(str::to_owned).collect()
            } else {
                on.into_iter().map(|(name, _)| name).collect()
            }
        }
        _ => return Err(format!("{fields} is not a choice of fields")),
    };
    Ok(Some(kept))
}

fn whole(value: &Value, least: u64) -> Result<usize, String> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok()).filter(|number| *number >= least);
    number
        .and_then(|number| usize::try_from(number).ok())
        .ok_or_else(|| format!("{value} is not a whole number from {least}"))
}
