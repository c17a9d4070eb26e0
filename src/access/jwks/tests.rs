//! A small issuer on the loopback interface, and what becomes of its keys.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::Notify;

use super::{BETWEEN_FETCHES, FRESH, JwksKeys, MAX_BYTES, STALE};
use crate::access::bearer::BearerTokens;
use crate::access::caller::ClaimMap;
use crate::access::keys::Keys;
use crate::access::token::ClaimRules;
use crate::clock::Clock;
use crate::clock::testing::MovingClock;

const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);
const RSA: &str = include_str!("../../../tests/contract/keys/private.pem");
const EC: &str = include_str!("../../../tests/keys/es256.pem");
const ED: &str = include_str!("../../../tests/keys/ed25519.pem");

#[derive(Clone, Default)]
struct Issuer {
    answer: Arc<Mutex<(u16, String)>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    /// Starts an issuer that publishes `keys`, and returns the URL of its key set.
    async fn start(keys: &Value) -> (Self, String) {
        let issuer = Self::default();
        issuer.publish(keys);
        let app = Router::new().route("/jwks", get(answer)).with_state(issuer.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (issuer, url)
    }

    fn publish(&self, keys: &Value) {
        self.say(200, json!({"keys": keys}).to_string());
    }

    fn say(&self, status: u16, body: String) {
        *self.answer.lock().unwrap() = (status, body);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn answer(State(issuer): State<Issuer>) -> (StatusCode, String) {
    issuer.asked.fetch_add(1, Ordering::SeqCst);
    let (status, body) = issuer.answer.lock().unwrap().clone();
    (StatusCode::from_u16(status).unwrap(), body)
}

fn rsa() -> EncodingKey {
    EncodingKey::from_rsa_pem(RSA.as_bytes()).unwrap()
}

fn published(key: &EncodingKey, algorithm: Algorithm, key_id: &str) -> Value {
    let mut jwk = Jwk::from_encoding_key(key, algorithm).unwrap();
    jwk.common.key_id = Some(key_id.into());
    serde_json::to_value(jwk).unwrap()
}

fn with(mut jwk: Value, changes: &[(&str, Value)]) -> Value {
    for (name, value) in changes {
        match value {
            Value::Null => drop(jwk.as_object_mut().unwrap().remove(*name)),
            value => jwk[*name] = value.clone(),
        }
    }
    jwk
}

fn token(key: &EncodingKey, algorithm: Algorithm, key_id: &str, audience: &str) -> String {
    let mut header = Header::new(algorithm);
    header.kid = Some(key_id.into());
    let id = "a0000000-0000-4000-8000-000000000001";
    let claims = json!({
        "iss": "issuer", "aud": audience, "exp": 4_102_444_800_i64,
        "sub": id, "app": {"membership": id, "tenant": id},
    });
    jsonwebtoken::encode(&header, &claims, key).unwrap()
}

fn authenticator(url: &str, clock: Clock) -> BearerTokens {
    let rules = ClaimRules { issuer: Some("issuer".into()), audience: Some("api".into()), ..ClaimRules::default() };
    let claims = ClaimMap {
        id: "sub".into(),
        user_tenant_id: "/app/membership".into(),
        tenant_id: "/app/tenant".into(),
        ..ClaimMap::default()
    };
    BearerTokens::new(Keys::Jwks(JwksKeys::new(url, clock.clone()).unwrap()), rules, claims, clock, None)
}

async fn outcome(authenticator: &BearerTokens, token: &str) -> &'static str {
    authenticator.verify(token).await.map_or_else(|error| error.reason(), |_| "ok")
}

#[tokio::test]
async fn each_key_verifies_the_algorithms_of_its_kind_alone() {
    let (ec, ed) = (EncodingKey::from_ec_pem(EC.as_bytes()).unwrap(), EncodingKey::from_ed_pem(ED.as_bytes()).unwrap());
    let rs = published(&rsa(), Algorithm::RS256, "rs");
    let any = with(rs.clone(), &[("kid", json!("any")), ("alg", Value::Null)]);
    let keys = json!([
        rs,
        published(&rsa(), Algorithm::PS256, "ps"),
        published(&ec, Algorithm::ES256, "es"),
        published(&ed, Algorithm::EdDSA, "ed"),
        any,
        with(any.clone(), &[("kid", json!("enc")), ("use", json!("enc"))]),
        with(any.clone(), &[("kid", json!("wrap")), ("key_ops", json!(["wrapKey"]))]),
        with(any.clone(), &[("kid", json!("rs512")), ("alg", json!("RS512"))]),
        with(any.clone(), &[("kid", json!("short")), ("n", json!("AQAB"))]),
        with(any.clone(), &[("kid", Value::Null)]),
        {"kty": "oct", "kid": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"},
        {"kty": "RSA", "kid": "broken"},
        "nonsense",
    ]);
    let (issuer, url) = Issuer::start(&keys).await;
    let clock = MovingClock::at(NOW);
    let authenticator = authenticator(&url, clock.clock());
    let secret = EncodingKey::from_secret(b"secret-secret-secret-secret-secret");
    for (key, algorithm, key_id, expected) in [
        (&rsa(), Algorithm::RS256, "rs", "ok"),
        (&rsa(), Algorithm::PS256, "rs", "algorithm"),
        (&rsa(), Algorithm::PS256, "ps", "ok"),
        (&rsa(), Algorithm::RS256, "any", "ok"),
        (&rsa(), Algorithm::PS256, "any", "ok"),
        (&rsa(), Algorithm::RS512, "any", "algorithm"),
        (&ec, Algorithm::ES256, "es", "ok"),
        (&ec, Algorithm::ES256, "rs", "algorithm"),
        (&ed, Algorithm::EdDSA, "ed", "ok"),
        (&ed, Algorithm::EdDSA, "es", "algorithm"),
        (&rsa(), Algorithm::RS256, "enc", "key_unknown"),
        (&rsa(), Algorithm::RS256, "wrap", "key_unknown"),
        (&rsa(), Algorithm::RS512, "rs512", "key_unknown"),
        (&rsa(), Algorithm::RS256, "short", "key_unknown"),
        (&secret, Algorithm::HS256, "oct", "key_unknown"),
        (&secret, Algorithm::HS256, "rs", "algorithm"),
    ] {
        let token = token(key, algorithm, key_id, "api");
        assert_eq!(outcome(&authenticator, &token).await, expected, "{algorithm:?} with {key_id}");
    }
    assert_eq!(outcome(&authenticator, &token(&rsa(), Algorithm::RS256, "rs", "other")).await, "audience");
    assert_eq!(issuer.asked(), 1, "unknown key ids within a moment of a fetch cause no other");
}

#[tokio::test]
async fn a_new_key_is_found_after_a_moment_and_a_removed_one_forgotten() {
    let first = published(&rsa(), Algorithm::RS256, "first");
    let second = published(&rsa(), Algorithm::RS256, "second");
    let (issuer, url) = Issuer::start(&json!([first])).await;
    let clock = MovingClock::at(NOW);
    let authenticator = authenticator(&url, clock.clock());
    let tokens = ["first", "second"].map(|key_id| token(&rsa(), Algorithm::RS256, key_id, "api"));
    assert_eq!(outcome(&authenticator, &tokens[0]).await, "ok");
    issuer.publish(&json!([second]));
    assert_eq!(outcome(&authenticator, &tokens[1]).await, "key_unknown");
    clock.advance(BETWEEN_FETCHES);
    assert_eq!(outcome(&authenticator, &tokens[1]).await, "ok");
    assert_eq!(outcome(&authenticator, &tokens[0]).await, "key_unknown");
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test]
async fn known_keys_outlive_an_issuer_that_is_down_for_a_bounded_time() {
    let (issuer, url) = Issuer::start(&json!([published(&rsa(), Algorithm::RS256, "rs")])).await;
    let clock = MovingClock::at(NOW);
    let authenticator = authenticator(&url, clock.clock());
    let good = token(&rsa(), Algorithm::RS256, "rs", "api");
    assert_eq!(outcome(&authenticator, &good).await, "ok");
    issuer.say(503, String::new());
    clock.advance(FRESH);
    for _ in 0..3 {
        assert_eq!(outcome(&authenticator, &good).await, "ok");
    }
    assert_eq!(issuer.asked(), 2, "an issuer that is down is not asked again at once");
    let unknown = token(&rsa(), Algorithm::RS256, "new", "api");
    assert_eq!(outcome(&authenticator, &unknown).await, "keys_unavailable");
    clock.advance(STALE);
    assert_eq!(outcome(&authenticator, &good).await, "keys_unavailable");
    issuer.publish(&json!([published(&rsa(), Algorithm::RS256, "rs")]));
    clock.advance(BETWEEN_FETCHES);
    assert_eq!(outcome(&authenticator, &good).await, "ok");
}

#[tokio::test]
async fn a_new_key_under_an_old_id_is_found_at_once_and_an_empty_set_ends_none() {
    let [first, second] = [EC, include_str!("../../../tests/keys/other-es256.pem")]
        .map(|pem| EncodingKey::from_ec_pem(pem.as_bytes()).unwrap());
    let (issuer, url) = Issuer::start(&json!([published(&first, Algorithm::ES256, "k")])).await;
    let clock = MovingClock::at(NOW);
    let authenticator = authenticator(&url, clock.clock());
    let [old, new] = [&first, &second].map(|key| token(key, Algorithm::ES256, "k", "api"));
    assert_eq!(outcome(&authenticator, &old).await, "ok");
    assert_eq!(outcome(&authenticator, &new).await, "signature", "the issuer was asked a moment ago");
    issuer.publish(&json!([published(&second, Algorithm::ES256, "k")]));
    clock.advance(BETWEEN_FETCHES);
    assert_eq!(outcome(&authenticator, &new).await, "ok");
    assert_eq!(outcome(&authenticator, &old).await, "signature", "it ends with its key");
    let asked = issuer.asked();
    for _ in 0..5 {
        assert_eq!(outcome(&authenticator, &old).await, "signature");
    }
    assert_eq!(issuer.asked(), asked, "made-up signatures do not have the issuer asked each time");

    issuer.publish(&json!([]));
    clock.advance(FRESH);
    assert_eq!(outcome(&authenticator, &new).await, "ok", "known keys go on");
    clock.advance(STALE);
    assert_eq!(outcome(&authenticator, &new).await, "keys_unavailable", "but not for ever");
}

#[tokio::test]
async fn answers_that_are_no_key_set_leave_the_keys_unavailable() {
    let (issuer, url) = Issuer::start(&json!([])).await;
    let good = token(&rsa(), Algorithm::RS256, "rs", "api");
    for (status, body) in [
        (404, "{}".to_owned()),
        (302, String::new()),
        (200, "<html>".to_owned()),
        (200, "{\"keys\": 1}".to_owned()),
        (200, format!("{{\"keys\": [], \"padding\": \"{}\"}}", "x".repeat(MAX_BYTES))),
    ] {
        issuer.say(status, body);
        let authenticator = authenticator(&url, Clock::fixed(NOW));
        assert_eq!(outcome(&authenticator, &good).await, "keys_unavailable", "{status}");
    }
    let nobody = authenticator("http://127.0.0.1:9/jwks", Clock::fixed(NOW));
    assert_eq!(outcome(&nobody, &good).await, "keys_unavailable");
}

#[tokio::test]
async fn a_crowd_of_first_requests_causes_one_fetch() {
    let (issuer, url) = Issuer::start(&json!([published(&rsa(), Algorithm::RS256, "rs")])).await;
    let authenticator = Arc::new(authenticator(&url, Clock::fixed(NOW)));
    let token = token(&rsa(), Algorithm::RS256, "rs", "api");
    let crowd = (0..20).map(|_| {
        let (authenticator, token) = (Arc::clone(&authenticator), token.clone());
        tokio::spawn(async move { outcome(&authenticator, &token).await })
    });
    for one in crowd.collect::<Vec<_>>() {
        assert_eq!(tokio::time::timeout(Duration::from_secs(30), one).await.unwrap().unwrap(), "ok");
    }
    assert_eq!(issuer.asked(), 1);
}

/// An issuer that accepts and says nothing until it is let go, and how often it was asked.
async fn silent_issuer() -> (Arc<Notify>, Arc<AtomicUsize>, String) {
    let (let_go, asked) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    let (waits, counts) = (let_go.clone(), asked.clone());
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            counts.fetch_add(1, Ordering::SeqCst);
            let waits = waits.clone();
            // Closed without a word once it is let go.
            tokio::spawn(async move {
                waits.notified().await;
                drop(connection);
            });
        }
    });
    (let_go, asked, url)
}

#[tokio::test]
async fn those_who_wait_for_a_silent_issuer_share_the_outcome_and_the_pause_counts_from_its_end() {
    let (let_go, asked, url) = silent_issuer().await;
    let clock = MovingClock::at(NOW);
    let authenticator = Arc::new(authenticator(&url, clock.clock()));
    let garbage = |number: usize| token(&rsa(), Algorithm::RS256, &format!("made-up-{number}"), "api");
    let crowd: Vec<_> = (0..200)
        .map(|number| {
            let (authenticator, token) = (Arc::clone(&authenticator), garbage(number));
            tokio::spawn(async move { outcome(&authenticator, &token).await })
        })
        .collect();
    let patience = Duration::from_secs(30);
    let waited = tokio::time::timeout(patience, async {
        while asked.load(Ordering::SeqCst) == 0 || crowd.iter().filter(|one| one.is_finished()).count() < 100 {
            tokio::task::yield_now().await;
        }
    });
    waited.await.expect("more than the most who wait are refused at once");
    // The first who asked goes away; the fetch goes on for the others.
    crowd[0].abort();
    clock.advance(BETWEEN_FETCHES * 2);
    let_go.notify_waiters();
    for one in crowd {
        match tokio::time::timeout(patience, one).await.unwrap() {
            Ok(said) => assert_eq!(said, "keys_unavailable"),
            Err(error) => assert!(error.is_cancelled()),
        }
    }
    assert_eq!(outcome(&authenticator, &garbage(0)).await, "keys_unavailable");
    assert_eq!(asked.load(Ordering::SeqCst), 1, "the pause begins when the fetch ends, however long that took");
    // A second fetch hangs too: of an issuer that was silent nothing is waited for.
    clock.advance(BETWEEN_FETCHES);
    let hanging = {
        let (authenticator, token) = (Arc::clone(&authenticator), garbage(1));
        tokio::spawn(async move { outcome(&authenticator, &token).await })
    };
    let asked_again = tokio::time::timeout(patience, async {
        while asked.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
    });
    asked_again.await.expect("the issuer is asked again after the pause");
    for number in 0..20 {
        assert_eq!(outcome(&authenticator, &garbage(number)).await, "keys_unavailable");
    }
    assert!(!hanging.is_finished(), "the others were answered while the issuer hung");
    let_go.notify_waiters();
    assert_eq!(tokio::time::timeout(patience, hanging).await.unwrap().unwrap(), "keys_unavailable");
}

#[test]
fn only_web_addresses_are_taken() {
    for url in ["ftp://issuer/jwks", "/jwks", "not a url"] {
        assert!(JwksKeys::new(url, Clock::fixed(NOW)).is_err(), "{url}");
    }
}
