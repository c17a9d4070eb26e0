//! Hashes of passwords, made and compared off the threads that serve requests, some at once: each takes a core for a while on purpose.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::alphabet::BCRYPT;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;
use bcrypt::{HashParts, Version};
use tokio::sync::Semaphore;

use super::{Blocklist, Password};
use crate::error::{BrokenRule, Error, Result};

/// The cost of hashes, unless the deployment says otherwise.
pub(crate) const COST: u32 = 12;
/// The letters of bcrypt, which has an order of its own.
const LETTERS: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD);
/// How long one waits at most for a core: a client that has to wait longer asks again.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How many may wait, for each core: more would not get their turn in time.
const WAITING: usize = 16;
/// What the passwords of unknown people are compared with, behind the cost. It is the hash of nothing.
const NOBODY: &str = "$OLykXihCepbaU3fjLfDxJuKaOGRAQ6P9b4lmYlMrQybc4qW8xJh6O";

/// The hash of a password, `$2b$`, which is the only form that the authentication service reads of what we can write. It has no
/// `Debug`, so that no log can hold it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Hash(String);

impl Hash {
    /// The hash of a password that nobody knows, so that the person can be sent a link for a first one, which the authentication
    /// service makes only where there is a hash. Its bytes are drawn and not computed: nobody can tell, and it takes no time.
    pub(crate) fn of_nothing() -> Result<Self> {
        let (salt, digest) = (random_bytes::<16>()?, random_bytes::<23>()?);
        Ok(Self(format!("$2b$10${}{}", LETTERS.encode(salt), LETTERS.encode(digest))))
    }

    /// The 60 characters.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is known of a password once it was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    /// It is another one.
    No,
    /// It is the one.
    Yes,
    /// It is the one, and its hash is weaker than new ones are, or of a form that the authentication service does not read.
    Weak,
}

/// What the deployment says of passwords, and the cores that they may take.
pub(crate) struct Passwords {
    cost: u32,
    blocklist: Option<Blocklist>,
    cores: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passwords").field("cost", &self.cost).finish_non_exhaustive()
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new(COST, None)
    }
}

impl Passwords {
    /// Hashes with this cost, and passwords that nobody may have. All cores but one are for them.
    pub(crate) fn new(cost: u32, blocklist: Option<Blocklist>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |all| all.get().saturating_sub(1).max(1));
        let places = |many| Arc::new(Semaphore::new(many));
        Self { cost, blocklist, cores: places(cores), waiting: places(cores * WAITING) }
    }

    /// Where nobody gets their turn.
    #[cfg(test)]
    pub(crate) fn at_work() -> Self {
        Self { waiting: Arc::new(Semaphore::new(0)), ..Self::default() }
    }

    /// Passwords that nobody may have.
    pub(super) fn blocklist(&self) -> Option<&Blocklist> {
        self.blocklist.as_ref()
    }

    /// The hash of a password. Whoever holds a transaction would keep it open meanwhile, so nobody does.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many others wait for it.
    pub(crate) async fn hash(&self, password: Password) -> Result<Hash> {
        let cost = self.cost;
        self.work(move || hash(cost, &password)).await?
    }

    /// Whether this is the password of a hash. Without a hash it takes as long, and is none.
    pub(crate) async fn verify(&self, password: Password, hash: Option<String>) -> Result<Match> {
        let cost = self.cost;
        let compare = move || {
            let matched = matches(cost, &password, hash.as_deref());
            if matched == Match::No {
                // A hash that is cheaper than those of nobody, as the authentication service makes them, would tell that somebody has
                // this name. Each of these takes twice the time of the one before: with the first one, as long as one of the full cost.
                for cheaper in cost_of(hash.as_deref()).unwrap_or(cost)..cost {
                    matches(cheaper, &password, None);
                }
            }
            matched
        };
        self.work(compare).await
    }

    /// Refuses a password that one of these hashes is of.
    pub(crate) async fn refuse_used(&self, password: &Password, before: Vec<String>) -> Result<()> {
        let (cost, password) = (self.cost, password.clone());
        if before.is_empty() {
            return Ok(());
        }
        let is_used = move || before.iter().any(|hash| matches(cost, &password, Some(hash)) != Match::No);
        if self.work(is_used).await? { Err(Error::PasswordPolicy(vec![BrokenRule::Reused])) } else { Ok(()) }
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let Ok(_waiting) = self.waiting.try_acquire() else { return Err(Error::Unavailable(None)) };
        let core = tokio::time::timeout(LONGEST_WAIT, self.cores.clone().acquire_owned()).await;
        let Ok(Ok(core)) = core else { return Err(Error::Unavailable(None)) };
        // Whoever gives up waiting does not free the core: the work goes on.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(core);
            done
        });
        done.await.map_err(|error| Error::Internal(error.into()))
    }
}

fn hash(cost: u32, password: &Password) -> Result<Hash> {
    if !password.is_whole() {
        return Err(Error::Internal("a password was not checked".into()));
    }
    let parts = bcrypt::hash_with_salt(password.as_str(), cost, random_bytes()?)
        .map_err(|error| Error::Internal(error.into()))?;
    Ok(Hash(parts.format_for_version(Version::TwoB)))
}

fn random_bytes<const LENGTH: usize>() -> Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    rand::fill(&mut bytes).map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
    Ok(bytes)
}

/// The cost of a hash, if it is one.
fn cost_of(hash: Option<&str>) -> Option<u32> {
    hash.and_then(|hash| HashParts::from_str(hash).ok()).map(|parts| parts.get_cost())
}

/// What is no hash takes as long as one does.
fn matches(cost: u32, password: &Password, hash: Option<&str>) -> Match {
    let parts = hash.and_then(|hash| HashParts::from_str(hash).ok());
    let nobody = || format!("$2b${cost:02}{NOBODY}");
    let compared = match (hash, &parts) {
        (Some(hash), Some(_)) => bcrypt::verify(password.as_str(), hash),
        _ => bcrypt::verify(password.as_str(), &nobody()),
    };
    let is_read = |hash: &str| ["$2a$", "$2b$"].iter().any(|form| hash.starts_with(form));
    match (compared, hash, parts) {
        (Ok(true), Some(hash), Some(parts)) if password.is_whole() => {
            if parts.get_cost() < cost || !is_read(hash) {
                Match::Weak
            } else {
                Match::Yes
            }
        }
        _ => Match::No,
    }
}
