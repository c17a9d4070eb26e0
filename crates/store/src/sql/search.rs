//! Searches before changes: the ids of rows, and what tells whether they have changed since.

use std::sync::Arc;

use sea_query::{Condition, Expr, ExprTrait, Func, LockType, Order, Query};

use super::{Confined, Dialect, ROOT};
use crate::entity::{EntityMeta, Property};

/// Reads id and version of so many of the rows that a condition selects, in the order of their ids; with `keeps` they are kept
/// from other writers until the transaction ends.
pub(super) fn search(
    dialect: Dialect,
    meta: &'static EntityMeta,
    condition: Condition,
    limit: u64,
    properties: &[&'static Property],
    keeps: bool,
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
    if keeps && dialect.is_postgres() {
        select.lock(LockType::NoKeyUpdate);
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
