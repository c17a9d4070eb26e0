//! Rules of who is in a group: members of its tenant, each once, and nobody takes itself out.

use std::collections::HashSet;

use user_tenant_store::filter::Filter;
use user_tenant_store::record::{New, Patch, Record};
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Committed, Session, Write};
use user_tenant_store::value::parse_uuid;
use uuid::Uuid;

use super::principal::Principal;
use super::tenants;
use crate::error::{Error, Result};
use crate::model::{Group, UserGroup, UserTenant};

/// Adds one member.
pub(crate) async fn add(session: Session<TenantScope, Write>, group: Uuid, member: &str) -> Result<Committed<Record>> {
    let member = parse_uuid(member).map_err(|_| Error::NotOfTenant)?;
    let new = New::<UserGroup>::empty().with(UserGroup::GROUP_ID, group)?.with(UserGroup::USER_TENANT_ID, member)?;
    // Neither the member nor the group is removed in the meantime.
    let (tenant, _) = session.ask((tenants::held(&session), session.repository::<Group>().hold_by_id(group))).await?;
    tenants::there(&session, tenant)?;
    session.create_and_commit(new).await.map_err(|error| match error.into() {
        Error::RelatedNotFound(_) => Error::NotOfTenant,
        other => other,
    })
}

/// Adds several members: all who are not in the group yet, or nobody when one is not of the tenant.
pub(crate) async fn add_all(
    session: Session<TenantScope, Write>,
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
    ));
    let (tenant, _, known, present) = asked.await?;
    tenants::there(&session, tenant)?;
    if known < wanted_ids.len() as u64 {
        return Err(Error::NotOfTenant);
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

/// Takes a user out of a group, and notes at the group that it changed.
pub(crate) async fn remove(
    session: Session<TenantScope, Write>,
    principal: Principal<'_>,
    group: Uuid,
    user: Uuid,
) -> Result<Committed<()>> {
    // The group first, as all do who change who is in it; of two who take the same user out, one does.
    session.repository::<Group>().lock_by_id(group).await?;
    let of_user = UserTenant::USER_ID.is(user);
    let membership = session.repository::<UserTenant>().find_one(of_user).await?.ok_or(Error::NotInGroup)?.id;
    let places = UserGroup::GROUP_ID.is(group).and(Some(&UserGroup::USER_TENANT_ID.is(membership)));
    if session.repository::<UserGroup>().count(Some(&places)).await? == 0 {
        return Err(Error::NotInGroup);
    }
    if membership == principal.membership {
        return Err(Error::OwnMembership);
    }
    session.repository::<UserGroup>().delete_all(Some(&places)).await?;
    session.repository::<Group>().update_by_id(group, Patch::empty()).await?;
    Ok(session.commit(()).await?)
}
