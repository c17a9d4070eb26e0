//! The `where` of a filter: its grammar, and SQL's three-valued answers to it.

use std::cmp::Ordering;

use serde_json::Value;

use super::pattern::{Expression, Like};
use super::scalar::{Scalar, coerce, read};
use super::{Row, Schema, Type, coerce_flag};

/// Levels of nesting beyond which a `where` is refused.
const DEEPEST: usize = 32;

/// A condition on a row. `ask` answers true, false or, as SQL does for NULL, nothing (unknown).
#[derive(Debug)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Leaf(Column, Comparison),
}

/// What one operator asks of one value.
#[derive(Debug)]
pub(crate) enum Comparison {
    IsNull(bool),
    Compare(fn(Ordering) -> bool, Option<Scalar>),
    In(Vec<Option<Scalar>>),
    NotIn(Vec<Option<Scalar>>),
    Like { pattern: Like, wanted: bool },
    Matches(Expression),
}

/// A property, or what a dotted path finds inside a JSON property.
#[derive(Debug)]
pub(crate) struct Column {
    name: String,
    pub(crate) kind: Type,
    pub(crate) path: Vec<String>,
}

impl Condition {
    /// Asks the condition of `row`.
    pub(crate) fn ask(&self, row: &Row) -> Result<Option<bool>, String> {
        match self {
            Self::All(parts) => combine(parts, row, false),
            Self::Any(parts) => combine(parts, row, true),
            Self::Leaf(column, comparison) => Ok(comparison.ask(column.value(row)?.as_ref())),
        }
    }
}

/// Kleene's `and` (`decisive` false) or `or` (`decisive` true): one decisive part decides, else one unknown part leaves it unknown.
fn combine(parts: &[Condition], row: &Row, decisive: bool) -> Result<Option<bool>, String> {
    let answers = parts.iter().map(|part| part.ask(row)).collect::<Result<Vec<_>, _>>()?;
    Ok(if answers.contains(&Some(decisive)) {
        Some(decisive)
    } else if answers.contains(&None) {
        None
    } else {
        Some(!decisive)
    })
}

impl Comparison {
    fn ask(&self, value: Option<&Scalar>) -> Option<bool> {
        if let Self::IsNull(wanted) = self {
            return Some(value.is_none() == *wanted);
        }
        let value = value?;
        match self {
            Self::IsNull(_) => None,
            Self::Compare(accepts, other) => other.as_ref().map(|other| accepts(value.cmp(other))),
            Self::In(members) => among(members, value),
            Self::NotIn(members) => among(members, value).map(|inside| !inside),
            Self::Like { pattern, wanted } => Some(pattern.matches(value.text()) == *wanted),
            Self::Matches(expression) => Some(expression.matches(value.text())),
        }
    }
}

/// SQL's `IN`: unknown when the value is not a member and some member is NULL.
fn among(members: &[Option<Scalar>], value: &Scalar) -> Option<bool> {
    let found = members.iter().flatten().any(|member| member == value);
    if found || !members.contains(&None) { Some(found) } else { None }
}

impl Column {
    /// Finds the property that `name` means, or says why there is none.
    pub(crate) fn parse(schema: &Schema, name: &str) -> Result<Self, String> {
        let mut parts = name.split('.').map(str::to_owned);
        let base = parts.next().unwrap_or_default();
        let path: Vec<String> = parts.collect();
        let known = schema.properties.iter().find(|(property, _)| *property == base);
        let &(_, kind) = known.ok_or_else(|| format!("unknown property {name}"))?;
        match (kind, path.is_empty()) {
            (Type::Json, false) if path.iter().all(|key| !key.is_empty()) => {
                Ok(Self { name: base, kind: Type::Text, path })
            }
            (_, true) => Ok(Self { name: base, kind, path }),
            _ => Err(format!("{name} is not a path into JSON")),
        }
    }

    /// The value in `row`; nothing for NULL.
    pub(crate) fn value(&self, row: &Row) -> Result<Option<Scalar>, String> {
        let value = row.get(&self.name).unwrap_or(&Value::Null);
        if self.path.is_empty() {
            return read(self.kind, value);
        }
        let inner = self.path.iter().try_fold(value, |value, key| value.as_object()?.get(key));
        Ok(match inner {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(Scalar::Text(text.clone())),
            Some(other) => Some(Scalar::Text(other.to_string())),
        })
    }
}

/// Parses a `where` object; nothing when it sets no condition.
pub(crate) fn conjunction(schema: &Schema, clause: &Value, depth: usize) -> Result<Option<Condition>, String> {
    if depth == DEEPEST {
        return Err("the query object is too deep".to_owned());
    }
    let clause = clause.as_object().ok_or_else(|| format!("{clause} is not an object of conditions"))?;
    let mut parts = Vec::new();
    for (name, value) in clause {
        if name == "and" || name == "or" {
            let branches = list(value)?;
            let branches = branches.iter().filter_map(|branch| conjunction(schema, branch, depth + 1).transpose());
            let branches = branches.collect::<Result<Vec<_>, _>>()?;
            if !branches.is_empty() {
                parts.push(if name == "or" { Condition::Any(branches) } else { Condition::All(branches) });
            }
            continue;
        }
        let kind = Column::parse(schema, name)?.kind;
        let comparisons = match value {
            Value::Object(operators) if operators.is_empty() => {
                return Err(format!("{name} has no operator"));
            }
            Value::Object(operators) => operators
                .iter()
                .map(|(operator, operand)| {
                    parse_comparison(kind, operator, operand).map_err(|why| format!("{name}.{operator}: {why}"))
                })
                .collect::<Result<Vec<_>, _>>()?,
            scalar => vec![parse_comparison(kind, "eq", scalar)?],
        };
        for comparison in comparisons.into_iter().flatten() {
            parts.push(Condition::Leaf(Column::parse(schema, name)?, comparison));
        }
    }
    Ok(if parts.is_empty() { None } else { Some(Condition::All(parts)) })
}

/// Parses one operator. More than one comparison means all of them, none that the operator sets no condition.
fn parse_comparison(kind: Type, operator: &str, operand: &Value) -> Result<Vec<Comparison>, String> {
    let is_list = matches!(kind, Type::TextArray | Type::IntegerArray);
    match operator {
        "exists" => {
            return Ok(vec![Comparison::IsNull(coerce_flag(operand).ok_or("expected true or false")?.eq(&false))]);
        }
        "eq" if operand.is_null() => return Ok(vec![Comparison::IsNull(true)]),
        "neq" if operand.is_null() => return Ok(vec![Comparison::IsNull(false)]),
        _ if kind == Type::Json => return Err("only comparable with null as a whole".to_owned()),
        "eq" | "neq" => {}
        _ if is_list => return Err("only comparable as a whole list".to_owned()),
        _ => {}
    }
    let one = |accepts: fn(Ordering) -> bool| match operand {
        Value::Array(members) if !is_list && members.len() == 1 => {
            Ok(vec![Comparison::Compare(accepts, coerce(kind, &members[0])?)])
        }
        Value::Array(_) if operator == "eq" && !is_list => Ok(vec![Comparison::In(Vec::new())]),
        _ => Ok(vec![Comparison::Compare(accepts, coerce(kind, operand)?)]),
    };
    let several = || list(operand)?.iter().map(|member| coerce(kind, member)).collect::<Result<Vec<_>, String>>();
    match operator {
        "eq" => one(Ordering::is_eq),
        "neq" => one(Ordering::is_ne),
        "gt" => one(Ordering::is_gt),
        "gte" => one(Ordering::is_ge),
        "lt" => one(Ordering::is_lt),
        "lte" => one(Ordering::is_le),
        "between" => match <[_; 2]>::try_from(several()?) {
            Ok([low, high]) => {
                Ok(vec![Comparison::Compare(Ordering::is_ge, low), Comparison::Compare(Ordering::is_le, high)])
            }
            Err(values) => Err(format!("expected precisely 2 values, received {}", values.len())),
        },
        "inq" => Ok(vec![Comparison::In(several()?)]),
        "nin" => {
            Ok(Some(several()?).filter(|members| !members.is_empty()).map(Comparison::NotIn).into_iter().collect())
        }
        "like" | "nlike" | "ilike" | "nilike" | "regexp" => {
            let text = operand.as_str().filter(|text| !text.contains('\0')).ok_or("expected a text without NUL")?;
            if !matches!(kind, Type::Text | Type::Uuid) {
                return Err("only for texts and ids".to_owned());
            }
            if operator == "regexp" {
                return Ok(vec![Comparison::Matches(Expression::parse(text)?)]);
            }
            let pattern = Like::parse(text, operator.ends_with("ilike"))?;
            Ok(vec![Comparison::Like { pattern, wanted: !operator.starts_with('n') }])
        }
        _ => Err("unknown operator".to_owned()),
    }
}

/// A list, or the object with sequential numeric keys that the bracket encoding makes of a long one.
fn list(value: &Value) -> Result<Vec<Value>, String> {
    match value {
        Value::Array(members) => Ok(members.clone()),
        Value::Object(members) if !members.is_empty() => (0..members.len())
            .map(|index| members.get(&index.to_string()).cloned().ok_or_else(|| format!("{value} is not a list")))
            .collect(),
        _ => Err(format!("{value} is not a list")),
    }
}
