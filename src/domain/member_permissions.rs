//! Rules of permissions that a member has beside its role's: nobody gives what it does not hold, or changes its own.

use user_tenant_store::filter::{Filter, Predicate};
use user_tenant_store::record::{New, Patch, Record};
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Committed, Session, Write};
use user_tenant_store::value::{Value, parse_uuid};
use uuid::Uuid;

use super::administrators::Administrators;
use super::holdings;
use super::principal::Principal;
use super::tenants;
use crate::error::{Error, Result, Rule};
use crate::model::UserLevelPermission;

/// Most permissions of a member beside the role's: no more than a role itself may have.
const MOST: u64 = 1_000;

/// Grants or withholds a permission.
pub(crate) async fn create(
    session: Session<TenantScope, Write>,
    principal: Principal<'_>,
    member: Uuid,
    new: New<UserLevelPermission>,
) -> Result<Committed<Record>> {
    not_own(&principal, member)?;
    let withheld = new.get(UserLevelPermission::ALLOWED) == Some(&Value::Boolean(false));
    if let Some(Value::Text(permission)) = new.get(UserLevelPermission::PERMISSION) {
        principal.refuse_unknown(std::slice::from_ref(permission), &[])?;
    }
    if let (false, Some(Value::Text(permission))) = (withheld, new.get(UserLevelPermission::PERMISSION)) {
        holds(&principal, permission)?;
    }
    tenants::lock(&session).await?;
    holdings::protect(&session, &principal, member).await?;
    let administrators = Administrators::before(&session, &principal).await?;
    if session.repository::<UserLevelPermission>().count(Some(&of(member, None))).await? >= MOST {
        return Err(Error::QuotaExceeded { what: "permissions of the member", limit: MOST });
    }
    let record = session
        .repository::<UserLevelPermission>()
        .create(new.with(UserLevelPermission::USER_TENANT_ID, member)?)
        .await?;
    administrators.remain(&session).await?;
    Ok(session.commit(record).await?)
}

/// Changes every permission of the member that matches. To lift what was withheld is to grant it.
pub(crate) async fn update_all(
    session: Session<TenantScope, Write>,
    principal: Principal<'_>,
    member: Uuid,
    predicate: Option<&Predicate>,
    patch: Patch<UserLevelPermission>,
) -> Result<Committed<u64>> {
    not_own(&principal, member)?;
    tenants::lock(&session).await?;
    holdings::protect(&session, &principal, member).await?;
    let affected = of(member, predicate);
    for before in session.repository::<UserLevelPermission>().all_typed(affected.clone()).await? {
        let permission = match patch.get(UserLevelPermission::PERMISSION) {
            Some(Value::Text(permission)) => permission,
            _ => &before.permission,
        };
        principal.refuse_unknown(std::slice::from_ref(permission), std::slice::from_ref(&before.permission))?;
        let allowed = match patch.get(UserLevelPermission::ALLOWED) {
            Some(Value::Boolean(allowed)) => *allowed,
            _ => before.allowed,
        };
        if allowed {
            holds(&principal, permission)?;
        }
        if !before.allowed && (allowed || *permission != before.permission) {
            holds(&principal, &before.permission)?;
        }
    }
    let administrators = Administrators::before(&session, &principal).await?;
    let count = session.repository::<UserLevelPermission>().update_all(Some(&affected), patch).await?;
    administrators.remain(&session).await?;
    Ok(session.commit(count).await?)
}

/// Deletes every permission of the member that matches. To lift what was withheld is to grant it.
pub(crate) async fn delete_all(
    session: Session<TenantScope, Write>,
    principal: Principal<'_>,
    member: Uuid,
    predicate: Option<&Predicate>,
) -> Result<Committed<u64>> {
    not_own(&principal, member)?;
    tenants::lock(&session).await?;
    holdings::protect(&session, &principal, member).await?;
    let affected = of(member, predicate);
    let withheld = UserLevelPermission::ALLOWED.is(false).and(Some(&affected));
    for lifted in session.repository::<UserLevelPermission>().all_typed(withheld).await? {
        holds(&principal, &lifted.permission)?;
    }
    let administrators = Administrators::before(&session, &principal).await?;
    let count = session.repository::<UserLevelPermission>().delete_all(Some(&affected)).await?;
    administrators.remain(&session).await?;
    Ok(session.commit(count).await?)
}

/// The permissions of one member, as far as a filter asks for them.
pub(crate) fn of_member(member: Uuid, filter: Filter) -> Filter {
    filter.within(of(member, None))
}

/// Refuses a body that names another member than the path.
pub(crate) fn same_member(member: Uuid, body: Option<&serde_json::Value>) -> Result<()> {
    match body.and_then(serde_json::Value::as_str) {
        Some(named) if parse_uuid(named) != Ok(member) => Err(Error::InvalidProperty {
            property: "userTenantId".to_owned(),
            rule: Rule::Only { value: member.to_string(), what: "the membership of the path" },
        }),
        _ => Ok(()),
    }
}

/// The permissions of one member that a condition selects.
pub(crate) fn of(member: Uuid, condition: Option<&Predicate>) -> Predicate {
    UserLevelPermission::USER_TENANT_ID.is(member).and(condition)
}

fn not_own(principal: &Principal<'_>, member: Uuid) -> Result<()> {
    if member == principal.membership { Err(Error::OwnPermissions) } else { Ok(()) }
}

fn holds(principal: &Principal<'_>, permission: &String) -> Result<()> {
    match principal.lacks(std::slice::from_ref(permission)) {
        None => Ok(()),
        Some(lacking) => Err(Error::PermissionNotHeld { permission: Some(lacking.clone()) }),
    }
}
