//! Rules of groups: a name once a tenant, whoever makes a group is its first member, none outlives the rows that rest on it.

use user_tenant_store::filter::Predicate;
use user_tenant_store::record::{New, Patch, Record};
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Committed, Session, Write};
use uuid::Uuid;

use super::administrators::{self, Administrators};
use super::principal::Principal;
use super::{giving, holdings, names, tenants};
use crate::error::{Error, Result, Sought};
use crate::model::{Group, GroupGroup, GroupRole, Tenant, UserGroup, UserTenant};

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

/// Deletes a group, its members' places in it, and its places among roles and groups. What it gave, the principal must hold.
pub(crate) async fn delete_by_id(
    session: Session<TenantScope, Write>,
    principal: Principal<'_>,
    id: Uuid,
) -> Result<Committed<()>> {
    let roles = GroupRole::GROUP_ID.is(id);
    let groups = Predicate::Or(vec![GroupGroup::GROUP_ID.is(id), GroupGroup::MEMBER_GROUP_ID.is(id)]);
    // The tenant first, as all do who change what groups give. The group before the members, whose rows are out of reach once it
    // is deleted.
    let asked = session.ask((
        session.repository::<Tenant>().lock_by_id(session.scope().0),
        session.repository::<Group>().lock_by_id(id),
        session.repository::<GroupRole>().count(Some(&roles)),
        session.repository::<GroupGroup>().count(Some(&groups)),
    ));
    let (tenant, is_there, carried, nested) = asked.await?;
    if !is_there {
        return Err(Error::NotFound(Sought::of::<Group>(&id)));
    }
    tenants::there(&session, tenant)?;
    let mut administrators = None;
    if carried + nested > 0 {
        let taken = giving::granted_by(&session, id).await?;
        holdings::may_take(&principal, &taken)?;
        if administrators::may_cease_without(&taken) {
            administrators = Some(Administrators::before(&session, &principal).await?);
        }
        session.repository::<GroupRole>().delete_all(Some(&roles)).await?;
        session.repository::<GroupGroup>().delete_all(Some(&groups)).await?;
    }
    let members = UserGroup::GROUP_ID.is(id);
    session.repository::<UserGroup>().delete_all(Some(&members)).await?;
    session.repository::<Group>().delete_by_id(id).await?;
    if let Some(administrators) = administrators {
        administrators.remain(&session).await?;
    }
    Ok(session.commit(()).await?)
}
