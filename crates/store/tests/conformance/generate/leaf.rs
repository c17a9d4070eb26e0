//! Conditions on one property: every operator, with values of the rows in the spellings that coercion accepts.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::schema;
use user_tenant_filter_evaluator::{Row, Type};

/// Paths into `data`; the last two find nothing.
const PATHS: [&str; 6] = ["data.a", "data.o.b", "data.it's", "data.Clé 1", "data.a.b", "data.q\"t"];

/// One condition on one property, as a `where` object.
pub(super) fn leaf(rows: &[Row]) -> BoxedStrategy<Value> {
    let mut choices = Vec::new();
    for (name, kind) in schema().properties {
        let values = rows.iter().filter_map(|row| row.get(name)).filter(|value| !value.is_null()).cloned().collect();
        choices.push(match kind {
            Type::Json => select(PATHS.to_vec())
                .prop_flat_map({
                    let rows = rows.to_vec();
                    move |path| on_property(path, Type::Text, at_path(&rows, path))
                })
                .boxed(),
            _ => on_property(name, kind, values),
        });
    }
    choices.push(null_test().prop_map(|test| json!({ "data": test })).boxed());
    select(choices).prop_flat_map(|choice| choice).boxed()
}

/// `nin` of nothing, which sets no condition.
pub(super) fn unconditional() -> impl Strategy<Value = Value> {
    select(vec!["name", "note", "number", "happenedOn", "data.a"]).prop_map(|name| json!({name: {"nin": []}}))
}

/// The scalars that a path finds in the rows.
fn at_path(rows: &[Row], path: &str) -> Vec<Value> {
    let pointer = format!("/{}", path.trim_start_matches("data.").replace('.', "/"));
    let found = rows.iter().filter_map(|row| row.get("data")?.pointer(&pointer));
    found.filter(|value| !value.is_null() && !value.is_object()).cloned().collect()
}

fn null_test() -> BoxedStrategy<Value> {
    select(vec![
        json!(null),
        json!({"eq": null}),
        json!({"neq": null}),
        json!({"exists": true}),
        json!({"exists": false}),
    ])
    .boxed()
}

fn on_property(name: &'static str, kind: Type, mut values: Vec<Value>) -> BoxedStrategy<Value> {
    values.push(match kind {
        Type::Uuid => json!("00000000-0000-4000-8000-000000000000"),
        Type::Integer => json!(7),
        Type::Boolean => json!(true),
        Type::Timestamp | Type::Date => json!("2024-01-01T00:00:00.000Z"),
        Type::TextArray => json!(["a"]),
        _ => json!("other"),
    });
    let test = match kind {
        Type::TextArray => {
            let list = select(values);
            prop_oneof![
                list.clone(),
                list.clone().prop_map(|list| json!({ "eq": list })),
                list.prop_map(|list| json!({ "neq": list })),
                null_test(),
            ]
            .boxed()
        }
        Type::Text | Type::Uuid => {
            let texts =
                values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
            prop_oneof![5 => comparison(kind, values), 4 => pattern(texts), 1 => null_test()].boxed()
        }
        _ => prop_oneof![8 => comparison(kind, values), 1 => null_test()].boxed(),
    };
    test.prop_map(move |test| json!({ name: test })).boxed()
}

/// The operators that every scalar has.
fn comparison(kind: Type, values: Vec<Value>) -> BoxedStrategy<Value> {
    let value = (select(values), 0..6).prop_map(move |(value, form)| spelled(kind, &value, form)).boxed();
    let operator = select(vec!["eq", "neq", "gt", "gte", "lt", "lte"]);
    let with_null = prop_oneof![12 => value.clone(), 1 => Just(Value::Null)];
    prop_oneof![
        2 => value.clone(),
        6 => (operator, value.clone()).prop_map(|(operator, value)| json!({ operator: value })),
        2 => vec(value.clone(), 2).prop_map(|ends| json!({ "between": ends })),
        2 => vec(with_null.clone(), 0..5).prop_map(|members| json!({ "inq": members })),
        2 => vec(with_null, 1..5).prop_map(|members| json!({ "nin": members })),
        1 => (value.clone(), value.clone()).prop_map(|(low, other)| json!({"gte": low, "neq": other})),
        1 => (value.clone(), value.clone()).prop_map(|(low, high)| json!({"lt": high, "gt": low, "exists": true})),
        1 => value.prop_map(|value| json!([value])),
    ]
    .boxed()
}

/// The same value as a client may spell it: as it is, mostly, or as coercion must accept it.
fn spelled(kind: Type, value: &Value, form: i32) -> Value {
    let text = value.as_str().unwrap_or_default();
    match (kind, form) {
        (Type::Uuid, 1) => json!(text.to_uppercase()),
        (Type::Integer | Type::Boolean, 1) => json!(value.to_string()),
        (Type::Boolean, 2) => json!(u8::from(*value == json!(true))),
        (Type::Boolean, 3) => json!(u8::from(*value == json!(true)).to_string()),
        (Type::Timestamp, 1) => json!(text.replace('Z', "+00:00")),
        (Type::Timestamp, 2) => json!(text.replace('Z', "-05:30")),
        (Type::Timestamp | Type::Date, 3) => json!(text[..10]),
        (Type::Timestamp, 4) => json!(format!("{}Z", &text[..19])),
        (Type::Text, 1) => text.parse::<i32>().map_or_else(|_| value.clone(), Value::from),
        _ => value.clone(),
    }
}

/// The `like` family and `regexp`, with patterns made of a piece of a text of the rows.
fn pattern(texts: Vec<String>) -> BoxedStrategy<Value> {
    let like = select(vec!["like", "nlike", "ilike", "nilike"]);
    let piece = (select(texts), any::<Index>(), any::<Index>()).prop_map(|(text, from, to)| {
        let chars: Vec<char> = text.chars().collect();
        let (from, to) = (from.index(chars.len() + 1), to.index(chars.len() + 1));
        (chars[..from.min(to)].is_empty(), chars[from.min(to)..from.max(to)].iter().collect::<String>(), text)
    });
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let likes = (like, piece.clone(), 0..8).prop_map(move |(operator, (_, piece, text), form)| {
        let pattern = match form {
            0 => escaped(&text),
            1 => format!("{}%", escaped(&piece)),
            2 => format!("%{}", escaped(&piece)),
            // As it is: what it holds of wildcards and escapes means something.
            3 => format!("{text}%"),
            4 => text.chars().map(|c| if c.is_alphabetic() { '_' } else { c }).chain(['%']).collect(),
            _ => format!("%{}%", escaped(&piece)),
        };
        let pattern = if operator.contains("il") { swap_case(&pattern) } else { pattern };
        json!({ operator: pattern })
    });
    let expressions = (piece, 0..9).prop_map(|((at_start, piece, text), form)| {
        let literal = literal(&piece);
        json!({ "regexp": match form {
            0 => format!("^{}$", self::literal(&text)),
            1 => format!("/{}/i", swap_case(&literal)),
            2 => format!("/{literal}/g"),
            3 => format!("(?:{literal}|\\d+)$"),
            4 => format!("^[a-m%É]+{}", if at_start { "" } else { ".*" }),
            5 => format!("({literal}){{1,2}}"),
            6 => "^\\w{2,4}$".to_owned(),
            7 => "[^\\w\\s]".to_owned(),
            _ => literal,
        } })
    });
    prop_oneof![3 => likes, 2 => expressions].boxed()
}

/// The text as a regular expression that means itself.
fn literal(text: &str) -> String {
    text.chars().flat_map(|c| ".[](){}*+?|^$\\/".contains(c).then_some('\\').into_iter().chain([c])).collect()
}

/// Each letter in its other case, where that is one letter.
fn swap_case(text: &str) -> String {
    let other = |c: char| {
        let (lower, upper): (Vec<char>, Vec<char>) = (c.to_lowercase().collect(), c.to_uppercase().collect());
        if lower[0] == c && upper.len() == 1 { upper[0] } else { lower[0] }
    };
    text.chars().map(other).collect()
}
