//! Statements that insert: on `PostgreSQL` one for many rows, since each statement is answered by itself.

use std::ptr;

use sea_query::{
    ArrayType, CommonTableExpression, Expr, ExprTrait, Func, InsertStatement, Query, SelectStatement, Value as Bound,
    WithClause,
};

use super::predicate::bind;
use super::write::{Key, names, references, statement, typed};
use super::{Confined, Dialect};
use crate::entity::{EntityMeta, Property, PropertyType, Relation, RelationKind};
use crate::record::Record;
use crate::scope::Wall;
use crate::value::Value;

/// What the rows of a statement are read from, where there are several, and its columns.
const ROWS: &str = "rows";

/// New rows of one entity, which fill the same columns.
struct Rows<'a> {
    meta: &'static EntityMeta,
    first: &'a Record,
    all: Vec<&'a Record>,
}

/// Statements that insert these rows, in this order, each behind the wall. The caller has put the tenant into the values where
/// the entity has a column for it.
pub(super) fn insertions<'a>(
    dialect: Dialect,
    wall: Wall,
    said: Option<&str>,
    rows: impl Iterator<Item = (&'static EntityMeta, &'a Record)>,
) -> Vec<Confined> {
    let mut groups: Vec<Rows<'a>> = Vec::new();
    for (meta, row) in rows {
        match groups.last_mut().filter(|group| dialect.is_postgres() && group.takes(meta, row)) {
            Some(group) => group.all.push(row),
            None => groups.push(Rows { meta, first: row, all: vec![row] }),
        }
    }
    if let [first @ .., last] = &*groups
        && !first.is_empty()
        && dialect.is_postgres()
        && wall == Wall::Open
    {
        return vec![together(dialect, said, first, last)];
    }
    groups.iter().map(|group| group.statement(dialect, wall, said)).collect()
}

/// One statement for rows of several entities, where nothing else is asked for: what rows refer to is for the constraints to
/// say, at the end of the statement.
fn together(dialect: Dialect, said: Option<&str>, first: &[Rows<'_>], last: &Rows<'_>) -> Confined {
    let mut before = WithClause::new();
    for (at, group) in first.iter().enumerate() {
        let (insert, _) = group.insert(dialect, Wall::Open, None);
        let mut part = CommonTableExpression::new();
        part.table_name(format!("part{at}")).query(insert);
        before.cte(part);
    }
    // What the audit log says must be known when triggers run, which is after all parts.
    let (insert, _) = last.insert(dialect, Wall::Open, names(dialect, said));
    Confined { is_certain: true, least: last.count(), ..statement(dialect, &before.query(insert)) }
}

impl Rows<'_> {
    /// Whether a row can be one of these: it differs, in columns with types of which there are lists. Where rows may refer to one
    /// before them, each is a statement.
    fn takes(&self, meta: &'static EntityMeta, row: &Record) -> bool {
        let first = self.first;
        let of_itself =
            |relation: &Relation| relation.kind == RelationKind::BelongsTo && ptr::eq((relation.target)(), meta);
        let same = |(one, other): (&&Property, &&Property)| ptr::eq(*one, *other);
        ptr::eq(self.meta, meta)
            && !meta.relations.iter().any(of_itself)
            && first.values != row.values
            && first.properties.len() == row.properties.len()
            && first.properties.iter().zip(row.properties.iter()).all(same)
            && row
                .properties
                .iter()
                .zip(row.values.iter().zip(&first.values))
                .all(|(property, (value, other))| value == other || list_of(property.kind).is_some())
    }

    fn count(&self) -> u64 {
        self.all.len() as u64
    }

    fn statement(&self, dialect: Dialect, wall: Wall, said: Option<&str>) -> Confined {
        let (insert, is_certain) = self.insert(dialect, wall, names(dialect, said));
        Confined { is_certain, least: self.count(), table: self.meta.table, ..statement(dialect, &insert) }
    }

    /// `INSERT … SELECT … WHERE` each referenced row exists inside the wall; and whether nothing is asked for.
    fn insert(&self, dialect: Dialect, wall: Wall, named: Option<Expr>) -> (InsertStatement, bool) {
        let first = self.first;
        let mut lists = Query::select();
        let values = first.properties.iter().zip(&first.values).enumerate();
        let columns: Vec<Expr> = values.map(|(at, value)| self.column(dialect, at, value, &mut lists)).collect();
        let several = self.all.len() > 1;
        let written = |name: &str| {
            let at = first.properties.iter().position(|property| property.name == name)?;
            let nulls = self.all.iter().filter(|row| row.values.get(at) == Some(&Value::Null)).count();
            let key = columns.get(at)?.clone();
            match nulls {
                0 => Some(Key::Of(key)),
                all if all == self.all.len() => None,
                _ => Some(Key::OrNull(key)),
            }
        };
        let checks = references(dialect, wall, self.meta, written);
        let is_certain = checks.is_empty();
        let mut insert = Query::insert();
        insert.into_table(dialect.table(self.meta)).columns(first.properties.iter().map(|property| property.column));
        let filled = if is_certain && !several {
            insert.values(first.values.iter().zip(columns).enumerate().map(|(at, (value, column))| match &named {
                Some(named) if at == 0 => Expr::case(named.clone(), column).into(),
                _ => Expr::val(bind(value)),
            }))
        } else {
            let mut select = Query::select();
            select.exprs(columns);
            if several {
                select.from_subquery(lists, ROWS);
            }
            for check in checks.into_iter().chain(named) {
                select.and_where(check);
            }
            insert.select_from(select)
        };
        debug_assert!(filled.is_ok(), "columns and values come from one list");
        (insert, is_certain)
    }

    /// What a column is filled with: one value, or where rows differ, that of each row, from a list that is added to `lists`.
    fn column(
        &self,
        dialect: Dialect,
        at: usize,
        (property, first): (&&'static Property, &Value),
        lists: &mut SelectStatement,
    ) -> Expr {
        let values = self.all.iter().filter_map(|row| row.values.get(at));
        match list_of(property.kind) {
            Some((list, kind)) if values.clone().any(|value| value != first) => {
                let values = Bound::Array(kind, Some(Box::new(values.map(bind).collect())));
                lists.expr_as(Func::cust("unnest").arg(Expr::val(values).cast_as(list)), property.column);
                Expr::col((ROWS, property.column))
            }
            _ => typed(dialect, property.kind, first),
        }
    }
}

/// The type of a list of such values, where there are lists of them.
fn list_of(kind: PropertyType) -> Option<(&'static str, ArrayType)> {
    Some(match kind {
        PropertyType::Uuid => ("uuid[]", ArrayType::Uuid),
        PropertyType::Text => ("text[]", ArrayType::String),
        PropertyType::Integer => ("int4[]", ArrayType::BigInt),
        PropertyType::Boolean => ("bool[]", ArrayType::Bool),
        PropertyType::Timestamp => ("timestamptz[]", ArrayType::TimeDateTimeWithTimeZone),
        PropertyType::Date => ("date[]", ArrayType::TimeDate),
        PropertyType::Json | PropertyType::TextArray | PropertyType::IntegerArray => return None,
    })
}
