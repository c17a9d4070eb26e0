//! Rules of the users of a tenant: who may be added, changed and removed, and what another tenant's user keeps.

mod add;
mod identity;
mod membership_life;

use user_tenant_store::cursor::Page;
use user_tenant_store::filter::{Comparison, Filter, Predicate};
use user_tenant_store::query::Query;
use user_tenant_store::record::{New, Patch};
use user_tenant_store::scope::{OwnScope, System, TenantScope};
use user_tenant_store::session::{Committed, Read, Session, Write};
use user_tenant_store::value::Value;
use uuid::Uuid;

pub(crate) use self::add::{Known, add, faster, joining, known};
pub(crate) use self::identity::{email, proof, prove_address, username};
use super::administrators::Administrators;
use super::principal::Principal;
use super::{holdings, seats};
use crate::error::{Error, Result, Sought};
use crate::model::{Inactive, Role, Standing, Tenant, TenantStatus, User, UserGroup, UserStatus, UserTenant};

/// What a rule asks of all tenants, before it writes.
pub(crate) type Asked<'a, T> = Query<'a, System, Write, T>;

/// Changes of a user of the tenant: of the person, and of the membership.
#[derive(Debug)]
pub(crate) struct Change {
    /// Changes of the person; an empty one notes that it was touched, as the original does.
    pub(crate) person: Option<Patch<User>>,
    /// Another role.
    pub(crate) role: Option<Uuid>,
    /// Another status of the membership.
    pub(crate) status: Option<Wanted>,
}

/// How the status of a membership is to change.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// To this one, as far as the table has it. Of statuses without a meaning it says nothing.
    Status(Value),
    /// By a step of the table.
    Step(&'static str),
}

impl Change {
    /// Whether it changes the membership, which may take the last administrator away.
    pub(crate) fn is_of_membership(&self) -> bool {
        self.role.is_some() || self.status.is_some()
    }
}

/// Changes a user of the tenant, and tells the status that the membership has then.
pub(crate) async fn update(
    session: Session<System, Write>,
    principal: Principal<'_>,
    tenant: Uuid,
    id: Uuid,
    change: Change,
) -> Result<Committed<i32>> {
    // A change of role or status may take the last administrator away; names may change side by side.
    let exclusive = change.is_of_membership();
    let tenants = session.repository::<Tenant>();
    let held = if exclusive { tenants.lock_by_id(tenant) } else { tenants.hold_by_id(tenant) };
    let read = change.status.is_some().then(|| tenants.get(tenant));
    // Another process may not have heard yet that the caller was suspended; two of them must not let each other in.
    let own = (exclusive && !principal.master)
        .then(|| session.repository::<Standing>().find_one(Standing::ID.is(principal.membership)));
    let user = session.repository::<User>().get(id);
    let asked = session.ask((held, membership(&session, tenant, id), user, read, own));
    let (is_there, membership, user, limits, own) = asked.await?;
    if let Some(own) = own {
        own.map_or(Err(Inactive::Unknown), |own| own.check(principal.acceptance)).map_err(Error::CallerNotActive)?;
    }
    let membership = membership.ok_or_else(|| unknown(&id))?;
    if !is_there {
        return Err(Error::NotFound(Sought::of::<Tenant>(&tenant)));
    }
    let user = user.ok_or_else(|| unknown(&id))?;
    if change.role.is_some() && id == principal.user {
        return Err(Error::OwnMembership);
    }
    if let Some(role) = change.role {
        assignable(&session, &principal, tenant, role).await?;
    }
    if exclusive {
        protected(&session, &principal, &membership).await?;
    }
    let person = if is_home(tenant, &principal, &membership, &user) {
        change.person
    } else {
        // Of a person who has not come yet, the profile is not the tenant's to change. What is left is not even noted at the
        // person.
        if change.person.as_ref().is_some_and(|person| !person.is_empty()) {
            return Err(Error::ProfileOfGuest);
        }
        None
    };
    let next = match &change.status {
        Some(wanted) => membership_life::next(&principal, &membership, &user, wanted)?,
        None => None,
    };
    if let (Some(next), Some(limits)) = (next, limits.flatten()) {
        seats::take(&session, &limits, Some(membership.status), next).await?;
    }
    let person = match person {
        Some(person) => Some(identity::checked(&session, &principal, &membership, &user, person).await?),
        None => None,
    };
    let empty = Patch::<UserTenant>::empty;
    let role = change.role.map(|role| empty().with(UserTenant::ROLE_ID, role)).transpose()?;
    let status = change.status.is_some().then(|| next.unwrap_or(membership.status));
    let status = status.map(|next| membership_life::with_status(empty(), &membership, &user, next)).transpose()?;
    // Each by itself, since an event has one type: neither hides behind the other.
    let patches = role.into_iter().chain(status).filter(|patch| !patch.is_empty()).collect();
    let written = write(session.narrow(TenantScope(tenant)), &principal, &membership, person, patches).await?;
    Ok(written.map(|()| next.unwrap_or(membership.status)))
}

/// Writes the checked changes of a person and of the membership.
async fn write(
    session: Session<TenantScope, Write>,
    principal: &Principal<'_>,
    membership: &UserTenant,
    person: Option<Patch<User>>,
    patches: Vec<Patch<UserTenant>>,
) -> Result<Committed<()>> {
    // The person is there: if nothing was changed, it is its new default tenant that is not.
    let default = match person.as_ref().and_then(|person| person.get(User::DEFAULT_TENANT_ID)) {
        Some(Value::Uuid(default)) => Some(Sought::of::<Tenant>(default)),
        _ => None,
    };
    let no_default = || Error::RelatedNotFound(default);
    match person {
        Some(person) if patches.is_empty() => {
            let by_id = User::ID.is(membership.user_id);
            let changed = session.update_and_commit(Some(&by_id), person).await?;
            return if *changed.get() > 0 { Ok(changed.map(|_| ())) } else { Err(no_default()) };
        }
        Some(person) => {
            let changed = session.repository::<User>().update_by_id(membership.user_id, person).await?;
            if !changed {
                return Err(no_default());
            }
        }
        None if patches.is_empty() => return Ok(session.commit(()).await?),
        None => {}
    }
    let administrators = Administrators::before(&session, principal).await?;
    for patch in patches {
        session.repository::<UserTenant>().update_by_id(membership.id, patch).await?;
    }
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
    let of_user = UserTenant::USER_ID.is(id);
    let membership = membership(&session, tenant, id).await?.ok_or_else(|| unknown(&id))?;
    if id == principal.user {
        return Err(Error::OwnMembership);
    }
    protected(&session, &principal, &membership).await?;
    // Two tenants that let the person go at once must not each name the other as the next home.
    session.repository::<User>().lock_by_id(id).await?;
    let user = session.repository::<User>().get(id).await?.ok_or_else(|| unknown(&id))?;
    if user.default_tenant_id.is_none_or(|default| default == tenant) {
        let next = next_default(&session, tenant, &of_user).await?;
        if next != user.default_tenant_id {
            session.repository::<User>().update_by_id(id, Patch::empty().with(User::DEFAULT_TENANT_ID, next)?).await?;
        }
    }
    let session = session.narrow(TenantScope(tenant));
    let administrators = Administrators::before(&session, &principal).await?;
    let places = UserGroup::USER_TENANT_ID.is(membership.id);
    session.repository::<UserGroup>().delete_all(Some(&places)).await?;
    session.repository::<UserTenant>().delete_by_id(membership.id).await?;
    administrators.remain(&session).await?;
    Ok(session.commit(()).await?)
}

/// The tenants that the person works for, as far as a filter asks for them.
pub(crate) async fn tenants_of(
    session: &Session<OwnScope, Read>,
    principal: &Principal<'_>,
    filter: Filter,
) -> Result<Page> {
    let person = session.repository::<User>().get(principal.user).await?;
    let home = person
        .and_then(|person| person.default_tenant_id)
        .map_or(Comparison::Never, |home| Comparison::Equal(home.into()));
    let active = principal.acceptance.active(UserTenant::STATUS, &UserTenant::TENANT_ID.compare(home));
    let memberships = session.repository::<UserTenant>().all_typed(active).await?;
    let own = Tenant::ID.is_one_of(memberships.iter().map(|membership| membership.tenant_id));
    Ok(session.repository::<Tenant>().find_page(&filter.within(own)).await?)
}

/// Whether the person of a membership is at home in the tenant, or has come to it: it has logged in there since it was
/// added, which makes the membership active. Masters need not ask.
fn is_home(tenant: Uuid, principal: &Principal<'_>, membership: &UserTenant, user: &User) -> bool {
    principal.master
        || UserStatus::JOINED.iter().any(|joined| membership.status == i32::from(*joined))
        || user.default_tenant_id == Some(tenant)
}

/// The active tenant of the oldest other membership that the user has accepted. A tenant that has merely added somebody
/// must not become the home, which may read and change the profile.
async fn next_default(session: &Session<System, Write>, tenant: Uuid, of_user: &Predicate) -> Result<Option<Uuid>> {
    let elsewhere = UserTenant::TENANT_ID.is_none_of([tenant]);
    let joined = UserTenant::STATUS.is_one_of(UserStatus::JOINED.map(i32::from));
    let elsewhere = elsewhere.and(Some(&joined));
    let memberships = session.repository::<UserTenant>().all_typed(elsewhere.and(Some(of_user))).await?;
    let named = Tenant::ID.is_one_of(memberships.iter().map(|membership| membership.tenant_id));
    let active = Tenant::STATUS.is(i32::from(TenantStatus::Active)).and(Some(&named));
    let active = session.repository::<Tenant>().all_typed(active).await?;
    Ok(memberships
        .iter()
        .map(|membership| membership.tenant_id)
        .find(|tenant| active.iter().any(|active| active.id == *tenant)))
}

/// The membership of a user in the tenant; of a foreign or unknown user there is none.
fn membership(session: &Session<System, Write>, tenant: Uuid, user: Uuid) -> Asked<'_, Option<UserTenant>> {
    let here = UserTenant::TENANT_ID.is(tenant).and(Some(&UserTenant::USER_ID.is(user)));
    session.repository::<UserTenant>().find_one(here)
}

/// Refuses the principal who holds less than the member does. Of themselves everybody may dispose.
async fn protected(session: &Session<System, Write>, principal: &Principal<'_>, member: &UserTenant) -> Result<()> {
    if member.user_id == principal.user {
        return Ok(());
    }
    holdings::protect(session, principal, member.id).await
}

/// That the principal may give a member this role: it is one of the tenant, and grants nothing that the principal lacks.
async fn assignable(
    session: &Session<System, Write>,
    principal: &Principal<'_>,
    tenant: Uuid,
    role: Uuid,
) -> Result<()> {
    may_assign(principal, role, session.repository::<Role>().find_one(role_of(tenant, role)).await?.as_ref())
}

/// A role of the tenant, and no other's.
fn role_of(tenant: Uuid, role: Uuid) -> Predicate {
    Role::ID.is(role).and(Some(&Role::TENANT_ID.is(tenant)))
}

/// The same of a role that was looked for in the tenant by its id.
pub(crate) fn may_assign(principal: &Principal<'_>, id: Uuid, role: Option<&Role>) -> Result<()> {
    let role = role.ok_or_else(|| Error::NotFound(Sought::of::<Role>(&id)))?;
    let grants = principal.may_affect(role.permissions.as_deref().unwrap_or_default());
    if grants { Ok(()) } else { Err(Error::PermissionNotHeld { permission: None }) }
}

/// That there is no such user in the tenant.
pub(crate) fn unknown(id: &impl ToString) -> Error {
    Error::NotFound(Sought::of::<User>(id))
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
