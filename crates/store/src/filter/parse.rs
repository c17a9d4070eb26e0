//! JSON to [`Filter`]: unknown properties, operators and relations are errors, so that no filter can widen a query.

mod condition;
mod literal;

use serde_json::{Map, Value as Json, json};

pub use condition::predicate;

use super::{Filter, FilterError, Include, Order};
use crate::entity::{EntityMeta, PropertyType, Relation, RelationKind};

/// What `limit` is when only `skip` or `offset` is given.
const LIMIT_OF_A_SKIP: u64 = 100;

type Parsed<T> = Result<T, FilterError>;

/// How deep `include` may nest, and whatever else bounds a filter.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Deepest nesting of `include`; 0 allows none.
    pub include_depth: usize,
}

/// Reads a filter of rows of `meta`; `null` is one without a condition.
///
/// # Errors
/// [`FilterError`] names the place and the reason.
pub fn filter(meta: &'static EntityMeta, json: &Json, bounds: Bounds) -> Parsed<Filter> {
    filter_below(&[], meta, json, bounds)
}

/// A relation on the way of nested includes, and the entity that it is of.
type Step = (&'static EntityMeta, &'static Relation);

/// The filter of what the includes on the way have led to.
fn filter_below(way: &[Step], meta: &'static EntityMeta, json: &Json, bounds: Bounds) -> Parsed<Filter> {
    let object = match json {
        Json::Null => return Ok(Filter::default()),
        Json::Object(object) => object,
        other => return Err(FilterError::Clause(format!("The query filter {other} is not an object"))),
    };
    check_keys(object, &Filter::CLAUSES, "")?;
    let number = |name: &str| given(object, name).map(|json| count(name, json)).transpose();
    // Nothing to skip is as good as no word of it, and leaves the other name its meaning.
    let skip = [number("skip")?, number("offset")?].into_iter().flatten().find(|skip| *skip > 0);
    let limit = number("limit")?;
    Ok(Filter {
        predicate: within("/where", given(object, "where").map_or(Ok(None), |json| predicate(meta, json)))?,
        order: given(object, "order").map_or(Ok(Vec::new()), |json| order(meta, json))?,
        limit: match limit {
            Some(0) => None,
            None if skip.is_some() => Some(LIMIT_OF_A_SKIP),
            other => other,
        },
        skip: skip.unwrap_or(0),
        fields: given(object, "fields").and_then(|json| fields(meta, json)),
        include: given(object, "include").map_or(Ok(Vec::new()), |json| include(way, meta, json, bounds))?,
        ..Filter::default()
    })
}

/// A part of a filter, unless it is null or an empty text: forms send empty fields as empty texts.
fn given<'a>(object: &'a Map<String, Json>, name: &str) -> Option<&'a Json> {
    object.get(name).filter(|json| !json.is_null() && json.as_str() != Some(""))
}

/// Refuses a name that is none of these: misspelt, it would narrow nothing.
fn check_keys(object: &Map<String, Json>, known: &[&str], at: &str) -> Parsed<()> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(FilterError::Invalid {
            path: at.to_owned(),
            code: "additionalProperties",
            message: format!("must NOT have additional properties: it takes {}", known.join(", ")),
            info: Box::new(json!({ "additionalProperty": key })),
        }),
    }
}

/// Puts the place of a part before the places inside it.
fn within<T>(prefix: &str, result: Parsed<T>) -> Parsed<T> {
    result.map_err(|error| match error {
        FilterError::Invalid { path, code, message, info } => {
            FilterError::Invalid { path: format!("{prefix}{path}"), code, message, info }
        }
        other => other,
    })
}

fn list(json: &Json) -> Option<Vec<Json>> {
    match json {
        Json::Array(items) => Some(items.clone()),
        Json::Object(object) if !object.is_empty() => {
            (0..object.len()).map(|index| object.get(&index.to_string()).cloned()).collect()
        }
        _ => None,
    }
}

fn unknown_property(meta: &EntityMeta, key: &str, at: &str) -> FilterError {
    FilterError::Invalid {
        path: at.to_owned(),
        code: "unknownProperty",
        message: format!("is not a property of {}", meta.name),
        info: Box::new(json!({ "property": key })),
    }
}

fn order(meta: &'static EntityMeta, json: &Json) -> Parsed<Vec<Order>> {
    let entries: Vec<&str> = match json {
        Json::Null => Vec::new(),
        Json::String(text) if text.trim().is_empty() => Vec::new(),
        Json::String(text) => text.split(',').collect(),
        Json::Array(items) => items
            .iter()
            .map(|item| item.as_str().ok_or_else(|| FilterError::Clause(format!("The order {item} is not valid"))))
            .collect::<Parsed<Vec<_>>>()?
            .into_iter()
            .flat_map(|text| text.split(','))
            .collect(),
        other => match list(other) {
            Some(items) => return order(meta, &Json::Array(items)),
            None => return Err(FilterError::Clause(format!("The order {other} is not valid"))),
        },
    };
    let mut keys: Vec<Order> = Vec::new();
    for entry in entries.into_iter().filter(|entry| !entry.trim().is_empty()) {
        let key = order_key(meta, entry)?;
        // A second key on the same property decides nothing.
        if !keys.iter().any(|other| other.property.name == key.property.name) {
            keys.push(key);
        }
    }
    Ok(keys)
}

fn order_key(meta: &'static EntityMeta, entry: &str) -> Parsed<Order> {
    let mut words = entry.split_whitespace();
    let name = words.next().unwrap_or_default();
    let direction = words.next().unwrap_or("ASC");
    let descending = direction.eq_ignore_ascii_case("DESC");
    if words.next().is_some() || !(descending || direction.eq_ignore_ascii_case("ASC")) {
        return Err(FilterError::Clause(format!("The order {} has invalid direction", json!(entry.trim()))));
    }
    match meta.property(name) {
        Some(property) if !property.hidden && property.kind != PropertyType::Json => Ok(Order { property, descending }),
        _ if name.split('.').next().and_then(|name| meta.property(name)).is_some_and(|property| !property.hidden) => {
            Err(FilterError::Invalid {
                path: "/order".to_owned(),
                code: "type",
                message: format!("cannot be by {name}, which is JSON"),
                info: Box::new(json!({ "property": name })),
            })
        }
        _ => Err(unknown_property(meta, name, "/order")),
    }
}

fn count(name: &str, json: &Json) -> Parsed<u64> {
    let number = match json {
        Json::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole)),
        Json::String(text) => text.parse().ok(),
        _ => None,
    };
    number
        .filter(|number| i64::try_from(*number).is_ok())
        .ok_or_else(|| FilterError::Clause(format!("The {name} parameter {json} is not valid")))
}

/// `1.0` is a whole number too.
fn whole(number: f64) -> Option<u64> {
    (number.fract() == 0.0).then(|| format!("{number:.0}").parse().ok()).flatten()
}

fn fields(meta: &'static EntityMeta, json: &Json) -> Option<Vec<usize>> {
    let visible = (0..meta.properties.len()).filter(|at| !meta.properties[*at].hidden);
    match json {
        Json::String(name) => Some(visible.filter(|at| meta.properties[*at].name == name).collect()),
        Json::Array(names) if !names.is_empty() => {
            let names: Vec<&str> = names.iter().filter_map(Json::as_str).collect();
            Some(visible.filter(|at| names.contains(&meta.properties[*at].name)).collect())
        }
        Json::Object(object) if !object.is_empty() => {
            let listed = |at: usize| object.get(meta.properties[at].name).map(flag);
            let wanted = object.values().any(flag);
            Some(
                visible
                    .filter(|at| if wanted { listed(*at) == Some(true) } else { listed(*at) != Some(false) })
                    .collect(),
            )
        }
        _ => None,
    }
}

/// Whether a mark of `fields` selects, as JavaScript takes it; the word `false` is what brackets spell.
fn flag(json: &Json) -> bool {
    match json {
        Json::Null => false,
        Json::Bool(flag) => *flag,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty() && text != "false",
        Json::Array(_) | Json::Object(_) => true,
    }
}

/// Whether a relation goes back the way that a step came: from users of a tenant to that same tenant. Such an include
/// would repeat the one row, with all that is included in it, below each of the others.
fn returns((origin, step): &Step, relation: &Relation) -> bool {
    relation.kind == RelationKind::BelongsTo
        && (relation.target)().name == origin.name
        && (relation.local, relation.foreign) == (step.foreign, step.local)
}

fn include(way: &[Step], meta: &'static EntityMeta, json: &Json, bounds: Bounds) -> Parsed<Vec<Include>> {
    let entries = match json {
        Json::Null => return Ok(Vec::new()),
        other => list(other).ok_or_else(|| FilterError::Inclusion(other.to_string()))?,
    };
    if bounds.include_depth == 0 && !entries.is_empty() {
        return Err(FilterError::Clause("The include is nested too deep".to_owned()));
    }
    let below = Bounds { include_depth: bounds.include_depth.saturating_sub(1) };
    let mut unknown = Vec::new();
    let mut included: Vec<Include> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        if let Json::Object(entry) = entry {
            // `targetType` is for relations to several kinds, of which there is none.
            check_keys(entry, &["relation", "scope", "targetType"], &format!("/include/{index}"))?;
        }
        let name = entry.as_str().or_else(|| entry.get("relation").and_then(Json::as_str));
        let Some(relation) = name.and_then(|name| meta.relation(name)) else {
            unknown.push(entry.to_string());
            continue;
        };
        if way.iter().any(|(entity, step)| entity.name == meta.name && step.name == relation.name) {
            return Err(FilterError::GoesBack { relation: relation.name });
        }
        let further = [way, &[(meta, relation)]].concat();
        let scope = filter_below(&further, (relation.target)(), entry.get("scope").unwrap_or(&Json::Null), below);
        let scope = within(&format!("/include/{index}/scope"), scope)?;
        if !scope.include.is_empty() && way.last().is_some_and(|step| returns(step, relation)) {
            return Err(FilterError::GoesBack { relation: relation.name });
        }
        included.retain(|other| other.relation.name != relation.name);
        included.push(Include { relation, scope });
    }
    if unknown.is_empty() { Ok(included) } else { Err(FilterError::Inclusion(unknown.join("; "))) }
}
