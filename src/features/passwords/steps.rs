//! What is done with a password, step by step: read, compare or hash, write. No transaction is open while a core is at work.

use std::net::IpAddr;

use time::OffsetDateTime;
use user_tenant_store::session::Committed;
use uuid::Uuid;

use super::resets;
use super::rules::{self, Name, Person};
use crate::access::sessions::Logins;
use crate::domain::passwords::attempts::{self, Subject};
use crate::domain::passwords::{self, Hash, Match, Password};
use crate::error::{Error, ErrorCode, Result};
use crate::model::UserStatus;

/// Changes the password of a person who knows the one that they have.
pub(crate) async fn change(logins: &Logins, id: Uuid, current: Password, new: Password) -> Result<()> {
    let person = Person::get(&logins.read(), id).await?;
    person.kept_here()?;
    passwords::check(logins.passwords(), &person.policy, &new, &passwords::names(&person.user))?;
    let subjects = [Subject::Person(id)];
    let proven = person.hash();
    if compared(logins, &subjects, &current, proven.clone()).await? == Match::No {
        return Err(Error::WrongCredentials);
    }
    // Who has proven it has not failed, whatever is wrong with the new one.
    rules::proven(logins.write().await?, id, None, &subjects).await?.into_inner();
    logins.passwords().refuse_used(&new, person.used()).await?;
    let hash = logins.passwords().hash(new).await?;
    match rules::change(logins.write().await?, id, proven.as_deref(), &hash).await {
        Err(Error::WrongCredentials) => {}
        changed => return changed.map(Committed::into_inner),
    }
    // Another hash is stored by now. It is of the same password where that was hashed anew, because somebody logged in.
    let stored = Person::get(&logins.read(), id).await?.hash();
    if logins.passwords().verify(current, stored.clone()).await? == Match::No {
        return Err(Error::WrongCredentials);
    }
    rules::change(logins.write().await?, id, stored.as_deref(), &hash).await?.into_inner();
    Ok(())
}

/// Whether a password is the one of a hash: an attempt, which counts as failed until somebody says otherwise, and not at all where
/// there was no time to look.
async fn compared(logins: &Logins, subjects: &[Subject], password: &Password, hash: Option<String>) -> Result<Match> {
    attempts::begin(logins.write().await?, subjects).await?.into_inner();
    let matched = logins.passwords().verify(password.clone(), hash).await;
    if matched.is_err() {
        attempts::take_back(logins.write().await?, subjects).await?.into_inner();
    }
    matched
}

/// Sets the password of a person, for whoever runs the service.
pub(crate) async fn set(logins: &Logins, id: Uuid, new: Password) -> Result<()> {
    let person = Person::get(&logins.read(), id).await?;
    person.kept_here()?;
    let hash = checked(logins, &person, new).await?;
    rules::set(logins.write().await?, id, &hash).await?.into_inner();
    Ok(())
}

/// Sets the password of the person whom a token is of.
pub(crate) async fn complete(logins: &Logins, token: &str, new: Password) -> Result<()> {
    let session = logins.read();
    let reset = resets::reset(&session, token).await?;
    let person = Person::get(&session, reset.user_id).await?;
    let hash = checked(logins, &person, new).await?;
    let session = logins.write().await?.in_name_of(reset.tenant_id);
    resets::complete(session, token, reset.user_id, &hash).await?.into_inner();
    Ok(())
}

/// The hash of a password that the policy of the person lets through.
async fn checked(logins: &Logins, person: &Person, new: Password) -> Result<Hash> {
    passwords::check(logins.passwords(), &person.policy, &new, &passwords::names(&person.user))?;
    logins.passwords().refuse_used(&new, person.used()).await?;
    logins.passwords().hash(new).await
}

/// What somebody typed to log in, and where.
pub(crate) struct Typed {
    /// The name.
    pub(crate) name: Name,
    /// The password.
    pub(crate) password: Password,
    /// The tenant that they want to work in; by default the one that they log in to.
    pub(crate) tenant: Option<Uuid>,
    /// The address of whoever typed it.
    pub(crate) address: Option<IpAddr>,
}

/// Who has proven a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proven {
    /// The person.
    pub(crate) user: Uuid,
    /// The tenant, and the membership in it, if there is one.
    pub(crate) membership: Option<(Uuid, Uuid)>,
    /// Why the person may not act there, if they may not.
    pub(crate) refusal: Option<ErrorCode>,
    /// Whether they must change the password first.
    pub(crate) must_change: bool,
    /// When they must, where the policy says so.
    pub(crate) expires_on: Option<OffsetDateTime>,
}

/// Whether a name and a password are of one person; none where they are not, whatever is wrong. Of a name that is nobody's it
/// reads as much, and compares as long.
pub(crate) async fn verify(logins: &Logins, typed: Typed) -> Result<Option<Proven>> {
    let session = logins.read();
    let owner = typed.name.owner(&session).await?;
    let id = owner.as_ref().map_or(Uuid::nil(), |user| user.id);
    let home = owner.as_ref().and_then(|user| user.default_tenant_id);
    let standing = rules::standing(&session, typed.tenant.or(home).unwrap_or_default(), id).await?;
    let person = match owner {
        Some(user) => Some(Person::read(&session, user).await?),
        None => Person::of_nobody(&session).await?,
    };
    let mut subjects = vec![if person.is_some() { Subject::Person(id) } else { Subject::Name(typed.name.text()) }];
    subjects.extend(typed.address.map(Subject::Address));
    let hash = person.as_ref().and_then(Person::hash);
    let matched = compared(logins, &subjects, &typed.password, hash.clone()).await?;
    let (Some(person), Some(hash), true) = (person, hash, matched != Match::No) else { return Ok(None) };
    let stronger = match matched {
        // Who is right is let in, where there is no time for it; the next one is as good.
        Match::Weak => match logins.passwords().hash(typed.password).await {
            Err(Error::Unavailable(_)) => None,
            made => Some((hash, made?)),
        },
        _ => None,
    };
    let session = logins.write().await?;
    let now = session.now();
    rules::proven(session, id, stronger, &subjects).await?.into_inner();
    let expires_on = person.expires_on();
    let status = standing.as_ref().map(|(membership, _)| membership.status);
    let refusal = match &standing {
        Some((_, standing)) => rules::inactive(standing, logins.acceptance()),
        None => Some(crate::model::Inactive::Unknown),
    };
    Ok(Some(Proven {
        user: id,
        membership: standing.map(|(membership, _)| (membership.tenant_id, membership.id)),
        refusal: refusal.map(|why| Error::CallerNotActive(why).code()),
        must_change: status == Some(i32::from(UserStatus::PasswordChangeNeeded))
            || expires_on.is_some_and(|over| over <= now),
        expires_on,
    }))
}
