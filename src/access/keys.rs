//! Where the keys come from that tokens are verified with.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use moka::sync::Cache;
use time::OffsetDateTime;
use tokio::sync::{Mutex, Semaphore};

use super::jwks::JwksKeys;
use super::public_keys::PublicKeys;
use super::token::{InvalidReason, SourceError, TokenError};
use super::verification_key::VerificationKey;
use super::verifier::TokenVerifier;
use crate::clock::Clock;

/// How long a key of the database is used before it is looked up again; a removed key works no longer than this.
pub(crate) const KEY_LIFE: Duration = Duration::from_mins(1);
/// How long the absence of a key is remembered; a new key works after this at the latest.
pub(crate) const ABSENCE_LIFE: Duration = Duration::from_secs(2);
/// How long nothing is looked up after a lookup has failed.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);
/// Requests that wait for lookups of ids that were never found, at most; more are refused at once.
const MOST_WAITING: usize = 64;
/// The longest key id that is looked up, in bytes; the column holds 100 characters.
const MAX_KEY_ID_BYTES: usize = 400;
/// Key ids remembered, present and absent each.
const REMEMBERED: u64 = 1_000;

/// What the key alone is looked up by, where there is one alone: no key has this id.
pub(crate) const ONLY_KEY: &str = "";

/// Whether a key may have this id. A control character would make `PostgreSQL` refuse the statement
/// rather than find nothing.
pub(crate) fn can_be_key_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_KEY_ID_BYTES && !text.contains(char::is_control)
}

/// Where the keys come from: this decides the algorithms too, never the token.
pub(crate) enum Keys {
    /// One shared secret, HS256.
    Secret(Arc<VerificationKey>),
    /// Public keys in files, RS256; whichever has signed a token.
    Files(PublicKeys),
    /// Public keys in the database by key id, RS256.
    Database(DatabaseKeys),
    /// Public keys of an `OpenID` Connect issuer by key id.
    Jwks(JwksKeys),
    /// None: the host verifies tokens itself.
    Host(Arc<dyn TokenVerifier>),
}

impl Keys {
    /// HS256 with `secret`.
    pub(crate) fn secret(secret: &str) -> Self {
        Self::Secret(Arc::new(VerificationKey::secret(secret)))
    }

    /// Finds the key for a token whose header names `key_id`; among keys without ids, the one that `is_it` knows.
    pub(crate) async fn find(
        &self,
        key_id: Option<&str>,
        is_it: impl Fn(&VerificationKey) -> bool,
    ) -> Result<Arc<VerificationKey>, TokenError> {
        let key_id = match (self, key_id) {
            (Self::Secret(key), _) => return Ok(Arc::clone(key)),
            (Self::Files(keys), _) => return keys.find(is_it).await.ok_or(InvalidReason::KeyUnknown.into()),
            // As the original does, unless it would be any of several.
            (Self::Database(keys), None) => {
                return keys.find(ONLY_KEY).await?.ok_or_else(|| InvalidReason::KeyIdMissing.into());
            }
            (_, key_id) => key_id.filter(|id| !id.is_empty()).ok_or(InvalidReason::KeyIdMissing)?,
        };
        if !can_be_key_id(key_id) {
            return Err(InvalidReason::KeyUnknown.into());
        }
        let found = match self {
            Self::Secret(_) | Self::Files(_) | Self::Host(_) => None,
            Self::Database(keys) => keys.find(key_id).await?,
            Self::Jwks(keys) => keys.find(key_id).await?,
        };
        found.ok_or_else(|| InvalidReason::KeyUnknown.into())
    }
}

impl Keys {
    /// The key that has taken the place of one under the same id, where the source of keys can tell.
    pub(crate) async fn renewed(&self, key_id: Option<&str>, old: &VerificationKey) -> Option<Arc<VerificationKey>> {
        match (self, key_id) {
            (Self::Jwks(keys), Some(key_id)) => keys.renewed(key_id, old).await,
            _ => None,
        }
    }
}

type Lookup = dyn Fn(String) -> Pin<Box<dyn Future<Output = Result<Option<String>, SourceError>> + Send>> + Send + Sync;

/// Finds the public key (PEM) of a key id in the database; never a private key.
#[derive(Clone)]
pub(crate) struct PublicKeyLookup(Arc<Lookup>);

impl PublicKeyLookup {
    /// Wraps an asynchronous function from key id to PEM; of [`ONLY_KEY`] to that of the only key there is. An error means that the database could not answer.
    pub(crate) fn new<F, Answer>(find: F) -> Self
    where
        F: Fn(String) -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<Option<String>, SourceError>> + Send + 'static,
    {
        Self(Arc::new(move |key_id| Box::pin(find(key_id))))
    }
}

/// Public keys of the database, remembered for [`KEY_LIFE`], and their absence for [`ABSENCE_LIFE`].
pub(crate) struct DatabaseKeys {
    lookup: PublicKeyLookup,
    clock: Clock,
    present: Cache<String, Remembered>,
    /// Apart, so that made-up key ids never push out a key that exists.
    absent: Cache<String, Remembered>,
    /// One lookup at a time of ids that were never found: made-up ones never take more than one connection.
    asking: Mutex<()>,
    /// The same for ids that were found before, which do not wait behind made-up ones.
    asking_again: Mutex<()>,
    waiting: Semaphore,
    /// When a lookup last failed.
    failed: RwLock<Option<OffsetDateTime>>,
}

#[derive(Clone)]
struct Remembered {
    key: Option<Arc<VerificationKey>>,
    until: OffsetDateTime,
}

impl DatabaseKeys {
    /// Keys that `lookup` finds.
    pub(crate) fn new(lookup: PublicKeyLookup, clock: Clock) -> Self {
        let (present, absent) = (Cache::new(REMEMBERED), Cache::new(REMEMBERED));
        let (asking, asking_again) = (Mutex::new(()), Mutex::new(()));
        let waiting = Semaphore::new(MOST_WAITING);
        Self { lookup, clock, present, absent, asking, asking_again, waiting, failed: RwLock::default() }
    }

    async fn find(&self, key_id: &str) -> Result<Option<Arc<VerificationKey>>, TokenError> {
        if let Some(known) = self.remembered(key_id) {
            return Ok(known.key);
        }
        let unavailable = |why: &str| TokenError::Unavailable(why.into());
        let (_place, gate) = if self.present.contains_key(key_id) {
            (None, &self.asking_again)
        } else {
            let place = self.waiting.try_acquire();
            (Some(place.map_err(|_| unavailable("too many wait for a key of the database"))?), &self.asking)
        };
        let _turn = gate.lock().await;
        if let Some(known) = self.remembered(key_id) {
            return Ok(known.key);
        }
        // Those who waited for a lookup that failed share its outcome, rather than fail one after the other.
        if self.has_just_failed() {
            return Err(unavailable("the database did not answer a moment ago"));
        }
        let found = (self.lookup.0)(key_id.to_owned()).await;
        if found.is_err() {
            *self.failed.write().unwrap_or_else(PoisonError::into_inner) = Some(self.clock.now());
        }
        let pem = found.map_err(TokenError::Unavailable)?;
        let key = pem.and_then(|pem| match VerificationKey::rsa_pem(&pem) {
            Ok(key) => Some(Arc::new(key)),
            Err(problem) => {
                tracing::warn!(key_id, problem, "a key of the database cannot be used");
                None
            }
        });
        let (cache, life) = match key {
            // Another key beside it is to be known as soon as one that was not there.
            Some(_) if key_id == ONLY_KEY => (&self.present, ABSENCE_LIFE),
            Some(_) => (&self.present, KEY_LIFE),
            None => (&self.absent, ABSENCE_LIFE),
        };
        let until = self.clock.now() + life;
        cache.insert(key_id.to_owned(), Remembered { key: key.clone(), until });
        Ok(key)
    }

    fn has_just_failed(&self) -> bool {
        let failed = *self.failed.read().unwrap_or_else(PoisonError::into_inner);
        failed.is_some_and(|failed| self.clock.now() < failed + AFTER_A_FAILURE)
    }

    fn remembered(&self, key_id: &str) -> Option<Remembered> {
        let now = self.clock.now();
        let fresh = |cache: &Cache<String, Remembered>| cache.get(key_id).filter(|known| now < known.until);
        fresh(&self.present).or_else(|| fresh(&self.absent))
    }
}
