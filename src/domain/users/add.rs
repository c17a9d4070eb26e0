//! Adds a user to a tenant: somebody new, or somebody who is known already under both names.

use user_tenant_store::filter::{Filter, Predicate};
use user_tenant_store::record::{New, Record};
use user_tenant_store::scope::{System, TenantScope};
use user_tenant_store::session::{Committed, Session, Write};
use user_tenant_store::value::Value;
use uuid::Uuid;

use super::{Addition, Principal, assignable, identity};
use crate::error::{Error, Result, Unique};
use crate::model::{Tenant, User, UserCredentials, UserStatus, UserTenant};

/// Who logs new users in, unless the deployment says otherwise later.
const AUTH_PROVIDER: &str = "keycloak";
/// What a tenant is told of a person whom another tenant knows already.
const SHOWN: &[&str] = &["id", "firstName", "lastName", "username", "email"];

/// Adds the user. A person who is known already keeps its profile, and little of that is told.
pub(crate) async fn add(
    session: Session<System, Write>,
    principal: Principal<'_>,
    tenant: Uuid,
    wanted: Addition,
) -> Result<Committed<Record>> {
    let text = |name: &str| match wanted.person.get(name) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let (username, email) = (identity::username(&text("username"))?, identity::email(&text("email"))?);
    // Its roles stay as they are until the user has one of them.
    session.repository::<Tenant>().lock_by_id(tenant).await?;
    let taken = || Error::Conflict("User Already Exists".to_owned());
    let (user, shown) = match known(&session, &username, &email).await? {
        Known::Nobody => {
            let person = wanted.person.with("username", username)?.with("email", email)?;
            let created = create(&session, &principal, tenant, person).await?;
            (created.uuid("id").ok_or_else(|| Error::Internal("a new row has no id".into()))?, created)
        }
        Known::Somebody(id) => {
            let person = session.repository::<User>().find_by_id(id, &Filter::default()).await?;
            (id, person.ok_or_else(taken)?.only(SHOWN))
        }
        Known::Several => return Err(taken()),
    };
    let membership = New::<UserTenant>::empty()
        .with("userId", user)?
        .with("tenantId", tenant)?
        .with("roleId", wanted.role)?
        .with("locale", wanted.locale)?
        .with("status", i32::from(UserStatus::Registered))?;
    session.repository::<UserTenant>().create(membership).await.map_err(|error| {
        match Unique::Membership.or(error, taken()) {
            Error::RelatedNotFound => Error::RowNotFound,
            other => other,
        }
    })?;
    let session = session.narrow(TenantScope(tenant));
    assignable(&session, &principal, wanted.role).await?;
    Ok(session.commit(shown).await?)
}

/// Whom username and e-mail address lead to, among all users.
pub(crate) enum Known {
    /// To no one.
    Nobody,
    /// To this user.
    Somebody(Uuid),
    /// Not to one person: to two, or the username to somebody with another address.
    Several,
}

/// Whom a username and an e-mail address, both in lower case, lead to.
pub(crate) async fn known(session: &Session<System, Write>, username: &str, email: &str) -> Result<Known> {
    let users = session.repository::<User>();
    let by_email = users.find_one(Predicate::is_in_any_case::<User>("email", email)).await?.map(|user| user.id);
    let by_username =
        users.find_one(Predicate::is_in_any_case::<User>("username", username)).await?.map(|user| user.id);
    Ok(match (by_email, by_username) {
        (None, None) => Known::Nobody,
        (Some(user), None) => Known::Somebody(user),
        (Some(user), Some(same)) if user == same => Known::Somebody(user),
        _ => Known::Several,
    })
}

/// Makes a person, with the client applications of whoever adds it, and a place for what it logs in with.
async fn create(
    session: &Session<System, Write>,
    principal: &Principal<'_>,
    tenant: Uuid,
    person: New<User>,
) -> Result<Record> {
    let creator = session.repository::<User>().get(principal.user).await?;
    let clients = creator.and_then(|creator| creator.auth_client_ids);
    let person = match clients {
        Some(clients) => person.with("authClientIds", clients)?,
        None => person,
    };
    let taken = || Error::Conflict("User Already Exists".to_owned());
    let created = session.repository::<User>().create(person.with("defaultTenantId", tenant)?).await.map_err(
        |error| match &error {
            user_tenant_store::StoreError::Conflict { .. } => taken(),
            _ => error.into(),
        },
    )?;
    let id = created.uuid("id").ok_or_else(|| Error::Internal("a new row has no id".into()))?;
    let credentials = New::<UserCredentials>::empty().with("userId", id)?.with("authProvider", AUTH_PROVIDER)?;
    session.repository::<UserCredentials>().create(credentials).await?;
    Ok(created)
}
