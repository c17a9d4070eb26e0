//! Adds a user to a tenant: a new person, or one who is known already by the address.

use serde_json::Value as Json;
use user_tenant_store::record::{New, Record};
use user_tenant_store::repository::Prepared;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Session, Write};
use user_tenant_store::value::Value;
use user_tenant_store::{StoreError, TypedProperty};
use uuid::Uuid;

use super::super::provisioning::{self, Login};
use super::super::{configs, seats, tenants};
use super::identity::Address;
use super::{Addition, Asked, Principal, identity, may_assign, role_of};
use crate::error::{Error, Result, Sought};
use crate::model::{NewUsers, Role, Tenant, User, UserCredentials, UserTenant};

/// The names by which a tenant introduces a person.
const NAMES: [TypedProperty<User, String>; 4] = [User::FIRST_NAME, User::LAST_NAME, User::USERNAME, User::EMAIL];

/// Adds the user. A person who is known already keeps their profile, of which the tenant is told nothing.
pub(crate) async fn add(
    session: Session<System, Write>,
    principal: Principal<'_>,
    tenant: Uuid,
    wanted: Addition,
) -> Result<Committed<Record>> {
    let text = |property| wanted.person.get(property).and_then(Value::as_text).unwrap_or_default();
    let login = Login::new(text(User::USERNAME), text(User::EMAIL))?;
    // The tenant first: its roles stay as they are until the user has one of them, and others may add users meanwhile.
    // All of it is asked at once, and answered in this order.
    let asked = session.ask((
        session.repository::<Tenant>().hold(tenant),
        session.ask((login.owner(&session), wanted.locale.is_none().then(|| configs::profile(&session, tenant)))),
        session.repository::<User>().get(principal.user),
        session.repository::<Role>().find_one(role_of(tenant, wanted.role)),
    ));
    let (here, (known, profile), creator, role) = asked.await?;
    let here = here.ok_or_else(|| Error::NotFound(Sought::of::<Tenant>(&tenant)))?;
    tenants::not_purging(&here)?;
    let locale = wanted.locale.or_else(|| profile.flatten()?.locale());
    let own = creator.and_then(|creator| creator.auth_client_ids).filter(|own| !own.is_empty());
    let clients = own.or_else(|| principal.default_clients.map(<[i32]>::to_vec));
    let joining = joining(&session, login, known, wanted.person, tenant, clients).await?;
    may_assign(&principal, wanted.role, role.as_ref())?;
    let status = principal.new_users.status(joining.known.is_none());
    seats::take(&session, &here, None, i32::from(status)).await?;
    let membership =
        provisioning::membership(joining.user, tenant, wanted.role, status)?.with(UserTenant::LOCALE, locale)?;
    let shown = joining.shown.clone();
    let rows = joining.rows(&session, principal.new_users, membership)?;
    Ok(session.insert_and_commit(rows).await.map_err(faster)?.map(|_| shown))
}

/// What it means that a person or a membership is there, which was not when it was looked for: another request was faster.
pub(crate) fn faster(error: StoreError) -> Error {
    match Error::from(error) {
        Error::Taken(taken) if taken.is_of::<User>() || taken.is_of::<UserTenant>() => Error::LoginTaken,
        other => other,
    }
}

/// A person who is about to become a member.
pub(crate) struct Joining {
    /// Who it is.
    pub(crate) user: Uuid,
    /// What the tenant is shown of them.
    pub(crate) shown: Record,
    /// Who it was before, of a person who is known already.
    pub(crate) known: Option<User>,
    /// The row of a person who is not.
    person: Option<Prepared>,
    /// How the tenant introduces a person who is known.
    introduction: Option<Json>,
}

/// Makes the person ready to join, who is somebody new, or whom the login has led to.
pub(crate) async fn joining(
    session: &Session<System, Write>,
    login: Login,
    known: Known,
    sent: New<User>,
    tenant: Uuid,
    clients: Option<Vec<i32>>,
) -> Result<Joining> {
    match known {
        Known::Nobody => {
            let person = provisioning::person(sent, login, tenant)?;
            let person = match clients {
                Some(clients) => person.with(User::AUTH_CLIENT_IDS, clients)?,
                None => person,
            };
            let person = session.repository::<User>().prepare(person)?;
            let shown = person.record().clone();
            let user = provisioning::id(&shown)?;
            Ok(Joining { user, shown, known: None, person: Some(person), introduction: None })
        }
        Known::Somebody { id, .. } => {
            // Held until the commit: what the person logs in with stays what was looked for, and the tenant that had the
            // person alone learns of this one before it changes that.
            session.repository::<User>().hold_by_id(id).await?;
            let asked = (login.owner(session), session.repository::<User>().get(id), Address::of(session, id));
            let (owner, person, address) = session.ask(asked).await?;
            let by_username = match owner {
                Known::Somebody { id: same, by_username } if same == id => by_username,
                _ => return Err(Error::LoginTaken),
            };
            let Login { username, email } = login;
            let username = by_username.then_some(username);
            let person = person.ok_or(Error::LoginTaken)?;
            let same_phone = person.phone.is_none() || sent.get(User::PHONE) == Some(&person.phone.clone().into());
            let is_settled = match address {
                Address::Proven => true,
                // Somebody may have taken the address of whom this tenant means.
                Address::Changed => false,
                Address::Unknown => (username.is_some() && same_phone) || identity::has_come(session, &person).await?,
            };
            if !is_settled {
                return Err(Error::LoginTaken);
            }
            let shown = introduced(&sent, id, username, email)?;
            let names = serde_json::to_value(shown.clone().only(&NAMES.map(TypedProperty::property)))
                .map_err(|error| Error::Internal(error.into()))?;
            Ok(Joining { user: id, shown, known: Some(person), person: None, introduction: Some(names) })
        }
        Known::Several => Err(Error::LoginTaken),
    }
}

impl Joining {
    /// The rows to insert, of which the membership is the last.
    pub(crate) fn rows(
        self,
        session: &Session<System, Write>,
        new_users: NewUsers,
        membership: New<UserTenant>,
    ) -> Result<Vec<Prepared>> {
        let credentials = match &self.person {
            Some(_) => {
                let username = self.shown.get(User::USERNAME).and_then(Value::as_text);
                Some(provisioning::first_credentials(self.user, username, new_users)?)
            }
            None => None,
        };
        let credentials = credentials.map(|new| session.repository::<UserCredentials>().prepare(new)).transpose()?;
        let mut rows = self.rows_without_credentials(session, membership)?;
        // Behind the person, whose they are.
        rows.splice(rows.len() - 1..rows.len() - 1, credentials);
        Ok(rows)
    }

    /// The same, where what the person logs in with is stored by itself.
    pub(crate) fn rows_without_credentials(
        self,
        session: &Session<System, Write>,
        membership: New<UserTenant>,
    ) -> Result<Vec<Prepared>> {
        let mut rows: Vec<Prepared> = self.person.into_iter().collect();
        let membership = membership.with(UserTenant::INTRODUCTION, self.introduction)?;
        rows.push(session.repository::<UserTenant>().prepare(membership)?);
        Ok(rows)
    }
}

/// How a tenant introduces a person whom another tenant knew already: by the names that it sent, and no others. A username
/// that is not the person's is null.
fn introduced(sent: &New<User>, id: Uuid, username: Option<String>, email: String) -> Result<Record> {
    let mut shown =
        New::<User>::empty().with(User::ID, id)?.with(User::USERNAME, username)?.with(User::EMAIL, email)?;
    for property in [User::FIRST_NAME, User::LAST_NAME] {
        if let Some(value) = sent.get(property) {
            shown = shown.with_value(property, value.clone())?;
        }
    }
    Ok(shown.into_record())
}

/// Whom username and e-mail address lead to, among all users.
pub(crate) enum Known {
    /// To no one.
    Nobody,
    /// To one user.
    Somebody {
        /// Who it is.
        id: Uuid,
        /// Whether the username led there too, and not the address alone.
        by_username: bool,
    },
    /// Not to one person: to two, or the username to somebody with another address.
    Several,
}

/// Whom a username and an e-mail address, both in lower case, lead to.
pub(crate) fn known<'a>(session: &'a Session<System, Write>, username: &str, email: &str) -> Asked<'a, Known> {
    let users = session.repository::<User>();
    // Each by itself: SQLite takes no partial index for one half of an OR.
    let found = session.ask((
        users.find_one(User::EMAIL.is_in_any_case(email)),
        users.find_one(User::USERNAME.is_in_any_case(username)),
        identity::crossed(session, Some(username), Some(email)),
    ));
    found.map(|(by_email, by_username, crossed)| {
        let (by_email, by_username) = (by_email.map(|user| user.id), by_username.map(|user| user.id));
        // Somebody else logs in by what is a username here and an address there.
        if crossed.into_iter().flatten().any(|id| Some(id) != by_email && Some(id) != by_username) {
            return Known::Several;
        }
        match (by_email, by_username) {
            (None, None) => Known::Nobody,
            (Some(id), None) => Known::Somebody { id, by_username: false },
            (Some(id), Some(same)) if id == same => Known::Somebody { id, by_username: true },
            _ => Known::Several,
        }
    })
}
