//! Rules of the users of a tenant: who may be added, changed and removed, and what another tenant's user keeps.

mod add;
mod identity;

use user_tenant_store::Entity;
use user_tenant_store::cursor::Page;
use user_tenant_store::filter::{Filter, Predicate};
use user_tenant_store::record::{New, Patch};
use user_tenant_store::scope::{OwnScope, System, TenantScope};
use user_tenant_store::session::{Committed, Read, Session, Write};
use user_tenant_store::value::Value;
use uuid::Uuid;

pub(crate) use self::add::{Known, add, known};
pub(crate) use self::identity::email;
use super::administrators::Administrators;
use super::principal::Principal;
use super::tenants;
use crate::error::{Error, Result, Unique};
use crate::model::{Role, Tenant, TenantStatus, User, UserGroup, UserStatus, UserTenant};

/// Changes of a user of the tenant: of the person, and of the membership.
#[derive(Debug)]
pub(crate) struct Change {
    /// Changes of the person; an empty one notes that it was touched, as the original does.
    pub(crate) person: Option<Patch<User>>,
    /// Another role.
    pub(crate) role: Option<Uuid>,
    /// Another status of the membership.
    pub(crate) status: Option<Value>,
}

/// Changes a user of the tenant.
pub(crate) async fn update(
    session: Session<TenantScope, Write>,
    principal: Principal<'_>,
    id: Uuid,
    change: Change,
) -> Result<Committed<()>> {
    // Who takes a role or a status from somebody may take the last administrator away; names may change side by side.
    let exclusive = change.role.is_some() || change.status.is_some();
    let ((), membership, user) = tokio::try_join!(
        biased;
        async { if exclusive { tenants::lock(&session).await } else { tenants::hold(&session).await } },
        membership(&session, id),
        async { Ok(session.repository::<User>().get(id).await?) },
    )?;
    let user = user.ok_or_else(|| unknown(&id))?;
    if change.role.is_some() && id == principal.user {
        return Err(Error::Forbidden("NotAllowedAccess"));
    }
    if let Some(role) = change.role {
        assignable(&session, &principal, role).await?;
    }
    let person = if is_home(session.scope().0, &principal, &membership, &user) {
        change.person
    } else {
        // It has not come yet: its profile is not the tenant's to change, nor is it the tenant's to say that it came,
        // which would show the profile. What is left is not even noted at the person.
        let joins =
            change.status.as_ref().is_some_and(|status| UserStatus::JOINED.iter().any(|joined| is(status, *joined)));
        if joins || change.person.as_ref().is_some_and(|person| !person.is_empty()) {
            return Err(Error::Forbidden("NotAllowedAccess"));
        }
        None
    };
    let person = person.map(|person| identity::normalise(&session, &user, person)).transpose()?;
    let mut patch = Patch::<UserTenant>::empty();
    if let Some(role) = change.role {
        patch = patch.with("roleId", role)?;
    }
    if let Some(status) = change.status {
        patch = patch.with("status", status)?;
    }
    let taken = |error| Unique::Username.or(error, Error::Forbidden("Username already exists"));
    // The person is there: if nothing was changed, it is its new default tenant that is not.
    let no_default = || Error::RelatedNotFound;
    match person {
        Some(person) if patch.is_empty() => {
            let by_id = Predicate::is::<User>("id", user.id);
            let changed = session.update_and_commit(Some(&by_id), person).await.map_err(taken)?;
            return if *changed.get() > 0 { Ok(changed.map(|_| ())) } else { Err(no_default()) };
        }
        Some(person) => {
            let changed = session.repository::<User>().update_by_id(user.id, person).await.map_err(taken)?;
            if !changed {
                return Err(no_default());
            }
        }
        None if patch.is_empty() => return Ok(session.commit(()).await?),
        None => {}
    }
    let administrators = Administrators::before(&session).await?;
    session.repository::<UserTenant>().update_by_id(membership.id, patch).await?;
    administrators.remain(&session).await?;
    Ok(session.commit(()).await?)
}

/// Ends a user's membership of a tenant. The person stays, with another of its tenants as the default, if there is one.
pub(crate) async fn remove(
    session: Session<System, Write>,
    principal: Principal<'_>,
    tenant: Uuid,
    id: Uuid,
) -> Result<Committed<()>> {
    session.repository::<Tenant>().lock_by_id(tenant).await?;
    let of_user = Predicate::is::<UserTenant>("userId", id);
    let here = Predicate::is::<UserTenant>("tenantId", tenant).and(Some(&of_user));
    let membership = session.repository::<UserTenant>().find_one(here).await?.ok_or_else(|| unknown(&id))?;
    if id == principal.user {
        return Err(Error::Forbidden("NotAllowedAccess"));
    }
    let user = session.repository::<User>().get(id).await?.ok_or_else(|| unknown(&id))?;
    if user.default_tenant_id.is_none_or(|default| default == tenant) {
        let next = next_default(&session, tenant, &of_user).await?;
        if next != user.default_tenant_id {
            session.repository::<User>().update_by_id(id, Patch::empty().with("defaultTenantId", next)?).await?;
        }
    }
    let session = session.narrow(TenantScope(tenant));
    let administrators = Administrators::before(&session).await?;
    let places = Predicate::is::<UserGroup>("userTenantId", membership.id);
    session.repository::<UserGroup>().delete_all(Some(&places)).await?;
    session.repository::<UserTenant>().delete_by_id(membership.id).await?;
    administrators.remain(&session).await?;
    Ok(session.commit(()).await?)
}

/// The tenants that the person works for, as far as a filter asks for them.
pub(crate) async fn tenants_of(session: &Session<OwnScope, Read>, filter: Filter) -> Result<Page> {
    let live = Predicate::is_one_of::<UserTenant, _>("status", UserStatus::LIVE.map(i32::from));
    let memberships = session.repository::<UserTenant>().find_typed(live).await?;
    let own = Predicate::is_one_of::<Tenant, _>("id", memberships.iter().map(|membership| membership.tenant_id));
    Ok(session.repository::<Tenant>().find_page(&filter.within(own)).await?)
}

/// Whether the person of a membership is at home in the tenant, or has come to it: it has logged in there since it was
/// added, which makes the membership active. Masters need not ask.
fn is_home(tenant: Uuid, principal: &Principal<'_>, membership: &UserTenant, user: &User) -> bool {
    principal.master
        || UserStatus::JOINED.iter().any(|joined| membership.status == i32::from(*joined))
        || user.default_tenant_id == Some(tenant)
}

fn is(value: &Value, status: UserStatus) -> bool {
    *value == Value::from(i32::from(status))
}

/// The active tenant of the oldest other membership that the user has accepted. A tenant that has merely added somebody
/// must not become the home, which may read and change the profile.
async fn next_default(session: &Session<System, Write>, tenant: Uuid, of_user: &Predicate) -> Result<Option<Uuid>> {
    let elsewhere = Predicate::is_none_of::<UserTenant, _>("tenantId", [tenant]);
    let joined = Predicate::is_one_of::<UserTenant, _>("status", UserStatus::JOINED.map(i32::from));
    let elsewhere = elsewhere.and(Some(&joined));
    let memberships = session.repository::<UserTenant>().find_typed(elsewhere.and(Some(of_user))).await?;
    let named = Predicate::is_one_of::<Tenant, _>("id", memberships.iter().map(|membership| membership.tenant_id));
    let active = Predicate::is::<Tenant>("status", i32::from(TenantStatus::Active)).and(Some(&named));
    let active = session.repository::<Tenant>().find_typed(active).await?;
    Ok(memberships
        .iter()
        .map(|membership| membership.tenant_id)
        .find(|tenant| active.iter().any(|active| active.id == *tenant)))
}

/// The membership of a user in the tenant; of a foreign or unknown user there is none.
async fn membership(session: &Session<TenantScope, Write>, user: Uuid) -> Result<UserTenant> {
    let of_user = Predicate::is::<UserTenant>("userId", user);
    session.repository::<UserTenant>().find_one(of_user).await?.ok_or_else(|| unknown(&user))
}

/// That the principal may give somebody this role: it is one of the tenant, and grants nothing that the principal lacks.
async fn assignable(session: &Session<TenantScope, Write>, principal: &Principal<'_>, role: Uuid) -> Result<()> {
    may_assign(principal, session.repository::<Role>().get(role).await?.as_ref())
}

/// The same of a role that was looked for in the tenant.
fn may_assign(principal: &Principal<'_>, role: Option<&Role>) -> Result<()> {
    let granted = &role.ok_or(Error::RowNotFound)?.permissions;
    if principal.may_affect(granted.as_deref().unwrap_or_default()) {
        Ok(())
    } else {
        Err(Error::Forbidden("NotAllowedAccess"))
    }
}

/// That there is no such user in the tenant, in the words of the original.
pub(crate) fn unknown(id: &impl ToString) -> Error {
    Error::EntityNotFound { table: User::meta().table, id: id.to_string() }
}

/// A user to be added to a tenant.
#[derive(Debug)]
pub(crate) struct Addition {
    /// The person, if it is nobody known.
    pub(crate) person: New<User>,
    /// Its role in the tenant.
    pub(crate) role: Uuid,
    /// The language it prefers there.
    pub(crate) locale: Option<String>,
}
