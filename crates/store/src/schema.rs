//! JSON Schemas of an entity, from its metadata: of records, of bodies that write, of filters.
//!
//! One schema serves to validate and to document. Objects that a client sends are closed; keywords
//! and property order follow the models of `LoopBack`, since refusals follow that order.

mod filter;

use serde_json::{Map, Value, json};

use crate::entity::{EntityMeta, Property, PropertyRole, PropertyType, Rules};

pub use filter::{filter, filter_by_id, free_filter, where_};

/// What a body's schema says of a property that is accepted for compatibility only.
pub const IGNORED: &str = "Set by the service; accepted and ignored.";

/// Audit properties that clients of the original may send as `null`.
const NULLABLE_AUDIT: [&str; 2] = ["deletedOn", "deletedBy"];

/// A record as replies show it: every property that is not hidden, `null` where a row may lack it. None is required,
/// since `fields` of a filter chooses, and a new row is answered without what nobody set.
pub fn entity(meta: &EntityMeta) -> Value {
    let shown = meta.properties.iter().filter(|property| !property.hidden);
    let shown = shown.map(|property| (property.name.to_owned(), record_value(property))).collect();
    object(meta.name, meta.description, &shown)
}

/// Body of a new row: no key, and all that a row must have and no default gives.
pub fn create(meta: &EntityMeta, excluding: &[&str]) -> Value {
    complete(meta, &format!("New{}", meta.name), |property| {
        property.role != PropertyRole::Id && !excluding.contains(&property.name)
    })
}

/// Body that replaces a row: as for a new one, with the key, which must then be that of the row.
pub fn replace(meta: &EntityMeta) -> Value {
    complete(meta, &format!("{}Replacement", meta.name), |_| true)
}

/// Body that changes some properties: nothing is required.
pub fn partial(meta: &EntityMeta, excluding: &[&str]) -> Value {
    let title = without(&format!("{}Partial", meta.name), excluding);
    closed(&title, meta.description, &body(meta, |property| !excluding.contains(&property.name)))
}

/// How many rows a request counted or changed.
pub fn count() -> Value {
    json!({
        "title": "loopback.Count",
        "description": "Number of rows.",
        "type": "object",
        "required": ["count"],
        "properties": {"count": {"type": "number"}}
    })
}

/// The name of a variant, as `LoopBack` forms it: `RolePartialExcluding_id-tenantId_`.
fn without(title: &str, excluding: &[&str]) -> String {
    if excluding.is_empty() { title.to_owned() } else { format!("{title}Excluding_{}_", excluding.join("-")) }
}

fn object(title: &str, description: &str, properties: &Map<String, Value>) -> Value {
    json!({"title": title, "description": description, "type": "object", "properties": properties})
}

fn closed(title: &str, description: &str, properties: &Map<String, Value>) -> Value {
    let mut schema = object(title, description, properties);
    schema["additionalProperties"] = json!(false);
    schema
}

/// A closed body that must hold all the properties among `accepted` that the entity requires.
fn complete(meta: &EntityMeta, title: &str, accepted: impl Fn(&Property) -> bool) -> Value {
    let required: Vec<_> = meta
        .properties
        .iter()
        .filter(|property| matches!(property.role, PropertyRole::Data | PropertyRole::Parent))
        .filter(|property| property.required && property.rules.default.is_none() && accepted(property))
        .map(|property| property.name)
        .collect();
    let mut schema = closed(title, meta.description, &body(meta, accepted));
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn body(meta: &EntityMeta, accepted: impl Fn(&Property) -> bool) -> Map<String, Value> {
    meta.properties
        .iter()
        .filter(|property| property.role != PropertyRole::Derived && !property.hidden && accepted(property))
        .map(|property| (property.name.to_owned(), body_value(property)))
        .collect()
}

/// Schema of a value in a record. Constraints are left out: rows may be older than they are.
fn record_value(property: &Property) -> Value {
    let mut schema = plain(property.kind);
    if !property.required {
        schema["type"] = json!([schema["type"], "null"]);
    }
    describe(schema, property.description)
}

/// Schema of a value in a body. Keys and audit values are compared or ignored, never stored, so
/// that only their type counts.
fn body_value(property: &Property) -> Value {
    match property.role {
        PropertyRole::Id => describe(json!({"type": "string"}), property.description),
        PropertyRole::Audit => {
            let mut schema = plain(match property.kind {
                PropertyType::Uuid => PropertyType::Text,
                kind => kind,
            });
            if NULLABLE_AUDIT.contains(&property.name) {
                schema["type"] = json!([schema["type"], "null"]);
            }
            describe(schema, IGNORED)
        }
        _ => describe(constrained(property.kind, &property.rules), property.description),
    }
}

fn describe(mut schema: Value, description: &str) -> Value {
    if !description.is_empty() {
        schema["description"] = json!(description);
    }
    schema
}

fn plain(kind: PropertyType) -> Value {
    match kind {
        PropertyType::Uuid => json!({"type": "string", "format": "uuid"}),
        PropertyType::Text => json!({"type": "string"}),
        PropertyType::Integer => json!({"type": "number"}),
        PropertyType::Boolean => json!({"type": "boolean"}),
        PropertyType::Timestamp | PropertyType::Date => {
            json!({"type": "string", "format": "date-time"})
        }
        PropertyType::Json => json!({"type": "object"}),
        PropertyType::TextArray => json!({"type": "array", "items": {"type": "string"}}),
        PropertyType::IntegerArray => json!({"type": "array", "items": {"type": "number"}}),
    }
}

fn constrained(kind: PropertyType, rules: &Rules) -> Value {
    let mut schema = plain(kind);
    match kind {
        PropertyType::Integer => restrict_integer(&mut schema, rules),
        PropertyType::IntegerArray => restrict_integer(&mut schema["items"], rules),
        _ => {}
    }
    let longest = rules.max_length.map(|length| json!(length));
    if let (PropertyType::TextArray, Some(length)) = (kind, &longest) {
        schema["items"]["maxLength"] = length.clone();
    }
    let keywords = [
        ("maxLength", longest.filter(|_| kind != PropertyType::TextArray)),
        ("maxItems", rules.max_items.map(|items| json!(items))),
        ("pattern", rules.pattern.map(|pattern| json!(pattern))),
        ("enum", rules.one_of_text.map(|texts| json!(texts))),
        ("default", rules.default.and_then(|default| serde_json::from_str(default).ok())),
    ];
    for (keyword, value) in keywords {
        if let Some(value) = value {
            schema[keyword] = value;
        }
    }
    schema
}

/// Keeps a number within its column: a whole number of 32 bits.
fn restrict_integer(schema: &mut Value, rules: &Rules) {
    if let Some(numbers) = rules.one_of {
        // The original lets null pass the type and refuses it as not among the allowed values.
        schema["type"] = json!([schema["type"], "null"]);
        schema["enum"] = json!(numbers);
    } else {
        schema["minimum"] = json!(rules.minimum.unwrap_or(i32::MIN.into()));
        schema["maximum"] = json!(rules.maximum.unwrap_or(i32::MAX.into()));
        schema["multipleOf"] = json!(1);
    }
}

#[cfg(test)]
mod tests;
