//! Public keys of an `OpenID` Connect issuer: fetched from its JSON Web Key Set (RFC 7517), remembered, and fetched again in time.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, Uri, header};
use bytes::Bytes;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};

use super::token::{SourceError, TokenError};
use super::verification_key::{VerificationKey, check_modulus};
use crate::address::shown;
use crate::clock::Clock;
use crate::outgoing::{self, Outgoing};

/// How long a key set is used without asking the issuer again.
const FRESH: Duration = Duration::from_mins(5);
/// How long a key set is used at most, while the issuer does not answer.
const STALE: Duration = Duration::from_hours(1);
/// The shortest time between two fetches, however many unknown key ids arrive.
const BETWEEN_FETCHES: Duration = Duration::from_secs(3);
/// How long the issuer may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The largest key set that is read, in bytes.
const MAX_BYTES: usize = 512 * 1024;

/// Requests that wait for a fetch at most; more are refused at once, so that made-up key ids never take all places of the
/// service while the issuer hangs.
const MOST_WAITING: usize = 64;

/// The keys of one issuer by key id.
pub(crate) struct JwksKeys {
    issuer: Arc<Issuer>,
    waiting: Semaphore,
}

/// The issuer, and what is known of it.
struct Issuer {
    url: Uri,
    /// The address as the log may hold it.
    shown: String,
    outgoing: Outgoing,
    clock: Clock,
    known: RwLock<Known>,
    /// One fetch at a time.
    fetching: Arc<Mutex<()>>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, Arc<VerificationKey>>,
    /// When `keys` were fetched.
    fetched: Option<OffsetDateTime>,
    /// When the last fetch ended, and whether the issuer answered.
    asked: Option<(OffsetDateTime, bool)>,
}

impl JwksKeys {
    /// Keys that the issuer publishes at `url`, `http` or `https`. Nothing is fetched yet.
    ///
    /// Fails for a URL that is neither, and for `https` on a machine without certificates of authorities.
    pub(crate) fn new(url: &str, clock: Clock) -> Result<Self, SourceError> {
        let shown = shown(url);
        let url: Uri = url.parse()?;
        let outgoing = Outgoing::to(&url).map_err(|error| format!("the key set's URL cannot be used: {error}"))?;
        let issuer = Issuer { url, shown, outgoing, clock, known: RwLock::default(), fetching: Arc::default() };
        Ok(Self { issuer: Arc::new(issuer), waiting: Semaphore::new(MOST_WAITING) })
    }

    /// The key of this id; `None` when the issuer has no such key that we can use.
    pub(crate) async fn find(&self, key_id: &str) -> Result<Option<Arc<VerificationKey>>, TokenError> {
        let issuer = &self.issuer;
        if let Some(key) = issuer.remembered(key_id, FRESH) {
            return Ok(Some(key));
        }
        let stale = issuer.remembered(key_id, STALE);
        let answered = match (issuer.settled(), issuer.fetching.clone().try_lock_owned()) {
            (Some(settled), _) => settled,
            (None, Ok(turn)) => self.wait(issuer.clone().refresh(turn)).await,
            // A fetch is under way: rather an older key than waiting, and no waiting for an issuer that was silent before.
            (None, Err(_)) if stale.is_some() || issuer.was_silent() => Err("the issuer is being asked".into()),
            (None, Err(_)) => {
                self.wait(async { issuer.clone().refresh(issuer.fetching.clone().lock_owned().await).await }).await
            }
        };
        match answered {
            Ok(()) => Ok(issuer.remembered(key_id, FRESH)),
            Err(_) if stale.is_some() => Ok(stale),
            Err(error) => Err(TokenError::Unavailable(error)),
        }
    }

    /// The key that the issuer has put in the place of this one under the same id, after a signature that this one did not
    /// make. The issuer is asked as for an unknown id: once in a while, by one request, and not while it is silent.
    pub(crate) async fn renewed(&self, key_id: &str, old: &VerificationKey) -> Option<Arc<VerificationKey>> {
        let issuer = &self.issuer;
        if issuer.settled().is_none()
            && !issuer.was_silent()
            && let Ok(turn) = issuer.fetching.clone().try_lock_owned()
        {
            self.wait(issuer.clone().refresh(turn)).await.ok()?;
        }
        issuer.remembered(key_id, FRESH).filter(|key| key.fingerprint != old.fingerprint)
    }

    /// Waits for a fetch, unless too many do.
    async fn wait(&self, fetch: impl Future<Output = Result<(), SourceError>>) -> Result<(), SourceError> {
        let Ok(_place) = self.waiting.try_acquire() else { return Err("too many wait for the issuer".into()) };
        fetch.await
    }
}

impl Issuer {
    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn remembered(&self, key_id: &str, life: Duration) -> Option<Arc<VerificationKey>> {
        let known = self.known();
        let fetched = known.fetched?;
        (self.clock.now() < fetched + life).then(|| known.keys.get(key_id).cloned())?
    }

    /// How the last fetch went, where it ended a moment ago, so that there is no other. The moment counts from the end: an
    /// issuer that takes long to say nothing would be asked without a pause.
    fn settled(&self) -> Option<Result<(), SourceError>> {
        let (ended, answered) = self.known().asked?;
        (self.clock.now() < ended + BETWEEN_FETCHES)
            .then(|| if answered { Ok(()) } else { Err("the issuer did not answer a moment ago".into()) })
    }

    fn was_silent(&self) -> bool {
        self.known().asked.is_some_and(|(_, answered)| !answered)
    }

    /// Asks the issuer, unless another has while the turn was waited for. It goes on when those who wait go away: else a
    /// request that is given up would leave the next to begin again.
    async fn refresh(self: Arc<Self>, turn: OwnedMutexGuard<()>) -> Result<(), SourceError> {
        if let Some(settled) = self.settled() {
            return settled;
        }
        let fetching = tokio::spawn(async move {
            let _turn = turn;
            let fetched = self.fetch().await;
            let now = self.clock.now();
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            // A set without keys where there were some is a slip at the issuer more often than an end of all tokens.
            let fetched = match fetched {
                Ok(keys) if keys.is_empty() && !known.keys.is_empty() => Err("the issuer's key set is empty".into()),
                fetched => fetched,
            };
            known.asked = Some((now, fetched.is_ok()));
            match fetched {
                Ok(keys) => {
                    known.keys = keys;
                    known.fetched = Some(now);
                    Ok(())
                }
                Err(error) => {
                    tracing::warn!(url = self.shown, error, "the issuer's key set cannot be fetched");
                    Err(error)
                }
            }
        });
        fetching.await?
    }

    async fn fetch(&self) -> Result<HashMap<String, Arc<VerificationKey>>, SourceError> {
        parse(&tokio::time::timeout(PATIENCE, self.ask()).await??)
    }

    async fn ask(&self) -> Result<Bytes, SourceError> {
        let request = Request::get(self.url.clone()).header(header::ACCEPT, "application/json").body(Body::empty())?;
        let response = self.outgoing.send(request).await?;
        if response.status() != StatusCode::OK {
            return Err(format!("the issuer answered {}", response.status()).into());
        }
        outgoing::read(response, MAX_BYTES).await
    }
}

/// Reads a key set, passing over keys that are not for signatures or not of a kind that we verify.
fn parse(body: &[u8]) -> Result<HashMap<String, Arc<VerificationKey>>, SourceError> {
    let set: Value = serde_json::from_slice(body)?;
    let keys = set.get("keys").and_then(Value::as_array).ok_or("the issuer's answer has no array `keys`")?;
    let usable = keys.iter().filter_map(|key| {
        let key_id = key.get("kid")?.as_str()?.to_owned();
        match verification_key(key) {
            Ok(key) => Some((key_id, Arc::new(key))),
            Err(reason) => {
                tracing::debug!(key_id, reason, "a key of the issuer is passed over");
                None
            }
        }
    });
    Ok(usable.collect())
}

fn verification_key(value: &Value) -> Result<VerificationKey, String> {
    let jwk: Jwk = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    let algorithms = algorithms(&jwk).ok_or("not a key for signatures that we verify")?;
    check_modulus(&jwk)?;
    let decoding = DecodingKey::from_jwk(&jwk).map_err(|error| error.to_string())?;
    Ok(VerificationKey::new(decoding, algorithms, value.to_string().as_bytes()))
}

/// The algorithms of a key: what its `alg` says, or else what its kind allows.
fn algorithms(jwk: &Jwk) -> Option<&'static [Algorithm]> {
    let verifies = match (&jwk.common.public_key_use, &jwk.common.key_operations) {
        (Some(purpose), _) => *purpose == PublicKeyUse::Signature,
        (None, Some(operations)) => operations.contains(&KeyOperations::Verify),
        (None, None) => true,
    };
    if !verifies {
        return None;
    }
    match (&jwk.algorithm, jwk.common.key_algorithm) {
        (AlgorithmParameters::RSA(_), Some(KeyAlgorithm::RS256)) => Some(&[Algorithm::RS256]),
        (AlgorithmParameters::RSA(_), Some(KeyAlgorithm::PS256)) => Some(&[Algorithm::PS256]),
        (AlgorithmParameters::RSA(_), None) => Some(&[Algorithm::RS256, Algorithm::PS256]),
        (AlgorithmParameters::EllipticCurve(key), None | Some(KeyAlgorithm::ES256))
            if key.curve == EllipticCurve::P256 =>
        {
            Some(&[Algorithm::ES256])
        }
        (AlgorithmParameters::OctetKeyPair(key), None | Some(KeyAlgorithm::EdDSA))
            if key.curve == EllipticCurve::Ed25519 =>
        {
            Some(&[Algorithm::EdDSA])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
