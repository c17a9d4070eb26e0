//! Adds a user to a tenant: somebody new, or somebody who is known already under both names.

use user_tenant_store::StoreError;
use user_tenant_store::filter::{Filter, Predicate};
use user_tenant_store::record::{New, Record};
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Session, Write};
use user_tenant_store::value::Value;
use uuid::Uuid;

use super::{Addition, Principal, identity, may_assign};
use crate::error::{Error, Result};
use crate::model::{Role, Tenant, User, UserCredentials, UserStatus, UserTenant};

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
    let roles = session.repository::<Role>();
    let of_tenant = Predicate::is::<Role>("id", wanted.role).and(Some(&Predicate::is::<Role>("tenantId", tenant)));
    // The tenant first: its roles stay as they are until the user has one of them, and others may add users meanwhile.
    // All of it is asked at once, and answered in this order.
    let (is_there, known, creator, role) = tokio::try_join!(
        biased;
        async { Ok(session.repository::<Tenant>().hold_by_id(tenant).await?) },
        known(&session, &username, &email),
        async { Ok(session.repository::<User>().get(principal.user).await?) },
        async { Ok(roles.find_one(of_tenant).await?) },
    )?;
    if !is_there {
        return Err(Error::RowNotFound);
    }
    let taken = || Error::Conflict("User Already Exists".to_owned());
    let (user, shown, person) = match known {
        Known::Nobody => {
            let person = wanted.person.with("username", username)?.with("email", email)?;
            let person = person.with("defaultTenantId", tenant)?;
            let person = match creator.and_then(|creator| creator.auth_client_ids) {
                Some(clients) => person.with("authClientIds", clients)?,
                None => person,
            };
            let person = session.repository::<User>().prepare(person)?;
            let shown = person.record().clone();
            (shown.uuid("id").ok_or_else(|| Error::Internal("a new row has no id".into()))?, shown, Some(person))
        }
        Known::Somebody(id) => {
            let person = session.repository::<User>().find_by_id(id, &Filter::default()).await?;
            (id, person.ok_or_else(taken)?.only(SHOWN), None)
        }
        Known::Several => return Err(taken()),
    };
    may_assign(&principal, role.as_ref())?;
    let membership = New::<UserTenant>::empty()
        .with("userId", user)?
        .with("tenantId", tenant)?
        .with("roleId", wanted.role)?
        .with("locale", wanted.locale)?
        .with("status", i32::from(UserStatus::Registered))?;
    let mut rows = Vec::new();
    if let Some(person) = person {
        let credentials = New::<UserCredentials>::empty().with("userId", user)?.with("authProvider", AUTH_PROVIDER)?;
        rows.extend([person, session.repository::<UserCredentials>().prepare(credentials)?]);
    }
    rows.push(session.repository::<UserTenant>().prepare(membership)?);
    let committed = session.insert_and_commit(rows).await.map_err(|error| match error {
        StoreError::Conflict { .. } => taken(),
        other => other.into(),
    })?;
    Ok(committed.map(|_| shown))
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
    // Each by itself: SQLite takes no partial index for one half of an OR.
    let (by_email, by_username) = tokio::try_join!(
        biased;
        users.find_one(Predicate::is_in_any_case::<User>("email", email)),
        users.find_one(Predicate::is_in_any_case::<User>("username", username)),
    )?;
    let (by_email, by_username) = (by_email.map(|user| user.id), by_username.map(|user| user.id));
    Ok(match (by_email, by_username) {
        (None, None) => Known::Nobody,
        (Some(user), None) => Known::Somebody(user),
        (Some(user), Some(same)) if user == same => Known::Somebody(user),
        _ => Known::Several,
    })
}
