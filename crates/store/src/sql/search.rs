//! Searches before changes: the ids of rows, and what tells whether they have changed since.

use std::sync::Arc;

use sea_query::{Condition, Expr, ExprTrait, Func, LockBehavior, LockType, Order, Query};

use super::{Confined, Dialect, Keeps, ROOT};
use crate::entity::{EntityMeta, Property, PropertyType};

/// Reads id, version and length of so many of the rows that a condition selects, in the order of their ids; where they are
/// kept from other writers, no length is read.
pub(super) fn search(
    dialect: Dialect,
    meta: &'static EntityMeta,
    condition: Condition,
    limit: u64,
    properties: &[&'static Property],
    keeps: Keeps,
) -> Confined {
    let id = meta.id();
    let mut select = Query::select();
    // In order, or two that keep the same rows could wait for each other.
    select
        .column((ROOT, id.column))
        .expr(version(dialect, properties))
        .from(dialect.table(meta).alias(ROOT))
        .cond_where(condition)
        .order_by((ROOT, id.column), Order::Asc);
    match keeps {
        Keeps::Nothing => drop(select.expr(length(dialect, meta))),
        _ if !dialect.is_postgres() => {}
        Keeps::All => drop(select.lock(LockType::NoKeyUpdate)),
        Keeps::Free => drop(select.lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked)),
    }
    Confined::limited(dialect, select, Arc::new([id]), limit)
}

/// What differs once a row has changed: of `PostgreSQL` which transaction wrote it, of `SQLite` what these properties hold.
fn version(dialect: Dialect, properties: &[&'static Property]) -> Expr {
    match dialect {
        Dialect::Postgres(_) => Expr::col((ROOT, "xmin")).cast_as("text"),
        Dialect::Sqlite => {
            let columns = properties.iter().map(|property| Expr::col((ROOT, property.column)));
            Func::cust("digest").args(columns).into()
        }
    }
}

/// How many bytes the texts, documents and lists of a row have.
fn length(dialect: Dialect, meta: &'static EntityMeta) -> Expr {
    let may_be_long = |property: &&Property| {
        use PropertyType as Type;
        matches!(property.kind, Type::Text | Type::Json | Type::TextArray | Type::IntegerArray)
    };
    let length = |property: &Property| {
        let column = Expr::col((ROOT, property.column));
        let text = if dialect.is_postgres() { column.cast_as("text") } else { column };
        Expr::from(Func::coalesce([Func::cust("octet_length").arg(text).into(), Expr::val(0_i64)]))
    };
    meta.properties.iter().filter(may_be_long).map(length).fold(Expr::val(0_i64), ExprTrait::add)
}
