//! What a caller may give and take: what the token says, as far as the database still grants it now.

use super::caller::Caller;
use crate::domain::holdings::Held;
use crate::domain::principal::Permissions;
use crate::model::effective::Effective;

/// What a caller may give and take at this moment. A token alone would let a caller whose role was taken away undo that
/// until the token ends.
#[derive(Debug)]
pub(crate) struct Power {
    /// What the database grants; of this, the caller may give and take what the token says too.
    pub(crate) granted: Effective<'static>,
    /// Kind of the caller's role.
    pub(crate) role_type: Option<i32>,
    /// Client applications that the caller's role is bound to; empty where it is bound to none.
    pub(crate) clients: Vec<String>,
}

impl Power {
    /// What the caller holds in the database.
    pub(super) fn of(held: Held) -> Self {
        Self { granted: held.permissions, role_type: held.role_type, clients: held.clients }
    }

    /// Whether one of these permissions is held, by the caller's token as well.
    pub(super) fn may(&self, caller: &Caller, permissions: &[&str]) -> bool {
        let held = Permissions::of(&caller.permissions, Some(&self.granted));
        permissions.iter().any(|permission| held.contains(permission))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::collection::{hash_set, vec};
    use proptest::prelude::*;
    use proptest::sample::select;
    use uuid::Uuid;

    use super::{Caller, Held, Permissions, Power};
    use crate::model::effective::Effective;
    use crate::model::permission::{ALL, in_every_spelling};

    fn caller(permissions: HashSet<String>) -> Caller {
        Caller { permissions: permissions.into(), ..Caller::provisioner(Uuid::nil()) }
    }

    #[test]
    fn both_must_grant_a_permission_and_either_spelling_takes_it_away() {
        let caller = caller(["14", "UpdateRoles", "ViewRoles", "X"].map(str::to_owned).into());
        let role = ["UpdateTenantUser", "9", "ViewRoles", "DeleteRoles"].map(str::to_owned);
        let permissions = Effective::of(role, ["ViewTenant".to_owned()], [("6".to_owned(), false)]);
        let power = Power::of(Held { permissions, ..Held::default() });
        let all = ALL.iter().flat_map(|known| [Some(known.name), known.number]).flatten().chain(["X", "Y", ""]);
        let held: Vec<&str> = all.filter(|permission| power.may(&caller, &[*permission])).collect();
        assert_eq!(held, ["UpdateRoles", "9", "UpdateTenantUser", "14"]);
        assert!(power.may(&caller, &["Y", "14"]));
        assert!(!power.may(&caller, &["DeleteRoles", "X", "ViewRoles"]) && !power.may(&caller, &[]));
    }

    /// Keys that meet: names, their numbers, and some that no catalogue knows.
    fn key() -> impl Strategy<Value = String> {
        let known = ALL.iter().take(8).flat_map(|known| [Some(known.name), known.number]).flatten();
        select(known.chain(["UseOven", "99", "viewroles", ""]).map(ToOwned::to_owned).collect::<Vec<_>>())
    }

    proptest! {
        #[test]
        fn what_both_grant_is_held_in_every_spelling(
            claimed in hash_set(key(), 0..6),
            role in vec(key(), 0..6),
            groups in vec(key(), 0..6),
            own in vec((key(), any::<bool>()), 0..6),
            asked in key(),
        ) {
            let granted = Effective::of(role, groups, own);
            let both = in_every_spelling(claimed.iter().filter(|permission| granted.has(permission)).cloned());
            prop_assert_eq!(Permissions::of(&claimed, Some(&granted)).contains(&asked), both.contains(&asked));
            prop_assert_eq!(Permissions::of(&claimed, None).contains(&asked), claimed.contains(&asked));
        }
    }
}
