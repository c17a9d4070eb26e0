//! Signed requests: whether somebody who holds the shared secret sent this body just now, and for the first time.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::{constant_time, hmac};
use axum::http::HeaderMap;
use data_encoding::HEXLOWER;
use moka::sync::Cache;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::clock::Clock;
use crate::domain::callback::FirstRole;

const SIGNATURE: &str = "x-signature";
const TIMESTAMP: &str = "x-timestamp";
/// Hexadecimal digits of an HMAC-SHA256.
const SIGNATURE_LENGTH: usize = 64;

/// How `POST /user-callback` is verified, and what it makes beside what it is told.
#[derive(Debug, Clone)]
pub struct ProvisioningCallback {
    /// The secret that the sender shares; never empty.
    pub secret: SecretString,
    /// How far the sender's clock may be from ours, either way.
    pub tolerance: Duration,
    /// In whose name the rows are made: the id of a user or membership.
    pub actor: Uuid,
    /// Name of the role that the first user gets.
    pub role_name: String,
    /// What that role may do.
    pub permissions: Vec<String>,
}

/// Verifies signed requests.
pub(crate) struct SignatureVerifier {
    key: hmac::Key,
    tolerance: Duration,
    actor: Uuid,
    role: Arc<FirstRole>,
    clock: Clock,
    /// Signatures that were good, for as long as they would be good again.
    used: Cache<String, ()>,
}

impl SignatureVerifier {
    /// A verifier; none where the secret is empty, since everybody knows that one.
    pub(crate) fn new(callback: ProvisioningCallback, clock: Clock) -> Option<Self> {
        let secret = callback.secret.expose_secret();
        if secret.is_empty() {
            return None;
        }
        // A signature may come as early as late by the tolerance.
        let life = callback.tolerance.saturating_mul(2).saturating_add(Duration::from_secs(1));
        Some(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            tolerance: callback.tolerance,
            actor: callback.actor,
            role: Arc::new(FirstRole { name: callback.role_name, permissions: callback.permissions }),
            clock,
            used: Cache::builder().max_capacity(100_000).time_to_live(life).build(),
        })
    }

    /// In whose name a signed request acts.
    pub(crate) fn actor(&self) -> Uuid {
        self.actor
    }

    /// The role that it may make.
    pub(crate) fn role(&self) -> Arc<FirstRole> {
        self.role.clone()
    }

    /// Whether the headers hold what may be a signature and a time within the tolerance: of some body.
    pub(crate) fn may_accept(&self, headers: &HeaderMap) -> bool {
        self.claimed(headers).is_some()
    }

    /// Whether the headers hold the signature of this body and a time within the tolerance, and neither came before:
    /// HMAC-SHA256 in lower-case hexadecimal over the compact JSON and, behind it, the time in milliseconds.
    pub(crate) fn accepts(&self, headers: &HeaderMap, body: &Json) -> bool {
        let Some((signature, sent_at)) = self.claimed(headers) else { return false };
        let expected = signature_of(&self.key, body, &sent_at);
        constant_time::verify_slices_are_equal(expected.as_bytes(), signature.as_bytes()).is_ok()
            // Not `or_insert`, which looks first and inserts then: of two at once both would be the first.
            && self.used.entry(expected).or_insert_with(|| ()).is_fresh()
    }

    /// The signature and the time of the headers, where both have their form, and the time is about now.
    fn claimed<'h>(&self, headers: &'h HeaderMap) -> Option<(&'h str, String)> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let (milliseconds, sent_at) = milliseconds(header(TIMESTAMP)?)?;
        let age = (self.clock.now() - OffsetDateTime::UNIX_EPOCH).whole_milliseconds() - i128::from(milliseconds);
        let signature = header(SIGNATURE).filter(|signature| signature.len() == SIGNATURE_LENGTH)?;
        (age.unsigned_abs() <= self.tolerance.as_millis()).then_some((signature, sent_at))
    }
}

/// What a body is signed with that was sent at this time, a number of milliseconds since 1970.
fn signature_of(key: &hmac::Key, body: &Json, sent_at: &str) -> String {
    HEXLOWER.encode(hmac::sign(key, format!("{body}{sent_at}").as_bytes()).as_ref())
}

/// Milliseconds since 1970, in the forms that the original reads, and the number as JavaScript writes it, which is signed.
fn milliseconds(text: &str) -> Option<(i64, String)> {
    let text = text.trim();
    let whole = match text.strip_prefix("0x") {
        Some(hexadecimal) => i64::from_str_radix(hexadecimal, 16).ok(),
        None => text.parse().ok(),
    };
    if let Some(whole) = whole {
        return Some((whole, whole.to_string()));
    }
    // Beyond this JavaScript writes an exponent, and it is no time of ours anyway.
    let number: f64 = text.parse().ok().filter(|number: &f64| number.abs() < 1e15)?;
    #[expect(clippy::cast_possible_truncation, reason = "it is small enough")]
    let whole = number.trunc() as i64;
    Some((whole, number.to_string()))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn of_many_at_once_one_is_the_first() {
        let callback = ProvisioningCallback {
            secret: "shared".into(),
            tolerance: Duration::from_mins(1),
            actor: Uuid::nil(),
            role_name: "Administrator".to_owned(),
            permissions: Vec::new(),
        };
        let clock = Clock::system();
        let verifier = SignatureVerifier::new(callback, clock.clone()).expect("there is a secret");
        for round in 0..2_000 {
            let body = Json::from(round);
            let sent_at = (clock.now() - OffsetDateTime::UNIX_EPOCH).whole_milliseconds();
            let sent_at = i64::try_from(sent_at).expect("it is not yet so late");
            let signature = signature_of(&verifier.key, &body, &sent_at.to_string());
            let mut headers = HeaderMap::new();
            headers.insert(SIGNATURE, signature.parse().expect("hexadecimal digits"));
            headers.insert(TIMESTAMP, sent_at.to_string().parse().expect("decimal digits"));
            let start = Barrier::new(3);
            let call = || {
                start.wait();
                verifier.accepts(&headers, &body)
            };
            let accepted = thread::scope(|scope| {
                let calls: Vec<_> = (0..3).map(|_| scope.spawn(call)).collect();
                calls.into_iter().map(|call| call.join().expect("no panic")).filter(|one| *one).count()
            });
            assert_eq!(accepted, 1, "round {round}");
        }
    }
}
