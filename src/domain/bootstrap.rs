//! A tenant with a role that may do everything and an administrator who holds it, or such an administrator alone.

use user_tenant_store::record::{New, Patch, Record};
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Session, Write};
use uuid::Uuid;

use super::{tenants, users};
use crate::error::{Error, Result, Sought};
use crate::model::{Role, Tenant, TenantStatus, User, UserStatus, UserTenant};

/// A tenant to make, with a role and an administrator who has it.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    /// Name of the tenant.
    pub tenant_name: String,
    /// Key of the tenant, unique.
    pub tenant_key: String,
    /// Username of the administrator.
    pub username: String,
    /// E-mail address of the administrator.
    pub email: String,
    /// First name of the administrator.
    pub first_name: String,
    /// Name of the role.
    pub role_name: String,
    /// What the role may do.
    pub permissions: Vec<String>,
}

/// The ids of what was made.
#[derive(Debug, Clone, Copy)]
pub struct Bootstrapped {
    /// The tenant.
    pub tenant: Uuid,
    /// The administrator.
    pub user: Uuid,
    /// The administrator's membership.
    pub user_tenant: Uuid,
}

/// Makes all of it, or nothing.
pub(crate) async fn bootstrap(session: Session<System, Write>, wanted: Bootstrap) -> Result<Committed<Bootstrapped>> {
    let tenant = New::<Tenant>::empty()
        .with(Tenant::NAME, wanted.tenant_name.as_str())?
        .with(Tenant::KEY, tenants::key(&wanted.tenant_key)?)?
        .with(Tenant::STATUS, i32::from(TenantStatus::Active))?;
    let tenant = id(&session.repository::<Tenant>().create(tenant).await?)?;
    let role = create_role(&session, tenant, &wanted).await?;
    let user = create_user(&session, tenant, &wanted).await?;
    let user_tenant = create_membership(&session, tenant, user, role).await?;
    Ok(session.commit(Bootstrapped { tenant, user, user_tenant }).await?)
}

/// Lets the administrator into a tenant that is there, for one that has locked everybody out. A user of these
/// names and a role that may do everything are used, where the tenant has them; all of it, or nothing.
pub(crate) async fn let_in(
    session: Session<System, Write>,
    tenant: Uuid,
    wanted: Bootstrap,
) -> Result<Committed<Bootstrapped>> {
    if !session.repository::<Tenant>().lock_by_id(tenant).await? {
        return Err(Error::NotFound(Sought::of::<Tenant>(&tenant)));
    }
    let same_name = Role::TENANT_ID.is(tenant).and(Some(&Role::NAME.is_in_any_case(&wanted.role_name)));
    let role = match session.repository::<Role>().find_one(same_name).await? {
        None => create_role(&session, tenant, &wanted).await?,
        Some(role) if grants(&role, &wanted.permissions) => role.id,
        Some(role) => return Err(Error::RoleGrantsLess { name: role.name }),
    };
    let email = users::email(&wanted.email)?;
    let user = match users::known(&session, &users::username(&wanted.username)?, &email).await? {
        users::Known::Nobody => create_user(&session, tenant, &wanted).await?,
        users::Known::Somebody { id, .. } => id,
        users::Known::Several => return Err(Error::LoginTaken),
    };
    let here = UserTenant::TENANT_ID.is(tenant).and(Some(&UserTenant::USER_ID.is(user)));
    let user_tenant = match session.repository::<UserTenant>().find_one(here).await? {
        None => create_membership(&session, tenant, user, role).await?,
        Some(membership) => {
            let active = Patch::empty()
                .with(UserTenant::ROLE_ID, role)?
                .with(UserTenant::STATUS, i32::from(UserStatus::Active))?;
            session.repository::<UserTenant>().update_by_id(membership.id, active).await?;
            membership.id
        }
    };
    Ok(session.commit(Bootstrapped { tenant, user, user_tenant }).await?)
}

fn grants(role: &Role, permissions: &[String]) -> bool {
    let granted = role.permissions.as_deref().unwrap_or_default();
    permissions.iter().all(|permission| granted.contains(permission))
}

async fn create_role(session: &Session<System, Write>, tenant: Uuid, wanted: &Bootstrap) -> Result<Uuid> {
    let role = New::<Role>::empty()
        .with(Role::NAME, wanted.role_name.as_str())?
        .with(Role::PERMISSIONS, wanted.permissions.clone())?
        .with(Role::TENANT_ID, tenant)?;
    id(&session.repository::<Role>().create(role).await?)
}

async fn create_user(session: &Session<System, Write>, tenant: Uuid, wanted: &Bootstrap) -> Result<Uuid> {
    let user = New::<User>::empty()
        .with(User::USERNAME, users::username(&wanted.username)?)?
        .with(User::EMAIL, users::email(&wanted.email)?)?
        .with(User::FIRST_NAME, wanted.first_name.as_str())?
        .with(User::DEFAULT_TENANT_ID, tenant)?;
    id(&session.repository::<User>().create(user).await?)
}

async fn create_membership(session: &Session<System, Write>, tenant: Uuid, user: Uuid, role: Uuid) -> Result<Uuid> {
    let membership = New::<UserTenant>::empty()
        .with(UserTenant::USER_ID, user)?
        .with(UserTenant::TENANT_ID, tenant)?
        .with(UserTenant::ROLE_ID, role)?
        .with(UserTenant::STATUS, i32::from(UserStatus::Active))?;
    id(&session.repository::<UserTenant>().create(membership).await?)
}

fn id(record: &Record) -> Result<Uuid> {
    record.id().ok_or_else(|| Error::Internal("a new row has no id".into()))
}
