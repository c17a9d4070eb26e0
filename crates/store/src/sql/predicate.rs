//! A checked predicate to a condition: one arm an operator, with the few places where the dialects differ.

use std::collections::HashSet;

use sea_query::extension::postgres::PgBinOper;
use sea_query::{ArrayType, Condition, Expr, ExprTrait, Func};

use super::Dialect;
use crate::entity::{Property, PropertyType};
use crate::filter::{Comparison, Predicate};
use crate::value::Value;

/// The condition of a predicate on the named table.
pub(crate) fn condition(dialect: Dialect, table: &'static str, predicate: &Predicate) -> Condition {
    match predicate {
        Predicate::And(branches) => {
            branches.iter().fold(Condition::all(), |all, branch| all.add(condition(dialect, table, branch)))
        }
        Predicate::Or(branches) => {
            branches.iter().fold(Condition::any(), |any, branch| any.add(condition(dialect, table, branch)))
        }
        Predicate::Comparison { property, path, comparison } => {
            let column = Expr::col((table, property.column));
            let expression = if path.is_empty() {
                self::comparison(dialect, property, column, comparison)
            } else {
                comparison_at_path(dialect, column, path, comparison)
            };
            Condition::all().add(expression)
        }
    }
}

/// `column IN (…)` as one parameter, so that the statement's text does not depend on the length of the list.
pub(crate) fn is_in(dialect: Dialect, column: Expr, values: &[Value]) -> Expr {
    if values.iter().any(is_array) {
        // An array of arrays would be one of more dimensions.
        let each = values.iter().map(|value| column.clone().eq(bind(value)));
        return each.reduce(ExprTrait::or).unwrap_or_else(|| Expr::cust("FALSE"));
    }
    match dialect {
        Dialect::Postgres(_) => column.eq(Func::cust("ANY").arg(array(values))),
        Dialect::Sqlite => column.in_subquery(json_list(values)),
    }
}

/// `column = $1` for the column that a list is read by, in a form after which `PostgreSQL` takes the column's place in an
/// order seriously (ADR 19). What is no id is compared plainly.
pub(crate) fn is_only(dialect: Dialect, column: Expr, value: &Value) -> Expr {
    match (dialect, value) {
        (Dialect::Postgres(_), Value::Uuid(id)) => {
            // In pieces, since the builder takes what stands in brackets for a quoted name.
            let array = [Expr::cust("ARRAY["), Expr::val(*id), Expr::cust("::uuid]")];
            column.eq(Func::cust("ANY").arg(Expr::cust_with_exprs("$1 $2 $3", array)))
        }
        _ => column.eq(bind(value)),
    }
}

/// That an array column holds each of these. A column that is null holds nothing, not even nothing.
fn holds_all(dialect: Dialect, column: Expr, items: &[Value]) -> Expr {
    match dialect {
        Dialect::Postgres(_) => {
            // The numbers of an array of numbers are texts after the cast.
            let texts: Vec<Value> = items.iter().filter_map(Value::to_key).map(Value::Text).collect();
            column.cast_as("text[]").binary(PgBinOper::Contains, array(&texts))
        }
        Dialect::Sqlite => {
            // Counted, since a comparison for each would be an expression as deep as there are items.
            let keys: HashSet<String> = items.iter().filter_map(Value::to_key).collect();
            let mut held = sea_query::Query::select();
            held.expr(Func::count_distinct(Expr::col(("held", "value"))))
                .from_function(Func::cust("json_each").arg(column.clone()), "held")
                .and_where(Expr::col(("held", "value")).in_subquery(json_list(items)));
            let counted = Expr::SubQuery(None, Box::new(held.into()));
            column.is_not_null().and(counted.eq(i64::try_from(keys.len()).unwrap_or(i64::MAX)))
        }
    }
}

/// That an array column holds at least one of these.
fn holds_any(dialect: Dialect, column: Expr, items: &[Value]) -> Expr {
    match dialect {
        Dialect::Postgres(_) => column.cast_as("text[]").binary(PgBinOper::Overlap, array(items)),
        Dialect::Sqlite => {
            let mut held = sea_query::Query::select();
            held.expr(Expr::cust("1"))
                .from_function(Func::cust("json_each").arg(column), "held")
                .and_where(Expr::col(("held", "value")).in_subquery(json_list(items)));
            Expr::exists(held)
        }
    }
}

/// That a text has a character outside ASCII, without a parameter and letter by letter as the indexes of such names say
/// it: only so do they apply.
fn beyond_ascii(dialect: Dialect, column: Expr) -> Expr {
    match dialect {
        Dialect::Postgres(_) => column.binary(PgBinOper::Regex, Expr::cust("'[^[:ascii:]]'")),
        Dialect::Sqlite => {
            let bytes = Func::cust("length").arg(column.clone().cast_as("BLOB"));
            Expr::from(bytes).ne(Func::cust("length").arg(column))
        }
    }
}

fn is_not_in(dialect: Dialect, column: Expr, values: &[Value]) -> Expr {
    if values.iter().any(is_array) {
        let each = values.iter().map(|value| column.clone().ne(bind(value)));
        return each.reduce(ExprTrait::and).unwrap_or_else(|| Expr::cust("TRUE"));
    }
    match dialect {
        Dialect::Postgres(_) => column.ne(Func::cust("ALL").arg(array(values))),
        Dialect::Sqlite => column.not_in_subquery(json_list(values)),
    }
}

fn is_array(value: &Value) -> bool {
    matches!(value, Value::TextArray(_) | Value::IntegerArray(_))
}

fn array(values: &[Value]) -> Expr {
    Expr::val(array_of(values))
}

/// Texts as one parameter.
pub(crate) fn array_of(values: &[Value]) -> sea_query::Value {
    sea_query::Value::Array(ArrayType::String, Some(Box::new(values.iter().map(bind).collect())))
}

fn json_list(values: &[Value]) -> sea_query::SelectStatement {
    let list = serde_json::to_string(values).unwrap_or_else(|_| "[]".to_owned());
    let list = dates_as_stored(values).unwrap_or(list);
    sea_query::Query::select()
        .column("value")
        .from_function(Func::cust("json_each").arg(Expr::val(list)), "list")
        .take()
}

/// A date is shown with a time but stored without.
fn dates_as_stored(values: &[Value]) -> Option<String> {
    let days: Vec<_> = values
        .iter()
        .map(|value| match value {
            Value::Date(day) => Some(Some(crate::value::format_date(*day))),
            Value::Null => Some(None),
            _ => None,
        })
        .collect::<Option<_>>()?;
    serde_json::to_string(&days).ok()
}

fn comparison(dialect: Dialect, property: &Property, column: Expr, comparison: &Comparison) -> Expr {
    let as_text = |column: Expr| match (dialect, property.kind) {
        (Dialect::Postgres(_), PropertyType::Uuid) => column.cast_as("text"),
        _ => column,
    };
    match comparison {
        Comparison::Like { .. } | Comparison::Regexp { .. } => pattern(dialect, as_text(column), comparison),
        _ => {
            let is_of_arrays = matches!(property.kind, PropertyType::TextArray | PropertyType::IntegerArray);
            compare(dialect, column, comparison, is_of_arrays)
        }
    }
}

/// Tests the text at a path inside a JSON column. Objects and arrays have no text: the databases
/// would print them differently.
fn comparison_at_path(dialect: Dialect, column: Expr, path: &[String], comparison: &Comparison) -> Expr {
    let keys = match dialect {
        Dialect::Postgres(_) => Expr::val(sea_query::Value::Array(
            ArrayType::String,
            Some(Box::new(path.iter().map(|key| sea_query::Value::from(key.as_str())).collect())),
        )),
        Dialect::Sqlite => Expr::val(serde_json::to_string(path).unwrap_or_else(|_| "[]".to_owned())),
    };
    let function = |name: &'static str, column: Expr, keys: Expr| Expr::from(Func::cust(name).arg(column).arg(keys));
    let content = |column: Expr, keys: Expr| match dialect {
        Dialect::Postgres(_) => {
            let kind =
                Func::cust("jsonb_typeof").arg(function("jsonb_extract_path", column.clone(), variadic(keys.clone())));
            Expr::case(Expr::from(kind).is_in(["object", "array"]), Expr::null())
                .finally(function("jsonb_extract_path_text", column, variadic(keys)))
                .into()
        }
        Dialect::Sqlite => function("json_path_text", column, keys),
    };
    let present = |column: Expr, keys: Expr| match dialect {
        Dialect::Postgres(_) => function("jsonb_extract_path_text", column, variadic(keys)),
        Dialect::Sqlite => function("json_path_presence", column, keys),
    };
    match comparison {
        Comparison::Null => present(column, keys).is_null(),
        Comparison::NotNull => present(column, keys).is_not_null(),
        Comparison::Like { .. } | Comparison::Regexp { .. } => pattern(dialect, content(column, keys), comparison),
        _ => compare(dialect, content(column, keys), comparison, false),
    }
}

fn variadic(keys: Expr) -> Expr {
    Expr::cust_with_expr("VARIADIC $1", keys.cast_as("text[]"))
}

fn compare(dialect: Dialect, column: Expr, comparison: &Comparison, is_of_arrays: bool) -> Expr {
    match comparison {
        Comparison::Equal(value) => column.eq(bind(value)),
        Comparison::EqualInLowerCase(lower) => Expr::from(Func::lower(column)).eq(lower.as_str()),
        Comparison::HoldsAll(items) => holds_all(dialect, column, items),
        Comparison::HoldsAny(items) => holds_any(dialect, column, items),
        Comparison::NotEqual(value) => column.ne(bind(value)),
        Comparison::Greater(value) => column.gt(bind(value)),
        Comparison::GreaterOrEqual(value) => column.gte(bind(value)),
        Comparison::Less(value) => column.lt(bind(value)),
        Comparison::LessOrEqual(value) => column.lte(bind(value)),
        Comparison::Between(low, high) => column.between(bind(low), bind(high)),
        // No array is one of none, and each is none of none; what type it would be the database cannot tell of an empty list.
        Comparison::In(values) if is_of_arrays && values.iter().all(|value| !is_array(value)) => Expr::cust("FALSE"),
        Comparison::NotIn(values) if is_of_arrays && values.is_empty() => Expr::cust("TRUE"),
        Comparison::NotIn(values) if is_of_arrays && values.iter().all(|value| !is_array(value)) => Expr::cust("FALSE"),
        Comparison::In(values) => is_in(dialect, column, values),
        Comparison::NotIn(values) => is_not_in(dialect, column, values),
        Comparison::BeyondAscii => beyond_ascii(dialect, column),
        Comparison::Null => column.is_null(),
        Comparison::NotNull => column.is_not_null(),
        Comparison::Never | Comparison::Like { .. } | Comparison::Regexp { .. } => Expr::cust("FALSE"),
    }
}

fn pattern(dialect: Dialect, subject: Expr, comparison: &Comparison) -> Expr {
    match (comparison, dialect) {
        (Comparison::Like { pattern, insensitive, negated }, Dialect::Postgres(_)) => {
            let operator = match (insensitive, negated) {
                (true, true) => PgBinOper::NotILike,
                (true, false) => PgBinOper::ILike,
                (false, true) => return subject.not_like(pattern.as_str()),
                (false, false) => return subject.like(pattern.as_str()),
            };
            subject.binary(operator, Expr::val(pattern.as_str()))
        }
        (Comparison::Like { pattern, insensitive, negated }, Dialect::Sqlite) => {
            let matches = Expr::from(
                Func::cust("matches_like").arg(subject).arg(Expr::val(pattern.as_str())).arg(Expr::val(*insensitive)),
            );
            if *negated { matches.not() } else { matches }
        }
        (Comparison::Regexp { pattern, insensitive }, Dialect::Postgres(_)) => {
            let operator = if *insensitive { PgBinOper::RegexCaseInsensitive } else { PgBinOper::Regex };
            subject.binary(operator, Expr::val(pattern.as_str()))
        }
        (Comparison::Regexp { pattern, insensitive }, Dialect::Sqlite) => Func::cust("matches_regexp")
            .arg(subject)
            .arg(Expr::val(pattern.as_str()))
            .arg(Expr::val(*insensitive))
            .into(),
        _ => Expr::cust("FALSE"),
    }
}

/// The value as the query builder carries it; the drivers turn it into what the column wants.
pub(crate) fn bind(value: &Value) -> sea_query::Value {
    match value {
        Value::Null => sea_query::Value::String(None),
        Value::Boolean(flag) => (*flag).into(),
        Value::Integer(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Uuid(id) => (*id).into(),
        Value::Timestamp(at) => (*at).into(),
        Value::Date(day) => (*day).into(),
        Value::Json(json) => json.clone().into(),
        // What is no JSON goes on as it is, for the database to refuse.
        Value::JsonText(text) => {
            serde_json::from_str::<serde_json::Value>(text).map_or_else(|_| text.as_str().into(), Into::into)
        }
        Value::TextArray(items) => sea_query::Value::Array(
            ArrayType::String,
            Some(Box::new(items.iter().map(|item| item.as_str().into()).collect())),
        ),
        Value::IntegerArray(items) => sea_query::Value::Array(
            ArrayType::BigInt,
            Some(Box::new(items.iter().map(|item| (*item).into()).collect())),
        ),
    }
}
