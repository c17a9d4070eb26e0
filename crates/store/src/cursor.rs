//! Pages by cursor: where the next page of a list begins, at a cost that does not grow with how deep it lies (keyset pagination).
//!
//! A cursor holds what the last row of a page has in the keys of the order, so that rows which come or go meanwhile
//! neither repeat others nor hide them. Whoever makes one up reaches nothing new: it only narrows a confined list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value as Json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::entity::{EntityMeta, PropertyRole, PropertyType};
use crate::filter::{Comparison, Filter, Order, Predicate};
use crate::record::Record;
use crate::value::Value;

/// Rows of a list, and where the next ones begin.
#[derive(Debug)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Record>,
    /// The place behind them, where there are more.
    pub next: Option<Cursor>,
    /// How many rows the whole list has, where the filter asks for it.
    pub total: Option<u64>,
}

/// The place behind a row of a list. Its text is opaque: JSON in the alphabet of URLs (RFC 4648, section 5).
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor(Vec<Value>);

/// A text that is no cursor of this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no cursor of a list in this order")]
pub struct InvalidCursor;

impl Cursor {
    /// The place behind a row; none where the order has a key whose values cannot be compared.
    pub(crate) fn behind(meta: &'static EntityMeta, filter: &Filter, row: &Record) -> Option<Self> {
        let value = |key: Order| comparable(key).then(|| row.value(key.property).cloned()).flatten();
        total_order(meta, filter).into_iter().map(value).collect::<Option<_>>().map(Self)
    }

    /// Reads the text of a cursor of this list.
    ///
    /// # Errors
    /// [`InvalidCursor`] when it is none, or of a list in another order.
    pub fn parse(meta: &'static EntityMeta, filter: &Filter, text: &str) -> Result<Self, InvalidCursor> {
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        let values: Vec<Json> = serde_json::from_slice(&json).map_err(|_| InvalidCursor)?;
        let order = total_order(meta, filter);
        if values.len() != order.len() {
            return Err(InvalidCursor);
        }
        let read = |(key, json): (&Order, &Json)| read(*key, json).ok_or(InvalidCursor);
        order.iter().zip(&values).map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The rest of the list: the rows behind this place, in the list's own order. The cursor stands for what was
    /// skipped before, so the filter's `skip` counts no more.
    #[must_use]
    pub fn rest(&self, meta: &'static EntityMeta, filter: Filter) -> Filter {
        let order = total_order(meta, &filter);
        let branches = (0..order.len()).filter_map(|at| {
            let mut all: Vec<_> = order.iter().zip(&self.0).take(at).map(|(key, value)| equal(*key, value)).collect();
            all.push(beyond(order[at], &self.0[at])?);
            Some(Predicate::And(all))
        });
        let behind = Predicate::Or(branches.collect());
        Filter { skip: 0, behind: Some(behind), ..filter }
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let values: Vec<Json> = self.0.iter().map(write).collect();
        f.write_str(&URL_SAFE_NO_PAD.encode(Json::from(values).to_string()))
    }
}

/// The filter's order, made total by the id.
pub(crate) fn total_order(meta: &'static EntityMeta, filter: &Filter) -> Vec<Order> {
    let mut keys = filter.order.clone();
    if !keys.iter().any(|key| key.property.name == meta.id().name) {
        keys.push(Order { property: meta.id(), descending: false });
    }
    keys
}

fn comparable(key: Order) -> bool {
    !matches!(key.property.kind, PropertyType::Json | PropertyType::TextArray | PropertyType::IntegerArray)
}

fn compare(key: Order, comparison: Comparison) -> Predicate {
    Predicate::Comparison { property: key.property, path: Vec::new(), comparison }
}

fn equal(key: Order, value: &Value) -> Predicate {
    compare(key, if *value == Value::Null { Comparison::Null } else { Comparison::Equal(value.clone()) })
}

/// Behind a value in one key, where nulls are larger than everything: last in rising order, first in falling.
fn beyond(key: Order, value: &Value) -> Option<Predicate> {
    match (key.descending, value) {
        (false, Value::Null) => None,
        (true, Value::Null) => Some(compare(key, Comparison::NotNull)),
        (true, value) => Some(compare(key, Comparison::Less(value.clone()))),
        (false, value) if key.property.role == PropertyRole::Id => {
            Some(compare(key, Comparison::Greater(value.clone())))
        }
        (false, value) => {
            Some(Predicate::Or(vec![compare(key, Comparison::Greater(value.clone())), compare(key, Comparison::Null)]))
        }
    }
}

/// An instant whole, since a database may keep more of it than answers show.
fn write(value: &Value) -> Json {
    match value {
        Value::Timestamp(at) => at.format(&Rfc3339).map_or(Json::Null, Json::from),
        other => serde_json::to_value(other).unwrap_or(Json::Null),
    }
}

fn read(key: Order, json: &Json) -> Option<Value> {
    match (key.property.kind, json) {
        _ if !comparable(key) => None,
        (PropertyType::Timestamp, Json::String(text)) => {
            OffsetDateTime::parse(text, &Rfc3339).ok().map(Value::Timestamp)
        }
        (kind, json) => Value::from_json(kind, json).ok(),
    }
}
