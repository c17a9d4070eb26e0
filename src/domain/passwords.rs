//! Passwords: what a policy asks of one, how it becomes a hash, and where that is stored, as the authentication service reads it.

pub(crate) mod attempts;
mod blocklist;
mod hashing;
mod policy;

use secrecy::{ExposeSecret as _, SecretString};
use user_tenant_store::record::{New, Patch};
use user_tenant_store::scope::System;
use user_tenant_store::session::{Session, Write};
use uuid::Uuid;

pub(crate) use self::blocklist::Blocklist;
pub(crate) use self::hashing::{Hash, Match, Passwords};
pub(crate) use self::policy::Policy;
use crate::error::{BrokenRule, Error, Result};
use crate::model::{User, UserCredentials};

/// Who verifies the passwords that are kept here, as the authentication service calls it.
pub(crate) const INTERNAL: &str = "internal";
/// Who verifies the people whom the original makes.
pub(crate) const KEYCLOAK: &str = "keycloak";
/// The most bytes of a password: bcrypt ignores what follows.
pub(crate) const MOST_BYTES: usize = 72;

/// A password as it was typed. It has no `Debug`, so that no log can hold it, and is overwritten where it ends.
#[derive(Clone)]
pub(crate) struct Password(SecretString);

impl Password {
    /// What was typed.
    pub(crate) fn new(typed: &str) -> Self {
        Self(SecretString::from(typed))
    }

    fn as_str(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether bcrypt reads all of it. Of what it does not, no hash is made and none is compared.
    fn is_whole(&self) -> bool {
        self.as_str().len() <= MOST_BYTES && !self.as_str().contains('\0')
    }
}

/// What a password must not hold of the person.
pub(crate) fn names(user: &User) -> Vec<String> {
    let names = [Some(&user.first_name), user.last_name.as_ref(), user.username.as_ref(), user.email.as_ref()];
    names.into_iter().flatten().cloned().collect()
}

/// Refuses a password that breaks the policy, with all the rules that it breaks. That it was used before is another question,
/// which takes time: [`Passwords::refuse_used`].
pub(crate) fn check(passwords: &Passwords, policy: &Policy, password: &Password, names: &[String]) -> Result<()> {
    let broken = broken(passwords.blocklist(), policy, password, names);
    if broken.is_empty() { Ok(()) } else { Err(Error::PasswordPolicy(broken)) }
}

fn broken(blocklist: Option<&Blocklist>, policy: &Policy, password: &Password, names: &[String]) -> Vec<BrokenRule> {
    let text = password.as_str();
    let (min, max) = (policy.min_length, policy.max_length);
    let rules = [
        (text.chars().count() < min, BrokenRule::TooShort(min)),
        (text.len() > max, BrokenRule::TooLong(max)),
        (text.contains('\0'), BrokenRule::Nul),
        (policy.forbids_names && holds_name(text, names), BrokenRule::Names),
        (blocklist.is_some_and(|list| list.has(text)), BrokenRule::Listed),
    ];
    rules.into_iter().filter_map(|(is_broken, rule)| is_broken.then_some(rule)).collect()
}

/// The fewest characters of a name that a password may not hold: shorter ones are in many words.
const SHORTEST_NAME: usize = 4;

/// Whether a password holds a name, in any case; of an address, the part before the `@` is one too.
fn holds_name(password: &str, names: &[String]) -> bool {
    let password = password.to_lowercase();
    let parts = names.iter().flat_map(|name| [Some(name.as_str()), name.split_once('@').map(|(local, _)| local)]);
    parts
        .flatten()
        .filter(|name| name.chars().count() >= SHORTEST_NAME)
        .any(|name| password.contains(&name.to_lowercase()))
}

/// Stores the hash of a person's password, which this service and the authentication service verify from now on. Who logs in by
/// another provider that knows them by an id keeps that.
///
/// # Errors
/// [`Error::LoginElsewhere`].
pub(crate) async fn store(session: &Session<System, Write>, user: Uuid, hash: &Hash) -> Result<()> {
    let credentials = session.repository::<UserCredentials>();
    if let Some(known) = credentials.find_one(UserCredentials::USER_ID.is(user)).await? {
        kept_here(&known)?;
        let patch = Patch::empty()
            .with(UserCredentials::AUTH_PROVIDER, INTERNAL)?
            .with(UserCredentials::PASSWORD, hash.as_str())?;
        credentials.update_by_id(known.id, patch).await?;
    } else {
        let new = New::empty()
            .with(UserCredentials::USER_ID, user)?
            .with(UserCredentials::AUTH_PROVIDER, INTERNAL)?
            .with(UserCredentials::PASSWORD, hash.as_str())?;
        credentials.create(new).await?;
    }
    Ok(())
}

/// Refuses credentials that another provider verifies. What the original writes for everybody, `keycloak` without an id, leads
/// nowhere, and so may become a password.
pub(crate) fn kept_here(credentials: &UserCredentials) -> Result<()> {
    let is_unlinked = credentials.auth_provider == KEYCLOAK && credentials.auth_id.is_none();
    if credentials.auth_provider == INTERNAL || is_unlinked {
        return Ok(());
    }
    Err(Error::LoginElsewhere(credentials.auth_provider.clone()))
}

#[cfg(test)]
mod tests;
