//! What a caller may give and take: what the token says, as far as the database still grants it now.

use std::collections::HashSet;

use super::caller::Caller;
use crate::domain::holdings::Held;
use crate::model::permission::in_every_spelling;

/// What a caller may give and take at this moment. A token alone would let a caller whose role was taken away undo that
/// until the token ends.
#[derive(Debug)]
pub(crate) struct Power {
    /// Permissions that token and database agree on, in every spelling.
    pub(crate) permissions: HashSet<String>,
    /// Kind of the caller's role.
    pub(crate) role_type: Option<i32>,
    /// Client applications that the caller's role is bound to; empty where it is bound to none.
    pub(crate) clients: Vec<String>,
}

impl Power {
    /// The part of the token's permissions that the caller holds in the database.
    pub(super) fn of(caller: &Caller, held: Held) -> Self {
        // What the database grants, it grants in every spelling.
        let granted = caller.permissions.iter().filter(|permission| held.permissions.has(permission));
        let permissions = in_every_spelling(granted.cloned());
        Self { permissions, role_type: held.role_type, clients: held.clients }
    }

    /// Whether one of these permissions is held.
    pub(super) fn may(&self, permissions: &[&str]) -> bool {
        permissions.iter().any(|permission| self.permissions.contains(*permission))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use uuid::Uuid;

    use super::{Caller, Held, Power};
    use crate::model::effective::Effective;

    fn set(names: &[&str]) -> HashSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn both_must_grant_a_permission_and_either_spelling_takes_it_away() {
        let caller =
            Caller { permissions: set(&["14", "UpdateRoles", "ViewRoles", "X"]), ..Caller::provisioner(Uuid::nil()) };
        let role = ["UpdateTenantUser", "9", "ViewRoles", "DeleteRoles"].map(str::to_owned);
        let permissions = Effective::of(&role, [(&"6".to_owned(), false)]);
        let held = Held { permissions, ..Held::default() };
        let power = Power::of(&caller, held);
        assert_eq!(power.permissions, set(&["14", "UpdateTenantUser", "9", "UpdateRoles"]));
        assert!(power.may(&["Y", "14"]) && !power.may(&["DeleteRoles", "X", "ViewRoles"]) && !power.may(&[]));
    }
}
