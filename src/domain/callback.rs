//! Provisions what a new customer needs on a signed callback: tenant, role, client application, administrator.

use user_tenant_store::record::New;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Session, Write};

use super::provisioning::{self, Login};
use crate::error::Result;
use crate::model::{AuthClient, NewUserProvider, NewUsers, Tenant, User, UserCredentials, UserTenant};

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
    new_users: NewUsers,
    wanted: Provisioning,
) -> Result<Committed<()>> {
    let login = Login::by_address(&wanted.email)?;
    let tenant = provisioning::create_tenant(&session, wanted.tenant).await?;
    let session = session.in_name_of(tenant);
    let role = provisioning::create_role(&session, tenant, &role.name, &role.permissions).await?;
    let client = provisioning::create_client(&session, tenant, wanted.client).await?;
    login.refuse_taken(&session).await?;
    let user = provisioning::person(wanted.user.with(User::AUTH_CLIENT_IDS, vec![client])?, login, tenant)?;
    let user = provisioning::id(&session.repository::<User>().create(user).await?)?;
    let credentials = match (wanted.auth_id, new_users.provider) {
        // Who is known nowhere else gets a password here.
        (None, NewUserProvider::Internal) => provisioning::first_credentials(user, None, new_users)?,
        (id, _) => provisioning::credentials(user, AUTH_PROVIDER, id)?,
    };
    session.repository::<UserCredentials>().create(credentials).await?;
    let membership = provisioning::membership(user, tenant, role, new_users.status)?;
    session.repository::<UserTenant>().create(membership).await?;
    Ok(session.commit(()).await?)
}
