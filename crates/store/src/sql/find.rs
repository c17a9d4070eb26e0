//! Lists: in which order rows are read, how many of them, and the pages of an include for each parent.

use std::sync::Arc;

use sea_query::{Alias, Expr, ExprTrait, NullOrdering, Order, Query, SelectStatement};

use super::{Confined, Dialect, Effort, Parents, ROOT, predicate, veil, wall};
use crate::cursor::total_order;
use crate::entity::{EntityMeta, Property, Veil};
use crate::filter::Filter;
use crate::scope::Wall;

/// Rows over whose reading no other statement waits for long: a page of 200, and the one behind it.
const FEW: u64 = 201;

/// The number of a row among those of its parent; with spaces, since no column of an entity is named so.
const NUMBER: &str = "number in parent";

/// Completes a confined selection: what to read, in which order, how much of it.
pub(super) fn find(
    dialect: Dialect,
    mut select: SelectStatement,
    filter: &Filter,
    columns: Columns,
    limit: u64,
    parents: Option<Parents>,
    order: &Ordering,
) -> Confined {
    select.expr(columns.of(ROOT));
    let paged = filter.limit.is_some() || filter.skip > 0;
    let mut limit = limit;
    if let Some((key, values)) = parents {
        let column = Expr::col((ROOT, key.column));
        let key_is_veiled = columns.is_veiled && key.veil != Veil::None;
        match values.as_slice() {
            // Its rows are a list like any other, read in order as far as the page goes.
            [only] => {
                let is_of = predicate::is_only(dialect, column, only);
                select.and_where(if key_is_veiled { likely(is_of) } else { is_of });
                limit = filter.limit.map_or(limit, |wanted| Ord::min(wanted, limit));
            }
            several => {
                select.and_where(predicate::is_in(dialect, column, several));
                if paged {
                    return page_by_parent(dialect, select, filter, key, &order.keys, columns, limit);
                }
            }
        }
    }
    for (column, direction, nulls) in order.leading.iter().chain(&order.keys) {
        select.order_by_with_nulls((ROOT, *column), direction.clone(), *nulls);
    }
    if filter.skip > 0 {
        select.offset(filter.skip);
    }
    let effort = if limit <= FEW && filter.skip <= FEW { Effort::Few } else { Effort::Many };
    Confined { effort, ..columns.limited(dialect, select, limit) }
}

impl Confined {
    /// Makes a statement that reads rows of a table keep them as they are, too, until the transaction ends. `SQLite` has one writer
    /// at a time anyway.
    pub(crate) fn hold_rows(&mut self, dialect: Dialect) {
        if dialect.is_postgres() {
            self.sql.push_str(" FOR SHARE");
        }
    }
}

/// A condition that is taken to hold for every other row. Of an expression that hides values `PostgreSQL` expects that it
/// equals one in two hundred times, and prepares to read all persons for a page of one tenant's (ADR 28).
fn likely(condition: Expr) -> Expr {
    Expr::case(condition, Expr::cust("TRUE")).finally(Expr::cust("FALSE")).into()
}

/// What is read of each row.
pub(super) struct Columns {
    /// The properties.
    pub(super) projection: Arc<[&'static Property]>,
    /// Whether the values themselves are read, and last the veil, which [`veil::lay`] lays on them.
    pub(super) is_veiled: bool,
}

impl Columns {
    /// All columns as one expression: built one by one, those of a wide entity cost more than all the rest of a statement.
    /// Their names are the entity's own, and hold no quotation mark.
    fn of(&self, table: &str) -> Expr {
        let mut names = String::with_capacity(self.projection.len() * 32);
        let mut add = |own: &str, column: &str| {
            for part in [if names.is_empty() { "\"" } else { ", \"" }, table, "\".\"", own, column, "\""] {
                names.push_str(part);
            }
        };
        for property in self.projection.iter() {
            let own = if self.is_veiled && property.veil != Veil::None { veil::OWN } else { "" };
            add(own, property.column);
        }
        if self.is_veiled {
            add("", veil::COLUMN);
        }
        Expr::cust(names)
    }

    /// The statement that reads them.
    fn limited(self, dialect: Dialect, select: SelectStatement, limit: u64) -> Confined {
        Confined { is_veiled: self.is_veiled, ..Confined::limited(dialect, select, self.projection, limit) }
    }
}

/// A column to order by, its direction, and where its nulls stand.
type Key = (&'static str, Order, NullOrdering);

/// In which order rows are read.
pub(super) struct Ordering {
    /// What has one value in all rows: the tenant, or the only parent. It changes no order, but leaves `PostgreSQL` the
    /// indexes that begin with it, and none that would lead past the rows of others (ADR 19).
    leading: Option<Key>,
    /// The total order of the filter; nulls stand where `PostgreSQL` puts them.
    keys: Vec<Key>,
}

impl Ordering {
    /// The order of a statement within this wall; none where all rows have the same id, which is what they would be ordered
    /// by.
    pub(super) fn of(
        dialect: Dialect,
        wall: Wall,
        meta: &'static EntityMeta,
        filter: &Filter,
        parents: Option<&Parents>,
    ) -> Self {
        let is_of_one = filter.predicate.as_ref().is_some_and(|predicate| predicate.names(meta.id()));
        if is_of_one && filter.order.is_empty() && parents.is_none() {
            return Self { leading: None, keys: Vec::new() };
        }
        let keys = total_order(meta, filter).into_iter().map(|key| {
            if key.descending {
                (key.property.column, Order::Desc, NullOrdering::First)
            } else {
                (key.property.column, Order::Asc, NullOrdering::Last)
            }
        });
        let keys: Vec<Key> = keys.collect();
        let tenant = wall::column(wall, meta).map(|(column, _)| column);
        let parent = parents.filter(|(_, values)| values.len() == 1).map(|(key, _)| key.column);
        // An index is read in one direction.
        let leading = tenant.or(parent).zip(keys.first()).filter(|_| dialect.is_postgres());
        let leading = leading.map(|(column, (_, direction, nulls))| (column, direction.clone(), *nulls));
        Self { leading, keys }
    }
}

/// `limit` and `skip` of an included relation count for each parent: number the rows of each, then cut.
fn page_by_parent(
    dialect: Dialect,
    mut inner: SelectStatement,
    filter: &Filter,
    key: &'static Property,
    order: &[Key],
    columns: Columns,
    limit: u64,
) -> Confined {
    let mut window = sea_query::WindowStatement::partition_by((ROOT, key.column));
    for (column, direction, nulls) in order {
        sea_query::OrderedStatement::order_by_with_nulls(&mut window, (ROOT, *column), direction.clone(), *nulls);
    }
    inner.expr_window_as(Expr::cust("ROW_NUMBER()"), window, Alias::new(NUMBER));
    let mut outer = Query::select();
    outer.from_subquery(inner, "numbered");
    outer.expr(columns.of("numbered"));
    let first = i64::try_from(filter.skip).unwrap_or(i64::MAX);
    outer.and_where(Expr::col(("numbered", NUMBER)).gt(first));
    if let Some(size) = filter.limit {
        let last = first.saturating_add(i64::try_from(size).unwrap_or(i64::MAX));
        outer.and_where(Expr::col(("numbered", NUMBER)).lte(last));
    }
    outer.order_by(("numbered", NUMBER), Order::Asc);
    columns.limited(dialect, outer, limit)
}
