//! How many members and invitations a tenant may have: whoever takes a seat does it in turn, and finds out within the transaction whether there is one.

use time::OffsetDateTime;
use user_tenant_store::filter::{Comparison, Predicate};
use user_tenant_store::scope::{Scope, Sees, System};
use user_tenant_store::session::{Mode, Session, Write};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::model::{Invitation, Tenant, UserStatus, UserTenant};

/// What counts as what a tenant may have so many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Members who may act: invited, active, or about to change their passwords. Who is suspended or rejected has no seat.
    pub(crate) members: u64,
    /// Those of them who have not come yet, and addresses that are invited.
    pub(crate) invitations: u64,
    /// How many of these are addresses.
    pub(crate) addresses: u64,
}

/// Counts them.
pub(crate) async fn taken<S, M>(session: &Session<S, M>, tenant: Uuid) -> Result<Taken>
where
    S: Scope + Sees<UserTenant> + Sees<Invitation>,
    M: Mode,
{
    let here = UserTenant::TENANT_ID.is(tenant);
    let seated = UserTenant::STATUS.is_one_of(UserStatus::MAY_ACT.map(i32::from)).and(Some(&here));
    let invited = UserTenant::STATUS.is(i32::from(UserStatus::Registered)).and(Some(&here));
    let memberships = session.repository::<UserTenant>();
    let pending = pending(session.now()).and(Some(&Invitation::TENANT_ID.is(tenant)));
    let (members, invited, addresses) = session
        .ask((
            memberships.count(Some(&seated)),
            memberships.count(Some(&invited)),
            session.repository::<Invitation>().count(Some(&pending)),
        ))
        .await?;
    Ok(Taken { members, invitations: invited + addresses, addresses })
}

/// That an invitation can be accepted.
pub(crate) fn pending(now: OffsetDateTime) -> Predicate {
    let in_time = Invitation::EXPIRES_ON.compare(Comparison::Greater(now.into()));
    Invitation::STATUS.is(Invitation::PENDING).and(Some(&in_time))
}

/// Lets those who take seats of a tenant, or invite into it, come one after the other, until each one's transaction ends.
pub(crate) async fn in_turn(session: &Session<System, Write>, tenant: Uuid) -> Result<()> {
    Ok(session.serialize_on(&[format!("seats of {tenant}")]).await?)
}

/// Refuses another member, where there may be no more of them: to know it early, before what only a seat would be told.
pub(crate) async fn room_for_member(session: &Session<System, Write>, tenant: &Tenant) -> Result<()> {
    if tenant.max_members.is_none() {
        return Ok(());
    }
    in_turn(session, tenant.id).await?;
    refuse_beyond("members", tenant.max_members, taken(session, tenant.id).await?.members)
}

/// Refuses to invite an address, where there may be no more of them. A seat must be free for everybody who is invited.
pub(crate) fn room_for_address(tenant: &Tenant, taken: &Taken) -> Result<()> {
    refuse_beyond("members", tenant.max_members, taken.members + taken.addresses)?;
    refuse_beyond("invitations", tenant.max_invitations, taken.invitations)
}

fn refuse_beyond(what: &'static str, limit: Option<i32>, taken: u64) -> Result<()> {
    let limit = limit.map(|limit| u64::try_from(limit).unwrap_or_default());
    match limit.filter(|limit| taken >= *limit) {
        Some(limit) => Err(Error::QuotaExceeded { what, limit }),
        None => Ok(()),
    }
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
    in_turn(session, tenant.id).await?;
    let taken = taken(session, tenant.id).await?;
    refuse_beyond("members", members, taken.members)?;
    refuse_beyond("invitations", invitations, taken.invitations)
}
