//! Rules of passwords: what is known of a person who proves one, and what is written then.

use time::OffsetDateTime;
use user_tenant_store::TypedProperty;
use user_tenant_store::record::{New, Patch};
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Mode, Read, Session, Write};
use uuid::Uuid;

use crate::domain::passwords::attempts::{self, Subject};
use crate::domain::passwords::{self, Hash, Policy};
use crate::domain::users;
use crate::error::{Error, Result};
use crate::model::{
    Inactive, MembershipAcceptance, PasswordRecord, Standing, User, UserCredentials, UserTenant, forms,
};

/// A person, and all that decides about their password.
pub(crate) struct Person {
    /// Who it is.
    pub(crate) user: User,
    /// What their home asks of passwords.
    pub(crate) policy: Policy,
    /// Who verifies them, if anybody has said so.
    credentials: Option<UserCredentials>,
    /// Since when they have their password, and those before.
    record: Option<PasswordRecord>,
}

impl Person {
    /// Reads all of it of a person.
    pub(crate) async fn read<M: Mode>(session: &Session<System, M>, user: User) -> Result<Self> {
        let credentials =
            session.repository::<UserCredentials>().find_one(UserCredentials::USER_ID.is(user.id)).await?;
        let record = session.repository::<PasswordRecord>().find_one(PasswordRecord::USER_ID.is(user.id)).await?;
        let policy = Policy::of(session, user.default_tenant_id.unwrap_or_default()).await?;
        Ok(Self { user, policy, credentials, record })
    }

    /// Reads as much, of nobody.
    pub(crate) async fn of_nobody(session: &Session<System, Read>) -> Result<Option<Self>> {
        let nobody = Uuid::nil();
        session.repository::<UserCredentials>().find_one(UserCredentials::USER_ID.is(nobody)).await?;
        session.repository::<PasswordRecord>().find_one(PasswordRecord::USER_ID.is(nobody)).await?;
        Policy::of(session, nobody).await?;
        Ok(None)
    }

    /// The same of the person with an id.
    pub(crate) async fn get(session: &Session<System, Read>, id: Uuid) -> Result<Self> {
        let user = session.repository::<User>().get(id).await?;
        Self::read(session, user.ok_or_else(|| users::unknown(&id))?).await
    }

    /// Refuses a person whom another provider verifies.
    pub(crate) fn kept_here(&self) -> Result<()> {
        self.credentials.as_ref().map_or(Ok(()), passwords::kept_here)
    }

    /// The hash of the password, where it is kept here.
    pub(crate) fn hash(&self) -> Option<String> {
        let here = self.credentials.as_ref().filter(|known| known.auth_provider == passwords::INTERNAL);
        here.and_then(|known| known.password.clone())
    }

    /// The hashes that the next password must not be of.
    pub(crate) fn used(&self) -> Vec<String> {
        let before = self.record.iter().flat_map(|record| record.previous.iter().cloned());
        self.hash().into_iter().chain(before).take(self.policy.history).collect()
    }

    /// When the password is to be changed, where the policy says so.
    pub(crate) fn expires_on(&self) -> Option<OffsetDateTime> {
        let (record, days) = (self.record.as_ref()?, self.policy.expiry_days?);
        record.changed_on.checked_add(time::Duration::days(days.into()))
    }
}

/// A name that somebody types to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Name {
    /// The username.
    Username(String),
    /// The e-mail address.
    Email(String),
}

impl Name {
    /// Whom it leads to. What is in no form of a name is nobody's.
    pub(crate) async fn owner(&self, session: &Session<System, Read>) -> Result<Option<User>> {
        let (property, text): (TypedProperty<User, String>, _) = match self {
            Self::Username(name) => (User::USERNAME, forms::username(name).ok()),
            Self::Email(address) => (User::EMAIL, forms::email(address).ok()),
        };
        // Asked of nobody too, so that it takes as long.
        let text = text.unwrap_or_default();
        Ok(session.repository::<User>().find_one(property.is_in_any_case(&text)).await?)
    }

    /// The name as it would be stored, so that one counts as one however it is typed.
    pub(crate) fn text(&self) -> String {
        let (text, form) = match self {
            Self::Username(text) => (text, forms::username(text)),
            Self::Email(text) => (text, forms::email(text)),
        };
        form.unwrap_or_else(|_| text.trim().to_lowercase())
    }
}

/// Where a person stands in a tenant.
pub(crate) async fn standing(
    session: &Session<System, Read>,
    tenant: Uuid,
    user: Uuid,
) -> Result<Option<(UserTenant, Standing)>> {
    let here = UserTenant::TENANT_ID.is(tenant).and(Some(&UserTenant::USER_ID.is(user)));
    let membership = session.repository::<UserTenant>().find_one(here).await?;
    let id = membership.as_ref().map_or(Uuid::nil(), |membership| membership.id);
    let standing = session.repository::<Standing>().find_one(Standing::ID.is(id)).await?;
    Ok(membership.zip(standing))
}

/// Why the person may not act in the tenant, if they may not.
pub(crate) fn inactive(standing: &Standing, acceptance: MembershipAcceptance) -> Option<Inactive> {
    standing.check(acceptance).err()
}

/// Stores a password that the person has changed, if what they proved to know is still the one.
pub(crate) async fn change(
    session: Session<System, Write>,
    user: Uuid,
    proven: Option<&str>,
    hash: &Hash,
) -> Result<Committed<()>> {
    // The person is kept, so that of two who change it one comes second, and knows the old one no more.
    session.repository::<User>().lock_by_id(user).await?;
    if stored(&session, user).await?.as_deref() != proven {
        return Err(Error::WrongCredentials);
    }
    passwords::store(&session, user, hash).await?;
    Ok(session.commit(()).await?)
}

/// Stores a password that an operator sets.
pub(crate) async fn set(session: Session<System, Write>, user: Uuid, hash: &Hash) -> Result<Committed<()>> {
    session.repository::<User>().lock_by_id(user).await?;
    passwords::store(&session, user, hash).await?;
    Ok(session.commit(()).await?)
}

/// Notes that a password was proven, and stores its stronger hash, if there is one, in place of the one that it was compared with.
pub(crate) async fn proven(
    session: Session<System, Write>,
    user: Uuid,
    stronger: Option<(String, Hash)>,
    subjects: &[Subject],
) -> Result<Committed<()>> {
    attempts::succeeded(&session, subjects).await?;
    if let Some((compared, hash)) = stronger {
        session.repository::<User>().lock_by_id(user).await?;
        if stored(&session, user).await?.as_ref() == Some(&compared) {
            let its = PasswordRecord::USER_ID.is(user);
            let rehashed = Patch::empty().with(PasswordRecord::REHASHED, Some(hash.as_str().to_owned()))?;
            if session.repository::<PasswordRecord>().update_all(Some(&its), rehashed).await? == 0 {
                let record = New::empty().with_id(user)?.with(PasswordRecord::USER_ID, user)?;
                let record = record
                    .with(PasswordRecord::CHANGED_ON, session.now())?
                    .with(PasswordRecord::PREVIOUS, Vec::<String>::new())?
                    .with(PasswordRecord::REHASHED, Some(hash.as_str().to_owned()))?;
                session.repository::<PasswordRecord>().create(record).await?;
            }
            passwords::store(&session, user, &hash).await?;
        }
    }
    Ok(session.commit(()).await?)
}

async fn stored(session: &Session<System, Write>, user: Uuid) -> Result<Option<String>> {
    let credentials = session.repository::<UserCredentials>().find_one(UserCredentials::USER_ID.is(user)).await?;
    Ok(credentials.and_then(|known| known.password))
}
