//! In whose name the writer writes, and why: what the lines of the audit log say of it.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, Result};

use crate::audit::Said;

/// Of the connection and not of the file: whoever else opens the file writes in nobody's name, and needs no function of ours.
/// Which tenant a line is of, says the row first; an index has it, so that it is not written where it stays.
const TRIGGERS: &str = "CREATE TEMP TRIGGER audit_said AFTER INSERT ON main.audit_logs
  WHEN is_audit_said() BEGIN
    UPDATE audit_logs SET user_id = audit_said(0), actor_kind = audit_said(1), request_id = audit_said(3),
      client_address = audit_said(4), reason = audit_said(5)
    WHERE rowid = NEW.rowid;
  END;
  CREATE TEMP TRIGGER audit_said_of AFTER INSERT ON main.audit_logs
  WHEN NEW.tenant_id IS NULL AND is_audit_said() BEGIN
    UPDATE audit_logs SET tenant_id = audit_said(2) WHERE rowid = NEW.rowid;
  END";

/// What a connection shows to its triggers.
pub(super) struct Shown(Arc<Mutex<Said>>);

impl Shown {
    /// Shows nothing on this connection. Where there is no audit log, nobody looks.
    pub(super) fn on(connection: &Connection) -> Result<Self> {
        let said = Arc::new(Mutex::new(Said::default()));
        let (seen, asked) = (said.clone(), said.clone());
        connection.create_scalar_function("is_audit_said", 0, FunctionFlags::SQLITE_UTF8, move |_| {
            Ok(!asked.lock().unwrap_or_else(PoisonError::into_inner).is_empty())
        })?;
        connection.create_scalar_function("audit_said", 1, FunctionFlags::SQLITE_UTF8, move |context| {
            Ok(seen.lock().unwrap_or_else(PoisonError::into_inner).part(context.get(0)?))
        })?;
        let select = "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = 'audit_logs')";
        if connection.query_row(select, [], |row| row.get(0))? {
            connection.execute_batch(TRIGGERS)?;
        }
        Ok(Self(said))
    }

    /// Shows this from now on.
    pub(super) fn show(&self, said: Said) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = said;
    }
}
