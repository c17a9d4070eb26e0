//! Steps in the lives of tenants and people, and the limits of a tenant. Those of memberships are in `crate::domain::users`.

use user_tenant_store::record::Patch;
use user_tenant_store::scope::{CallerScope, System};
use user_tenant_store::session::{Committed, Read, Session, Write};
use uuid::Uuid;

use super::answers::{PersonLife, TenantLife};
use crate::domain::principal::Principal;
use crate::domain::{seats, tenants, users};
use crate::error::{Error, Result, Sought};
use crate::features::purge::rules::under_way;
use crate::model::lifecycle::{DEACTIVATE, PEOPLE, RESTORE, Status as _, TENANTS};
use crate::model::{PersonState, Tenant, TenantState, User};

/// Takes a step of a tenant's life, and tells where it leads.
pub(crate) async fn tenant(
    session: Session<CallerScope, Write>,
    id: Uuid,
    step: &'static str,
    retention: u16,
) -> Result<Committed<TenantState>> {
    let tenants = session.repository::<Tenant>();
    let (_, tenant) = session.ask((tenants.lock_by_id(id), tenants.get(id))).await?;
    let tenant = tenant.ok_or_else(|| unknown(id))?;
    let (state, is_archived) = (tenant.state(), tenant.archived_on.is_some());
    let next = TENANTS.step(step, state, if is_archived { tenant.state_before() } else { TenantState::Active })?;
    if let Some(until) = tenant.restorable_until(retention).filter(|until| step == RESTORE && *until < session.now()) {
        return Err(Error::RetentionOver { until });
    }
    let archived = next == TenantState::Archived;
    let patch = Patch::empty()
        .with(Tenant::STATUS, i32::from(next.status()))?
        .with(Tenant::ARCHIVED_ON, archived.then(|| session.now()))?
        .with(Tenant::ARCHIVED_FROM, archived.then_some(i32::from(state.status())))?;
    let changed = session.update_by_id_and_commit(id, patch).await?.ok_or_else(|| unknown(id))?;
    Ok(changed.map(|()| next))
}

/// Where a tenant stands, and how many of its seats are taken.
pub(super) async fn life(session: &Session<CallerScope, Read>, id: Uuid, retention: u16) -> Result<TenantLife> {
    let tenant = session.repository::<Tenant>().get(id).await?.ok_or_else(|| unknown(id))?;
    let taken = seats::taken(session, id).await?;
    let purge = under_way(session, &tenant).await?;
    let state = tenant.state();
    let mut allowed: Vec<_> = TENANTS.0.iter().filter(|row| row.from == state).map(|row| row.step).collect();
    allowed.dedup();
    Ok(TenantLife {
        id,
        status: state.word(),
        allowed,
        archived_on: tenant.archived_on,
        restorable_until: tenant.restorable_until(retention),
        purge: purge.map(Into::into),
        retention_days: tenant.retention_days,
        max_members: tenant.max_members,
        members: taken.members,
        max_invitations: tenant.max_invitations,
        invitations: taken.invitations,
    })
}

/// Where a person stands, in all tenants.
pub(super) async fn life_of_person(session: &Session<CallerScope, Read>, id: Uuid) -> Result<PersonLife> {
    let person = session.repository::<User>().get(id).await?.ok_or_else(|| users::unknown(&id))?;
    let state = person.state();
    let allowed = PEOPLE.0.iter().filter(|row| row.from == state).map(|row| row.step).collect();
    Ok(PersonLife { id, status: state.word(), allowed, deactivated_on: person.deactivated_on })
}

/// Changes the limits of a tenant. Those who have a seat keep it.
pub(crate) async fn limit(
    session: Session<CallerScope, Write>,
    id: Uuid,
    patch: Patch<Tenant>,
) -> Result<Committed<()>> {
    // Whoever takes a seat holds the tenant, and counts by what is written here, or before it is.
    let tenants = session.repository::<Tenant>();
    let (_, tenant) = session.ask((tenants.lock_by_id(id), tenants.get(id))).await?;
    tenants::not_purging(&tenant.ok_or_else(|| unknown(id))?)?;
    session.update_by_id_and_commit(id, patch).await?.ok_or_else(|| unknown(id))
}

/// Deactivates a person in all tenants, or reactivates them. That a tenant keeps an administrator counts less than that
/// whoever deactivates somebody can rely on it; an operator lets others in.
pub(crate) async fn person(
    session: Session<System, Write>,
    principal: &Principal<'_>,
    id: Uuid,
    step: &'static str,
) -> Result<Committed<PersonState>> {
    if id == principal.user {
        return Err(Error::OwnMembership);
    }
    let people = session.repository::<User>();
    let (_, person) = session.ask((people.lock_by_id(id), people.get(id))).await?;
    let person = person.ok_or_else(|| users::unknown(&id))?;
    let next = PEOPLE.step(step, person.state(), PersonState::Active)?;
    let since = (step == DEACTIVATE).then(|| session.now());
    let patch = Patch::empty().with(User::DEACTIVATED_ON, since)?;
    let changed = session.update_by_id_and_commit(id, patch).await?.ok_or_else(|| users::unknown(&id))?;
    Ok(changed.map(|()| next))
}

fn unknown(id: Uuid) -> Error {
    Error::OutOfReach(Sought::of::<Tenant>(&id))
}
