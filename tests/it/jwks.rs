//! Tokens of an issuer of others: its key set is fetched over HTTP, kept, and fetched again when keys change.

mod issuer;

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value as Json, json};

use self::issuer::{Issuer, published};
use crate::program::{Running, Workplace};
use crate::request::{bad_refusal, text};
use crate::support::contract_text;

const ISSUER: &str = "https://issuer.example/realm";

fn rsa(file: &str) -> EncodingKey {
    EncodingKey::from_rsa_pem(contract_text(&format!("keys/{file}")).as_bytes()).unwrap()
}

fn es256() -> EncodingKey {
    EncodingKey::from_ec_pem(include_bytes!("../keys/es256.pem")).unwrap()
}

fn ed25519() -> EncodingKey {
    EncodingKey::from_ed_pem(include_bytes!("../keys/ed25519.pem")).unwrap()
}

fn sign(claims: &Map<String, Json>, key: &EncodingKey, algorithm: Algorithm, key_id: Option<&str>) -> String {
    let header = Header { kid: key_id.map(ToOwned::to_owned), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

/// An embedded database with its first administrator, whose claims the issuer signs.
struct Realm {
    workplace: Workplace,
    claims: Map<String, Json>,
}

impl Realm {
    fn new() -> Self {
        let mut workplace = Workplace::new();
        workplace.serve(&[]).stop();
        let token = workplace.ok(&["token", "--master"]);
        let body = URL_SAFE_NO_PAD.decode(token.trim().split('.').nth(1).unwrap()).unwrap();
        let mut claims: Map<String, Json> = serde_json::from_slice(&body).unwrap();
        claims.insert("iss".to_owned(), json!(ISSUER));
        workplace.set("JWT_VERIFIER", "jwks");
        workplace.set("JWT_ISSUER", ISSUER);
        Self { workplace, claims }
    }

    fn serve(&self, issuer: &Issuer, arguments: &[&str]) -> Running {
        let url = issuer.url();
        self.workplace.serve(&[&["serve", "--jwt-jwks-url", &url], arguments].concat())
    }

    fn with(&self, name: &str, value: Json) -> Map<String, Json> {
        let mut claims = self.claims.clone();
        claims.insert(name.to_owned(), value);
        claims.retain(|_, value| !value.is_null());
        claims
    }
}

fn status(running: &Running, token: &str) -> u16 {
    running.request("GET /tenants").bearer(token).send().status
}

#[track_caller]
fn eventually(running: &Running, token: &str, wanted: u16) {
    let start = Instant::now();
    loop {
        let status = status(running, token);
        if status == wanted {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "still {status} instead of {wanted}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn each_kind_of_key_verifies_its_own_algorithm_and_no_other() {
    let realm = Realm::new();
    let issuer = Issuer::start(&[
        published(&rsa("private.pem"), Algorithm::RS256, "rs"),
        published(&rsa("private.pem"), Algorithm::PS256, "ps"),
        published(&es256(), Algorithm::ES256, "es"),
        published(&ed25519(), Algorithm::EdDSA, "ed"),
        // A secret has no business in a public key set, nor has a key for encryption.
        published(&EncodingKey::from_secret(b"a published secret, long enough"), Algorithm::HS256, "hs"),
        json!({ "kid": "none", "kty": "unknown" }),
        json!("not a key"),
    ]);
    let running = realm.serve(&issuer, &[]);
    let keys = [
        (rsa("private.pem"), Algorithm::RS256, "rs"),
        (rsa("private.pem"), Algorithm::PS256, "ps"),
        (es256(), Algorithm::ES256, "es"),
        (ed25519(), Algorithm::EdDSA, "ed"),
    ];
    for (key, algorithm, _) in &keys {
        for (_, own, key_id) in &keys {
            let token = sign(&realm.claims, key, *algorithm, Some(key_id));
            let expected = if algorithm == own { 200 } else { 401 };
            assert_eq!(status(&running, &token), expected, "{algorithm:?} with the key {key_id}");
        }
    }
    let secret = EncodingKey::from_secret(b"a published secret, long enough");
    let public = EncodingKey::from_secret(contract_text("keys/public.pem").as_bytes());
    for (what, token) in [
        ("another algorithm", sign(&realm.claims, &rsa("private.pem"), Algorithm::RS512, Some("rs"))),
        ("another key", sign(&realm.claims, &rsa("rogue.pem"), Algorithm::RS256, Some("rs"))),
        ("no key id", sign(&realm.claims, &rsa("private.pem"), Algorithm::RS256, None)),
        ("an empty key id", sign(&realm.claims, &rsa("private.pem"), Algorithm::RS256, Some(""))),
        ("an unknown key id", sign(&realm.claims, &rsa("private.pem"), Algorithm::RS256, Some("other"))),
        ("a published secret", sign(&realm.claims, &secret, Algorithm::HS256, Some("hs"))),
        ("the public key as secret", sign(&realm.claims, &public, Algorithm::HS256, Some("rs"))),
        (
            "another issuer",
            sign(&realm.with("iss", json!("https://evil.example")), &es256(), Algorithm::ES256, Some("es")),
        ),
        ("no issuer", sign(&realm.with("iss", Json::Null), &es256(), Algorithm::ES256, Some("es"))),
        ("no end", sign(&realm.with("exp", Json::Null), &es256(), Algorithm::ES256, Some("es"))),
        (
            "an end that has passed",
            sign(&realm.with("exp", json!(1_700_000_000)), &es256(), Algorithm::ES256, Some("es")),
        ),
    ] {
        assert_eq!(status(&running, &token), 401, "{what}");
    }
    assert!(issuer.asked() <= 2, "made-up key ids do not make us ask again: {}", issuer.asked());
}

#[test]
fn the_audience_must_be_ours() {
    let realm = Realm::new();
    let issuer = Issuer::start(&[published(&es256(), Algorithm::ES256, "es")]);
    let running = realm.serve(&issuer, &["--jwt-audience", "us"]);
    for (audience, expected) in [
        (json!("us"), 200),
        (json!(["them", "us"]), 200),
        (json!("them"), 401),
        (json!(["them"]), 401),
        (json!([]), 401),
        (json!("us them"), 401),
        (json!({ "us": true }), 401),
        (Json::Null, 401),
    ] {
        let token = sign(&realm.with("aud", audience.clone()), &es256(), Algorithm::ES256, Some("es"));
        assert_eq!(status(&running, &token), expected, "{audience}");
    }
}

#[test]
fn fields_are_found_where_the_issuer_puts_them() {
    let realm = Realm::new();
    let issuer = Issuer::start(&[published(&es256(), Algorithm::ES256, "es")]);
    let running = realm.serve(
        &issuer,
        &[
            "--jwt-claim-id",
            "sub",
            "--jwt-claim-tenant-id",
            "/organization/id",
            "--jwt-claim-user-tenant-id",
            "https://example.com/membership",
            "--jwt-claim-permissions",
            "/realm_access/roles",
            "--jwt-claim-tenant-type",
            "/organization/kind",
            "--jwt-claim-password-expiry",
            "/password/expires",
        ],
    );
    let theirs = json!({
        "iss": ISSUER,
        "exp": realm.claims["exp"],
        "sub": realm.claims["id"],
        "organization": { "id": realm.claims["tenantId"] },
        "https://example.com/membership": realm.claims["userTenantId"],
        "realm_access": { "roles": ["ViewTenant"] },
        "permissions": ["DeleteTenant"],
    });
    let token = |claims: &Json| sign(claims.as_object().unwrap(), &es256(), Algorithm::ES256, Some("es"));
    assert_eq!(status(&running, &token(&theirs)), 200);
    let delete = format!("DELETE /tenants/{}", realm.claims["tenantId"].as_str().unwrap());
    assert_eq!(running.request(&delete).bearer(&token(&theirs)).send().status, 403, "`permissions` is not asked");
    let mut expired = theirs.clone();
    expired["password"] = json!({ "expires": "2020-01-01T00:00:00Z" });
    let answer = running.request("GET /tenants").bearer(&token(&expired)).send();
    assert!(answer.status == 401 && text(&answer).contains("PasswordExpiryError"), "{}", text(&answer));
    assert_eq!(status(&running, &sign(&realm.claims, &es256(), Algorithm::ES256, Some("es"))), 401, "our own names");
}

#[test]
fn keys_may_change_while_we_run() {
    let realm = Realm::new();
    let issuer = Issuer::start(&[published(&es256(), Algorithm::ES256, "old")]);
    let running = realm.serve(&issuer, &[]);
    let old = sign(&realm.claims, &es256(), Algorithm::ES256, Some("old"));
    let new = sign(&realm.claims, &ed25519(), Algorithm::EdDSA, Some("new"));
    assert_eq!((status(&running, &old), status(&running, &new)), (200, 401));
    issuer.publish(&[published(&ed25519(), Algorithm::EdDSA, "new")]);
    eventually(&running, &new, 200);
    assert_eq!(status(&running, &old), 401, "a key that is gone verifies nothing, not even what it verified before");
}

#[test]
fn an_issuer_that_is_down_hurts_only_who_brings_a_new_key() {
    let realm = Realm::new();
    let mut issuer = Issuer::start(&[published(&es256(), Algorithm::ES256, "known")]);
    let running = realm.serve(&issuer, &[]);
    let known = sign(&realm.claims, &es256(), Algorithm::ES256, Some("known"));
    let unknown = sign(&realm.claims, &ed25519(), Algorithm::EdDSA, Some("unknown"));
    issuer.stop();
    let refused = running.request("GET /tenants").bearer(&known).send();
    assert_eq!((refused.status, refused.header("retry-after"), bad_refusal(&refused)), (503, "1", None));
    assert_eq!(running.request("GET /health/ready").send().status, 200);
    issuer.restart();
    eventually(&running, &known, 200);
    issuer.stop();
    assert_eq!(status(&running, &known), 200, "its keys are kept");
    eventually(&running, &unknown, 503);
    assert_eq!(status(&running, &known), 200);
}

#[test]
fn an_answer_that_is_no_key_set_is_as_good_as_none() {
    let realm = Realm::new();
    let token = sign(&realm.claims, &es256(), Algorithm::ES256, Some("es"));
    let set = json!({ "keys": [published(&es256(), Algorithm::ES256, "es")] }).to_string();
    for (answer, expected) in [
        (("200 OK", set.clone()), 200),
        (("500 Internal Server Error", set.clone()), 503),
        (("302 Found", set), 503),
        (("200 OK", String::new()), 503),
        (("200 OK", "<html>".to_owned()), 503),
        (("200 OK", "[]".to_owned()), 503),
        (("200 OK", r#"{"keys":{}}"#.to_owned()), 503),
        (("200 OK", format!(r#"{{"keys":[],"padding":"{}"}}"#, "x".repeat(1_000_000))), 503),
        (("200 OK", r#"{"keys":[]}"#.to_owned()), 401),
    ] {
        let issuer = Issuer::start(&[]);
        issuer.say(answer.0, &answer.1);
        let running = realm.serve(&issuer, &[]);
        assert_eq!(status(&running, &token), expected, "{} {:.60}", answer.0, answer.1);
    }
}
