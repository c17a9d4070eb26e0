//! The `where` of a filter: comparisons of properties and their operators, joined by `and` and `or`.

use serde_json::{Map, Value as Json, json};

use super::literal::literal;
use super::{Parsed, list, unknown_property};
use crate::entity::{EntityMeta, Property, PropertyType};
use crate::filter::{Comparison, FilterError, Overweight, Predicate, regexp};
use crate::value::Value;

/// Deepest nesting of a predicate.
const MAX_DEPTH: usize = 32;
/// Most keys of a predicate, all levels together: each becomes a comparison, and the databases and our own
/// recursion bear only so many.
const MAX_KEYS: usize = 400;
/// Most that comparisons of patterns, of items of arrays, or inside JSON weigh: each reads the whole of a long text, again for each
/// row, and a pattern takes memory.
const MAX_HEAVY: usize = 32;
/// Most arrays in a list of them, and most items that an array is to hold: each is a comparison of its own.
const MAX_ITEMS: usize = 100;

/// Operators that take a pattern.
const PATTERNS: [&str; 5] = ["like", "nlike", "ilike", "nilike", "regexp"];

/// Reads the `where` of a filter; an empty one is no condition.
///
/// # Errors
/// [`FilterError`] names the place and the reason.
pub fn predicate(meta: &'static EntityMeta, json: &Json) -> Parsed<Option<Predicate>> {
    match json {
        Json::Null => Ok(None),
        Json::Object(object) => {
            let mut dollars = Vec::new();
            if inspect(json, 0, &mut dollars)? > MAX_KEYS {
                return Err(FilterError::Clause(format!(
                    "The where clause has more than {MAX_KEYS} keys; operators, \"and\" and \"or\" count"
                )));
            }
            if !dollars.is_empty() {
                return Err(FilterError::OperatorNotAllowed { operators: dollars, predicate: Box::new(json.clone()) });
            }
            let predicate = conjunction(meta, object, "")?;
            match predicate.as_ref().map_or(Ok(MAX_HEAVY), |predicate| predicate.weighed(MAX_HEAVY)) {
                Ok(_) => Ok(predicate),
                Err(Overweight::Together) => Err(FilterError::Clause(format!(
                    "The where clause has more than {MAX_HEAVY} patterns (like, regexp …; a large one counts as several), \
                     contains, and conditions on places inside JSON together"
                ))),
                Err(Overweight::Pattern) => {
                    Err(FilterError::Clause("A pattern of the where clause is too large".to_owned()))
                }
            }
        }
        other => Err(FilterError::Clause(format!("The where clause {other} is not an object"))),
    }
}

/// Refuses what is nested too deep, collects keys that start with `$`, and counts the keys.
fn inspect(json: &Json, depth: usize, dollars: &mut Vec<String>) -> Parsed<usize> {
    if depth > MAX_DEPTH {
        return Err(FilterError::TooDeep { limit: MAX_DEPTH });
    }
    match json {
        Json::Object(object) => object.iter().try_fold(object.len(), |keys, (key, value)| {
            if key.starts_with('$') {
                dollars.push(key.clone());
            }
            Ok(keys + inspect(value, depth + 1, dollars)?)
        }),
        Json::Array(items) => items.iter().try_fold(0, |keys, item| Ok(keys + inspect(item, depth + 1, dollars)?)),
        _ => Ok(0),
    }
}

fn conjunction(meta: &'static EntityMeta, object: &Map<String, Json>, at: &str) -> Parsed<Option<Predicate>> {
    let mut all = Vec::new();
    for (key, json) in object {
        let at = format!("{at}/{key}");
        match key.as_str() {
            "and" | "or" => {
                let mut branches = Vec::new();
                for (index, branch) in clauses(key, json)?.iter().enumerate() {
                    let Json::Object(branch) = branch else {
                        return Err(FilterError::Clause(format!(
                            "The {key} operator has invalid clauses {json}: {branch} is not an object"
                        )));
                    };
                    branches.extend(conjunction(meta, branch, &format!("{at}/{index}"))?);
                }
                match (branches.len(), key.as_str()) {
                    (0, _) => {}
                    (_, "and") => all.push(Predicate::And(branches)),
                    _ => all.push(Predicate::Or(branches)),
                }
            }
            _ => {
                let (property, path) = resolve(meta, key, &at)?;
                all.extend(
                    comparisons(property, &path, json, &at)?.into_iter().map(|comparison| Predicate::Comparison {
                        property,
                        path: path.clone(),
                        comparison,
                    }),
                );
            }
        }
    }
    Ok(match all.len() {
        0 => None,
        1 => all.pop(),
        _ => Some(Predicate::And(all)),
    })
}

/// The branches of `and` and `or`: an array, or the object with numeric keys that a long bracket list becomes.
fn clauses(key: &str, json: &Json) -> Parsed<Vec<Json>> {
    list(json).ok_or_else(|| {
        FilterError::Clause(format!(
            "The {key} operator has invalid clauses {json}: Value is not an array or object with sequential numeric indices"
        ))
    })
}

/// The property that a key names: `name`, or `configValue.a.b` for a place inside a JSON property.
fn resolve(meta: &'static EntityMeta, key: &str, at: &str) -> Parsed<(&'static Property, Vec<String>)> {
    let mut parts = key.split('.');
    let name = parts.next().unwrap_or_default();
    let path: Vec<String> = parts.map(ToOwned::to_owned).collect();
    match meta.property(name) {
        Some(property) if !property.hidden && (path.is_empty() || property.kind == PropertyType::Json) => {
            if path.iter().any(|part| part.is_empty() || part.contains('\0')) {
                Err(unknown_property(meta, key, at))
            } else {
                Ok((property, path))
            }
        }
        _ => Err(unknown_property(meta, key, at)),
    }
}

fn comparisons(property: &'static Property, path: &[String], json: &Json, at: &str) -> Parsed<Vec<Comparison>> {
    match json {
        Json::Null => Ok(vec![Comparison::Null]),
        Json::Object(operators) if operators.is_empty() => Ok(vec![Comparison::Never]),
        Json::Object(operators) => operators
            .iter()
            // Flags of a pattern, which `LoopBack` documents and `PostgreSQL` has no use for.
            .filter(|(name, _)| *name != "options" || !operators.keys().any(|name| PATTERNS.contains(&name.as_str())))
            .map(|(name, operand)| operator(property, path, name, operand, json, at))
            // To be none of nothing is no condition; in an `or` it must not let everything pass.
            .filter(|comparison| !matches!(comparison, Ok(Comparison::NotIn(values)) if values.is_empty()))
            .collect(),
        Json::Array(items) if !is_array(property, path) => match items.as_slice() {
            [only] => Ok(vec![equality(property, path, only, at)?]),
            _ => Ok(vec![Comparison::Never]),
        },
        scalar => Ok(vec![equality(property, path, scalar, at)?]),
    }
}

fn is_array(property: &Property, path: &[String]) -> bool {
    path.is_empty() && matches!(property.kind, PropertyType::TextArray | PropertyType::IntegerArray)
}

fn equality(property: &Property, path: &[String], json: &Json, at: &str) -> Parsed<Comparison> {
    Ok(match operand(property, path, json, at)? {
        Value::Null => Comparison::Null,
        value => match written(property, &value) {
            Some(written) => Comparison::In(vec![value, written]),
            None => Comparison::Equal(value),
        },
    })
}

/// The literal in the form of its property, where that is another text.
fn written(property: &Property, literal: &Value) -> Option<Value> {
    property.form.and_then(|form| form.read(literal))
}

/// Reads an operand as a value of the property; inside JSON everything is compared as text.
fn operand(property: &Property, path: &[String], json: &Json, at: &str) -> Parsed<Value> {
    let kind = if path.is_empty() { property.kind } else { PropertyType::Text };
    if kind == PropertyType::Json && !json.is_null() {
        return Err(wrong_type(at, "must name a path inside the JSON property, or be null", "path"));
    }
    literal(kind, json).map_err(|error| wrong_type(at, &error.to_string(), error.expected))
}

fn wrong_type(at: &str, message: &str, expected: &str) -> FilterError {
    FilterError::Invalid {
        path: at.to_owned(),
        code: "type",
        message: message.to_owned(),
        info: Box::new(json!({ "type": expected })),
    }
}

fn operator(
    property: &'static Property,
    path: &[String],
    name: &str,
    json: &Json,
    clause: &Json,
    at: &str,
) -> Parsed<Comparison> {
    let value = |json: &Json| operand(property, path, json, at);
    let invalid = |reason: &str| {
        FilterError::Clause(format!("The {} property has invalid clause {clause}: {reason}", property.name))
    };
    // What is only a part of a name has no form, but no capital letters either.
    let has_capitals = property.form.is_none_or(|form| !form.is_lower_case);
    let in_form = |value: Value| match value {
        Value::Text(text) if !has_capitals => Value::Text(text.to_lowercase()),
        other => other,
    };
    let ordered = |compare: fn(Value) -> Comparison| {
        value(json).map(|value| if value == Value::Null { Comparison::Never } else { compare(in_form(value)) })
    };
    if is_array(property, path) && !matches!(name, "eq" | "neq" | "inq" | "nin" | "exists" | "contains") {
        return Err(wrong_type(at, "can only be compared as a whole, or with contains, since it is an array", "array"));
    }
    match name {
        "contains" if is_array(property, path) => match value(json)? {
            Value::TextArray(items) if items.len() > MAX_ITEMS => Err(too_many("items", invalid)),
            Value::IntegerArray(items) if items.len() > MAX_ITEMS => Err(too_many("items", invalid)),
            Value::TextArray(items) => Ok(Comparison::HoldsAll(items.into_iter().map(Value::Text).collect())),
            Value::IntegerArray(items) => Ok(Comparison::HoldsAll(items.into_iter().map(Value::Integer).collect())),
            _ => Ok(Comparison::Never),
        },
        "eq" => equality(property, path, json, at),
        "neq" => value(json).map(|value| match written(property, &value) {
            _ if value == Value::Null => Comparison::NotNull,
            Some(written) => Comparison::NotIn(vec![value, written]),
            None => Comparison::NotEqual(value),
        }),
        "gt" => ordered(Comparison::Greater),
        "gte" => ordered(Comparison::GreaterOrEqual),
        "lt" => ordered(Comparison::Less),
        "lte" => ordered(Comparison::LessOrEqual),
        "between" => {
            let ends =
                list(json).ok_or_else(|| invalid("Value is not an array or object with sequential numeric indices"))?;
            match ends.as_slice() {
                [low, high] => match (value(low)?, value(high)?) {
                    (Value::Null, _) | (_, Value::Null) => Ok(Comparison::Never),
                    (low, high) => Ok(Comparison::Between(in_form(low), in_form(high))),
                },
                other => Err(invalid(&format!("Expected precisely 2 values, received {}", other.len()))),
            }
        }
        "inq" | "nin" => {
            let items = match json {
                Json::Array(items) => items.clone(),
                other => list(other)
                    .ok_or_else(|| invalid("Value is not an array or object with sequential numeric indices"))?,
            };
            if is_array(property, path) && items.len() > MAX_ITEMS {
                return Err(too_many("arrays", invalid));
            }
            let mut values = items.iter().map(value).collect::<Parsed<Vec<_>>>()?;
            values.extend(values.iter().filter_map(|value| written(property, value)).collect::<Vec<_>>());
            Ok(if name == "inq" { Comparison::In(values) } else { Comparison::NotIn(values) })
        }
        "like" | "nlike" | "ilike" | "nilike" => {
            textual(property, path, at)?;
            let Json::String(pattern) = json else { return Err(invalid("Expected a string or RegExp")) };
            let pattern = if has_capitals { pattern.clone() } else { pattern.to_lowercase() };
            Ok(Comparison::Like {
                pattern: regexp::like_pattern(&pattern)
                    .ok_or_else(|| invalid("a pattern has at most 1000 bytes and no NUL character"))?,
                insensitive: name.ends_with("ilike"),
                negated: name.starts_with('n'),
            })
        }
        "regexp" => {
            textual(property, path, at)?;
            let Json::String(pattern) = json else { return Err(invalid("Expected a string or RegExp")) };
            let (pattern, insensitive) = regexp::parse(pattern).map_err(|reason| invalid(&reason))?;
            Ok(Comparison::Regexp { pattern, insensitive })
        }
        "exists" => match json {
            Json::Bool(true) => Ok(Comparison::NotNull),
            Json::Bool(false) => Ok(Comparison::Null),
            Json::String(text) if text == "true" => Ok(Comparison::NotNull),
            Json::String(text) if text == "false" => Ok(Comparison::Null),
            _ => Err(wrong_type(&format!("{at}/exists"), "must be a boolean", "boolean")),
        },
        _ => Err(FilterError::Invalid {
            path: format!("{at}/{name}"),
            code: "unknownOperator",
            message: "is not an operator".to_owned(),
            info: Box::new(json!({ "operator": name })),
        }),
    }
}

fn too_many(what: &str, invalid: impl Fn(&str) -> FilterError) -> FilterError {
    invalid(&format!("at most {MAX_ITEMS} {what} are compared"))
}

/// Patterns are for text and ids; of other types the databases print different text.
fn textual(property: &Property, path: &[String], at: &str) -> Parsed<()> {
    if !path.is_empty() || matches!(property.kind, PropertyType::Text | PropertyType::Uuid) {
        Ok(())
    } else {
        Err(wrong_type(at, "can be matched with a pattern only if it is text or an id", "string"))
    }
}
