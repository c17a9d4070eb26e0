//! The triggers of the audit log as text, from the entities: a new property is logged from the next `migrate up` on.

use super::super::AuditTriggers;
use crate::entity::{EntityMeta, Property, PropertyRole, PropertyType, TenantRule};

/// Stands in the text of every trigger that is ours to drop.
pub(super) const MARK: &str = "-- made from the program's entities by `migrate up`";

/// The position of the next line, as an expression: behind that of every line that is there, or was.
const NEXT_POSITION: &str = "1 + max((SELECT last FROM audit_positions), coalesce(
      (SELECT position FROM audit_logs WHERE position > 0 ORDER BY position DESC LIMIT 1), 0))";

/// One trigger.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Trigger {
    pub(super) table: String,
    pub(super) name: String,
    /// The statement that makes it, which the database keeps as it is.
    pub(super) text: String,
}

impl AuditTriggers {
    /// The entities with a trigger, each with its table.
    pub(super) fn tables(&self) -> impl Iterator<Item = &'static EntityMeta> {
        let all = self.entities.iter().map(|entity| entity());
        all.filter(|meta| !meta.read_only && (meta.is_logged() || self.stamped.contains(&meta.table)))
    }

    /// The triggers on the table of an entity. `columns`: those that the table has, in its order. One that the entity
    /// does not know, or the table not yet, is left out. `has_positions`: whether the log's lines have one.
    pub(super) fn on(&self, meta: &'static EntityMeta, columns: &[String], has_positions: bool) -> Vec<Trigger> {
        let known = columns.iter().filter_map(|name| meta.properties.iter().find(|known| known.column == name));
        // Who and when stands last, as in the tables; a column that a table has gained stands before it.
        let (when, own): (Vec<_>, Vec<_>) = known.partition(|property| property.role == PropertyRole::Audit);
        let (mut secrets, shown): (Vec<_>, Vec<_>) = own.into_iter().chain(when).partition(|property| property.secret);
        secrets.sort_by_key(|property| property.column);
        let table = Table { meta, columns, shown, secrets, stamped: self.stamped.contains(&meta.table), has_positions };
        if meta.is_logged() {
            ["INSERT", "UPDATE", "DELETE"].map(|operation| table.log(operation)).into()
        } else {
            vec![table.stamp()]
        }
    }
}

/// A table and what a line of the log says of its rows.
struct Table<'a> {
    meta: &'static EntityMeta,
    columns: &'a [String],
    shown: Vec<&'static Property>,
    secrets: Vec<&'static Property>,
    stamped: bool,
    has_positions: bool,
}

impl Table<'_> {
    /// The trigger that writes a line for each row of one operation.
    fn log(&self, operation: &str) -> Trigger {
        let table = self.meta.table;
        let row = if operation == "DELETE" { "OLD" } else { "NEW" };
        let stamped = self.stamped && operation == "UPDATE";
        let log_type = format!("{}_LOGS", table.strip_suffix('s').unwrap_or(table).to_uppercase());
        let mut values = vec![
            ("operation_name", text(operation)),
            ("table_name", text(table)),
            ("log_type", text(&log_type)),
            ("entity_id", format!("{row}.{}", identifier(self.meta.id().column))),
        ];
        if operation != "INSERT" {
            values.push(("before", self.row("OLD", false)));
        }
        if operation != "DELETE" {
            values.push(("after", self.row("NEW", stamped)));
        }
        if !self.secrets.is_empty() {
            values.push(("changed_secrets", self.changed(operation)));
        }
        if self.has_positions {
            values.push(("position", NEXT_POSITION.to_owned()));
            values.extend(self.tenant().map(|column| ("tenant_id", format!("{row}.{}", identifier(column)))));
        }
        let (names, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
        // SQLite leaves the order of triggers open, so that one does both.
        let stamp = if stamped { self.stamping() } else { String::new() };
        let event = if stamped { self.event() } else { operation.to_owned() };
        self.trigger(
            &format!("{table}_audit_{}", operation.to_lowercase()),
            &event,
            &format!(
                "{stamp}  INSERT INTO audit_logs ({})\n  VALUES (\n    {});\n",
                names.join(", "),
                values.join(",\n    ")
            ),
        )
    }

    /// The column that tells the tenant of a row, where there is one.
    fn tenant(&self) -> Option<&'static str> {
        let property = match self.meta.tenancy {
            TenantRule::Itself => Some(self.meta.id()),
            TenantRule::Column(name) => self.meta.property(name),
            TenantRule::Through { .. } | TenantRule::Global { .. } => None,
        };
        property.map(|property| property.column)
    }

    /// The trigger of a table that is not logged.
    fn stamp(&self) -> Trigger {
        self.trigger(&format!("mdt_{}", self.meta.table), &self.event(), &self.stamping())
    }

    fn trigger(&self, name: &str, event: &str, statements: &str) -> Trigger {
        let table = self.meta.table;
        let text = format!(
            "CREATE TRIGGER {} AFTER {event} ON {} BEGIN {MARK}\n{statements}END",
            identifier(name),
            identifier(table)
        );
        Trigger { table: table.to_owned(), name: name.to_owned(), text }
    }

    /// A change of anything but the time of it, which the trigger changes itself.
    fn event(&self) -> String {
        let columns: Vec<_> =
            self.columns.iter().filter(|name| *name != "modified_on").map(|name| identifier(name)).collect();
        format!("UPDATE OF {}", columns.join(", "))
    }

    fn stamping(&self) -> String {
        let table = identifier(self.meta.table);
        format!(
            "  UPDATE {table} SET modified_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
  WHERE rowid = NEW.rowid AND NEW.modified_on IS OLD.modified_on;\n"
        )
    }

    /// A row as a JSON object, without its secrets.
    fn row(&self, row: &str, stamped: bool) -> String {
        let members = self.shown.iter().map(|property| {
            let value = if stamped && property.column == "modified_on" {
                format!("(SELECT modified_on FROM {} WHERE rowid = {row}.rowid)", identifier(self.meta.table))
            } else {
                value(row, property)
            };
            format!("      {}, {value}", text(property.column))
        });
        format!("json_object(\n{})", members.collect::<Vec<_>>().join(",\n"))
    }

    /// The names of the secrets that an operation has changed, or null.
    fn changed(&self, operation: &str) -> String {
        let names = self.secrets.iter().map(|secret| {
            let (column, name) = (identifier(secret.column), text(secret.column));
            match operation {
                "INSERT" => format!("SELECT {name} AS name WHERE NEW.{column} IS NOT NULL"),
                "DELETE" => format!("SELECT {name} AS name WHERE OLD.{column} IS NOT NULL"),
                _ => format!("SELECT {name} AS name WHERE OLD.{column} IS NOT NEW.{column}"),
            }
        });
        let names: Vec<_> = names.collect();
        format!("(SELECT nullif(json_group_array(name), '[]') FROM (\n      {}))", names.join("\n      UNION ALL "))
    }
}

/// A value of a row as JSON shows it.
fn value(row: &str, property: &Property) -> String {
    let column = format!("{row}.{}", identifier(property.column));
    match property.kind {
        PropertyType::Boolean => format!("json(CASE {column} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)"),
        PropertyType::Json | PropertyType::TextArray | PropertyType::IntegerArray => format!("json({column})"),
        PropertyType::Uuid
        | PropertyType::Text
        | PropertyType::Integer
        | PropertyType::Timestamp
        | PropertyType::Date => column,
    }
}

pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
