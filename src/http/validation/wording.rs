//! AJV's English for violated keywords, and the values that it lists with each.

use serde_json::{Value, json};

/// Message and info of a violated keyword whose value in the schema is `required`.
pub(super) fn wording(keyword: &str, required: &Value) -> (String, Value) {
    let text = required.as_str().map_or_else(|| required.to_string(), str::to_owned);
    match keyword {
        "type" => {
            // A type that may also be null is named without it.
            let named = required.as_array().and_then(|types| types.first()).unwrap_or(required);
            (format!("must be {}", named.as_str().unwrap_or_default()), json!({"type": named}))
        }
        "enum" => ("must be equal to one of the allowed values".to_owned(), json!({"allowedValues": required})),
        "minimum" => (format!("must be >= {text}"), json!({"comparison": ">=", "limit": required})),
        "maximum" => (format!("must be <= {text}"), json!({"comparison": "<=", "limit": required})),
        "multipleOf" => (format!("must be multiple of {text}"), json!({"multipleOf": required})),
        "maxLength" => (format!("must NOT have more than {text} characters"), json!({"limit": required})),
        "maxItems" => (format!("must NOT have more than {text} items"), json!({"limit": required})),
        "minLength" => (format!("must NOT have fewer than {text} characters"), json!({"limit": required})),
        "pattern" => (format!("must match pattern \"{text}\""), json!({"pattern": required})),
        "format" => (format!("must match format \"{text}\""), json!({"format": required})),
        "oneOf" => ("must match exactly one schema in oneOf".to_owned(), json!({"passingSchemas": null})),
        "anyOf" => ("must match a schema in anyOf".to_owned(), json!({})),
        other => (format!("must pass \"{other}\" keyword validation"), json!({})),
    }
}

/// Message and info of a list with equal items: AJV searches from the end.
pub(super) fn duplicates(list: &Value) -> (String, Value) {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    // Looking for a pair takes the square of the length.
    let items = &items[..items.len().min(500)];
    let recurring = |i: usize| (i + 1..items.len()).find(|&j| items[j] == items[i]);
    let (i, j) = (0..items.len()).rev().find_map(|i| Some((i, recurring(i)?))).unwrap_or_default();
    (format!("must NOT have duplicate items (items ## {j} and {i} are identical)"), json!({"i": i, "j": j}))
}
