//! Bearer tokens by the name of a profile, good ones and forged ones; the profiles are in `tests/contract/tokens.json`.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value as Json, json};

use super::contract_text;

/// The id under which the fixture stores the public key.
pub(crate) const KEY_ID: &str = "oracle-key-1";
/// The issuer of every good token.
pub(crate) const ISSUER: &str = "oracle-issuer";
const SECRET: &str = "oracle-hs256-secret";
const ISSUED_AT: i64 = 1_700_000_000;
const EXPIRES_AT: i64 = 4_102_444_800;

/// What `tokens.json` holds.
static DATA: LazyLock<Json> =
    LazyLock::new(|| serde_json::from_str(&contract_text("tokens.json")).expect("tokens.json is JSON"));
/// Headers by profile: to sign one takes as long as some requests do, and it is the same each time.
static HEADERS: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);

/// The `Authorization` header of a profile; `None` is a request without one.
pub(crate) fn authorization(profile: Option<&str>) -> Option<String> {
    let profile = profile?;
    let known = HEADERS.lock().expect("nobody panics with it").get(profile).cloned();
    Some(known.unwrap_or_else(|| {
        let header = header(profile);
        HEADERS.lock().expect("nobody panics with it").insert(profile.to_owned(), header.clone());
        header
    }))
}

fn header(profile: &str) -> String {
    let bearer = |token: String| format!("Bearer {token}");
    match profile {
        "expired" => bearer(sign(&good(), &[("exp", json!(ISSUED_AT + 1))])),
        "no_exp" => bearer(sign(&good(), &[("exp", Json::Null)])),
        "nbf_future" => bearer(sign(&good(), &[("nbf", json!(EXPIRES_AT - 800))])),
        "wrong_iss" => bearer(sign(&good(), &[("iss", json!("evil"))])),
        "no_iss" => bearer(sign(&good(), &[("iss", Json::Null)])),
        "rogue_sig" => bearer(sign_with(Algorithm::RS256, &rsa("rogue.pem"), Some(KEY_ID), &good(), &[])),
        "unknown_kid" => bearer(sign_with(Algorithm::RS256, &rsa("private.pem"), Some("nope"), &good(), &[])),
        "no_kid" => bearer(sign_with(Algorithm::RS256, &rsa("private.pem"), None, &good(), &[])),
        "alg_none" => bearer(unsigned(&good())),
        "alg_confusion" => {
            let public_key = EncodingKey::from_secret(contract_text("keys/public.pem").as_bytes());
            bearer(sign_with(Algorithm::HS256, &public_key, Some(KEY_ID), &good(), &[]))
        }
        "alg_rs512" => bearer(sign_with(Algorithm::RS512, &rsa("private.pem"), Some(KEY_ID), &good(), &[])),
        "hs256_secret" => bearer(sign_with(
            Algorithm::HS256,
            &EncodingKey::from_secret(SECRET.as_bytes()),
            Some(KEY_ID),
            &good(),
            &[],
        )),
        "tampered" => bearer(tampered()),
        "garbage" => "Bearer garbage".to_owned(),
        "empty_bearer" => "Bearer ".to_owned(),
        "bearer_only" => "Bearer".to_owned(),
        "basic" => "Basic dXNlcjpwYXNz".to_owned(),
        "no_scheme" => sign(&good(), &[]),
        "lower_bearer" => format!("bearer {}", sign(&good(), &[])),
        "trailing_space" => format!("Bearer {} ", sign(&good(), &[])),
        named => bearer(sign(&claims(named), &[])),
    }
}

/// The bare token of a profile.
pub(crate) fn token(profile: &str) -> String {
    sign(&claims(profile), &[])
}

fn good() -> Map<String, Json> {
    claims("admin_a")
}

/// A list of permissions by its name in `tokens.json`.
pub(crate) fn permissions(list: &str) -> Vec<String> {
    serde_json::from_value(DATA["permissions"][list].clone()).expect("the list is in tokens.json")
}

/// The claims of a profile; `only:X` has one permission, `master:X` too for a master of tenant A, `allbut:X,Y` all but those.
fn claims(profile: &str) -> Map<String, Json> {
    let data = &*DATA;
    let all = || -> Vec<&Json> {
        ["names", "numbers"].iter().flat_map(|list| data["permissions"][list].as_array().unwrap()).collect()
    };
    let person = |name: &str| data["people"][name].as_object().expect("the person is in tokens.json").clone();
    if let Some(permission) = profile.strip_prefix("only:") {
        let mut claims = person("alice");
        claims.insert("permissions".to_owned(), json!([permission]));
        return claims;
    }
    if let Some(permission) = profile.strip_prefix("master:") {
        let mut claims = person("alice");
        claims.extend([("permissions".to_owned(), json!([permission])), ("tenantType".to_owned(), json!("master"))]);
        return claims;
    }
    if let Some(left_out) = profile.strip_prefix("allbut:") {
        let mut claims = person("alice");
        let left_out: Vec<&str> = left_out.split(',').collect();
        claims.insert(
            "permissions".to_owned(),
            all().into_iter().filter(|name| !left_out.contains(&name.as_str().unwrap())).cloned().collect(),
        );
        return claims;
    }
    let profile =
        &data["profiles"][profile].as_object().unwrap_or_else(|| panic!("no token profile is called {profile}"));
    let mut claims = person(profile["person"].as_str().expect("a profile names a person"));
    for name in profile.get("without").and_then(Json::as_array).into_iter().flatten() {
        claims.remove(name.as_str().unwrap());
    }
    match profile.get("permissions") {
        Some(Json::String(list)) if list == "all" => {
            claims.insert("permissions".to_owned(), all().into_iter().cloned().collect())
        }
        Some(Json::String(list)) => claims.insert("permissions".to_owned(), data["permissions"][list].clone()),
        Some(list) => claims.insert("permissions".to_owned(), list.clone()),
        None => None,
    };
    claims.extend(profile.get("claims").and_then(Json::as_object).cloned().unwrap_or_default());
    claims
}

fn rsa(file: &str) -> EncodingKey {
    EncodingKey::from_rsa_pem(contract_text(&format!("keys/{file}")).as_bytes()).expect("the file holds an RSA key")
}

fn sign(claims: &Map<String, Json>, changes: &[(&str, Json)]) -> String {
    sign_with(Algorithm::RS256, &rsa("private.pem"), Some(KEY_ID), claims, changes)
}

fn sign_with(
    algorithm: Algorithm,
    key: &EncodingKey,
    key_id: Option<&str>,
    claims: &Map<String, Json>,
    changes: &[(&str, Json)],
) -> String {
    let header = Header { kid: key_id.map(ToOwned::to_owned), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, &complete(claims, changes), key).expect("the claims can be signed")
}

/// Adds issuer and times, then the changes; a change to null removes the claim.
fn complete(claims: &Map<String, Json>, changes: &[(&str, Json)]) -> Map<String, Json> {
    let mut claims = claims.clone();
    claims.insert("iss".to_owned(), json!(ISSUER));
    claims.insert("iat".to_owned(), json!(ISSUED_AT));
    claims.insert("exp".to_owned(), json!(EXPIRES_AT));
    claims.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    claims.retain(|_, value| !value.is_null());
    claims
}

fn unsigned(claims: &Map<String, Json>) -> String {
    let part = |json: &Json| URL_SAFE_NO_PAD.encode(json.to_string());
    format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT", "kid": KEY_ID })), part(&complete(claims, &[]).into()))
}

/// The claims of one token under the signature of another.
fn tampered() -> String {
    let (weak, strong) = (token("noperm_a"), token("admin_a"));
    let (weak, strong): (Vec<&str>, Vec<&str>) = (weak.split('.').collect(), strong.split('.').collect());
    [weak[0], strong[1], weak[2]].join(".")
}
