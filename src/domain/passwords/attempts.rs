//! Lockouts: how often a password may be wrong in a while, of one person and from one address. The database counts, for all replicas.

use std::net::IpAddr;
use std::time::Duration;

use time::OffsetDateTime;
use user_tenant_store::record::{New, Patch};
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Session, Write};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::model::LoginAttempt;
use crate::random;

/// For how long failures count, from the first of them on.
pub(crate) const WINDOW: Duration = Duration::from_mins(15);
/// How many passwords of a person may be wrong in that time.
const OF_PERSON: i32 = 10;
/// How many from an address, behind which there may be many people.
const FROM_ADDRESS: i32 = 100;

/// Whom an attempt counts against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A person, by whatever name.
    Person(Uuid),
    /// A name that is nobody's: whether it is somebody's, nobody must learn.
    Name(String),
    /// The address of whoever typed it.
    Address(IpAddr),
}

impl Subject {
    /// The id of its row, which tells nobody whom it is about.
    fn id(&self) -> Uuid {
        let text = match self {
            Self::Person(id) => format!("person {id}"),
            Self::Name(name) => format!("name {name}"),
            // Whoever has one address of such a network has all of them.
            Self::Address(IpAddr::V6(address)) => format!("address {:x}", u128::from(*address) >> 64),
            Self::Address(address) => format!("address {address}"),
        };
        let digest = random::digest(&text);
        Uuid::parse_str(digest.get(..32).unwrap_or_default()).unwrap_or_default()
    }

    fn most(&self) -> i32 {
        match self {
            Self::Person(_) | Self::Name(_) => OF_PERSON,
            Self::Address(_) => FROM_ADDRESS,
        }
    }
}

/// Counts an attempt as failed before it is looked at, so that many at once are not more than as many in a row.
///
/// # Errors
/// [`Error::TooManyAttempts`] when one of these has failed as often as it may.
pub(crate) async fn begin(session: Session<System, Write>, subjects: &[Subject]) -> Result<Committed<()>> {
    keep(&session, subjects).await?;
    let (attempts, now) = (session.repository::<LoginAttempt>(), session.now());
    for subject in subjects {
        let known = attempts.get(subject.id()).await?;
        match known.filter(|known| known.since + WINDOW > now) {
            Some(known) if known.failures >= subject.most() => return Err(too_many(known.since + WINDOW, now)),
            Some(known) => {
                let patch = Patch::empty().with(LoginAttempt::FAILURES, known.failures + 1)?;
                attempts.update_by_id(known.id, patch).await?;
            }
            None => {
                attempts.destroy_by_id(subject.id()).await?;
                let new = New::empty().with_id(subject.id())?;
                let new = new.with(LoginAttempt::FAILURES, 1)?.with(LoginAttempt::SINCE, now)?;
                attempts.create(new).await?;
            }
        }
    }
    Ok(session.commit(()).await?)
}

/// Takes back what was counted of an attempt that did not fail. Of the person nothing is left; an address has to bear the others.
pub(crate) async fn succeeded(session: &Session<System, Write>, subjects: &[Subject]) -> Result<()> {
    keep(session, subjects).await?;
    let attempts = session.repository::<LoginAttempt>();
    for subject in subjects {
        match subject {
            Subject::Address(_) => one_fewer(session, subject).await?,
            Subject::Person(_) | Subject::Name(_) => attempts.destroy_by_id(subject.id()).await.map(drop)?,
        }
    }
    Ok(())
}

/// Takes back what was counted of an attempt that nobody had the time to look at: all others count as they did.
pub(crate) async fn take_back(session: Session<System, Write>, subjects: &[Subject]) -> Result<Committed<()>> {
    keep(&session, subjects).await?;
    for subject in subjects {
        one_fewer(&session, subject).await?;
    }
    Ok(session.commit(()).await?)
}

async fn one_fewer(session: &Session<System, Write>, subject: &Subject) -> Result<()> {
    let attempts = session.repository::<LoginAttempt>();
    match attempts.get(subject.id()).await? {
        Some(known) if known.failures > 1 => {
            let patch = Patch::empty().with(LoginAttempt::FAILURES, known.failures - 1)?;
            attempts.update_by_id(known.id, patch).await?;
        }
        _ => attempts.destroy_by_id(subject.id()).await.map(drop)?,
    }
    Ok(())
}

/// Keeps others from counting the same until the commit.
async fn keep(session: &Session<System, Write>, subjects: &[Subject]) -> Result<()> {
    let texts: Vec<_> = subjects.iter().map(|subject| format!("login_attempts {}", subject.id())).collect();
    Ok(session.serialize_on(&texts).await?)
}

/// That it is too often until then.
pub(crate) fn too_many(until: OffsetDateTime, now: OffsetDateTime) -> Error {
    let seconds = (until - now).whole_seconds().max(0).unsigned_abs() + 1;
    Error::TooManyAttempts { until, seconds }
}

#[cfg(test)]
mod tests {
    use super::Subject;

    #[test]
    fn an_address_of_version_6_counts_with_its_network() {
        let id = |address: &str| Subject::Address(address.parse().unwrap_or_else(|error| panic!("{error}"))).id();
        assert_eq!(id("2001:db8::1"), id("2001:db8::ffff:1"));
        assert_ne!(id("2001:db8::1"), id("2001:db8:0:1::1"));
        assert_ne!(id("10.0.0.1"), id("10.0.0.2"));
    }
}
