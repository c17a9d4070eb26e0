//! Bearer tokens: finds the key, verifies the token, and remembers what was verified.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use jsonwebtoken::errors::ErrorKind;
use moka::Expiry;
use moka::sync::Cache;
use serde_json::Value;
use time::OffsetDateTime;

use super::authenticate::{Authenticating, Authenticator};
use super::caller::{Caller, ClaimMap};
use super::digest::sha256;
use super::keys::Keys;
use super::revocation::RevokedTokens;
use super::token::{ClaimRules, InvalidReason, MAX_TOKEN_BYTES, TokenError, bearer, seconds};
use super::verification_key::VerificationKey;
use super::verifier::TokenVerifier;
use crate::clock::Clock;

/// Memory for verified tokens, in bytes, roughly.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// The longest time that a verified token is remembered without another look at its signature.
const LONGEST_MEMORY: Duration = Duration::from_hours(24);

/// Verifies bearer tokens.
pub(crate) struct BearerTokens {
    keys: Keys,
    rules: ClaimRules,
    claims: ClaimMap,
    clock: Clock,
    verified: Cache<[u8; 32], Arc<Verified>>,
    /// Where tokens can be ended before their time.
    revoked: Option<Arc<RevokedTokens>>,
}

impl Authenticator for BearerTokens {
    fn recognises(&self, head: &Parts) -> bool {
        head.headers.contains_key(AUTHORIZATION)
    }

    fn caller<'a>(&'a self, head: &'a Parts) -> Authenticating<'a> {
        Box::pin(async move {
            if names_token(head.uri.query().unwrap_or_default()) {
                // Two tokens: the original refuses to choose. One in the query alone counts as none.
                return Err(TokenError::Malformed);
            }
            self.verify(bearer(&head.headers)?).await
        })
    }
}

/// Whether a query string holds a token, as RFC 6750 section 2.3 would have it.
fn names_token(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token")
}

/// A token that has been verified.
struct Verified {
    caller: Arc<Caller>,
    password_expiry: Option<OffsetDateTime>,
    key_id: Option<String>,
    key: [u8; 32],
    /// Seconds since 1970.
    expiry: f64,
    /// How long the cache may keep this.
    life: Duration,
    /// Rough size in memory, in bytes.
    weight: u32,
}

impl BearerTokens {
    /// Verifies with `keys` under `rules`, finds the caller's fields by `claims`, and takes no token that is among `revoked`.
    pub(crate) fn new(
        keys: Keys,
        rules: ClaimRules,
        claims: ClaimMap,
        clock: Clock,
        revoked: Option<Arc<RevokedTokens>>,
    ) -> Self {
        let verified = Cache::builder()
            .max_capacity(CACHE_BYTES)
            .weigher(|_, verified: &Arc<Verified>| verified.weight)
            .expire_after(UntilTokenEnds)
            .build();
        Self { keys, rules, claims, clock, verified, revoked }
    }

    /// The caller that a token names.
    pub(crate) async fn verify(&self, token: &str) -> Result<Arc<Caller>, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(InvalidReason::Malformed.into());
        }
        if let Keys::Host(verifier) = &self.keys {
            return self.verify_by_host(verifier.as_ref(), token).await;
        }
        let hash = sha256(token.as_bytes());
        let verified = match self.remembered(&hash).await? {
            Some(verified) => verified,
            None => self.verify_anew(token, hash).await?,
        };
        // Only now: who has no genuine token costs no question.
        self.refuse_revoked(token, hash, verified.expiry).await?;
        match verified.password_expiry {
            Some(expiry) if expiry <= self.clock.now() => Err(TokenError::PasswordExpired),
            _ => Ok(Arc::clone(&verified.caller)),
        }
    }

    /// Refuses a token that was ended before its time; `expiry` is that, in seconds since 1970.
    async fn refuse_revoked(&self, token: &str, hash: [u8; 32], expiry: f64) -> Result<(), TokenError> {
        let Some(revoked) = &self.revoked else { return Ok(()) };
        let left = Duration::try_from_secs_f64(expiry - seconds(self.clock.now())).unwrap_or(LONGEST_MEMORY);
        revoked.check(token, hash, left).await
    }

    /// The caller of a token that the host verifies, and remembers where that is worth it.
    async fn verify_by_host(&self, verifier: &dyn TokenVerifier, token: &str) -> Result<Arc<Caller>, TokenError> {
        let claims = verifier.verify(token).await.map_err(TokenError::Unavailable)?;
        let claims = Value::Object(claims.ok_or(InvalidReason::Signature)?);
        if self.revoked.is_some() {
            let expiry = claims.get("exp").and_then(Value::as_f64).unwrap_or(f64::INFINITY);
            self.refuse_revoked(token, sha256(token.as_bytes()), expiry).await?;
        }
        match self.claims.password_expiry(&claims) {
            Some(expiry) if expiry <= self.clock.now() => Err(TokenError::PasswordExpired),
            _ => Ok(Arc::new(self.claims.caller(&claims)?)),
        }
    }

    /// A token seen before that still holds: neither ended, nor has its key gone or changed.
    async fn remembered(&self, hash: &[u8; 32]) -> Result<Option<Arc<Verified>>, TokenError> {
        let Some(verified) = self.verified.get(hash) else {
            return Ok(None);
        };
        if seconds(self.clock.now()) >= verified.expiry {
            self.verified.invalidate(hash);
            return Err(InvalidReason::Expired.into());
        }
        let key = self.keys.find(verified.key_id.as_deref(), |key| key.fingerprint == verified.key).await?;
        Ok((key.fingerprint == verified.key).then_some(verified))
    }

    async fn verify_anew(&self, token: &str, hash: [u8; 32]) -> Result<Arc<Verified>, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|error| reason(&error))?;
        if header.crit.is_some() {
            return Err(InvalidReason::Critical.into());
        }
        let signs = |key: &VerificationKey| claims(token, key).is_ok();
        let mut key = self.keys.find(header.kid.as_deref(), signs).await?;
        let claims = match claims(token, &key) {
            Err(TokenError::Invalid(InvalidReason::Signature)) => {
                let renewed = self.keys.renewed(header.kid.as_deref(), &key).await;
                key = renewed.ok_or(InvalidReason::Signature)?;
                claims(token, &key)?
            }
            claims => claims?,
        };
        let now = self.clock.now();
        let expiry = self.rules.check(&claims, now)?;
        let password_expiry = self.claims.password_expiry(&claims);
        if password_expiry.is_some_and(|expiry| expiry <= now) {
            return Err(TokenError::PasswordExpired);
        }
        let verified = Arc::new(Verified {
            caller: Arc::new(self.claims.caller(&claims)?),
            password_expiry,
            key_id: header.kid,
            key: key.fingerprint,
            expiry,
            life: Duration::try_from_secs_f64(expiry - seconds(now)).unwrap_or(LONGEST_MEMORY).min(LONGEST_MEMORY),
            // The claims stand twice, as they are and as fields, in trees of small allocations.
            weight: u32::try_from(token.len() * 4 + 1024).unwrap_or(u32::MAX),
        });
        self.verified.insert(hash, Arc::clone(&verified));
        Ok(verified)
    }
}

fn claims(token: &str, key: &VerificationKey) -> Result<Value, TokenError> {
    let data = jsonwebtoken::decode::<Value>(token, &key.decoding, &key.validation).map_err(|error| reason(&error))?;
    if data.claims.is_object() { Ok(data.claims) } else { Err(InvalidReason::Malformed.into()) }
}

fn reason(error: &jsonwebtoken::errors::Error) -> InvalidReason {
    match error.kind() {
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName | ErrorKind::InvalidKeyFormat => {
            InvalidReason::Algorithm
        }
        ErrorKind::InvalidSignature => InvalidReason::Signature,
        _ => InvalidReason::Malformed,
    }
}

/// Lets the cache forget a token when it ends.
struct UntilTokenEnds;

impl Expiry<[u8; 32], Arc<Verified>> for UntilTokenEnds {
    fn expire_after_create(&self, _: &[u8; 32], verified: &Arc<Verified>, _: Instant) -> Option<Duration> {
        Some(verified.life)
    }

    fn expire_after_update(
        &self,
        _: &[u8; 32],
        verified: &Arc<Verified>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(verified.life)
    }
}

#[cfg(test)]
mod tests;
