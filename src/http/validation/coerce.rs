//! Turns what a query string can hold into the scalars that a schema wants.

use serde_json::{Number, Value, json};

/// Turns scalars into the types that the schema wants, where nothing is lost, as AJV's
/// `coerceTypes` does: `"1"` to 1, `"true"` to true, 1 to `"1"`, null to what is empty.
pub(crate) fn coerce(schema: &Value, instance: &mut Value) {
    let types: Vec<_> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        single => single.as_str().into_iter().collect(),
    };
    if !types.iter().any(|kind| has_type(instance, kind))
        && let Some(converted) = types.iter().find_map(|kind| convert(instance, kind))
    {
        *instance = converted;
    }
    match instance {
        Value::Object(entries) => {
            for (key, value) in entries {
                let known = schema["properties"].get(key);
                coerce(known.unwrap_or(&schema["additionalProperties"]), value);
            }
        }
        Value::Array(items) => {
            for item in items {
                coerce(&schema["items"], item);
            }
        }
        _ => {}
    }
    for branch in ["anyOf", "oneOf"].iter().filter_map(|keyword| schema[keyword].as_array()).flatten() {
        coerce(branch, instance);
    }
}

fn has_type(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        // A whole number in another notation (1e3) is left to `convert`.
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

fn convert(value: &Value, kind: &str) -> Option<Value> {
    match (kind, value) {
        ("string", Value::Null) => Some(json!("")),
        ("string", Value::Bool(_) | Value::Number(_)) => Some(json!(value.to_string())),
        ("number" | "integer", Value::Null) => Some(json!(0)),
        ("number" | "integer", Value::Bool(flag)) => Some(json!(i32::from(*flag))),
        ("integer", Value::Number(number)) => whole(number.as_f64()?),
        ("integer", Value::String(text)) => whole(text.trim().parse().ok()?),
        ("number", Value::String(text)) => {
            let number = text.trim().parse().ok()?;
            whole(number).or_else(|| Number::from_f64(number).map(Value::Number))
        }
        ("boolean", Value::Null) => Some(json!(false)),
        ("boolean", Value::String(text)) => text.parse().ok().map(|flag: bool| json!(flag)),
        ("boolean", Value::Number(number)) => match number.as_f64()? {
            0.0 => Some(json!(false)),
            1.0 => Some(json!(true)),
            _ => None,
        },
        _ => None,
    }
}

/// A number without fraction as a JSON integer, so that `1e3` is 1000.
fn whole(number: f64) -> Option<Value> {
    let digits = (number.fract() == 0.0).then(|| format!("{number:.0}"))?;
    digits.parse().ok().map(|number: i64| json!(number))
}
