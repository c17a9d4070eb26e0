//! Rules of groups: a name once a tenant, whoever makes a group is its first member, none outlives its members' rows.

use user_tenant_store::filter::Predicate;
use user_tenant_store::record::{New, Patch, Record};
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Committed, Session, Write};
use uuid::Uuid;

use super::principal::Principal;
use super::{names, tenants};
use crate::error::{Error, Result, Sought};
use crate::model::{Group, UserGroup, UserTenant};

/// Creates a group, with the principal in it unless that is of another tenant.
pub(crate) async fn create(
    session: Session<TenantScope, Write>,
    principal: Principal<'_>,
    new: New<Group>,
) -> Result<Committed<Record>> {
    // Whoever makes it stays a member meanwhile.
    tenants::hold(&session).await?;
    names::keep_once(&session, Group::NAME, new.get(Group::NAME), None).await?;
    let group = session.repository::<Group>().create(new).await?;
    if session.repository::<UserTenant>().exists(principal.membership).await? {
        let id = group.id().ok_or_else(|| Error::Internal("a new row has no id".into()))?;
        let member = New::<UserGroup>::empty()
            .with(UserGroup::GROUP_ID, id)?
            .with(UserGroup::USER_TENANT_ID, principal.membership)?;
        session.repository::<UserGroup>().create(member).await?;
    }
    Ok(session.commit(group).await?)
}

/// Changes every group that matches.
pub(crate) async fn update_all(
    session: Session<TenantScope, Write>,
    predicate: Option<&Predicate>,
    patch: Patch<Group>,
) -> Result<Committed<u64>> {
    // Before the name is kept: a change of what patterns select keeps the tenant and its rows first.
    tenants::hold(&session).await?;
    names::keep_once(&session, Group::NAME, patch.get(Group::NAME), predicate).await?;
    Ok(session.update_and_commit(predicate, patch).await?)
}

/// Deletes a group, and its members' places in it.
pub(crate) async fn delete_by_id(session: Session<TenantScope, Write>, id: Uuid) -> Result<Committed<()>> {
    // Before the members, whose rows are out of reach once the group is deleted.
    if !session.repository::<Group>().lock_by_id(id).await? {
        return Err(Error::NotFound(Sought::of::<Group>(&id)));
    }
    let members = UserGroup::GROUP_ID.is(id);
    session.repository::<UserGroup>().delete_all(Some(&members)).await?;
    session.repository::<Group>().delete_by_id(id).await?;
    Ok(session.commit(()).await?)
}
