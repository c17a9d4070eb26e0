//! What is declared of the triggers of the audit log on `SQLite`, which the migration runner makes.

use crate::entity::EntityMeta;

/// What the triggers are made from. They are the migration runner's: it makes them after each step and drops them
/// before one is undone, so that no text of a step names them.
#[derive(Debug, Clone, Copy)]
pub struct AuditTriggers {
    /// The version of the step from which on they are. Steps before it made triggers of their own.
    pub since: u32,
    /// All entities. Those that belong to a tenant and can be written are logged.
    pub entities: &'static [fn() -> &'static EntityMeta],
    /// The tables in which a change sets `modified_on` to now, unless the statement has set it itself.
    pub stamped: &'static [&'static str],
}
