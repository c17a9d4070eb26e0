//! Rules of who is in a group: members of its tenant, each once, and nobody takes itself out. What the group gives, its giver holds.

use std::collections::HashSet;

use user_tenant_store::StoreError;
use user_tenant_store::filter::Filter;
use user_tenant_store::record::{New, Patch, Record};
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Committed, Session, Write};
use user_tenant_store::value::parse_uuid;
use uuid::Uuid;

use super::administrators::{self, Administrators};
use super::holdings::{self, Whom};
use super::principal::Principal;
use super::{giving, tenants};
use crate::error::{Error, Result};
use crate::model::{Group, Tenant, UserGroup, UserTenant};

/// Adds one member.
pub(crate) async fn add(
    session: Session<TenantScope, Write>,
    principal: Principal<'_>,
    group: Uuid,
    member: &str,
) -> Result<Committed<Record>> {
    let member = parse_uuid(member).map_err(|_| Error::NotOfTenant)?;
    let new = New::<UserGroup>::empty().with(UserGroup::GROUP_ID, group)?.with(UserGroup::USER_TENANT_ID, member)?;
    // Neither the member nor the group is removed in the meantime.
    // Nor does the group begin to give something.
    let hold = session.repository::<Group>().hold_by_id(group);
    let (tenant, _, gives) = session.ask((tenants::held(&session), hold, giving::gives(&session, group))).await?;
    tenants::there(&session, tenant)?;
    if gives {
        may_join(&session, &principal, group, &[member]).await?;
    }
    session.create_and_commit(new).await.map_err(|error| match error.into() {
        Error::RelatedNotFound(_) => Error::NotOfTenant,
        other => other,
    })
}

/// Adds several members: all who are not in the group yet, or nobody when one is not of the tenant.
pub(crate) async fn add_all(
    session: Session<TenantScope, Write>,
    principal: Principal<'_>,
    group: Uuid,
    members: &[&str],
) -> Result<Committed<Vec<Record>>> {
    let mut wanted_ids = Vec::new();
    for member in members {
        let id = parse_uuid(member).map_err(|_| Error::NotOfTenant)?;
        if !wanted_ids.contains(&id) {
            wanted_ids.push(id);
        }
    }
    let named = UserTenant::ID.is_one_of(wanted_ids.iter().copied());
    let present = UserGroup::USER_TENANT_ID.is_one_of(wanted_ids.iter().copied());
    let present = Filter::matching(UserGroup::GROUP_ID.is(group).and(Some(&present)));
    // In this order: nobody joins, leaves or is removed in the meantime.
    let asked = session.ask((
        tenants::held(&session),
        session.repository::<Group>().lock_by_id(group),
        session.repository::<UserTenant>().count(Some(&named)),
        session.repository::<UserGroup>().pages(present).begun(),
        giving::gives(&session, group),
    ));
    let (tenant, _, known, present, gives) = asked.await?;
    tenants::there(&session, tenant)?;
    if known < wanted_ids.len() as u64 {
        return Err(Error::NotOfTenant);
    }
    if gives {
        may_join(&session, &principal, group, &wanted_ids).await?;
    }
    let present = present.typed().await?;
    let present: HashSet<Uuid> = present.iter().map(|place| place.user_tenant_id).collect();
    let new = wanted_ids
        .into_iter()
        .filter(|id| !present.contains(id))
        .map(|id| {
            let new = New::empty().with(UserGroup::GROUP_ID, group)?.with(UserGroup::USER_TENANT_ID, id)?;
            Ok(session.repository::<UserGroup>().prepare(new)?)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(session.insert_and_commit(new).await?)
}

/// The user that a path names; what is no id names nobody in the group.
pub(crate) fn user(id: &str) -> Result<Uuid> {
    parse_uuid(id).map_err(|_| Error::NotInGroup)
}

/// Refuses to let members into a group that gives what the principal does not hold.
async fn may_join(
    session: &Session<TenantScope, Write>,
    principal: &Principal<'_>,
    group: Uuid,
    members: &[Uuid],
) -> Result<()> {
    let given = giving::granted_by(session, group).await?;
    holdings::may_give(session, principal, &given, Whom::Members(members)).await
}

/// Takes a user out of a group, and notes at the group that it changed. A group that gives something is taken from `in_turn`, with
/// the tenant locked.
pub(crate) async fn remove(
    session: Session<TenantScope, Write>,
    principal: Principal<'_>,
    group: Uuid,
    user: Uuid,
    in_turn: bool,
) -> Result<Committed<()>> {
    let tenant = session.repository::<Tenant>();
    let scope = session.scope().0;
    let tenant = if in_turn { tenant.lock_by_id(scope) } else { tenant.hold_by_id(scope) };
    // The tenant before the group, as all do; and the group before who is in it: of two who take the same user out, one does.
    let lock = session.repository::<Group>().lock_by_id(group);
    let (_, _, gives) = session.ask((tenant, lock, giving::gives(&session, group))).await?;
    if gives && !in_turn {
        return Err(StoreError::Contention("the group began to give something meanwhile".into()).into());
    }
    let of_user = UserTenant::USER_ID.is(user);
    let membership = session.repository::<UserTenant>().find_one(of_user).await?.ok_or(Error::NotInGroup)?.id;
    let places = UserGroup::GROUP_ID.is(group).and(Some(&UserGroup::USER_TENANT_ID.is(membership)));
    if session.repository::<UserGroup>().count(Some(&places)).await? == 0 {
        return Err(Error::NotInGroup);
    }
    if membership == principal.membership {
        return Err(Error::OwnMembership);
    }
    let mut administrators = None;
    if gives {
        let taken = giving::granted_by(&session, group).await?;
        holdings::may_take(&principal, &taken)?;
        holdings::protect(&session, &principal, membership).await?;
        if administrators::may_cease_without(&taken) {
            administrators = Some(Administrators::before(&session, &principal).await?);
        }
    }
    session.repository::<UserGroup>().delete_all(Some(&places)).await?;
    session.repository::<Group>().update_by_id(group, Patch::empty()).await?;
    if let Some(administrators) = administrators {
        administrators.remain(&session).await?;
    }
    Ok(session.commit(()).await?)
}
