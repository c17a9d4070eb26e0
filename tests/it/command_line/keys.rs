//! `keys`: public keys come, verify tokens, and go; nothing but an RSA public key is taken.

use std::time::{Duration, Instant};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value as Json, json};

use super::{FAILED, assert_fails, assert_fails_politely, claims, on};
use crate::program::Workplace;
use crate::support::fixture::Database;
use crate::support::{contract_file, contract_text};
use crate::world::on_both;

const ISSUER: &str = "an issuer of ours";

/// Signs with the private key whose public half the tests add.
fn sign(claims: &Map<String, Json>, key_id: &str) -> String {
    let header = Header { kid: Some(key_id.to_owned()), ..Header::new(Algorithm::RS256) };
    let key = EncodingKey::from_rsa_pem(contract_text("keys/private.pem").as_bytes()).unwrap();
    jsonwebtoken::encode(&header, claims, &key).unwrap()
}

fn contract_path(name: &str) -> String {
    contract_file(&format!("keys/{name}")).display().to_string()
}

fn add(workplace: &Workplace, key_id: &str, file: &str) -> crate::program::Outcome {
    workplace.run(&["keys", "add", "--kid", key_id, "--public-key", file])
}

on_both!(a_key_that_is_added_verifies_tokens_and_one_that_is_removed_does_not);
fn a_key_that_is_added_verifies_tokens_and_one_that_is_removed_does_not(database: &Database) {
    let workplace = &on(database);
    workplace.ok(&["migrate", "up"]);
    workplace.ok(&["bootstrap"]);
    let mut said = claims(&workplace.ok(&["token", "--master"]));
    said.insert("iss".to_owned(), json!(ISSUER));
    let token = sign(&said, "2026-01");
    let serve = ["serve", "--jwt-verifier", "jwt-keys", "--jwt-issuer", ISSUER];
    let mut running = workplace.serve(&serve);
    let status = |token: &str| running.request("GET /tenants").bearer(token).send().status;
    assert_eq!(status(&token), 401);

    assert_eq!(workplace.ok(&["keys", "list"]), "");
    assert_eq!(add(workplace, "2026-01", &contract_path("public.pem")).code, 0);
    let list = workplace.ok(&["keys", "list"]);
    assert!(list.starts_with("2026-01  20") && list.lines().count() == 1, "{list}");
    // That there was no such key is remembered for a moment.
    let start = Instant::now();
    while status(&token) != 200 {
        assert!(start.elapsed() < Duration::from_secs(30), "the added key does not verify");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(status(&sign(&said, "other")), 401);
    said.insert("iss".to_owned(), json!("somebody else"));
    assert_eq!(status(&sign(&said, "2026-01")), 401);

    assert_fails_politely(&add(workplace, "2026-01", &contract_path("public.pem")), FAILED, &[]);
    assert_eq!(workplace.ok(&["keys", "remove", "--kid", "2026-01"]).trim(), "removed 2026-01");
    assert_eq!(workplace.ok(&["keys", "list"]), "");
    let outcome = workplace.run(&["keys", "remove", "--kid", "2026-01"]);
    assert_fails_politely(&outcome, FAILED, &["2026-01", "user-tenant-service keys list"]);
    running.stop();
    let running = workplace.serve(&serve);
    assert_eq!(running.request("GET /tenants").bearer(&token).send().status, 401);
}

on_both!(only_rsa_public_keys_are_taken);
fn only_rsa_public_keys_are_taken(database: &Database) {
    let workplace = &on(database);
    workplace.ok(&["migrate", "up"]);
    let public = contract_text("keys/public.pem");
    let private = contract_text("keys/private.pem");
    let middle = private.lines().nth(5).unwrap();
    let repository = |name: &str| format!("{}/tests/keys/{name}", env!("CARGO_MANIFEST_DIR"));
    let files = [
        contract_path("private.pem"),
        repository("ed25519.pem"),
        repository("es256.pem"),
        workplace.file("empty.pem", ""),
        workplace.file("nonsense.pem", "nonsense"),
        workplace.file("torn.pem", &public[..public.len() / 2]),
        workplace.file("spoilt.pem", &public.replace("MII", "AAA")),
        workplace.file("hidden.pem", &format!("{public}\n{private}")),
        workplace.file("mislabelled.pem", &private.replace("PRIVATE", "PUBLIC")),
        workplace.file("nul.pem", "\0"),
        workplace.path().join("missing.pem").display().to_string(),
        workplace.path().display().to_string(),
    ];
    for file in &files {
        let outcome = add(workplace, "bad", file);
        assert_fails(&outcome, FAILED, &[file]);
        assert!(!outcome.stderr.contains(middle) && !outcome.stdout.contains(middle), "no key is printed: {outcome:?}");
    }
    for key_id in ["", &"x".repeat(101), "\u{7}"] {
        assert_fails_politely(&add(workplace, key_id, &contract_path("public.pem")), FAILED, &[]);
    }
    assert_eq!(workplace.ok(&["keys", "list"]), "", "nothing was added");
}
