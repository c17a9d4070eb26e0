//! Statements of a purge: rows whether or not they are deleted, and the lines of the audit log, of which values go and nothing else.

use std::sync::Arc;

use sea_query::{Condition, Expr, ExprTrait, LockType, Order, Query, SelectStatement};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::predicate::{array_of, bind, is_in};
use super::{Confined, Dialect, Effort, ROOT, wall, write};
use crate::entity::{EntityMeta, Property, TenantRule};
use crate::record::Values;
use crate::scope::Wall;
use crate::value::Value;

/// What lines of the audit log lose, on `PostgreSQL`.
const REDACT: &str = "UPDATE logs.audit_logs AS l SET \
      \"before\" = CASE WHEN jsonb_typeof(l.\"before\") = 'object' THEN coalesce((SELECT jsonb_object_agg(e.key, e.value) \
        FROM jsonb_each(l.\"before\") AS e WHERE $1::jsonb -> l.table_name ? e.key), '{}') END, \
      \"after\" = CASE WHEN jsonb_typeof(l.\"after\") = 'object' THEN coalesce((SELECT jsonb_object_agg(e.key, e.value) \
        FROM jsonb_each(l.\"after\") AS e WHERE $1::jsonb -> l.table_name ? e.key), '{}') END, \
      reason = NULL, client_address = NULL, erased_on = $2::timestamptz, \
      request_id = CASE WHEN l.request_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN l.request_id END \
    WHERE l.id ";

/// The same on `SQLite`.
const REDACT_ON_SQLITE: &str = "UPDATE audit_logs SET \
      \"before\" = CASE WHEN \"before\" IS NOT NULL THEN (SELECT json_group_object(e.key, \
        CASE e.type WHEN 'true' THEN json('true') WHEN 'false' THEN json('false') ELSE e.atom END) \
        FROM json_each(audit_logs.\"before\") AS e WHERE e.key IN (SELECT k.value \
          FROM json_each(?1) AS t, json_each(t.value) AS k WHERE t.key = audit_logs.table_name)) END, \
      \"after\" = CASE WHEN \"after\" IS NOT NULL THEN (SELECT json_group_object(e.key, \
        CASE e.type WHEN 'true' THEN json('true') WHEN 'false' THEN json('false') ELSE e.atom END) \
        FROM json_each(audit_logs.\"after\") AS e WHERE e.key IN (SELECT k.value \
          FROM json_each(?1) AS t, json_each(t.value) AS k WHERE t.key = audit_logs.table_name)) END, \
      reason = NULL, client_address = NULL, erased_on = ?2, \
      request_id = CASE WHEN request_id LIKE '________-____-____-____-____________' \
        AND length(replace(request_id, '-', '')) = 32 AND request_id NOT GLOB '*[^0-9a-f-]*' THEN request_id END \
    WHERE id ";

/// Which rows of a table are to go, whether or not they are deleted.
#[derive(Debug, Clone, Copy)]
pub enum Doomed<'a> {
    /// Those behind the tenant's wall. What they belong to may be deleted too.
    OfTenant,
    /// Those whose property holds one of these.
    Holding(&'static Property, &'a [Value]),
}

impl Confined {
    /// Reads so many rows, and keeps them from everybody else.
    pub(crate) fn doomed(
        dialect: Dialect,
        tenant: Uuid,
        meta: &'static EntityMeta,
        which: Doomed<'_>,
        also: Option<&'static Property>,
        most: u64,
    ) -> Self {
        let columns: Vec<_> = [Some(meta.id()), also].into_iter().flatten().collect();
        let mut select = Query::select();
        for property in &columns {
            select.column((ROOT, property.column));
        }
        select.from(dialect.table(meta).alias(ROOT)).cond_where(selected(dialect, tenant, meta, which));
        if matches!(which, Doomed::Holding(property, _) if property.name == meta.id().name) {
            // In one order, so that two purges that look for the same people do not wait for each other.
            select.order_by((ROOT, meta.id().column), Order::Asc);
        }
        if dialect.is_postgres() {
            // As strong as what removes them: whoever is about to refer to one is waited for, and seen.
            select.lock(LockType::Update);
        }
        let most = std::cmp::min(most, i64::MAX.unsigned_abs());
        Self { table: meta.table, ..Self::limited(dialect, select, columns.into(), most) }
    }

    /// Which of these keys rows of an entity hold in a property, beside some of them.
    pub(crate) fn holders(
        dialect: Dialect,
        meta: &'static EntityMeta,
        property: &'static Property,
        keys: &[Value],
        beside: &[Value],
    ) -> Self {
        let column = |property: &Property| Expr::col((ROOT, property.column));
        let select: SelectStatement = Query::select()
            .distinct()
            .column((ROOT, property.column))
            .from(dialect.table(meta).alias(ROOT))
            .and_where(is_in(dialect, column(property), keys))
            .and_where(is_in(dialect, column(meta.id()), beside).not())
            .take();
        Self { table: meta.table, ..Self::select(dialect, &select, Arc::new([property])) }
    }

    /// Removes those of these rows that are doomed, behind the wall.
    pub(crate) fn erase(
        dialect: Dialect,
        tenant: Uuid,
        meta: &'static EntityMeta,
        said: Option<&str>,
        which: Doomed<'_>,
        ids: &[Value],
    ) -> Self {
        let condition = selected(dialect, tenant, meta, which)
            .add(is_in(dialect, Expr::col((ROOT, meta.id().column)), ids))
            .add_option(tie(dialect, tenant, meta));
        Self { table: meta.table, ..write::destroy(dialect, meta, said, condition) }
    }

    /// Sets values of those of these rows that hold the tenant in a property.
    pub(crate) fn release(
        dialect: Dialect,
        tenant: Uuid,
        meta: &'static EntityMeta,
        said: Option<&str>,
        property: &'static Property,
        ids: &[Value],
        values: &Values,
    ) -> Self {
        let condition = Condition::all()
            .add(Expr::col((ROOT, property.column)).eq(bind(&Value::Uuid(tenant))))
            .add(is_in(dialect, Expr::col((ROOT, meta.id().column)), ids));
        Self { table: meta.table, ..write::update(dialect, Wall::Open, meta, said, values, condition) }
    }

    /// Takes values from lines about these rows of a table, so many lines at most.
    pub(crate) fn redact_rows(
        dialect: Dialect,
        kept: &Json,
        now: OffsetDateTime,
        table: &str,
        ids: &[Value],
        most: u64,
    ) -> Self {
        const POSTGRES: &str = "IN (SELECT c.id FROM logs.audit_logs AS c \
            WHERE c.entity_id = ANY($3::text[]) AND c.table_name = $4::text AND c.erased_on IS NULL LIMIT $5::bigint)";
        const SQLITE: &str = "IN (SELECT c.id FROM audit_logs AS c \
            WHERE c.entity_id IN (SELECT value FROM json_each(?3)) AND c.table_name = ?4 AND c.erased_on IS NULL LIMIT ?5)";
        let values = vec![kept.clone().into(), now.into(), array_of(ids), table.into(), number(most)];
        Self::of_lines(dialect, [REDACT, POSTGRES], [REDACT_ON_SQLITE, SQLITE], values)
    }

    /// The same of these lines.
    pub(crate) fn redact_lines(dialect: Dialect, kept: &Json, now: OffsetDateTime, ids: &[Value]) -> Self {
        const POSTGRES: &str = "= ANY($3::uuid[]) AND l.erased_on IS NULL";
        const SQLITE: &str = "IN (SELECT value FROM json_each(?3)) AND erased_on IS NULL";
        let values = vec![kept.clone().into(), now.into(), array_of(ids)];
        Self::of_lines(dialect, [REDACT, POSTGRES], [REDACT_ON_SQLITE, SQLITE], values)
    }

    /// Reads the tenant's lines behind a position.
    pub(crate) fn lines(dialect: Dialect, tenant: Uuid, behind: i64, most: u64) -> Self {
        const POSTGRES: &str = "SELECT id::text, position, erased_on IS NULL FROM logs.audit_logs \
            WHERE tenant_id = $1::uuid AND position > $2::bigint ORDER BY position LIMIT $3::bigint";
        const SQLITE: &str = "SELECT id, position, erased_on IS NULL FROM audit_logs \
            WHERE tenant_id = ?1 AND position > ?2 ORDER BY position LIMIT ?3";
        let values = vec![tenant.into(), behind.into(), number(most)];
        Self::of_lines(dialect, [POSTGRES, ""], [SQLITE, ""], values)
    }

    /// Says what went with a row in the line of its removal.
    pub(crate) fn conclude(dialect: Dialect, table: &str, id: Uuid, what: &Json, reason: Option<&str>) -> Self {
        const POSTGRES: &str = "UPDATE logs.audit_logs SET \"after\" = $1::jsonb, reason = $2::text \
            WHERE entity_id = $3::text AND table_name = $4::text AND operation_name = 'DELETE'";
        const SQLITE: &str = "UPDATE audit_logs SET \"after\" = ?1, reason = ?2 \
            WHERE entity_id = ?3 AND table_name = ?4 AND operation_name = 'DELETE'";
        let id = id.hyphenated().to_string();
        let values = vec![what.clone().into(), reason.map(ToOwned::to_owned).into(), id.into(), table.into()];
        Self::of_lines(dialect, [POSTGRES, ""], [SQLITE, ""], values)
    }

    fn of_lines(
        dialect: Dialect,
        postgres: [&'static str; 2],
        sqlite: [&'static str; 2],
        values: Vec<sea_query::Value>,
    ) -> Self {
        let sql = match dialect {
            Dialect::Postgres(schema) => postgres.map(|text| schema.text(text)).concat(),
            Dialect::Sqlite => sqlite.concat(),
        };
        Self { table: "audit_logs", effort: Effort::Many, ..Self::plain(sql, values, Arc::new([])) }
    }
}

fn number(number: u64) -> sea_query::Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

/// The rows that are doomed.
fn selected(dialect: Dialect, tenant: Uuid, meta: &'static EntityMeta, which: Doomed<'_>) -> Condition {
    let all = Condition::all();
    match which {
        Doomed::OfTenant => all.add_option(wall::bound_of_all(dialect, Wall::Tenant(tenant), meta, ROOT)),
        Doomed::Holding(property, values) => all.add(is_in(dialect, Expr::col((ROOT, property.column)), values)),
    }
}

/// What ties an erased row to the tenant, whatever ids are named. A row that tenants share is tied to none, once nothing holds it
/// any more, and what belongs to such a row goes with it.
fn tie(dialect: Dialect, tenant: Uuid, meta: &'static EntityMeta) -> Option<Expr> {
    match meta.tenancy {
        TenantRule::Through { local, foreign, via } if meta.is_shared() => {
            let key = Expr::col((ROOT, meta.property(local)?.column));
            Some(wall::exists_of_all(dialect, Wall::Open, via(), foreign, key).not())
        }
        TenantRule::Through { via, .. } if is_of_shared(via()) => None,
        TenantRule::Global { .. } => None,
        _ => wall::bound_of_all(dialect, Wall::Tenant(tenant), meta, ROOT),
    }
}

/// Whether rows are shared, or belong to such rows.
fn is_of_shared(meta: &'static EntityMeta) -> bool {
    meta.is_shared() || matches!(meta.tenancy, TenantRule::Through { via, .. } if is_of_shared(via()))
}
