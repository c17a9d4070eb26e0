//! The audit log's triggers of a file: which of them are other than the entities say, and making them anew.

use std::collections::BTreeSet;

use rusqlite::{Connection, Result};

use super::super::AuditTriggers;
use super::text::{MARK, Trigger, identifier};

/// What separates the triggers of a file from those that there should be.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// Those that are other than they should be, or should not be.
    wrong: Vec<Trigger>,
    /// Those that are missing, now or once these are dropped.
    missing: Vec<Trigger>,
}

impl Difference {
    /// `audit`: what there should be triggers from, if any.
    pub(super) fn of(connection: &Connection, audit: Option<&AuditTriggers>) -> Result<Self> {
        let mut wanted = BTreeSet::new();
        let has_positions = columns(connection, "audit_logs")?.iter().any(|column| column == "position");
        for (audit, meta) in audit.into_iter().flat_map(|audit| audit.tables().map(move |meta| (audit, meta))) {
            let columns = columns(connection, meta.table)?;
            if !columns.is_empty() {
                wanted.extend(audit.on(meta, &columns, has_positions));
            }
        }
        let names: BTreeSet<_> = wanted.iter().map(|trigger| trigger.name.as_str()).collect();
        // One of another's making is in the way only if it has the name of one of ours.
        let mut found = present(connection)?;
        found.retain(|trigger| names.contains(trigger.name.as_str()) || trigger.text.contains(MARK));
        Ok(Self {
            wrong: found.difference(&wanted).cloned().collect(),
            missing: wanted.difference(&found).cloned().collect(),
        })
    }

    /// The tables on which there is one.
    pub(super) fn tables(&self) -> BTreeSet<&str> {
        self.wrong.iter().chain(&self.missing).map(|trigger| trigger.table.as_str()).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.wrong.is_empty() && self.missing.is_empty()
    }

    /// Makes the triggers what they should be.
    pub(super) fn mend(&self, connection: &Connection) -> Result<()> {
        for trigger in &self.wrong {
            connection.execute_batch(&format!("DROP TRIGGER {}", identifier(&trigger.name)))?;
        }
        self.missing.iter().try_for_each(|trigger| connection.execute_batch(&trigger.text))
    }
}

fn present(connection: &Connection) -> Result<BTreeSet<Trigger>> {
    let mut select = connection.prepare("SELECT tbl_name, name, sql FROM sqlite_schema WHERE type = 'trigger'")?;
    let rows = select.query_map([], |row| Ok(Trigger { table: row.get(0)?, name: row.get(1)?, text: row.get(2)? }))?;
    rows.collect()
}

fn columns(connection: &Connection, table: &str) -> Result<Vec<String>> {
    let mut select = connection.prepare_cached("SELECT name FROM pragma_table_info(?1)")?;
    let rows = select.query_map([table], |row| row.get(0))?;
    rows.collect()
}
