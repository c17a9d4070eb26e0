//! The life of a membership, as rules have it: which status comes next, who may say so, and what is kept of the one before.

use user_tenant_store::record::Patch;
use user_tenant_store::value::Value;

use super::{Principal, is_home};
use crate::error::{Error, Result};
use crate::model::lifecycle::MEMBERSHIPS;
use crate::model::{User, UserStatus, UserTenant};

use super::Wanted;

/// The status that a membership gets; `None` where it has it already.
///
/// Nobody lifts what others have laid on them: who may not act is refused, also while they are remembered as active. Of a
/// person who has not come yet it is not the tenant's to say that they came, which would show their profile; who had come
/// before they were suspended, has.
pub(super) fn next(
    principal: &Principal<'_>,
    membership: &UserTenant,
    user: &User,
    wanted: &Wanted,
) -> Result<Option<i32>> {
    let back = back(membership, user);
    let from = UserStatus::try_from(membership.status);
    let next = match wanted {
        Wanted::Status(value) => {
            let next = match value {
                Value::Integer(status) => i32::try_from(*status).unwrap_or(membership.status),
                _ => membership.status,
            };
            if next == membership.status {
                return Ok(None);
            }
            may_join(principal, membership, user, next)?;
            if let (Ok(from), Ok(to)) = (from, UserStatus::try_from(next)) {
                MEMBERSHIPS.check(from, to, back)?;
            }
            next
        }
        Wanted::Step(step) => {
            // A status without a meaning leads nowhere by a step: as one that was rejected.
            let next = i32::from(MEMBERSHIPS.step(step, from.unwrap_or(UserStatus::Rejected), back)?);
            may_join(principal, membership, user, next)?;
            next
        }
    };
    if membership.user_id == principal.user && !from.is_ok_and(UserStatus::may_act) {
        return Err(Error::OwnMembership);
    }
    Ok(Some(next))
}

/// The patch with a new status, and with what has to be kept of the old one.
pub(super) fn with_status(
    patch: Patch<UserTenant>,
    membership: &UserTenant,
    user: &User,
    next: i32,
) -> Result<Patch<UserTenant>> {
    let patch = patch.with(UserTenant::STATUS, next)?;
    let is_suspended = next == i32::from(UserStatus::Inactive);
    if is_suspended && next == membership.status {
        return Ok(patch);
    }
    let kept = Some(membership.status).filter(|before| is_suspended && *before != i32::from(usual(membership, user)));
    // What is the same is not written.
    Ok(if kept == membership.suspended_from { patch } else { patch.with(UserTenant::SUSPENDED_FROM, kept)? })
}

/// What a reactivation gives back.
fn back(membership: &UserTenant, user: &User) -> UserStatus {
    let kept = membership.suspended_from.and_then(|status| UserStatus::try_from(status).ok());
    kept.filter(|kept| kept.may_act()).unwrap_or_else(|| usual(membership, user))
}

/// What a reactivation gives where nothing is kept: whose home it is is in again, and a guest is invited again.
fn usual(membership: &UserTenant, user: &User) -> UserStatus {
    if user.default_tenant_id == Some(membership.tenant_id) { UserStatus::Active } else { UserStatus::Registered }
}

/// Refuses to let a guest who has not come appear to have.
fn may_join(principal: &Principal<'_>, membership: &UserTenant, user: &User, next: i32) -> Result<()> {
    let has_joined = |status: i32| UserStatus::JOINED.iter().any(|joined| i32::from(*joined) == status);
    let had_come =
        membership.status == i32::from(UserStatus::Inactive) && membership.suspended_from.is_some_and(has_joined);
    if has_joined(next) && !had_come && !is_home(membership.tenant_id, principal, membership, user) {
        return Err(Error::ProfileOfGuest);
    }
    Ok(())
}
