//! JSON Schemas of what selects rows: filters that know their entity, free ones, conditions.

use serde_json::{Map, Value, json};

use super::closed;
use crate::entity::EntityMeta;

/// Largest integer that JSON keeps exactly everywhere (2^53 - 1), so that paging cannot overflow.
const LARGEST: i64 = 9_007_199_254_740_991;

/// A filter over records of this entity, checked down to the names of properties and relations.
pub fn filter(meta: &EntityMeta) -> Value {
    closed(&title(meta, "Filter"), "Which records to return, and how.", &filter_properties(meta, true))
}

/// The filter of a record that the path names: [`filter()`] without `where`.
pub fn filter_by_id(meta: &EntityMeta) -> Value {
    closed(&title(meta, "Filter"), "How to return the record.", &filter_properties(meta, false))
}

/// The title of a part of a filter, as `LoopBack` forms it from the table: `tenants.Filter`.
fn title(meta: &EntityMeta, part: &str) -> String {
    format!("{}.{part}", meta.table)
}

/// A filter of which only the shape is checked here; the filter parser refuses the rest.
pub fn free_filter() -> Value {
    json!({
        "title": "loopback.Filter",
        "description": "Which records to return, and how: where, order, limit, fields, include.",
        "type": "object",
        "additionalProperties": true
    })
}

/// A condition on rows. Its properties and operators are checked by the filter parser.
pub fn where_() -> Value {
    json!({
        "title": "loopback.Where",
        "description": "Condition on the rows: properties, operators, and, or.",
        "type": "object",
        "additionalProperties": true
    })
}

fn filter_properties(meta: &EntityMeta, with_where: bool) -> Map<String, Value> {
    let names: Vec<_> =
        meta.properties.iter().filter(|property| !property.hidden).map(|property| property.name).collect();
    let flags: Map<_, _> = names.iter().map(|name| ((*name).to_owned(), json!({"type": "boolean"}))).collect();
    let fields = selection(
        &json!({"type": "object", "properties": flags, "additionalProperties": false}),
        &json!({"type": "string", "enum": names}),
    );
    let relations: Vec<_> = meta.relations.iter().map(|relation| relation.name).collect();
    let include = (!relations.is_empty()).then(|| {
        let relation = json!({"type": "string", "enum": relations});
        let properties = json!({"relation": relation, "scope": scope(meta)});
        let scoped = json!({"title": title(meta, "IncludeFilter.Items"), "type": "object", "properties": properties});
        json!({"type": "array", "items": {"anyOf": [scoped, {"type": "string"}]}})
    });
    paged(with_where, &fields, include)
}

/// The filter of an included relation. The entity at its other end is not looked into.
fn scope(meta: &EntityMeta) -> Value {
    let fields =
        selection(&json!({"type": "object", "additionalProperties": {"type": "boolean"}}), &json!({"type": "string"}));
    let include = json!({"type": "array", "items": {"type": "object", "additionalProperties": true}});
    closed(&title(meta, "ScopeFilter"), "How to return the related records.", &paged(true, &fields, Some(include)))
}

/// `fields` as an object of flags or as a list of names.
fn selection(flags: &Value, name: &Value) -> Value {
    json!({"oneOf": [flags, {"type": "array", "items": name, "uniqueItems": true}]})
}

fn paged(with_where: bool, fields: &Value, include: Option<Value>) -> Map<String, Value> {
    let from = |minimum| json!({"type": "integer", "minimum": minimum, "maximum": LARGEST});
    let text = json!({"type": "string"});
    let condition = with_where.then(|| json!({"type": "object", "additionalProperties": true}));
    [
        ("offset", Some(from(0))),
        ("limit", Some(from(1))),
        ("skip", Some(from(0))),
        ("order", Some(json!({"oneOf": [text, {"type": "array", "items": text}]}))),
        ("where", condition),
        ("fields", Some(fields.clone())),
        ("include", include),
    ]
    .into_iter()
    .filter_map(|(name, schema)| Some((name.to_owned(), schema?)))
    .collect()
}
