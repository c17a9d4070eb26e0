//! Tokens without a key id, as the authentication service issues them: by a key in a file, and by the only key of the table.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value as Json, json};

use crate::program::{Running, Workplace};
use crate::support::contract_text;
use crate::world::{World, on_both};

const ISSUER: &str = "https://id.acme.example";
/// In the form of PKCS #1; the private one is `rogue.pem`.
const OTHER: &str = include_str!("../keys/rogue-pkcs1-public.pem");
const PATIENCE: Duration = Duration::from_secs(30);
const TENANT: &str = "a0000000-0000-4000-8000-000000000001";
const MEMBERSHIP: &str = "a0000000-0000-4000-8000-000000000031";

fn sign(claims: &Map<String, Json>, file: &str, algorithm: Algorithm, key_id: Option<&str>) -> String {
    let header = Header { kid: key_id.map(ToOwned::to_owned), ..Header::new(algorithm) };
    let key = EncodingKey::from_rsa_pem(contract_text(&format!("keys/{file}")).as_bytes()).unwrap();
    jsonwebtoken::encode(&header, claims, &key).unwrap()
}

fn status(running: &Running, token: &str) -> u16 {
    running.request("GET /tenants").bearer(token).send().status
}

#[track_caller]
fn eventually(wanted: u16, status: impl Fn() -> u16) -> Duration {
    let start = Instant::now();
    loop {
        let status = status();
        if status == wanted {
            return start.elapsed();
        }
        assert!(start.elapsed() < PATIENCE, "still {status} instead of {wanted}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// An embedded database with its first administrator, and the claims of a token of theirs.
fn workplace() -> (Workplace, Map<String, Json>) {
    let mut workplace = Workplace::new();
    workplace.serve(&[]).stop();
    let token = workplace.ok(&["token", "--master"]);
    let body = URL_SAFE_NO_PAD.decode(token.trim().split('.').nth(1).unwrap()).unwrap();
    let mut claims: Map<String, Json> = serde_json::from_slice(&body).unwrap();
    claims.insert("iss".to_owned(), json!(ISSUER));
    workplace.set("JWT_VERIFIER", "public-key");
    workplace.set("JWT_ISSUER", ISSUER);
    (workplace, claims)
}

#[test]
fn a_key_in_a_file_verifies_rs256_alone_and_is_changed_without_a_restart() {
    let (workplace, claims) = workplace();
    let file = workplace.file("public.pem", &contract_text("keys/public.pem"));
    let running = workplace.serve(&["serve", "--jwt-public-key", &file]);
    let good = sign(&claims, "private.pem", Algorithm::RS256, None);
    let rogue = sign(&claims, "rogue.pem", Algorithm::RS256, None);
    let without = |name: &str| {
        let mut claims = claims.clone();
        claims.remove(name);
        claims
    };
    let public = EncodingKey::from_secret(contract_text("keys/public.pem").as_bytes());
    for (what, token, expected) in [
        ("no key id", good.clone(), 200),
        ("a key id", sign(&claims, "private.pem", Algorithm::RS256, Some("any")), 200),
        ("another key", rogue.clone(), 401),
        ("another algorithm", sign(&claims, "private.pem", Algorithm::RS512, None), 401),
        ("PS256", sign(&claims, "private.pem", Algorithm::PS256, None), 401),
        ("the key as a secret", jsonwebtoken::encode(&Header::default(), &claims, &public).unwrap(), 401),
        ("no end", sign(&without("exp"), "private.pem", Algorithm::RS256, None), 401),
        ("no issuer", sign(&without("iss"), "private.pem", Algorithm::RS256, None), 401),
    ] {
        assert_eq!(status(&running, &token), expected, "{what}");
    }
    workplace.file("public.pem", "half a key");
    std::thread::sleep(Duration::from_millis(2_100));
    for _ in 0..3 {
        assert_eq!(status(&running, &good), 200, "a broken file changes nothing");
    }
    workplace.file("public.pem", OTHER);
    eventually(200, || status(&running, &rogue));
    assert_eq!(status(&running, &good), 401, "remembered tokens go with their key");
    let [_, log] = running.printed();
    assert!(log.contains("public.pem: not a public key in PEM form"), "{log}");
    assert!(log.contains("fits its default mode, with or without a key id"), "{log}");
    for reason in ["signature", "algorithm", "expiry_missing", "issuer"] {
        assert!(log.contains(&format!(r#""reason":"{reason}""#)), "{reason} in {log}");
    }
}

#[test]
fn several_files_verify_side_by_side() {
    let (workplace, claims) = workplace();
    let files = [("a.pem", contract_text("keys/public.pem")), ("b.pem", OTHER.to_owned())];
    let files = files.map(|(name, key)| workplace.file(name, &key));
    let running = workplace.serve(&["serve", "--jwt-public-key", &files.join(", ")]);
    for file in ["private.pem", "rogue.pem", "private.pem"] {
        assert_eq!(status(&running, &sign(&claims, file, Algorithm::RS256, None)), 200, "{file}");
    }
}

#[test]
fn what_cannot_verify_ends_the_start() {
    let (workplace, _) = workplace();
    let missing = workplace.run(&["serve", "--jwt-public-key", "/nowhere/key.pem"]);
    assert!(missing.code != 0 && missing.stderr.contains("/nowhere/key.pem: No such file"), "{missing:?}");
    let none = workplace.run(&["serve"]);
    assert!(none.code == 3 && none.stderr.contains("JWT_PUBLIC_KEY"), "{none:?}");
    // Of an environment that names a key, nobody guesses what it is for.
    let undecided = Workplace::new().run(&["serve", "--jwt-public-key", "key.pem"]);
    assert!(undecided.code == 3 && undecided.stderr.contains("JWT_VERIFIER"), "{undecided:?}");
}

on_both!(the_only_key_stands_for_tokens_that_name_none);
fn the_only_key_stands_for_tokens_that_name_none(world: &World) {
    let status = || world.request("GET /tenants").token("no_kid").send().status;
    assert_eq!(status(), 200);
    world.run(
        "INSERT INTO main.jwt_keys (key_id, public_key, private_key, created_on) \
         VALUES ('second', 'unused', 'unused', '2026-01-01T00:00:00.000Z')",
    );
    eventually(401, status);
    assert_eq!(world.request("GET /tenants").token("admin_a").send().status, 200, "it names its key");
    assert!(world.server.log().contains("key_id_missing"), "the log says why");
    world.run("DELETE FROM main.jwt_keys WHERE key_id = 'second'");
    eventually(200, status);
}

/// The default of the setting, which tests turn off otherwise.
const AS_DEPLOYED: &[(&str, &str)] = &[("CALLER_CACHE_MILLISECONDS", "1000")];

on_both!(a_genuine_token_of_who_may_not_act_is_refused_within_a_second, AS_DEPLOYED);
fn a_genuine_token_of_who_may_not_act_is_refused_within_a_second(world: &World) {
    let status = || world.request("GET /tenants").token("no_kid").send().status;
    let membership = format!("WHERE id = '{MEMBERSHIP}'");
    let tenant = format!("WHERE id = '{TENANT}'");
    for (table, change, back) in [
        ("user_tenants", "status = 2", "status = 1"),
        ("user_tenants", "status = 4", "status = 1"),
        ("user_tenants", "status = 5", "status = 1"),
        ("user_tenants", "deleted = true", "deleted = false"),
        ("tenants", "status = 0", "status = 1"),
        ("tenants", "status = 2", "status = 1"),
        ("tenants", "deleted = true", "deleted = false"),
    ] {
        let row = if table == "tenants" { &tenant } else { &membership };
        assert_eq!(status(), 200, "before {table} {change}");
        world.run(&format!("UPDATE main.{table} SET {change} {row}"));
        let took = eventually(401, status);
        println!("{table} {change}: {took:?}");
        world.run(&format!("UPDATE main.{table} SET {back} {row}"));
        eventually(200, status);
    }
}
