//! Adopting a database that another program has made: what is declared about it, as data, and the SQL of each kind of addition.

use std::collections::BTreeSet;
use std::fmt;

#[cfg(feature = "postgres")]
use crate::schema_name::SchemaName;

/// How a database of another program becomes one of this program, without losing a row or stopping the other.
#[derive(Debug, Clone, Copy)]
pub struct Adoption {
    /// A query whose rows, a text each, say what a database lacks to be adopted; no rows: it can be.
    pub differences: &'static str,
    /// Statements that mend what stays mended. Repeating them does no harm.
    pub mend: &'static str,
    /// What is added where it is missing, and taken away again on the way back.
    pub additions: &'static [Addition],
    /// Columns in which no row may hold null, by their tables with schema. Whoever made the database, they are looked at
    /// where nothing in it keeps nulls out.
    pub required: &'static [(&'static str, &'static [&'static str])],
    /// A query whose rows, a text each, say which tables take no change, and why; whoever made the database.
    pub unwritable: &'static str,
    /// Tables, with their schema, that another program may have made in any database, and the columns by which such a one is
    /// told from another of the same name.
    pub shared: &'static [(&'static str, &'static [&'static str])],
}

/// One thing that an adopted database is given.
#[derive(Debug, Clone, Copy)]
pub struct Addition {
    /// Its name, by which an earlier one is recognised.
    pub name: &'static str,
    /// The table that it is for, with its schema.
    pub table: &'static str,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of [`Addition`]. Columns are names or expressions in SQL.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A unique index over the rows that are not deleted (`NOT deleted`).
    Unique(&'static [&'static str]),
    /// An index.
    Index(&'static [&'static str]),
    /// A foreign key to the `id` of a table.
    Reference {
        /// The column that refers.
        column: &'static str,
        /// The table referred to, with its schema.
        to: &'static str,
    },
    /// A check that a number is in a range.
    Range {
        /// The column.
        column: &'static str,
        /// The least and the greatest value.
        within: (i32, i32),
    },
    /// A trigger after each row inserted, updated or deleted; the call of its function.
    Trigger(&'static str),
}

/// What to do about constraints that rows may violate, by their names.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// These are left out, and stay so.
    pub without: BTreeSet<String>,
    /// These, left out before, are added.
    pub with: BTreeSet<String>,
}

impl Choice {
    pub(super) fn is_empty(&self) -> bool {
        self.without.is_empty() && self.with.is_empty()
    }
}

/// Rows that violate a constraint together, or one that does so alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The constraint.
    pub constraint: &'static str,
    /// Where the rows are.
    pub table: &'static str,
    /// Their ids, in order of creation.
    pub ids: Vec<String>,
    /// The columns or expressions of the constraint, each with its value in these rows.
    pub values: Vec<(&'static str, String)>,
    /// What to do about them.
    pub remedy: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: Vec<_> = self.values.iter().map(|(column, value)| format!("{column} = {value:?}")).collect();
        let (noun, ids) = (if self.ids.len() == 1 { "row" } else { "rows" }, self.ids.join(", "));
        write!(formatter, "{}: {noun} {ids} of {}: {}; {}", self.constraint, self.table, values.join(", "), self.remedy)
    }
}

/// Rows that hold null where a program needs a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nulls {
    /// Where the rows are.
    pub table: &'static str,
    /// The column.
    pub column: String,
    /// The ids of the first ones.
    pub ids: Vec<String>,
    /// How many there are.
    pub count: i64,
}

impl fmt::Display for Nulls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, column, ids, count } = self;
        let (noun, ids) = (if *count == 1 { "row" } else { "rows" }, ids.join(", "));
        let more = if i64::try_from(self.ids.len()).is_ok_and(|shown| shown < *count) { ", …" } else { "" };
        write!(
            formatter,
            "{table}: {column} is null in {count} {noun} ({ids}{more}); give it a value, then: \
             ALTER TABLE {table} ALTER {column} SET NOT NULL"
        )
    }
}

impl Addition {
    /// Whether rows can stand in its way, so that it may be left out.
    pub const fn is_optional(&self) -> bool {
        matches!(self.kind, Kind::Unique(_) | Kind::Reference { .. } | Kind::Range { .. })
    }
}

/// An adoption whose texts name the schema that is adopted.
#[cfg(feature = "postgres")]
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) schema: SchemaName,
    pub(super) differences: &'static str,
    pub(super) mend: &'static str,
    pub(super) additions: Vec<Addition>,
    pub(super) required: Vec<(&'static str, &'static [&'static str])>,
    pub(super) unwritable: &'static str,
    /// As they are called in `main`.
    pub(super) shared: &'static [(&'static str, &'static [&'static str])],
}

#[cfg(feature = "postgres")]
impl Adoption {
    /// The same for another schema than `main`.
    pub(super) fn placed(&self, schema: SchemaName) -> Placed {
        Placed {
            schema,
            differences: schema.text(self.differences),
            mend: schema.text(self.mend),
            additions: self.additions.iter().map(|addition| addition.placed(schema)).collect(),
            required: self.required.iter().map(|(table, columns)| (schema.text(table), *columns)).collect(),
            unwritable: schema.text(self.unwritable),
            shared: self.shared,
        }
    }
}

#[cfg(feature = "postgres")]
impl Addition {
    fn placed(&self, schema: SchemaName) -> Self {
        let kind = match self.kind {
            Kind::Reference { column, to } => Kind::Reference { column, to: schema.text(to) },
            Kind::Trigger(call) => Kind::Trigger(schema.text(call)),
            other => other,
        };
        Self { table: schema.text(self.table), kind, ..*self }
    }

    /// The statement that adds it.
    pub(super) fn create(&self) -> String {
        let Self { name, table, .. } = self;
        match self.kind {
            Kind::Unique(columns) => {
                format!("CREATE UNIQUE INDEX {name} ON {table} ({}) WHERE NOT deleted", columns.join(", "))
            }
            Kind::Index(columns) => format!("CREATE INDEX {name} ON {table} ({})", columns.join(", ")),
            Kind::Reference { column, to } => {
                format!("ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {to} (id)")
            }
            Kind::Range { column, within: (from, to) } => {
                format!("ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} BETWEEN {from} AND {to})")
            }
            Kind::Trigger(call) => format!(
                "CREATE TRIGGER {name} AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {call}"
            ),
        }
    }

    /// The statement that takes it away, if it is there.
    pub(super) fn drop(&self) -> String {
        let Self { name, table, .. } = self;
        match self.kind {
            Kind::Unique(_) | Kind::Index(_) => {
                let schema = table.split('.').next().unwrap_or_default();
                format!("DROP INDEX IF EXISTS {schema}.{name}")
            }
            Kind::Reference { .. } | Kind::Range { .. } => {
                format!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
            }
            Kind::Trigger(_) => format!("DROP TRIGGER IF EXISTS {name} ON {table}"),
        }
    }

    /// What PostgreSQL's catalog calls its kind, as the query of what there is names it.
    pub(super) const fn catalog_kind(&self) -> &'static str {
        match self.kind {
            Kind::Unique(_) => "unique",
            Kind::Index(_) => "index",
            Kind::Reference { .. } => "f",
            Kind::Range { .. } => "c",
            Kind::Trigger(_) => "trigger",
        }
    }

    /// Its columns or expressions.
    pub(super) const fn columns(&self) -> &[&'static str] {
        match &self.kind {
            Kind::Unique(columns) | Kind::Index(columns) => columns,
            Kind::Reference { column, .. } | Kind::Range { column, .. } => std::slice::from_ref(column),
            Kind::Trigger(_) => &[],
        }
    }

    /// The query of what stands in its way: `text[]` of ids, `text[]` of the values of its columns.
    pub(super) fn violations(&self) -> Option<String> {
        let table = self.table;
        let columns = self.columns().join(", ");
        let values: Vec<_> = self.columns().iter().map(|column| format!("{column}::text")).collect();
        let values = format!("ARRAY[{}]", values.join(", "));
        match self.kind {
            Kind::Unique(_) => Some(format!(
                "SELECT array_agg(id::text ORDER BY created_on, id), {values} FROM {table}
                 WHERE NOT deleted AND ROW({columns}) IS NOT NULL
                 GROUP BY {columns} HAVING count(*) > 1 ORDER BY min(created_on), {columns}"
            )),
            Kind::Reference { column, to } => Some(format!(
                "SELECT ARRAY[id::text], {values} FROM {table} AS referring
                 WHERE {column} IS NOT NULL AND NOT EXISTS (SELECT FROM {to} AS target WHERE target.id = referring.{column})
                 ORDER BY created_on, id"
            )),
            Kind::Range { column, within: (from, to) } => Some(format!(
                "SELECT ARRAY[id::text], {values} FROM {table} WHERE {column} NOT BETWEEN {from} AND {to}
                 ORDER BY created_on, id"
            )),
            Kind::Index(_) | Kind::Trigger(_) => None,
        }
    }

    /// What to do about rows that stand in its way.
    pub(super) fn remedy(&self) -> String {
        match self.kind {
            Kind::Reference { to, .. } => format!("no row of {to} has that id: correct it, or restore that row"),
            Kind::Range { within: (from, to), .. } => format!("set it to a number from {from} to {to}"),
            _ => "keep one, and change or soft-delete the others".to_owned(),
        }
    }
}
