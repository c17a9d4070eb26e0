//! The first tenant of a database, with a role that may do everything and an administrator who holds it.

use user_tenant_store::record::{New, Record};
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Session, Write};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::model::{Role, Tenant, TenantStatus, User, UserStatus, UserTenant};

/// What to make.
#[derive(Debug, Clone)]
pub(crate) struct Bootstrap {
    /// Name of the tenant.
    pub(crate) tenant_name: String,
    /// Key of the tenant, unique.
    pub(crate) tenant_key: String,
    /// Username of the administrator, also the start of its address.
    pub(crate) username: String,
    /// E-mail address of the administrator.
    pub(crate) email: String,
    /// First name of the administrator.
    pub(crate) first_name: String,
    /// Name of the role.
    pub(crate) role_name: String,
    /// What the role may do.
    pub(crate) permissions: Vec<String>,
}

/// What was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bootstrapped {
    /// The tenant.
    pub(crate) tenant: Uuid,
    /// The administrator.
    pub(crate) user: Uuid,
    /// The administrator's membership.
    pub(crate) user_tenant: Uuid,
}

/// Makes all of it, or nothing.
pub(crate) async fn bootstrap(session: Session<System, Write>, wanted: Bootstrap) -> Result<Committed<Bootstrapped>> {
    let tenant = New::<Tenant>::empty()
        .with("name", wanted.tenant_name)?
        .with("key", wanted.tenant_key)?
        .with("status", i32::from(TenantStatus::Active))?;
    let tenant = id(&session.repository::<Tenant>().create(tenant).await?)?;
    let role = New::<Role>::empty()
        .with("name", wanted.role_name)?
        .with("permissions", wanted.permissions)?
        .with("tenantId", tenant)?;
    let role = id(&session.repository::<Role>().create(role).await?)?;
    let user = New::<User>::empty()
        .with("username", wanted.username.trim().to_lowercase())?
        .with("email", wanted.email.trim().to_lowercase())?
        .with("firstName", wanted.first_name)?
        .with("defaultTenantId", tenant)?;
    let user = id(&session.repository::<User>().create(user).await?)?;
    let membership = New::<UserTenant>::empty()
        .with("userId", user)?
        .with("tenantId", tenant)?
        .with("roleId", role)?
        .with("status", i32::from(UserStatus::Active))?;
    let user_tenant = id(&session.repository::<UserTenant>().create(membership).await?)?;
    Ok(session.commit(Bootstrapped { tenant, user, user_tenant }).await?)
}

fn id(record: &Record) -> Result<Uuid> {
    record.uuid("id").ok_or_else(|| Error::Internal("a new row has no id".into()))
}
