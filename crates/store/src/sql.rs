//! Statements from metadata: [`Confined`] is the only kind that a session executes, and its constructor builds the wall in.

mod erase;
mod find;
mod insert;
mod operation;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
pub(crate) mod predicate;
mod search;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
mod template;
pub(crate) mod veil;
mod wall;
mod write;

use std::fmt::Write as _;
use std::sync::Arc;

use sea_query::{
    Condition, Expr, IntoTableRef, LockType, PostgresQueryBuilder, Query, SelectStatement, SqliteQueryBuilder, TableRef,
};

pub use self::erase::Doomed;
use self::find::{Columns, Ordering, find};
pub(crate) use self::operation::{Keeps, Operation, Parents};
use crate::entity::{EntityMeta, Property};
use crate::filter::Predicate;
use crate::meter::Meter;
use crate::record::Record;
use crate::schema_name::{self, SchemaName};
use crate::scope::Wall;
use crate::slow::Watch;
use crate::value::Value;

/// The SQL that a statement is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `PostgreSQL` 15 or newer, with the tables in this schema.
    Postgres(SchemaName),
    /// `SQLite` 3.45 or newer.
    Sqlite,
}

impl Dialect {
    /// Whether it is that of `PostgreSQL`.
    pub(crate) fn is_postgres(self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Where the rows of an entity are read from.
    fn source(self, wall: Wall, meta: &EntityMeta, name: &'static str) -> TableRef {
        let Some(query) = Self::query(wall, meta) else { return self.table(meta).alias(name) };
        let query = match self {
            Self::Postgres(schema) => schema.query(query),
            Self::Sqlite => schema_name::on_sqlite(query),
        };
        // sea-query has no text for a whole sub-query; one expression after SELECT is as good.
        TableRef::SubQuery(Query::select().expr(Expr::cust(query)).take().into(), name.into())
    }

    /// What stands for the entity's table, if something does.
    fn query(wall: Wall, meta: &EntityMeta) -> Option<&'static str> {
        match wall {
            Wall::Tenant(_) => meta.tenant_query.or(meta.query),
            Wall::Person(_) | Wall::Open => meta.query,
        }
    }

    /// The table of an entity; qualified where schemas exist, so that no search path can redirect it.
    fn table(self, meta: &EntityMeta) -> TableRef {
        match self {
            Self::Postgres(schema) => (schema.as_str(), meta.table).into_table_ref(),
            Self::Sqlite => meta.table.into_table_ref(),
        }
    }
}

/// Name of the statement's own table; the wall's sub-queries use further ones.
const ROOT: &str = "t0";

/// How much a statement may have to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effort {
    /// One row, known by its id, or no row at all.
    One,
    /// Few rows, so that others may wait behind it; unless it finds none, and no index helps.
    Few,
    /// Any number of rows.
    Many,
    /// Any number of rows, and in each it looks for patterns or into JSON.
    Heavy,
}

/// A statement that reaches no row outside its wall.
#[derive(Debug)]
pub(crate) struct Confined {
    /// The text.
    pub(crate) sql: String,
    /// Bound values in order.
    pub(crate) values: Vec<sea_query::Value>,
    /// The table whose rows it reads or writes.
    pub(crate) table: &'static str,
    /// How much it may have to look at.
    pub(crate) effort: Effort,
    /// Whether it touches a row or fails: an insertion that asks for nothing else to be there. (A trigger that silently
    /// leaves out rows would make this wrong; there is none.)
    pub(crate) is_certain: bool,
    /// How many rows it writes where it does what it should; where fewer, it counts as one that touches none.
    pub(crate) least: u64,
    /// Whether each row ends with its veil, which [`veil::lay`] must lay on it.
    pub(crate) is_veiled: bool,
    /// The properties that each row of the answer holds.
    pub(crate) projection: Arc<[&'static Property]>,
}

/// The rows of a statement, and the meter that has counted them.
pub(crate) type Counted = (Vec<Vec<Value>>, Meter);

/// What comes of a statement that reads.
pub(crate) enum Queried {
    /// Its rows.
    Rows(Counted),
    /// Nothing: it is slow, and must wait for a place among those that are.
    Ended(Meter, Watch),
}

/// A statement that reads within a transaction.
pub(crate) struct Question {
    /// The statement.
    pub(crate) statement: Arc<Confined>,
    /// What counts its rows.
    pub(crate) meter: Meter,
}

/// How the last statements of a transaction end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommitPolicy {
    /// It is committed.
    Commit,
    /// It is committed if each of them touched a row, and rolled back else.
    CommitIfEachTouches,
}

impl CommitPolicy {
    /// Whether a transaction is committed whose last statements touched so many rows each.
    pub(crate) fn commits(self, touched: &[u64]) -> bool {
        self == Self::Commit || !touched.contains(&0)
    }

    /// Whether it is known to be a commit before the statements are carried out, unless one fails.
    pub(crate) fn is_settled(self, statements: &[Confined]) -> bool {
        self == Self::Commit || statements.iter().all(|statement| statement.is_certain)
    }
}

impl Confined {
    /// Builds a statement; there is no way to one but this, [`Self::insertions`], and what a purge needs (`erase.rs`). `said`: what the audit log says of it on
    /// `PostgreSQL`, if it writes.
    pub(crate) fn new(
        dialect: Dialect,
        wall: Wall,
        meta: &'static EntityMeta,
        said: Option<&str>,
        operation: Operation<'_>,
    ) -> Self {
        match template::of_one(dialect, wall, meta, &operation) {
            Some(known) => {
                // In whatever test reads a row.
                debug_assert_eq!(known, Self::built(dialect, wall, meta, said, operation));
                known
            }
            None => Self::built(dialect, wall, meta, said, operation),
        }
    }

    /// Builds the statements that insert rows, in their order.
    pub(crate) fn insertions<'a>(
        dialect: Dialect,
        wall: Wall,
        said: Option<&str>,
        rows: impl Iterator<Item = (&'static EntityMeta, &'a Record)>,
    ) -> Vec<Self> {
        insert::insertions(dialect, wall, said, rows)
    }

    fn built(
        dialect: Dialect,
        wall: Wall,
        meta: &'static EntityMeta,
        said: Option<&str>,
        operation: Operation<'_>,
    ) -> Self {
        let predicate = operation.predicate();
        let is_of_one = predicate.is_some_and(|predicate| predicate.names(meta.id()));
        let is_heavy = predicate.is_some_and(|predicate| !predicate.is_light());
        let statement = Self::build(dialect, wall, meta, said, operation);
        let effort = match statement.effort {
            // Of one row, too: a pattern can take as long on it as on many.
            _ if is_heavy => Effort::Heavy,
            _ if is_of_one => Effort::One,
            other => other,
        };
        Self { table: meta.table, effort, ..statement }
    }

    fn build(
        dialect: Dialect,
        wall: Wall,
        meta: &'static EntityMeta,
        said: Option<&str>,
        operation: Operation<'_>,
    ) -> Self {
        match operation {
            Operation::Find { filter, projection, limit, parents } => {
                let rows = Rows::Listed;
                let select = Query::select()
                    .from(dialect.source(wall, meta, ROOT))
                    .cond_where(confine(dialect, wall, meta, filter.rows().as_deref(), rows))
                    .take();
                let order = Ordering::of(dialect, wall, meta, filter, parents.as_ref());
                let is_veiled = Dialect::query(wall, meta).is_some() && veil::is_over(&projection);
                find(dialect, select, filter, Columns { projection, is_veiled }, limit, parents, &order)
            }
            Operation::Count { predicate } => {
                let select = Query::select()
                    .expr(Expr::cust("COUNT(*)"))
                    .from(dialect.source(wall, meta, ROOT))
                    .cond_where(confine(dialect, wall, meta, predicate, Rows::Read))
                    .take();
                Self::select(dialect, &select, Arc::new([]))
            }
            Operation::CountBy { property } => {
                let select = Query::select()
                    .column((ROOT, property.column))
                    .expr(Expr::cust("COUNT(*)"))
                    .from(dialect.source(wall, meta, ROOT))
                    .cond_where(confine(dialect, wall, meta, None, Rows::Read))
                    .group_by_col((ROOT, property.column))
                    .take();
                Self::select(dialect, &select, Arc::new([property]))
            }
            Operation::Lock { id, shared } => {
                let by_id = Predicate::equals(meta.id(), id.clone());
                let mut select = Query::select();
                select.column((ROOT, meta.id().column)).from(dialect.source(wall, meta, ROOT)).cond_where(confine(
                    dialect,
                    wall,
                    meta,
                    Some(&by_id),
                    Rows::Read,
                ));
                if dialect.is_postgres() {
                    // Not stronger: rows that refer to this one can still be inserted.
                    select.lock(if shared { LockType::Share } else { LockType::NoKeyUpdate });
                }
                Self { effort: Effort::One, ..Self::select(dialect, &select, Arc::new([])) }
            }
            Operation::Search { predicate, limit, properties, keeps } => {
                let condition = confine(dialect, wall, meta, predicate, Rows::Written);
                search::search(dialect, meta, condition, limit, properties, keeps)
            }
            Operation::Update { predicate, values } => {
                let condition = confine(dialect, wall, meta, predicate, Rows::Written);
                write::update(dialect, wall, meta, said, values, condition)
            }
            Operation::Destroy { predicate } => {
                write::destroy(dialect, meta, said, confine(dialect, wall, meta, predicate, Rows::Written))
            }
        }
    }

    /// Keeps others who name one of these texts waiting until the transaction ends; `None` where there is one writer anyway.
    pub(crate) fn serialize(dialect: Dialect, texts: &[String]) -> Option<Self> {
        let Dialect::Postgres(schema) = dialect else { return None };
        let named = |text: &String| Self::named(schema, text);
        let (sql, value) = match texts {
            [only] => ("SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0)) IS NULL", named(only).into()),
            // In order, or two that name the same texts could wait for each other.
            several => (
                "SELECT count(pg_advisory_xact_lock(hashtextextended(named, 0))) \
                 FROM (SELECT DISTINCT named FROM unnest($1::text[]) AS named ORDER BY named) AS texts",
                predicate::array_of(&several.iter().map(|text| Value::Text(named(text))).collect::<Vec<_>>()),
            ),
        };
        let lock = Self::plain(sql.to_owned(), vec![value], Arc::new([]));
        Some(Self { effort: Effort::One, ..lock })
    }

    /// Keeps others who name this text off until the transaction ends, and answers a row; none where somebody else does that
    /// already. `None` where there is one writer anyway.
    pub(crate) fn try_serialize(dialect: Dialect, text: &str) -> Option<Self> {
        let Dialect::Postgres(schema) = dialect else { return None };
        let sql = "SELECT 1 WHERE pg_try_advisory_xact_lock(hashtextextended($1::text, 0))";
        let lock = Self::plain(sql.to_owned(), vec![Self::named(schema, text).into()], Arc::new([]));
        Some(Self { effort: Effort::One, ..lock })
    }

    /// What is locked for a text. Locks are the database's: who works in another schema is not in our way.
    fn named(schema: SchemaName, text: &str) -> String {
        if schema == SchemaName::MAIN { text.to_owned() } else { format!("{schema}.{text}") }
    }

    /// What the triggers of the audit log write, of no line: whether it is there.
    pub(crate) fn of_audit_log(dialect: Dialect) -> Self {
        const LINES: &str = "SELECT operation_name, table_name, log_type, entity_id, user_id, \"before\", \"after\", changed_secrets, \
                             position, tenant_id, actor_kind, request_id, client_address, reason FROM logs.audit_logs WHERE FALSE";
        let sql = match dialect {
            Dialect::Postgres(schema) => schema.text(LINES).to_owned(),
            Dialect::Sqlite => LINES.replace("logs.", ""),
        };
        Self::plain(sql, Vec::new(), Arc::new([]))
    }

    /// The last position that a line of the audit log has taken, and on `PostgreSQL` who may hold one whose line is not there
    /// yet: whoever inserts one has locked the log before. The list is made after the position is read, since it asks for it.
    pub(crate) fn of_positions(dialect: Dialect) -> Self {
        const POSTGRES: &str = "SELECT CASE WHEN p.is_called THEN p.last_value ELSE 0 END, ARRAY( \
                                  SELECT l.virtualtransaction FROM pg_catalog.pg_locks AS l \
                                  WHERE p.last_value IS NOT NULL AND l.locktype = 'relation' \
                                    AND l.relation = 'logs.audit_logs'::regclass AND l.mode = 'RowExclusiveLock' AND l.granted \
                                    AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())) \
                                FROM logs.audit_positions AS p";
        const SQLITE: &str = "SELECT max((SELECT last FROM audit_positions), coalesce( \
                                (SELECT position FROM audit_logs WHERE position > 0 ORDER BY position DESC LIMIT 1), 0))";
        let sql = match dialect {
            Dialect::Postgres(schema) => schema.text(POSTGRES),
            Dialect::Sqlite => SQLITE,
        };
        Self { table: "audit_logs", ..Self::plain(sql.to_owned(), Vec::new(), Arc::new([])) }
    }

    /// A statement by hand.
    #[cfg(test)]
    pub(crate) fn by_hand(sql: &str, table: &'static str) -> Self {
        Self { table, ..Self::plain(sql.to_owned(), Vec::new(), Arc::new([])) }
    }

    /// A statement of which nothing is known.
    fn plain(sql: String, values: Vec<sea_query::Value>, projection: Arc<[&'static Property]>) -> Self {
        Self { sql, values, table: "", effort: Effort::Many, is_certain: false, least: 1, is_veiled: false, projection }
    }

    /// A selection of so many rows at most. `PostgreSQL` plans a prepared statement once for all values only where it
    /// knows the limit: bound, it would count on a tenth of the table, and plan again at each call (ADR 17).
    fn limited(
        dialect: Dialect,
        mut select: SelectStatement,
        projection: Arc<[&'static Property]>,
        limit: u64,
    ) -> Self {
        if dialect == Dialect::Sqlite {
            return Self::select(dialect, select.limit(limit), projection);
        }
        let mut statement = Self::select(dialect, &select, projection);
        // Writing to a string cannot fail.
        let _ = write!(statement.sql, " LIMIT {limit}");
        statement
    }

    fn select(dialect: Dialect, select: &SelectStatement, projection: Arc<[&'static Property]>) -> Self {
        let (sql, values) = match dialect {
            Dialect::Postgres(_) => select.build(PostgresQueryBuilder),
            Dialect::Sqlite => select.build(SqliteQueryBuilder),
        };
        Self::plain(sql, values.0, projection)
    }
}

/// Where the rows of a statement come from.
#[derive(Clone, Copy)]
enum Rows {
    /// From [`Dialect::source`].
    Read,
    /// From there, in an order.
    Listed,
    /// From the table.
    Written,
}

/// The one place where a condition meets the wall: tenant AND not deleted AND the user's predicate,
/// so that an `or` in the last cannot reach past the others.
fn confine(
    dialect: Dialect,
    wall: Wall,
    meta: &'static EntityMeta,
    predicate: Option<&Predicate>,
    rows: Rows,
) -> Condition {
    let plain = match rows {
        Rows::Read | Rows::Listed => wall::bound_of_query(wall, meta, ROOT),
        Rows::Written => None,
    };
    let plain = plain.or_else(|| wall::bound(dialect, wall, meta, ROOT));
    let conditions = |parts: &[&Predicate]| {
        parts.iter().fold(Condition::all(), |all, part| all.add(predicate::condition(dialect, ROOT, part)))
    };
    let parts = predicate.map(Predicate::conjuncts).unwrap_or_default();
    let (light, heavy): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| plain.is_none() || part.is_light());
    let mut own = conditions(&light);
    if let Some(plain) = plain.as_ref().filter(|_| !heavy.is_empty()) {
        // What takes long is asked of rows behind the wall only. Else the database may ask it first, and of every row: the time
        // that it takes would grow with the rows of others, and tell of them.
        let behind: Expr = Expr::case(plain.clone(), conditions(&heavy)).finally(Expr::cust("FALSE")).into();
        own = own.add(behind);
    }
    let bound = match rows {
        Rows::Listed if let Some((column, tenant)) = wall::column(wall, meta) => {
            Some(predicate::is_only(dialect, Expr::col((ROOT, column)), &Value::Uuid(tenant)))
        }
        _ => plain,
    };
    let mut all = Condition::all();
    if let Some(bound) = bound {
        all = all.add(bound);
    }
    if let Some(not_deleted) = wall::not_deleted(meta, ROOT) {
        all = all.add(not_deleted);
    }
    if predicate.is_some() { all.add(own) } else { all }
}

#[cfg(test)]
mod tests {
    use sea_query::{Expr, PostgresQueryBuilder, Query};
    use uuid::Uuid;

    use super::{Dialect, predicate};
    use crate::schema_name::SchemaName;
    use crate::value::Value;

    #[test]
    fn the_only_tenant_is_bound_and_not_written() {
        let dialect = Dialect::Postgres(SchemaName::MAIN);
        let only = predicate::is_only(dialect, Expr::col("tenant_id"), &Value::Uuid(Uuid::nil()));
        let (sql, values) = Query::select().expr(Expr::cust("1")).and_where(only).build(PostgresQueryBuilder);
        assert_eq!(sql, r#"SELECT 1 WHERE "tenant_id" = ANY(ARRAY[ $1 ::uuid])"#);
        assert_eq!(values.0, [Uuid::nil().into()]);
    }
}
