//! One way to provision: how tenants, first roles, people and memberships are made, with the same checks of names and addresses for callback, command and route.

use user_tenant_store::record::{New, Record};
use user_tenant_store::scope::System;
use user_tenant_store::session::{Session, Write};
use uuid::Uuid;

use super::passwords::{Hash, INTERNAL, KEYCLOAK};
use super::users::{self, Asked, Known};
use crate::error::{Error, Result};
use crate::model::{
    AuthClient, NewUserProvider, NewUsers, Role, Tenant, TenantStatus, User, UserCredentials, UserStatus, UserTenant,
};

/// What a person logs in with, in the forms in which it is stored and compared.
pub(crate) struct Login {
    /// The username.
    pub(crate) username: String,
    /// The e-mail address.
    pub(crate) email: String,
}

impl Login {
    /// The forms of what was sent.
    ///
    /// # Errors
    /// [`Error::InvalidEmail`], and what is wrong with the username.
    pub(crate) fn new(username: &str, email: &str) -> Result<Self> {
        Ok(Self { username: users::username(username)?, email: users::email(email)? })
    }

    /// An address, which is the username too.
    ///
    /// # Errors
    /// [`Error::InvalidEmail`].
    pub(crate) fn by_address(email: &str) -> Result<Self> {
        let email = users::email(email)?;
        Ok(Self { username: email.clone(), email })
    }

    /// Whom it leads to, among all people.
    pub(crate) fn owner<'a>(&self, session: &'a Session<System, Write>) -> Asked<'a, Known> {
        users::known(session, &self.username, &self.email)
    }

    /// Refuses what leads to somebody.
    pub(crate) async fn refuse_taken(&self, session: &Session<System, Write>) -> Result<()> {
        if matches!(self.owner(session).await?, Known::Nobody) { Ok(()) } else { Err(Error::LoginTaken) }
    }
}

/// Makes a tenant, whose key is in the form of keys already. It is active, unless it says what else it is.
pub(crate) async fn create_tenant(session: &Session<System, Write>, tenant: New<Tenant>) -> Result<Uuid> {
    let tenant = match tenant.get(Tenant::STATUS) {
        Some(_) => tenant,
        None => tenant.with(Tenant::STATUS, i32::from(TenantStatus::Active))?,
    };
    id(&session.repository::<Tenant>().create(tenant).await?)
}

/// Makes a client application for a tenant, and returns its number, which the database gives.
pub(crate) async fn create_client(
    session: &Session<System, Write>,
    tenant: Uuid,
    client: New<AuthClient>,
) -> Result<i32> {
    let clients = session.repository::<AuthClient>();
    clients.create(client.with(AuthClient::TENANT_ID, tenant)?).await?;
    // By the tenant, which is new: an adopted database may have the name twice.
    let made = clients.find_one(AuthClient::TENANT_ID.is(tenant)).await?;
    made.map(|client| client.id).ok_or_else(|| Error::Internal("a new row is not there".into()))
}

/// Makes a role that a tenant begins with.
pub(crate) async fn create_role(
    session: &Session<System, Write>,
    tenant: Uuid,
    name: &str,
    permissions: &[String],
) -> Result<Uuid> {
    let role = New::<Role>::empty()
        .with(Role::NAME, name)?
        .with(Role::PERMISSIONS, permissions.to_vec())?
        .with(Role::TENANT_ID, tenant)?;
    id(&session.repository::<Role>().create(role).await?)
}

/// A new person, whose home is this tenant.
pub(crate) fn person(sent: New<User>, login: Login, home: Uuid) -> Result<New<User>> {
    let person = sent.with(User::USERNAME, login.username)?.with(User::EMAIL, login.email)?;
    Ok(person.with(User::DEFAULT_TENANT_ID, home)?)
}

/// Who verifies a person's logins, and by which id there.
pub(crate) fn credentials(user: Uuid, provider: &str, id: Option<String>) -> Result<New<UserCredentials>> {
    Ok(New::<UserCredentials>::empty()
        .with(UserCredentials::USER_ID, user)?
        .with(UserCredentials::AUTH_PROVIDER, provider)?
        .with(UserCredentials::AUTH_ID, id)?)
}

/// How a person begins who is new. Whoever is verified here has a password that nobody knows: the authentication service sends a
/// link for the first one only to who has one.
pub(crate) fn first_credentials(
    user: Uuid,
    username: Option<&str>,
    new_users: NewUsers,
) -> Result<New<UserCredentials>> {
    match new_users.provider {
        NewUserProvider::Keycloak => credentials(user, KEYCLOAK, None),
        NewUserProvider::KeycloakByUsername => {
            // An id there has a hundred characters at most; of a longer name nobody is found.
            let id = username.filter(|name| name.chars().count() <= 100);
            credentials(user, KEYCLOAK, id.map(ToOwned::to_owned))
        }
        NewUserProvider::Internal => {
            let hash = Hash::of_nothing()?;
            Ok(credentials(user, INTERNAL, None)?.with(UserCredentials::PASSWORD, hash.as_str())?)
        }
    }
}

/// A person's membership of a tenant.
pub(crate) fn membership(user: Uuid, tenant: Uuid, role: Uuid, status: UserStatus) -> Result<New<UserTenant>> {
    Ok(New::<UserTenant>::empty()
        .with(UserTenant::USER_ID, user)?
        .with(UserTenant::TENANT_ID, tenant)?
        .with(UserTenant::ROLE_ID, role)?
        .with(UserTenant::STATUS, i32::from(status))?)
}

/// The id of a row that was just made.
pub(crate) fn id(record: &Record) -> Result<Uuid> {
    record.id().ok_or_else(|| Error::Internal("a new row has no id".into()))
}
