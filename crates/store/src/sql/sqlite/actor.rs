//! In whose name the writer writes: what the lines of the audit log say of it.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, Result};
use uuid::Uuid;

/// Of the connection and not of the file: whoever else opens the file writes in nobody's name, and needs no function of ours.
const TRIGGER: &str = "CREATE TEMP TRIGGER audit_actor AFTER INSERT ON main.audit_logs
  WHEN audit_actor() IS NOT NULL BEGIN
    UPDATE audit_logs SET user_id = audit_actor() WHERE rowid = NEW.rowid;
  END";

/// What a connection shows to its trigger.
pub(super) struct Shown(Arc<Mutex<Option<String>>>);

impl Shown {
    /// Shows nobody on this connection. Where there is no audit log, nobody looks.
    pub(super) fn on(connection: &Connection) -> Result<Self> {
        let actor = Arc::new(Mutex::new(None));
        let seen = actor.clone();
        connection.create_scalar_function("audit_actor", 0, FunctionFlags::SQLITE_UTF8, move |_| {
            Ok(seen.lock().unwrap_or_else(PoisonError::into_inner).clone())
        })?;
        let select = "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = 'audit_logs')";
        if connection.query_row(select, [], |row| row.get(0))? {
            connection.execute_batch(TRIGGER)?;
        }
        Ok(Self(actor))
    }

    /// Shows this actor, or nobody, from now on.
    pub(super) fn show(&self, actor: Option<Uuid>) {
        let text = actor.map(|actor| actor.hyphenated().to_string());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
}
