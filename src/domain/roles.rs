//! Rules of roles: members grant only what they hold, and change no role that grants more.

use user_tenant_store::filter::{Filter, Predicate};
use user_tenant_store::record::{New, Patch, Record};
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Committed, Session, Write};
use user_tenant_store::value::Value;
use uuid::Uuid;

use super::administrators::{self, Administrators};
use super::holdings::{self, Whom};
use super::principal::Principal;
use super::{names, tenants};
use crate::error::{Error, Result, Sought};
use crate::model::{GroupRole, Role, UserTenant};

/// Creates a role, whose name the tenant does not have yet.
pub(crate) async fn create(
    session: Session<TenantScope, Write>,
    principal: Principal<'_>,
    new: New<Role>,
) -> Result<Committed<Record>> {
    // A role that names no kind gets that of its maker, and not the administrators' as in the original.
    let new = match (new.get(Role::ROLE_TYPE), principal.own_lesser_type()) {
        (None, Some(own)) => new.with(Role::ROLE_TYPE, own)?,
        _ => new,
    };
    // Nothing is a list without permissions: other programs read null as a list of one that has no name.
    let new = match new.get(Role::PERMISSIONS) {
        None | Some(Value::Null) => new.with(Role::PERMISSIONS, Vec::<String>::new())?,
        _ => new,
    };
    let role_type = integer(new.get(Role::ROLE_TYPE));
    principal.refuse_unknown(texts(new.get(Role::PERMISSIONS)), &[])?;
    // One that names no client application is bound as its maker is. An empty list says as little as none.
    let names_clients = new.get(Role::ALLOWED_CLIENTS).is_some_and(|named| *named != Value::TextArray(Vec::new()));
    let new = match principal.bound_to() {
        Some(own) if !names_clients => new.with(Role::ALLOWED_CLIENTS, own.to_vec())?,
        _ => new,
    };
    givable(&principal, role_type, new.get(Role::ALLOWED_CLIENTS), new.get(Role::PERMISSIONS))?;
    names::keep_once(&session, Role::NAME, new.get(Role::NAME), None).await?;
    Ok(session.create_and_commit(new).await?)
}

/// Changes every role that matches. The principal must hold all permissions that they have and get,
/// and its own role is not among them.
pub(crate) async fn update_all(
    session: Session<TenantScope, Write>,
    principal: Principal<'_>,
    predicate: Option<&Predicate>,
    patch: Patch<Role>,
) -> Result<Committed<u64>> {
    let predicate = predicate.ok_or(Error::WhereRequired)?;
    // A type that the patch does not name stays.
    let role_type =
        if patch.get(Role::ROLE_TYPE).is_some() { integer(patch.get(Role::ROLE_TYPE)) } else { principal.role_type };
    let wanted = patch.get(Role::PERMISSIONS).map(|wanted| texts(Some(wanted)).to_vec());
    let may_give = || givable(&principal, role_type, patch.get(Role::ALLOWED_CLIENTS), patch.get(Role::PERMISSIONS));
    // Whether a key is new to a role, the role tells; that it is unknown says more than that the principal does not hold it.
    let has_unknown = wanted.as_ref().is_some_and(|wanted| principal.refuse_unknown(wanted, &[]).is_err());
    if !has_unknown {
        may_give()?;
    }
    tenants::lock(&session).await?;
    let own = own_role(&session, &principal).await?;
    let fields = Some(vec![Role::ID.position(), Role::PERMISSIONS.position()]);
    let roles = session.repository::<Role>();
    let mut affected = roles.pages(Filter { fields, ..Filter::matching(predicate.clone()) });
    // How many roles the tenant has, any member decides who may make them. So they are looked through only where it matters.
    let mut may_cease = false;
    let mut checked = Vec::new();
    while let Some(page) = affected.next().await? {
        for role in &page {
            let granted = texts(role.get(Role::PERMISSIONS));
            if has_unknown {
                principal.refuse_unknown(wanted.as_deref().unwrap_or_default(), granted)?;
            }
            changeable(role.id(), own, principal.may_affect(granted))?;
            may_cease |= wanted.as_ref().is_some_and(|wanted| administrators::may_cease(granted, wanted));
            checked.extend(role.id());
        }
    }
    if has_unknown {
        may_give()?;
    }
    // A role that is made meanwhile was not looked at.
    if let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) {
        let carried = GroupRole::ROLE_ID.is_one_of(checked.iter().copied());
        if session.repository::<GroupRole>().count(Some(&carried)).await? > 0 {
            // The principal may be in the group.
            holdings::may_give(&session, &principal, &wanted.into_iter().collect(), Whom::All).await?;
        }
    }
    let checked = Role::ID.is_one_of(checked);
    names::keep_once(&session, Role::NAME, patch.get(Role::NAME), Some(predicate)).await?;
    let before = if may_cease { Some(Administrators::before(&session, &principal).await?) } else { None };
    let count = session.repository::<Role>().update_all(Some(&checked), patch).await?;
    if let Some(before) = before {
        before.remain(&session).await?;
    }
    Ok(session.commit(count).await?)
}

/// Deletes a role that nobody has and no group carries.
pub(crate) async fn delete_by_id(
    session: Session<TenantScope, Write>,
    principal: Principal<'_>,
    id: Uuid,
) -> Result<Committed<()>> {
    tenants::lock(&session).await?;
    let role = session.repository::<Role>().get(id).await?.ok_or_else(|| Error::NotFound(Sought::of::<Role>(&id)))?;
    let own = own_role(&session, &principal).await?;
    changeable(Some(id), own, principal.holds(&role.permissions.unwrap_or_default()))?;
    let (in_role, carrying) = (UserTenant::ROLE_ID.is(id), GroupRole::ROLE_ID.is(id));
    let holders = session.repository::<UserTenant>().count(Some(&in_role));
    let groups = session.repository::<GroupRole>().count(Some(&carrying));
    let (holders, groups) = session.ask((holders, groups)).await?;
    if holders > 0 || groups > 0 {
        return Err(Error::RoleInUse { holders, groups });
    }
    session.repository::<Role>().delete_by_id(id).await?;
    Ok(session.commit(()).await?)
}

/// The role that the principal acts with, when it acts in its own tenant.
pub(crate) async fn own_role(session: &Session<TenantScope, Write>, principal: &Principal<'_>) -> Result<Option<Uuid>> {
    Ok(session.repository::<UserTenant>().get(principal.membership).await?.map(|membership| membership.role_id))
}

/// That a role is not the principal's own, and that the principal reaches what it grants.
pub(crate) fn changeable(role: Option<Uuid>, own: Option<Uuid>, reached: bool) -> Result<()> {
    if own.is_some() && own == role {
        return Err(Error::OwnRole);
    }
    if reached { Ok(()) } else { Err(Error::PermissionNotHeld { permission: None }) }
}

/// That the principal may give what a role is to grant: its kind, its client applications, its permissions.
pub(crate) fn givable(
    principal: &Principal<'_>,
    role_type: Option<i32>,
    clients: Option<&Value>,
    permissions: Option<&Value>,
) -> Result<()> {
    if let Some(Value::TextArray(wanted)) = permissions
        && let Some(lacking) = principal.lacks(wanted)
    {
        return Err(Error::PermissionNotHeld { permission: Some(lacking.clone()) });
    }
    if !principal.may_give_type(role_type) {
        return Err(Error::RoleTypeNotHeld);
    }
    let clients = clients.is_none_or(|clients| match clients {
        Value::TextArray(named) => principal.may_give_clients(named),
        _ => principal.may_give_clients(&[]),
    });
    if clients { Ok(()) } else { Err(Error::ClientsNotHeld) }
}

fn texts(value: Option<&Value>) -> &[String] {
    match value {
        Some(Value::TextArray(texts)) => texts,
        _ => &[],
    }
}

fn integer(value: Option<&Value>) -> Option<i32> {
    match value {
        Some(Value::Integer(number)) => i32::try_from(*number).ok(),
        _ => None,
    }
}
