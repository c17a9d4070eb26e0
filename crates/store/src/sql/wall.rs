//! The predicates of the tenant wall: how a row is tied to its tenant, its person, and life.

use sea_query::{Expr, ExprTrait, Query};
use uuid::Uuid;

use super::Dialect;
use crate::entity::{EntityMeta, OwnerRule, TenantRule};
use crate::scope::Wall;

/// Names of the tables of nested sub-queries; a chain of parents is never longer.
const NESTED: [&str; 6] = ["w1", "w2", "w3", "w4", "w5", "w6"];

/// Which parents tie a row to the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parents {
    /// Those that are not deleted.
    Live,
    /// Deleted ones too.
    All,
}

/// The column of a `tenant_query` that names the tenant of each row. Without it a statement fails.
const QUERY_TENANT: &str = "within_tenant";

/// What ties a row of `meta`, named `table`, to the wall; `None` where the wall is open.
pub(super) fn bound(dialect: Dialect, wall: Wall, meta: &'static EntityMeta, table: &'static str) -> Option<Expr> {
    bound_at(dialect, wall, meta, table, 0, Parents::Live)
}

/// The same of all rows, whether or not what they belong to is deleted.
pub(super) fn bound_of_all(
    dialect: Dialect,
    wall: Wall,
    meta: &'static EntityMeta,
    table: &'static str,
) -> Option<Expr> {
    bound_at(dialect, wall, meta, table, 0, Parents::All)
}

/// The column that ties a row to its tenant by itself, where there is one: with it rows can be read in the order that an
/// index on it has.
pub(super) fn column(wall: Wall, meta: &EntityMeta) -> Option<(&'static str, Uuid)> {
    match (wall, meta.tenant_query, meta.tenancy) {
        (Wall::Tenant(tenant), Some(_), _) => Some((QUERY_TENANT, tenant)),
        (Wall::Tenant(tenant), None, TenantRule::Column(name)) => Some((meta.property(name)?.column, tenant)),
        _ => None,
    }
}

/// What ties a row of an entity's `tenant_query` to the tenant: the column of the membership or parent that the query is
/// made of. It spares the search for that row, which the query has found.
pub(super) fn bound_of_query(wall: Wall, meta: &EntityMeta, table: &'static str) -> Option<Expr> {
    match wall {
        Wall::Tenant(tenant) if meta.tenant_query.is_some() => Some(Expr::col((table, QUERY_TENANT)).eq(tenant)),
        _ => None,
    }
}

/// That a row is not deleted; `None` where rows cannot be.
pub(super) fn not_deleted(meta: &'static EntityMeta, table: &'static str) -> Option<Expr> {
    // The bare negation, not a comparison with a parameter: only so do the partial indexes apply.
    meta.soft_delete.then(|| Expr::col((table, "deleted")).not())
}

/// That a row of `target`, inside the wall, has `key` in its property `foreign`.
pub(super) fn exists(
    dialect: Dialect,
    wall: Wall,
    target: &'static EntityMeta,
    foreign: &'static str,
    key: Expr,
) -> Expr {
    nested(dialect, wall, target, foreign, key, 0, Parents::Live)
}

/// The same of a row that may be deleted.
pub(super) fn exists_of_all(
    dialect: Dialect,
    wall: Wall,
    target: &'static EntityMeta,
    foreign: &'static str,
    key: Expr,
) -> Expr {
    nested(dialect, wall, target, foreign, key, 0, Parents::All)
}

fn bound_at(
    dialect: Dialect,
    wall: Wall,
    meta: &'static EntityMeta,
    table: &'static str,
    depth: usize,
    parents: Parents,
) -> Option<Expr> {
    let column = |name: &str| meta.property(name).map(|property| Expr::col((table, property.column)));
    let nothing = || Some(Expr::cust("FALSE"));
    match wall {
        Wall::Open => None,
        Wall::Tenant(tenant) => match meta.tenancy {
            TenantRule::Itself => Some(Expr::col((table, meta.id().column)).eq(tenant)),
            TenantRule::Column(name) => column(name).map(|column| column.eq(tenant)).or_else(nothing),
            TenantRule::Through { local, foreign, via } => {
                column(local).map(|key| nested(dialect, wall, via(), foreign, key, depth, parents)).or_else(nothing)
            }
            TenantRule::Global { .. } => nothing(),
        },
        Wall::Person(person) => match meta.owner {
            Some(OwnerRule::Column(name)) => column(name).map(|column| column.eq(person)).or_else(nothing),
            Some(OwnerRule::Through { local, foreign, via }) => {
                column(local).map(|key| nested(dialect, wall, via(), foreign, key, depth, parents)).or_else(nothing)
            }
            None => nothing(),
        },
    }
}

fn nested(
    dialect: Dialect,
    wall: Wall,
    via: &'static EntityMeta,
    foreign: &str,
    key: Expr,
    depth: usize,
    parents: Parents,
) -> Expr {
    let (Some(table), Some(foreign)) = (NESTED.get(depth).copied(), via.property(foreign)) else {
        return Expr::cust("FALSE");
    };
    let mut select = Query::select();
    select
        .expr(Expr::cust("1"))
        .from(dialect.source(Wall::Open, via, table))
        .and_where(Expr::col((table, foreign.column)).eq(key));
    if let Some(not_deleted) = not_deleted(via, table).filter(|_| parents == Parents::Live) {
        select.and_where(not_deleted);
    }
    if let Some(bound) = bound_at(dialect, wall, via, table, depth + 1, parents) {
        select.and_where(bound);
    }
    Expr::exists(select)
}
