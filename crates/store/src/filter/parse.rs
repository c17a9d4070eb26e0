//! JSON to [`Filter`]: unknown properties, operators and relations are errors, so that no filter can widen a query.

use serde_json::{Map, Value as Json, json};

use super::{Filter, FilterError, Include, Order, Predicate, Test, regexp};
use crate::entity::{EntityMeta, Property, PropertyType};
use crate::value::Value;

/// Deepest nesting of a predicate.
const MAX_DEPTH: usize = 32;
/// What `limit` is when only `skip` or `offset` is given.
const LIMIT_OF_A_SKIP: u64 = 100;

type Parsed<T> = Result<T, FilterError>;

/// How deep `include` may nest, and whatever else bounds a filter.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Deepest nesting of `include`; 0 allows none.
    pub include_depth: usize,
}

/// Reads a filter of rows of `meta`. `null` and keys that are none of the filter's are ignored.
///
/// # Errors
/// [`FilterError`] names the place and the reason.
pub fn filter(meta: &'static EntityMeta, json: &Json, bounds: Bounds) -> Parsed<Filter> {
    let object = match json {
        Json::Null => return Ok(Filter::default()),
        Json::Object(object) => object,
        other => return Err(FilterError::Clause(format!("The query filter {other} is not an object"))),
    };
    let skip = match object.get("skip").filter(|json| !json.is_null()) {
        Some(json) => Some(count("skip", json)?),
        None => object.get("offset").filter(|json| !json.is_null()).map(|json| count("offset", json)).transpose()?,
    };
    let limit = object.get("limit").filter(|json| !json.is_null()).map(|json| count("limit", json)).transpose()?;
    Ok(Filter {
        predicate: within("/where", object.get("where").map_or(Ok(None), |json| predicate(meta, json)))?,
        order: object.get("order").map_or(Ok(Vec::new()), |json| order(meta, json))?,
        limit: match limit {
            Some(0) => None,
            None if skip.is_some() => Some(LIMIT_OF_A_SKIP),
            other => other,
        },
        skip: skip.unwrap_or(0),
        fields: object.get("fields").and_then(|json| fields(meta, json)),
        include: object.get("include").map_or(Ok(Vec::new()), |json| include(meta, json, bounds))?,
    })
}

/// Reads the `where` of a filter; an empty one is no condition.
///
/// # Errors
/// [`FilterError`] names the place and the reason.
pub fn predicate(meta: &'static EntityMeta, json: &Json) -> Parsed<Option<Predicate>> {
    match json {
        Json::Null => Ok(None),
        Json::Object(object) => {
            let mut dollars = Vec::new();
            inspect(json, 0, &mut dollars)?;
            if !dollars.is_empty() {
                return Err(FilterError::OperatorNotAllowed { operators: dollars, predicate: Box::new(json.clone()) });
            }
            conjunction(meta, object, "")
        }
        other => Err(FilterError::Clause(format!("The where clause {other} is not an object"))),
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

/// Refuses what is nested too deep and collects keys that start with `$`.
fn inspect(json: &Json, depth: usize, dollars: &mut Vec<String>) -> Parsed<()> {
    if depth > MAX_DEPTH {
        return Err(FilterError::TooDeep { limit: MAX_DEPTH });
    }
    match json {
        Json::Object(object) => object.iter().try_for_each(|(key, value)| {
            if key.starts_with('$') {
                dollars.push(key.clone());
            }
            inspect(value, depth + 1, dollars)
        }),
        Json::Array(items) => items.iter().try_for_each(|item| inspect(item, depth + 1, dollars)),
        _ => Ok(()),
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
                all.extend(tests(property, &path, json, &at)?.into_iter().map(|test| Predicate::Test {
                    property,
                    path: path.clone(),
                    test,
                }));
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

fn list(json: &Json) -> Option<Vec<Json>> {
    match json {
        Json::Array(items) => Some(items.clone()),
        Json::Object(object) if !object.is_empty() => {
            (0..object.len()).map(|index| object.get(&index.to_string()).cloned()).collect()
        }
        _ => None,
    }
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

fn unknown_property(meta: &EntityMeta, key: &str, at: &str) -> FilterError {
    FilterError::Invalid {
        path: at.to_owned(),
        code: "unknownProperty",
        message: format!("is not a property of {}", meta.name),
        info: Box::new(json!({ "property": key })),
    }
}

fn tests(property: &'static Property, path: &[String], json: &Json, at: &str) -> Parsed<Vec<Test>> {
    let array_valued = path.is_empty() && matches!(property.kind, PropertyType::TextArray | PropertyType::IntegerArray);
    match json {
        Json::Null => Ok(vec![Test::Null]),
        Json::Object(operators) if operators.is_empty() => Ok(vec![Test::Never]),
        Json::Object(operators) => operators
            .iter()
            .map(|(name, operand)| operator(property, path, name, operand, json, at))
            // To be none of nothing is no condition; in an `or` it must not let everything pass.
            .filter(|test| !matches!(test, Ok(Test::NotIn(values)) if values.is_empty()))
            .collect(),
        Json::Array(items) if !array_valued => match items.as_slice() {
            [only] => Ok(vec![equality(property, path, only, at)?]),
            _ => Ok(vec![Test::Never]),
        },
        scalar => Ok(vec![equality(property, path, scalar, at)?]),
    }
}

fn equality(property: &Property, path: &[String], json: &Json, at: &str) -> Parsed<Test> {
    Ok(match operand(property, path, json, at)? {
        Value::Null => Test::Null,
        value => Test::Equal(value),
    })
}

/// Reads an operand as a value of the property; inside JSON everything is compared as text.
fn operand(property: &Property, path: &[String], json: &Json, at: &str) -> Parsed<Value> {
    let kind = if path.is_empty() { property.kind } else { PropertyType::Text };
    if kind == PropertyType::Json && !json.is_null() {
        return Err(wrong_type(at, "must name a path inside the JSON property, or be null", "path"));
    }
    Value::from_json(kind, json).map_err(|error| wrong_type(at, &error.to_string(), error.expected))
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
) -> Parsed<Test> {
    let value = |json: &Json| operand(property, path, json, at);
    let invalid = |reason: &str| {
        FilterError::Clause(format!("The {} property has invalid clause {clause}: {reason}", property.name))
    };
    let ordered =
        |test: fn(Value) -> Test| value(json).map(|value| if value == Value::Null { Test::Never } else { test(value) });
    match name {
        "eq" => equality(property, path, json, at),
        "neq" => value(json).map(|value| if value == Value::Null { Test::NotNull } else { Test::NotEqual(value) }),
        "gt" => ordered(Test::Greater),
        "gte" => ordered(Test::GreaterOrEqual),
        "lt" => ordered(Test::Less),
        "lte" => ordered(Test::LessOrEqual),
        "between" => {
            let ends =
                list(json).ok_or_else(|| invalid("Value is not an array or object with sequential numeric indices"))?;
            match ends.as_slice() {
                [low, high] => match (value(low)?, value(high)?) {
                    (Value::Null, _) | (_, Value::Null) => Ok(Test::Never),
                    (low, high) => Ok(Test::Between(low, high)),
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
            let values = items.iter().map(value).collect::<Parsed<Vec<_>>>()?;
            Ok(if name == "inq" { Test::In(values) } else { Test::NotIn(values) })
        }
        "like" | "nlike" | "ilike" | "nilike" => {
            textual(property, path, at)?;
            let Json::String(pattern) = json else { return Err(invalid("Expected a string or RegExp")) };
            Ok(Test::Like {
                pattern: regexp::like_pattern(pattern)
                    .ok_or_else(|| invalid("a NUL character cannot occur in text"))?,
                insensitive: name.ends_with("ilike"),
                negated: name.starts_with('n'),
            })
        }
        "regexp" => {
            textual(property, path, at)?;
            let Json::String(pattern) = json else { return Err(invalid("Expected a string or RegExp")) };
            let (pattern, insensitive) = regexp::parse(pattern).map_err(|reason| invalid(&reason))?;
            Ok(Test::Regexp { pattern, insensitive })
        }
        "exists" => match json {
            Json::Bool(true) => Ok(Test::NotNull),
            Json::Bool(false) => Ok(Test::Null),
            Json::String(text) if text == "true" => Ok(Test::NotNull),
            Json::String(text) if text == "false" => Ok(Test::Null),
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

/// Patterns are for text and ids; of other types the databases print different text.
fn textual(property: &Property, path: &[String], at: &str) -> Parsed<()> {
    if !path.is_empty() || matches!(property.kind, PropertyType::Text | PropertyType::Uuid) {
        Ok(())
    } else {
        Err(wrong_type(at, "can be matched with a pattern only if it is text or an id", "string"))
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
    entries
        .into_iter()
        .map(|entry| {
            let mut words = entry.split_whitespace();
            let name = words.next().unwrap_or_default();
            let direction = words.next().unwrap_or("ASC");
            let descending = direction.eq_ignore_ascii_case("DESC");
            if words.next().is_some() || !(descending || direction.eq_ignore_ascii_case("ASC")) {
                return Err(FilterError::Clause(format!("The order {} has invalid direction", json!(entry.trim()))));
            }
            match meta.property(name) {
                Some(property) if !property.hidden && property.kind != PropertyType::Json => {
                    Ok(Order { property, descending })
                }
                _ => Err(unknown_property(meta, name, "/order")),
            }
        })
        .collect()
}

fn count(name: &str, json: &Json) -> Parsed<u64> {
    let number = match json {
        Json::Number(number) => number.as_u64(),
        Json::String(text) => text.parse().ok(),
        _ => None,
    };
    number
        .filter(|number| i64::try_from(*number).is_ok())
        .ok_or_else(|| FilterError::Clause(format!("The {name} parameter {json} is not valid")))
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
            let flag = |json: &Json| json.as_bool().or(json.as_str().map(|text| text != "false"));
            let listed = |at: usize| object.get(meta.properties[at].name).and_then(flag);
            let wanted = object.values().any(|json| flag(json) == Some(true));
            Some(
                visible
                    .filter(|at| if wanted { listed(*at) == Some(true) } else { listed(*at) != Some(false) })
                    .collect(),
            )
        }
        _ => None,
    }
}

fn include(meta: &'static EntityMeta, json: &Json, bounds: Bounds) -> Parsed<Vec<Include>> {
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
        let name = entry.as_str().or_else(|| entry.get("relation").and_then(Json::as_str));
        let Some(relation) = name.and_then(|name| meta.relation(name)) else {
            unknown.push(entry.to_string());
            continue;
        };
        let scope = filter((relation.target)(), entry.get("scope").unwrap_or(&Json::Null), below);
        let scope = within(&format!("/include/{index}/scope"), scope)?;
        included.retain(|other| other.relation.name != relation.name);
        included.push(Include { relation, scope });
    }
    if unknown.is_empty() { Ok(included) } else { Err(FilterError::Inclusion(unknown.join("; "))) }
}
