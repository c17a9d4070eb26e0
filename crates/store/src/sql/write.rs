//! Statements that change and remove rows, and what all that write share: what a row refers to must lie inside the wall, checked in the same statement.

use sea_query::{
    Condition, Expr, ExprTrait, Func, PostgresQueryBuilder, Query, QueryStatementBuilder, SqliteQueryBuilder,
};

use super::predicate::bind;
use super::{Confined, Dialect, ROOT, wall};
use crate::entity::{EntityMeta, OwnerRule, PropertyType, RelationKind, TenantRule};
use crate::record::Values;
use crate::scope::Wall;
use crate::value::Value;

/// `UPDATE … WHERE` confined, and every newly referenced row exists inside the wall.
pub(super) fn update(
    dialect: Dialect,
    wall: Wall,
    meta: &'static EntityMeta,
    said: Option<&str>,
    values: &Values,
    condition: Condition,
) -> Confined {
    let mut update = Query::update();
    update.table(dialect.table(meta).alias(ROOT)).cond_where(condition);
    for (property, value) in values {
        update.value(property.column, Expr::val(bind(value)));
    }
    let written = |name: &str| values.iter().find(|(property, _)| property.name == name);
    let checks = references(dialect, wall, meta, |name| {
        let (property, value) = written(name)?;
        (*value != Value::Null).then(|| Key::Of(typed(dialect, property.kind, value)))
    });
    for check in checks.into_iter().chain(names(dialect, said)) {
        update.and_where(check);
    }
    statement(dialect, &update)
}

/// `DELETE … WHERE` confined.
pub(super) fn destroy(
    dialect: Dialect,
    meta: &'static EntityMeta,
    said: Option<&str>,
    condition: Condition,
) -> Confined {
    let mut delete = Query::delete();
    delete.from_table(dialect.table(meta).alias(ROOT)).cond_where(condition);
    if let Some(named) = names(dialect, said) {
        delete.and_where(named);
    }
    statement(dialect, &delete)
}

/// What is always true, and says to the audit log who acts, and all else of [`crate::audit::Said`], until the end of the
/// transaction, on `PostgreSQL`. Conditions and values are there before a trigger after rows runs, so that no statement has to
/// go ahead; `RETURNING` would say the same, and take a tenth of the statement's time. On `SQLite` the writer's connection knows.
pub(super) fn names(dialect: Dialect, said: Option<&str>) -> Option<Expr> {
    let said = said.filter(|_| dialect.is_postgres())?;
    // Built, and not of a text: that would be parsed each time.
    let set = Func::cust("set_config").arg(Expr::cust("'logs.actor'")).arg(said);
    Some(Expr::from(set.arg(Expr::cust("true"))).is_not_null())
}

/// What a written reference holds.
pub(super) enum Key {
    /// A key.
    Of(Expr),
    /// A key, or null: then nothing is referred to.
    OrNull(Expr),
}

/// One check for each row that the written values refer to: by a `belongsTo` relation, or as the
/// parent through which the row belongs to its tenant or its person. `written` says what a property holds, if it is written.
pub(super) fn references(
    dialect: Dialect,
    wall: Wall,
    meta: &'static EntityMeta,
    written: impl Fn(&str) -> Option<Key>,
) -> Vec<Expr> {
    if wall == Wall::Open {
        return Vec::new();
    }
    let relations = meta.relations.iter().filter(|relation| relation.kind == RelationKind::BelongsTo);
    let mut targets: Vec<_> =
        relations.map(|relation| (relation.local, relation.foreign, (relation.target)())).collect();
    if let TenantRule::Through { local, foreign, via } = meta.tenancy {
        targets.push((local, foreign, via()));
    }
    if let Some(OwnerRule::Through { local, foreign, via }) = meta.owner {
        targets.push((local, foreign, via()));
    }
    targets.sort_by_key(|(local, foreign, target)| (*local, *foreign, target.name));
    targets.dedup_by_key(|(local, foreign, target)| (*local, *foreign, target.name));
    let exists = |target, foreign, key| wall::exists(dialect, wall, target, foreign, key);
    targets
        .into_iter()
        .filter_map(|(local, foreign, target)| {
            Some(match written(local)? {
                Key::Of(key) => exists(target, foreign, key),
                Key::OrNull(key) => key.clone().is_null().or(exists(target, foreign, key)),
            })
        })
        .collect()
}

/// A parameter of known type: bare, `PostgreSQL` would take it for text here.
pub(super) fn typed(dialect: Dialect, kind: PropertyType, value: &Value) -> Expr {
    let parameter = Expr::val(bind(value));
    if dialect == Dialect::Sqlite {
        return parameter;
    }
    parameter.cast_as(match kind {
        PropertyType::Uuid => "uuid",
        PropertyType::Text => "text",
        PropertyType::Integer => "int4",
        PropertyType::Boolean => "bool",
        PropertyType::Timestamp => "timestamptz",
        PropertyType::Date => "date",
        PropertyType::Json => "jsonb",
        PropertyType::TextArray => "text[]",
        PropertyType::IntegerArray => "int4[]",
    })
}

pub(super) fn statement(dialect: Dialect, statement: &impl QueryStatementBuilder) -> Confined {
    let (sql, values) = match dialect {
        Dialect::Postgres(_) => statement.build_any(&PostgresQueryBuilder),
        Dialect::Sqlite => statement.build_any(&SqliteQueryBuilder),
    };
    Confined::plain(sql, values.0, std::sync::Arc::new([]))
}
