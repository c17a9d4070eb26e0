//! Who acts, as far as rules ask: ids, permissions and reach of the caller. What a token is, they do not know.

use std::collections::HashSet;

use uuid::Uuid;

/// The one in whose name something is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Principal<'a> {
    /// Id of the user.
    pub(crate) user: Uuid,
    /// Id of the membership that the user acts with.
    pub(crate) membership: Uuid,
    /// Whether every tenant is in reach.
    pub(crate) master: bool,
    /// Keys of the permissions held.
    pub(crate) permissions: &'a HashSet<String>,
}

impl Principal<'_> {
    /// Whether every one of these permissions is held: nobody gives what it does not have.
    pub(crate) fn holds(&self, permissions: &[String]) -> bool {
        permissions.iter().all(|permission| self.permissions.contains(permission))
    }

    /// Whether the principal may change somebody or something that has these permissions.
    pub(crate) fn may_affect(&self, permissions: &[String]) -> bool {
        self.master || self.holds(permissions)
    }
}
