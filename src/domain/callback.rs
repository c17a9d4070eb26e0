//! Provisions what a new customer needs on a signed callback: tenant, role, client application, administrator.

use user_tenant_store::record::{New, Record};
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Session, Write};
use user_tenant_store::value::Value;
use uuid::Uuid;

use super::users;
use crate::error::{Error, Result};
use crate::model::{AuthClient, Role, Tenant, TenantStatus, User, UserCredentials, UserStatus, UserTenant};

/// Who verifies the users that callbacks bring.
const AUTH_PROVIDER: &str = "aws-cognito";

/// The role that the first user of a provisioned tenant gets.
#[derive(Debug, Clone)]
pub(crate) struct FirstRole {
    /// Its name.
    pub(crate) name: String,
    /// What it may do.
    pub(crate) permissions: Vec<String>,
}

/// What a callback asks for.
#[derive(Debug)]
pub(crate) struct Provisioning {
    /// The tenant: name and key.
    pub(crate) tenant: New<Tenant>,
    /// The client application that its users log in to.
    pub(crate) client: New<AuthClient>,
    /// The first user: names and telephone number.
    pub(crate) user: New<User>,
    /// The user's e-mail address, which is its username too.
    pub(crate) email: String,
    /// The user's id at the provider that verifies it.
    pub(crate) auth_id: Option<String>,
}

/// Makes all of it, or nothing.
pub(crate) async fn provision(
    session: Session<System, Write>,
    role: &FirstRole,
    wanted: Provisioning,
) -> Result<Committed<()>> {
    let email = users::email(&wanted.email)?;
    let tenant = wanted.tenant.with(Tenant::STATUS, i32::from(TenantStatus::Active))?;
    let tenant = id(&session.repository::<Tenant>().create(tenant).await?)?;
    let role = New::<Role>::empty()
        .with(Role::NAME, role.name.as_str())?
        .with(Role::PERMISSIONS, role.permissions.clone())?
        .with(Role::TENANT_ID, tenant)?;
    let role = id(&session.repository::<Role>().create(role).await?)?;
    let client = create_client(&session, wanted.client).await?;
    if !matches!(users::known(&session, &email, &email).await?, users::Known::Nobody) {
        return Err(Error::LoginTaken);
    }
    let user = wanted
        .user
        .with(User::USERNAME, email.as_str())?
        .with(User::EMAIL, email)?
        .with(User::AUTH_CLIENT_IDS, vec![client])?
        .with(User::DEFAULT_TENANT_ID, tenant)?;
    let user = id(&session.repository::<User>().create(user).await?)?;
    let credentials = New::<UserCredentials>::empty()
        .with(UserCredentials::USER_ID, user)?
        .with(UserCredentials::AUTH_PROVIDER, AUTH_PROVIDER)?
        .with(UserCredentials::AUTH_ID, wanted.auth_id)?;
    session.repository::<UserCredentials>().create(credentials).await?;
    let membership = New::<UserTenant>::empty()
        .with(UserTenant::USER_ID, user)?
        .with(UserTenant::TENANT_ID, tenant)?
        .with(UserTenant::ROLE_ID, role)?
        .with(UserTenant::STATUS, i32::from(UserStatus::Registered))?;
    session.repository::<UserTenant>().create(membership).await?;
    Ok(session.commit(()).await?)
}

/// Makes a client application and returns its number, which the database gives.
async fn create_client(session: &Session<System, Write>, client: New<AuthClient>) -> Result<i32> {
    let name = match client.get(AuthClient::CLIENT_ID) {
        Some(Value::Text(name)) => name.clone(),
        _ => return Err(Error::Internal("the schema asks for a client id".into())),
    };
    let clients = session.repository::<AuthClient>();
    clients.create(client).await?;
    let made = clients.find_one(AuthClient::CLIENT_ID.is(name)).await?;
    made.map(|client| client.id).ok_or_else(|| Error::Internal("a new row is not there".into()))
}

fn id(record: &Record) -> Result<Uuid> {
    record.id().ok_or_else(|| Error::Internal("a new row has no id".into()))
}
