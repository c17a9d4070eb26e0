//! What an invitation promises, and whether whoever invites may give that: when it is sent, and again when somebody comes.

use std::collections::{HashMap, HashSet};

use user_tenant_store::scope::System;
use user_tenant_store::session::{Session, Write};
use user_tenant_store::value::parse_uuid;
use uuid::Uuid;

use crate::domain::principal::Principal;
use crate::domain::{giving, holdings};
use crate::error::{Error, Result, Sought};
use crate::model::permission::CREATE_USER_INVITATION;
use crate::model::{Group, Invitation, MembershipAcceptance, Role, Standing};

/// The groups of a tenant that invitations name, each with what it gives, once it is read.
pub(super) struct Groups<'a> {
    session: &'a Session<System, Write>,
    tenant: Uuid,
    known: HashMap<Uuid, Option<HashSet<String>>>,
}

impl<'a> Groups<'a> {
    pub(super) fn of(session: &'a Session<System, Write>, tenant: Uuid) -> Self {
        Self { session, tenant, known: HashMap::new() }
    }

    /// What the group of this id gives to whoever comes into it.
    pub(super) async fn given_by(&mut self, id: &str) -> Result<&HashSet<String>> {
        let unknown = || Error::NotFound(Sought::of::<Group>(id));
        let group = parse_uuid(id).map_err(|_| unknown())?;
        if !self.known.contains_key(&group) {
            let here = Group::ID.is(group).and(Some(&Group::TENANT_ID.is(self.tenant)));
            // Held, so that it stays, and gives what it gives, until somebody is in it.
            let groups = self.session.repository::<Group>();
            let (_, found) = self.session.ask((groups.hold_by_id(group), groups.find_one(here))).await?;
            let given = match found {
                Some(_) => Some(giving::granted_by(self.session, group).await?),
                None => None,
            };
            self.known.insert(group, given);
        }
        self.known.get(&group).and_then(Option::as_ref).ok_or_else(unknown)
    }

    /// Refuses groups that are not of the tenant, and those that give what the principal lacks.
    pub(super) async fn may_give(&mut self, principal: &Principal<'_>, ids: &[String]) -> Result<()> {
        for id in ids {
            let given = self.given_by(id).await?;
            if !(principal.master || given.iter().all(|permission| principal.permissions.contains(permission))) {
                return Err(Error::PermissionNotHeld { permission: None });
            }
        }
        Ok(())
    }
}

/// Whether whoever invites may give now what the invitation promises: they are active, may still invite, and hold all of it in the
/// database. The operator may always; a member who reaches every tenant need not hold what they give.
pub(super) async fn still_may_give(
    session: &Session<System, Write>,
    acceptance: MembershipAcceptance,
    invitation: &Invitation,
    role: &Role,
    given: &HashSet<String>,
) -> Result<bool> {
    let Some(inviter) = invitation.inviter_id else { return Ok(true) };
    let standing = session.repository::<Standing>().find_one(Standing::ID.is(inviter)).await?;
    if standing.is_none_or(|standing| standing.check(acceptance).is_err()) {
        return Ok(false);
    }
    let held = holdings::of(session, inviter).await?.permissions;
    let promised = role.permissions.iter().flatten().chain(given);
    Ok(held.has(CREATE_USER_INVITATION)
        && (invitation.by_master || promised.into_iter().all(|permission| held.has(permission))))
}
