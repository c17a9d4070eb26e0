//! Keys that tokens are signed and verified with.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use user_tenant_store::Entity;

use super::date_time;

/// A key pair for tokens. It has no `Debug`, so that no log can hold a private key.
#[derive(Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "jwt_keys",
    audit = "none",
    tenancy(global = "a token is verified before its tenant is known"),
    unique(name = "uq_jwt_keys_key_id", properties = ["keyId"])
)]
pub struct JwtKey {
    /// Id of this row.
    #[property(id)]
    pub id: i32,
    /// Name of the key, as tokens give it (`kid`, RFC 7515).
    #[property(max_length = 100)]
    pub key_id: String,
    /// Public key as PEM, SPKI or PKCS#1.
    pub public_key: Option<String>,
    /// Private key as PEM; this service never reads it.
    #[property(hidden)]
    #[serde(skip_serializing)]
    pub private_key: Option<String>,
    /// When the key was added.
    #[property(derived)]
    #[serde(default, with = "date_time::instant::option")]
    pub created_on: Option<OffsetDateTime>,
}
