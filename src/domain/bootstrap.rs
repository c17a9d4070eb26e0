//! A tenant with a role that may do everything and an administrator who holds it, or such an administrator alone.

use std::collections::HashSet;

use user_tenant_store::record::{New, Patch};
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Session, Write};
use uuid::Uuid;

use super::clients::{self, IssuedClient};
use super::passwords::{self, Hash};
use super::provisioning::{self, Login};
use super::users::{self, Known};
use super::{configs, seats, tenants};
use crate::error::{Error, Result, Sought};
use crate::model::permission::name_of;
use crate::model::{AuthClient, PersonState, Role, Tenant, User, UserStatus, UserTenant};

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

/// What the administrator logs in with at the authentication service.
#[derive(Default)]
pub(crate) struct Entry {
    /// The name of a client application, which is made where there is none.
    pub(crate) client: Option<String>,
    /// The hash of the password.
    pub(crate) password: Option<Hash>,
}

/// What was made, and the client application, if it is new.
pub(crate) type Made = (Bootstrapped, Option<IssuedClient>);

/// Makes all of it, or nothing.
pub(crate) async fn bootstrap(
    session: Session<System, Write>,
    wanted: Bootstrap,
    entry: Entry,
) -> Result<Committed<Made>> {
    let tenant = New::<Tenant>::empty()
        .with(Tenant::NAME, wanted.tenant_name.as_str())?
        .with(Tenant::KEY, tenants::key(&wanted.tenant_key)?)?;
    let login = Login::new(&wanted.username, &wanted.email)?;
    let tenant = provisioning::create_tenant(&session, tenant).await?;
    let session = session.in_name_of(tenant);
    let role = provisioning::create_role(&session, tenant, &wanted.role_name, &wanted.permissions).await?;
    login.refuse_taken(&session).await?;
    let user = create_user(&session, tenant, login, &wanted.first_name).await?;
    let user_tenant = create_membership(&session, tenant, user, role, None).await?;
    let client = enter(&session, user, entry).await?;
    Ok(session.commit((Bootstrapped { tenant, user, user_tenant }, client)).await?)
}

/// Lets the administrator into a tenant that is there, for one that has locked everybody out. A user of these
/// names and a role that may do everything are used, where the tenant has them; all of it, or nothing.
pub(crate) async fn let_in(
    session: Session<System, Write>,
    tenant: Uuid,
    wanted: Bootstrap,
    entry: Entry,
) -> Result<Committed<Made>> {
    let session = session.in_name_of(tenant);
    let tenants = session.repository::<Tenant>();
    let (_, here) = session.ask((tenants.lock_by_id(tenant), tenants.get(tenant))).await?;
    let here = here.ok_or_else(|| Error::NotFound(Sought::of::<Tenant>(&tenant)))?;
    tenants::not_purging(&here)?;
    let same_name = Role::TENANT_ID.is(tenant).and(Some(&Role::NAME.is_in_any_case(&wanted.role_name)));
    let role = match session.repository::<Role>().find_one(same_name).await? {
        None => provisioning::create_role(&session, tenant, &wanted.role_name, &wanted.permissions).await?,
        Some(role) if grants(&role, &wanted.permissions) => role.id,
        Some(role) => return Err(Error::RoleGrantsLess { name: role.name }),
    };
    let login = Login::new(&wanted.username, &wanted.email)?;
    let user = match login.owner(&session).await? {
        Known::Nobody => create_user(&session, tenant, login, &wanted.first_name).await?,
        Known::Somebody { id, .. } => {
            let person = session.repository::<User>().get(id).await?.ok_or(Error::LoginTaken)?;
            if person.state() == PersonState::Deactivated {
                return Err(Error::PersonDeactivated);
            }
            id
        }
        Known::Several => return Err(Error::LoginTaken),
    };
    let membership = UserTenant::TENANT_ID.is(tenant).and(Some(&UserTenant::USER_ID.is(user)));
    let member = session.repository::<UserTenant>().find_one(membership).await?;
    let from = member.as_ref().map(|member| member.status);
    seats::take(&session, &here, from, i32::from(UserStatus::Active)).await?;
    let user_tenant = match member {
        None => {
            let locale = configs::profile(&session, tenant).await?.and_then(|profile| profile.locale());
            create_membership(&session, tenant, user, role, locale).await?
        }
        Some(membership) => {
            let active = Patch::empty()
                .with(UserTenant::ROLE_ID, role)?
                .with(UserTenant::STATUS, i32::from(UserStatus::Active))?
                .with(UserTenant::SUSPENDED_FROM, None::<i32>)?;
            session.repository::<UserTenant>().update_by_id(membership.id, active).await?;
            membership.id
        }
    };
    let client = enter(&session, user, entry).await?;
    Ok(session.commit((Bootstrapped { tenant, user, user_tenant }, client)).await?)
}

/// Lets the person log in: with a client application beside those that they have, and by a password in place of another.
async fn enter(session: &Session<System, Write>, user: Uuid, entry: Entry) -> Result<Option<IssuedClient>> {
    let mut issued = None;
    if let Some(name) = entry.client {
        let id = if let Some(client) = clients::named(session, &name).await? {
            client.id
        } else {
            let new = New::empty().with(AuthClient::CLIENT_ID, name)?;
            issued.insert(clients::insert(session, new).await?).id
        };
        let people = session.repository::<User>();
        let (_, person) = session.ask((people.lock_by_id(user), people.get(user))).await?;
        let person = person.ok_or_else(|| Error::Internal("a new row is not there".into()))?;
        clients::add(session, &person, Some(id)).await?;
    }
    if let Some(hash) = entry.password {
        passwords::store(session, user, &hash).await?;
    }
    Ok(issued)
}

fn grants(role: &Role, permissions: &[String]) -> bool {
    let granted: HashSet<&str> = role.permissions.iter().flatten().map(|permission| name_of(permission)).collect();
    permissions.iter().all(|permission| granted.contains(name_of(permission)))
}

async fn create_user(session: &Session<System, Write>, home: Uuid, login: Login, first_name: &str) -> Result<Uuid> {
    let named = New::<User>::empty().with(User::FIRST_NAME, first_name)?;
    let person = provisioning::person(named, login, home)?;
    let user = provisioning::id(&session.repository::<User>().create(person).await?)?;
    // The operator says who it is.
    users::prove_address(session, user).await?;
    Ok(user)
}

async fn create_membership(
    session: &Session<System, Write>,
    tenant: Uuid,
    user: Uuid,
    role: Uuid,
    locale: Option<String>,
) -> Result<Uuid> {
    let membership =
        provisioning::membership(user, tenant, role, UserStatus::Active)?.with(UserTenant::LOCALE, locale)?;
    provisioning::id(&session.repository::<UserTenant>().create(membership).await?)
}
