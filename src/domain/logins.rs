//! Who cannot log in by a password at the authentication service, and why: what it asks of a person's rows.

use std::collections::{HashMap, HashSet};
use std::fmt;

use user_tenant_store::StoreResult;
use user_tenant_store::filter::Filter;
use user_tenant_store::record::Record;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Read, Session};
use uuid::Uuid;

use crate::model::{AuthClient, Role, Tenant, TenantState, User, UserCredentials, UserStatus, UserTenant};

/// How many people are looked at together.
const PAGE: u64 = 500;
/// Who must be named as the one who verifies the password.
const INTERNAL: &str = "internal";
/// The forms that hashes of bcrypt are read in there; others are compared with nothing.
const READ: [&str; 2] = ["$2a$", "$2b$"];

/// Why somebody cannot log in: the first that fits, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Cause {
    Deactivated,
    NoClient,
    NoCredentials,
    Provider,
    NoHash,
    NoDefaultTenant,
    TenantNotActive,
    NoRole,
    Registered,
    NotActive,
    OlderName,
}

impl Cause {
    const ALL: [Self; 11] = [
        Self::Deactivated,
        Self::NoClient,
        Self::NoCredentials,
        Self::Provider,
        Self::NoHash,
        Self::NoDefaultTenant,
        Self::TenantNotActive,
        Self::NoRole,
        Self::Registered,
        Self::NotActive,
        Self::OlderName,
    ];

    fn words(self) -> &'static str {
        match self {
            Self::Deactivated => "deactivated in all tenants",
            Self::NoClient => "no client application that is there (authClientIds)",
            Self::NoCredentials => "no credentials",
            Self::Provider => "another provider than internal",
            Self::NoHash => "no password, or not one of bcrypt as $2a$ or $2b$",
            Self::NoDefaultTenant => "no default tenant in which they are a member",
            Self::TenantNotActive => "a default tenant that is not active",
            Self::NoRole => "a role that is not there",
            Self::Registered => "status 0 in their first membership",
            Self::NotActive => "suspended or rejected in their default tenant",
            Self::OlderName => "a username that is not in lower case",
        }
    }
}

/// How many people there are, and how many of them cannot log in, by cause.
#[derive(Debug, Default)]
pub(crate) struct Logins {
    people: u64,
    unable: HashMap<Cause, (u64, Option<Uuid>)>,
}

impl fmt::Display for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unable: u64 = self.unable.values().map(|(count, _)| count).sum();
        write!(f, "{unable} of {} people cannot log in by password at the authentication service", self.people)?;
        for cause in Cause::ALL {
            if let Some((count, first)) = self.unable.get(&cause) {
                let first = first.map(|id| format!(" (first: {id})")).unwrap_or_default();
                write!(f, "\n  {count}  {}{first}", cause.words())?;
            }
        }
        Ok(())
    }
}

/// What is of no person alone.
struct Known {
    clients: HashSet<i32>,
    tenants: HashMap<Uuid, bool>,
}

/// Looks at all people.
pub(crate) async fn logins(session: &Session<System, Read>) -> StoreResult<Logins> {
    let clients: Vec<AuthClient> = session.repository::<AuthClient>().pages(Filter::default()).typed().await?;
    let tenants: Vec<Tenant> = session.repository::<Tenant>().pages(Filter::default()).typed().await?;
    let known = Known {
        clients: clients.into_iter().map(|client| client.id).collect(),
        tenants: tenants.into_iter().map(|tenant| (tenant.id, tenant.state() == TenantState::Active)).collect(),
    };
    let mut logins = Logins::default();
    let mut pages = session.repository::<User>().pages_of(PAGE, Filter::default());
    while let Some(page) = pages.next().await? {
        let people: Vec<User> = page.into_iter().map(Record::into_entity).collect::<StoreResult<_>>()?;
        look(session, &known, &people, &mut logins).await?;
    }
    Ok(logins)
}

async fn look(session: &Session<System, Read>, known: &Known, people: &[User], logins: &mut Logins) -> StoreResult<()> {
    let ids = || people.iter().map(|person| person.id);
    let credentials = session.repository::<UserCredentials>();
    let credentials: Vec<UserCredentials> = credentials.all_typed(UserCredentials::USER_ID.is_one_of(ids())).await?;
    let credentials: HashMap<Uuid, &UserCredentials> = credentials.iter().map(|row| (row.user_id, row)).collect();
    let memberships: Vec<UserTenant> =
        session.repository::<UserTenant>().all_typed(UserTenant::USER_ID.is_one_of(ids())).await?;
    let roles = memberships.iter().map(|membership| membership.role_id).collect::<HashSet<_>>();
    let roles: Vec<Role> = session.repository::<Role>().all_typed(Role::ID.is_one_of(roles)).await?;
    let roles: HashSet<Uuid> = roles.into_iter().map(|role| role.id).collect();
    for person in people {
        logins.people += 1;
        let mut own: Vec<&UserTenant> =
            memberships.iter().filter(|membership| membership.user_id == person.id).collect();
        // The first by id is the one whose status is looked at, whichever tenant it is of.
        own.sort_by_key(|membership| membership.id);
        if let Some(cause) = known.cause(person, credentials.get(&person.id).copied(), &own, &roles) {
            let (count, first) = logins.unable.entry(cause).or_default();
            *count += 1;
            first.get_or_insert(person.id);
        }
    }
    Ok(())
}

impl Known {
    /// Why a person cannot log in; `own` are their memberships, the first one first.
    fn cause(
        &self,
        person: &User,
        credentials: Option<&UserCredentials>,
        own: &[&UserTenant],
        roles: &HashSet<Uuid>,
    ) -> Option<Cause> {
        let is_read = |hash: &str| hash.len() == 60 && READ.iter().any(|form| hash.starts_with(form));
        let clients = person.auth_client_ids.as_deref().unwrap_or_default();
        let home = person.default_tenant_id.and_then(|home| self.tenants.get(&home));
        let at_home = own.iter().find(|membership| Some(membership.tenant_id) == person.default_tenant_id);
        let is_registered = |membership: &&UserTenant| membership.status == i32::from(UserStatus::Registered);
        let has_joined =
            |membership: &&UserTenant| UserStatus::JOINED.iter().any(|one| i32::from(*one) == membership.status);
        let username = person.username.as_deref().unwrap_or_default();
        let causes = [
            (person.deactivated_on.is_some(), Cause::Deactivated),
            (!clients.iter().any(|client| self.clients.contains(client)), Cause::NoClient),
            (credentials.is_none(), Cause::NoCredentials),
            (credentials.is_some_and(|known| known.auth_provider != INTERNAL), Cause::Provider),
            (!credentials.and_then(|known| known.password.as_deref()).is_some_and(is_read), Cause::NoHash),
            (home.is_none() || at_home.is_none(), Cause::NoDefaultTenant),
            (home == Some(&false), Cause::TenantNotActive),
            (!at_home.is_some_and(|membership| roles.contains(&membership.role_id)), Cause::NoRole),
            (own.first().is_some_and(is_registered), Cause::Registered),
            (!at_home.is_some_and(|membership| has_joined(membership) || is_registered(membership)), Cause::NotActive),
            (username.to_lowercase() != username, Cause::OlderName),
        ];
        causes.into_iter().find_map(|(is_so, cause)| is_so.then_some(cause))
    }
}
