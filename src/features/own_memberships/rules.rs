//! How a person accepts a membership, and chooses their home among those that are active.

use user_tenant_store::record::Patch;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Session, Write};
use uuid::Uuid;

use crate::domain::users;
use crate::error::{Error, Result, Sought};
use crate::model::lifecycle::{ACTIVATE, MEMBERSHIPS, Status as _};
use crate::model::{Tenant, TenantState, User, UserStatus, UserTenant};

/// Accepts the person's membership of a tenant: it is active then. One that is active already stays as it is, and is answered
/// alike. Whoever is registered has a seat, so that none is taken.
pub(crate) async fn accept(
    session: Session<System, Write>,
    person: Uuid,
    tenant: Uuid,
) -> Result<Committed<(Uuid, &'static str)>> {
    let membership = membership(&session, person, tenant).await?;
    let membership = membership.ok_or_else(|| Error::NotFound(Sought::of::<Tenant>(&tenant)))?;
    let status = UserStatus::try_from(membership.status).unwrap_or(UserStatus::Rejected);
    if UserStatus::JOINED.contains(&status) {
        return Ok(session.commit((membership.id, status.word())).await?);
    }
    let next = MEMBERSHIPS.step(ACTIVATE, status, status)?;
    let patch = Patch::empty().with(UserTenant::STATUS, i32::from(next))?;
    session.repository::<UserTenant>().update_by_id(membership.id, patch).await?;
    Ok(session.commit((membership.id, next.word())).await?)
}

/// Makes a tenant the person's home, which they log in to. A tenant that has merely added them is none: as a home it could
/// read and change their profile.
pub(crate) async fn settle(session: Session<System, Write>, person: Uuid, tenant: Uuid) -> Result<Committed<()>> {
    let membership = membership(&session, person, tenant).await?;
    let membership = membership.ok_or_else(|| Error::RelatedNotFound(Some(Sought::of::<Tenant>(&tenant))))?;
    // Behind the tenant, as those do who let the person go.
    let people = session.repository::<User>();
    let (_, user) = session.ask((people.lock_by_id(person), people.get(person))).await?;
    let user = user.ok_or_else(|| users::unknown(&person))?;
    let has_joined = UserStatus::JOINED.iter().any(|joined| i32::from(*joined) == membership.status);
    if !has_joined && user.default_tenant_id != Some(tenant) {
        return Err(Error::MembershipNotActive);
    }
    let patch = Patch::empty().with(User::DEFAULT_TENANT_ID, tenant)?;
    session.repository::<User>().update_by_id(person, patch).await?;
    Ok(session.commit(()).await?)
}

/// The person's membership of a tenant, which must be open and is held until the commit.
async fn membership(session: &Session<System, Write>, person: Uuid, tenant: Uuid) -> Result<Option<UserTenant>> {
    let here = UserTenant::TENANT_ID.is(tenant).and(Some(&UserTenant::USER_ID.is(person)));
    let memberships = session.repository::<UserTenant>();
    let asked = session.ask((session.repository::<Tenant>().hold(tenant), memberships.find_one(here)));
    let (found, membership) = asked.await?;
    let (Some(found), Some(membership)) = (found, membership) else { return Ok(None) };
    match found.state() {
        TenantState::Active => Ok(Some(membership)),
        state => Err(Error::TenantNotActive(state)),
    }
}
