//! Who acts, as far as rules ask: ids, permissions and reach of the caller. What a token is, they do not know.

use std::collections::HashSet;

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::model::effective::Effective;
use crate::model::permission::spellings;
use crate::model::{Catalogue, MembershipAcceptance, NewUsers};

/// The type of the roles of administrators, in the original's vocabulary; it is also the type of a role that names none.
const ADMINISTRATORS: i32 = 0;
/// The type of everybody else's roles there.
const OTHERS: i32 = 1;

/// Keys of the permissions that somebody holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permissions<'a> {
    /// Those that the caller claims to hold, as they are spelled there; `None` of who has everything.
    claimed: Option<&'a HashSet<String>>,
    /// What the database grants now, where it was asked.
    granted: Option<&'a Effective<'static>>,
}

impl<'a> Permissions<'a> {
    /// What is claimed; where the database was asked, what both agree on, in every spelling.
    pub(crate) fn of(claimed: &'a HashSet<String>, granted: Option<&'a Effective<'static>>) -> Self {
        Self { claimed: Some(claimed), granted }
    }

    /// What the operator has: every permission, also one that nobody has named.
    pub(crate) fn all() -> Self {
        Self { claimed: None, granted: None }
    }

    /// Whether a permission is held.
    pub(crate) fn contains(self, permission: &str) -> bool {
        let Some(claimed) = self.claimed else { return true };
        match self.granted {
            None => claimed.contains(permission),
            Some(granted) => {
                granted.has(permission) && spellings(permission).any(|spelling| claimed.contains(spelling))
            }
        }
    }
}

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
    pub(crate) permissions: Permissions<'a>,
    /// Which permissions there are.
    pub(crate) catalogue: &'a Catalogue,
    /// When a membership beside a person's home counts.
    pub(crate) acceptance: MembershipAcceptance,
    /// How people begin who are new.
    pub(crate) new_users: NewUsers,
    /// Type of the role held.
    pub(crate) role_type: Option<i32>,
    /// Client applications that the role held is bound to; empty where it is bound to none.
    pub(crate) clients: &'a [String],
    /// The client applications of new people whose maker has none.
    pub(crate) default_clients: Option<&'a [i32]>,
}

impl Principal<'_> {
    /// Whether every one of these permissions is held: a member gives only what the member has.
    pub(crate) fn holds(&self, permissions: &[String]) -> bool {
        self.lacks(permissions).is_none()
    }

    /// The first of these permissions that is not held.
    pub(crate) fn lacks<'p>(&self, permissions: &'p [String]) -> Option<&'p String> {
        permissions.iter().find(|permission| !self.permissions.contains(permission))
    }

    /// Refuses keys that no catalogue knows, unless they were there before.
    pub(crate) fn refuse_unknown(&self, wanted: &[String], before: &[String]) -> Result<()> {
        match self.catalogue.unknown(wanted, before) {
            None => Ok(()),
            Some(unknown) => Err(Error::UnknownPermission(unknown.to_owned())),
        }
    }

    /// Whether the principal may change a role or a member that has these permissions.
    pub(crate) fn may_affect(&self, permissions: &[String]) -> bool {
        self.master || self.holds(permissions)
    }

    /// The type of the principal's role, where it is not that of administrators.
    pub(crate) fn own_lesser_type(&self) -> Option<i32> {
        self.role_type.filter(|own| !self.master && *own != ADMINISTRATORS)
    }

    /// Whether the principal may give a role this type: an administrator any, others their own and the common one.
    pub(crate) fn may_give_type(&self, role_type: Option<i32>) -> bool {
        let own = self.role_type.unwrap_or(ADMINISTRATORS);
        let given = role_type.unwrap_or(ADMINISTRATORS);
        self.master || own == ADMINISTRATORS || given == own || given == OTHERS
    }

    /// The client applications that the principal's power is bound to, where it is bound to some.
    pub(crate) fn bound_to(&self) -> Option<&[String]> {
        Some(self.clients).filter(|clients| !self.master && !clients.is_empty())
    }

    /// Whether the principal may bind a role to these client applications: a caller whose own role is bound to some, to
    /// some of these, and not to none.
    pub(crate) fn may_give_clients(&self, clients: &[String]) -> bool {
        let all_among = |own: &[String]| !clients.is_empty() && clients.iter().all(|client| own.contains(client));
        self.bound_to().is_none_or(all_among)
    }
}
