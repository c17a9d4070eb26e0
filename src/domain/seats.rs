//! How many members and invitations a tenant may have: whoever takes a seat does it in turn, and finds out within the transaction whether there is one.

use user_tenant_store::scope::{Scope, Sees, System};
use user_tenant_store::session::{Mode, Session, Write};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::model::{Tenant, UserStatus, UserTenant};

/// What counts as what a tenant may have so many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Members who may act: invited, active, or about to change their passwords. Who is suspended or rejected has no seat.
    pub(crate) members: u64,
    /// Those of them who have not come yet.
    pub(crate) invitations: u64,
}

/// Counts them.
pub(crate) async fn taken<S, M>(session: &Session<S, M>, tenant: Uuid) -> Result<Taken>
where
    S: Scope + Sees<UserTenant>,
    M: Mode,
{
    let here = UserTenant::TENANT_ID.is(tenant);
    let seated = UserTenant::STATUS.is_one_of(UserStatus::MAY_ACT.map(i32::from)).and(Some(&here));
    let invited = UserTenant::STATUS.is(i32::from(UserStatus::Registered)).and(Some(&here));
    let memberships = session.repository::<UserTenant>();
    let (members, invitations) =
        session.ask((memberships.count(Some(&seated)), memberships.count(Some(&invited)))).await?;
    Ok(Taken { members, invitations })
}

/// Refuses to give a membership the status `to`, where that takes a seat and there is none. `from` is the status that it has.
///
/// The tenant must be locked or held, and read behind that: whoever changes the limits locks it.
pub(crate) async fn take(session: &Session<System, Write>, tenant: &Tenant, from: Option<i32>, to: i32) -> Result<()> {
    let is_seated = |status: i32| UserStatus::MAY_ACT.iter().any(|seated| i32::from(*seated) == status);
    let is_invited = |status: i32| status == i32::from(UserStatus::Registered);
    let members = tenant.max_members.filter(|_| is_seated(to) && !from.is_some_and(is_seated));
    let invitations = tenant.max_invitations.filter(|_| is_invited(to) && !from.is_some_and(is_invited));
    if members.is_none() && invitations.is_none() {
        return Ok(());
    }
    // Those who hold the tenant side by side come here one after the other, until each one's transaction ends.
    session.serialize_on(&[format!("seats of {}", tenant.id)]).await?;
    let taken = taken(session, tenant.id).await?;
    for (what, limit, taken) in [("members", members, taken.members), ("invitations", invitations, taken.invitations)] {
        let limit = limit.map(|limit| u64::try_from(limit).unwrap_or_default());
        if let Some(limit) = limit.filter(|limit| taken >= *limit) {
            return Err(Error::QuotaExceeded { what, limit });
        }
    }
    Ok(())
}
