//! Tokens of every profile of the contract against every kind of key.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::Notify;

use super::BearerTokens;
use crate::access::caller::{Caller, ClaimMap};
use crate::access::keys::{ABSENCE_LIFE, DatabaseKeys, KEY_LIFE, Keys, PublicKeyLookup};
use crate::access::token::{ClaimRules, MAX_TOKEN_BYTES, TokenError, sign};
use crate::clock::Clock;
use crate::clock::testing::MovingClock;

const PRIVATE: &str = include_str!("../../../tests/contract/keys/private.pem");
const PUBLIC: &str = include_str!("../../../tests/contract/keys/public.pem");
const ROGUE: &str = include_str!("../../../tests/contract/keys/rogue.pem");
const SECRET: &str = "oracle-hs256-secret";
const ISSUER: &str = "oracle-issuer";
const KEY_ID: &str = "oracle-key-1";
const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);
const FAR: i64 = 4_102_444_800;

fn alice() -> Value {
    json!({
        "id": "a0000000-0000-4000-8000-000000000021",
        "userTenantId": "a0000000-0000-4000-8000-000000000031",
        "tenantId": "a0000000-0000-4000-8000-000000000001",
        "username": "alice", "permissions": ["ViewTenant"],
        "iss": ISSUER, "iat": 1_700_000_000, "exp": FAR,
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = alice();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = alice();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn token(algorithm: Algorithm, key_id: Option<&str>, claims: &Value) -> String {
    signed(algorithm, key_id, claims, &EncodingKey::from_rsa_pem(PRIVATE.as_bytes()).unwrap())
}

fn signed(algorithm: Algorithm, key_id: Option<&str>, claims: &Value, key: &EncodingKey) -> String {
    let mut header = Header::new(algorithm);
    header.kid = key_id.map(str::to_owned);
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

fn rs256(claims: &Value) -> String {
    token(Algorithm::RS256, Some(KEY_ID), claims)
}

fn hs256(claims: &Value, secret: &str) -> String {
    signed(Algorithm::HS256, Some(KEY_ID), claims, &EncodingKey::from_secret(secret.as_bytes()))
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn unsigned(claims: &Value) -> String {
    format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT", "kid": KEY_ID})), part(claims))
}

fn tampered(key_of: impl Fn(&Value) -> String) -> String {
    let (weak, strong) = (key_of(&with("permissions", json!([]))), key_of(&alice()));
    let (weak, strong): (Vec<&str>, Vec<&str>) = (weak.split('.').collect(), strong.split('.').collect());
    format!("{}.{}.{}", weak[0], strong[1], weak[2])
}

fn rules() -> ClaimRules {
    ClaimRules { issuer: Some(ISSUER.into()), ..ClaimRules::default() }
}

fn authenticator(keys: Keys, clock: Clock) -> BearerTokens {
    BearerTokens::new(keys, rules(), ClaimMap::default(), clock, None)
}

/// Keys of a database that holds the contract's key and counts how often it is asked.
fn database(clock: &Clock) -> (Keys, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let lookup = PublicKeyLookup::new(move |key_id| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move {
            Ok(match key_id.as_str() {
                KEY_ID => Some(PUBLIC.to_owned()),
                "private" => Some(PRIVATE.to_owned()),
                "nonsense" => Some("nonsense".to_owned()),
                _ => None,
            })
        }
    });
    (Keys::Database(DatabaseKeys::new(lookup, clock.clone())), asked)
}

fn by_database() -> BearerTokens {
    let clock = Clock::fixed(NOW);
    authenticator(database(&clock).0, clock)
}

fn by_secret() -> BearerTokens {
    authenticator(Keys::secret(SECRET), Clock::fixed(NOW))
}

async fn outcome(authenticator: &BearerTokens, token: &str) -> &'static str {
    match authenticator.verify(token).await {
        Ok(_) => "ok",
        Err(error) => error.reason(),
    }
}

/// The profiles that do not depend on the kind of key: `sign` signs claims with the right one.
async fn common_profiles(authenticator: &BearerTokens, sign: impl Fn(&Value) -> String) {
    for (profile, token, expected) in [
        ("admin", sign(&alice()), "ok"),
        ("master", sign(&with("tenantType", json!("master"))), "ok"),
        ("no permissions claim", sign(&without("permissions")), "ok"),
        ("permissions no array", sign(&with("permissions", json!("ViewTenant"))), "ok"),
        ("no id", sign(&without("id")), "caller_not_active"),
        ("no membership", sign(&without("userTenantId")), "caller_not_active"),
        ("no tenant", sign(&without("tenantId")), "caller_not_active"),
        ("malformed ids", sign(&with("id", json!("not-a-uuid"))), "caller_not_active"),
        ("password expired", sign(&with("passwordExpiryTime", json!("2020-01-01T00:00:00Z"))), "password_expired"),
        ("password expires later", sign(&with("passwordExpiryTime", json!("2100-01-01T00:00:00Z"))), "ok"),
        ("expired", sign(&with("exp", json!(1_700_000_001))), "expired"),
        ("no expiry", sign(&without("exp")), "expiry_missing"),
        ("not yet valid", sign(&with("nbf", json!(FAR - 800))), "not_yet_valid"),
        ("wrong issuer", sign(&with("iss", json!("evil"))), "issuer"),
        ("no issuer", sign(&without("iss")), "issuer"),
        ("no algorithm", unsigned(&alice()), "malformed_token"),
        ("tampered", tampered(&sign), "signature"),
        ("garbage", "garbage".into(), "malformed_token"),
        ("empty parts", "..".into(), "malformed_token"),
        ("huge", "a".repeat(MAX_TOKEN_BYTES + 1), "malformed_token"),
        ("claims no object", sign(&json!([1])), "malformed_token"),
    ] {
        // Twice, for the second answer may come from memory.
        assert_eq!(outcome(authenticator, &token).await, expected, "{profile}");
        assert_eq!(outcome(authenticator, &token).await, expected, "{profile}, again");
    }
}

#[tokio::test]
async fn keys_of_the_database_verify_rs256_alone() {
    let authenticator = by_database();
    common_profiles(&authenticator, rs256).await;
    let rogue = EncodingKey::from_rsa_pem(ROGUE.as_bytes()).unwrap();
    for (profile, token, expected) in [
        ("rogue", signed(Algorithm::RS256, Some(KEY_ID), &alice(), &rogue), "signature"),
        ("unknown key", token(Algorithm::RS256, Some("nope"), &alice()), "key_unknown"),
        ("no key id", token(Algorithm::RS256, None, &alice()), "key_id_missing"),
        ("empty key id", token(Algorithm::RS256, Some(""), &alice()), "key_id_missing"),
        ("nul in key id", token(Algorithm::RS256, Some("a\0"), &alice()), "key_unknown"),
        ("long key id", token(Algorithm::RS256, Some(&"k".repeat(2_000)), &alice()), "key_unknown"),
        ("row without a key", token(Algorithm::RS256, Some("nonsense"), &alice()), "key_unknown"),
        ("row with a private key", token(Algorithm::RS256, Some("private"), &alice()), "key_unknown"),
        ("public key as secret", hs256(&alice(), PUBLIC), "algorithm"),
        ("shared secret", hs256(&alice(), SECRET), "algorithm"),
        ("RS512", token(Algorithm::RS512, Some(KEY_ID), &alice()), "algorithm"),
        ("PS256", token(Algorithm::PS256, Some(KEY_ID), &alice()), "algorithm"),
    ] {
        assert_eq!(outcome(&authenticator, &token).await, expected, "{profile}");
    }
}

#[tokio::test]
async fn a_shared_secret_verifies_hs256_alone() {
    let authenticator = by_secret();
    common_profiles(&authenticator, |claims| hs256(claims, SECRET)).await;
    for (profile, token, expected) in [
        ("rogue", hs256(&alice(), "rogue"), "signature"),
        ("RS256", rs256(&alice()), "algorithm"),
        ("RS512", token(Algorithm::RS512, Some(KEY_ID), &alice()), "algorithm"),
    ] {
        assert_eq!(outcome(&authenticator, &token).await, expected, "{profile}");
    }
}

#[tokio::test]
async fn critical_header_parameters_are_not_understood() {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let mut header = Header::new(Algorithm::HS256);
    header.crit = Some(vec!["b64".into()]);
    let token = jsonwebtoken::encode(&header, &alice(), &key).unwrap();
    assert_eq!(outcome(&by_secret(), &token).await, "critical_header");
}

#[tokio::test]
async fn a_token_that_the_service_signs_verifies_until_its_life_is_over() {
    let clock = MovingClock::at(NOW);
    let authenticator = authenticator(Keys::secret(SECRET), clock.clock());
    let claims = without("exp").as_object().unwrap().clone();
    let token = sign(claims, SECRET, Some(ISSUER), NOW, Duration::from_mins(1)).unwrap();
    let caller: Arc<Caller> = authenticator.verify(&token).await.unwrap();
    assert_eq!(caller.username.as_deref(), Some("alice"));
    clock.advance(Duration::from_secs(59));
    assert_eq!(outcome(&authenticator, &token).await, "ok");
    clock.advance(Duration::from_secs(1));
    assert_eq!(outcome(&authenticator, &token).await, "expired");
}

#[tokio::test]
async fn a_password_expires_while_its_token_is_remembered() {
    let clock = MovingClock::at(NOW);
    let authenticator = authenticator(Keys::secret(SECRET), clock.clock());
    let token = hs256(&with("passwordExpiryTime", json!("2026-01-01T00:00:10Z")), SECRET);
    assert_eq!(outcome(&authenticator, &token).await, "ok");
    clock.advance(Duration::from_secs(10));
    assert_eq!(outcome(&authenticator, &token).await, "password_expired");
}

#[tokio::test]
async fn keys_are_remembered_for_a_bounded_time() {
    let clock = MovingClock::at(NOW);
    let (keys, asked) = database(&clock.clock());
    let authenticator = authenticator(keys, clock.clock());
    let (good, bad) = (rs256(&alice()), token(Algorithm::RS256, Some("nope"), &alice()));
    for _ in 0..3 {
        assert_eq!(outcome(&authenticator, &good).await, "ok");
        assert_eq!(outcome(&authenticator, &rs256(&with("iat", json!(1)))).await, "ok");
        assert_eq!(outcome(&authenticator, &bad).await, "key_unknown");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2, "one look for each key id");
    clock.advance(ABSENCE_LIFE);
    assert_eq!(outcome(&authenticator, &bad).await, "key_unknown");
    assert_eq!(asked.load(Ordering::SeqCst), 3, "an absent key is looked up again soon");
    clock.advance(KEY_LIFE);
    assert_eq!(outcome(&authenticator, &good).await, "ok");
    assert_eq!(asked.load(Ordering::SeqCst), 4, "a present key is looked up again later");
}

#[tokio::test]
async fn a_verified_token_dies_with_its_key() {
    let clock = MovingClock::at(NOW);
    let removed = Arc::new(AtomicUsize::new(0));
    let state = Arc::clone(&removed);
    let lookup = PublicKeyLookup::new(move |_| {
        let gone = state.load(Ordering::SeqCst) > 0;
        async move { Ok((!gone).then(|| PUBLIC.to_owned())) }
    });
    let keys = Keys::Database(DatabaseKeys::new(lookup, clock.clock()));
    let authenticator = authenticator(keys, clock.clock());
    let token = rs256(&alice());
    assert_eq!(outcome(&authenticator, &token).await, "ok");
    removed.store(1, Ordering::SeqCst);
    clock.advance(KEY_LIFE);
    assert_eq!(outcome(&authenticator, &token).await, "key_unknown");
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_no_verdict_on_the_token() {
    let lookup = PublicKeyLookup::new(|_| async { Err("connection refused".into()) });
    let clock = Clock::fixed(NOW);
    let keys = Keys::Database(DatabaseKeys::new(lookup, clock.clone()));
    let error = authenticator(keys, clock).verify(&rs256(&alice())).await.unwrap_err();
    assert!(matches!(error, TokenError::Unavailable(_)), "{error}");
}

/// While a lookup hangs, those who wait share its failure, and a key that is known does not wait behind made-up ones.
#[tokio::test]
async fn made_up_keys_hold_up_neither_each_other_nor_a_known_one() {
    let (let_go, asked) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let (waits, counter) = (Arc::clone(&let_go), Arc::clone(&asked));
    let lookup = PublicKeyLookup::new(move |key_id| {
        let waits = Arc::clone(&waits);
        counter.fetch_add(usize::from(key_id != KEY_ID), Ordering::SeqCst);
        async move {
            if key_id == KEY_ID {
                return Ok(Some(PUBLIC.to_owned()));
            }
            waits.notified().await;
            Err("timed out".into())
        }
    });
    let clock = MovingClock::at(NOW);
    let authenticator =
        Arc::new(authenticator(Keys::Database(DatabaseKeys::new(lookup, clock.clock())), clock.clock()));
    let good = rs256(&alice());
    assert_eq!(outcome(&authenticator, &good).await, "ok");
    let crowd: Vec<_> = (0..200)
        .map(|number| {
            let authenticator = Arc::clone(&authenticator);
            let garbage = token(Algorithm::RS256, Some(&format!("made-up-{number}")), &alice());
            tokio::spawn(async move { outcome(&authenticator, &garbage).await })
        })
        .collect();
    let patience = std::time::Duration::from_secs(30);
    let refused = tokio::time::timeout(patience, async {
        while crowd.iter().filter(|one| one.is_finished()).count() < 100 {
            tokio::task::yield_now().await;
        }
    });
    refused.await.expect("more than the most who wait are refused at once");
    clock.advance(KEY_LIFE);
    assert_eq!(outcome(&authenticator, &good).await, "ok", "its key is looked up again meanwhile");
    let_go.notify_waiters();
    for one in crowd {
        assert_eq!(tokio::time::timeout(patience, one).await.unwrap().unwrap(), "keys_unavailable");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1, "one lookup failed for all");
}
