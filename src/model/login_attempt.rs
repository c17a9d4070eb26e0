//! How often somebody failed to prove a password, so that nobody can try all of them.

use serde::Deserialize;
use time::OffsetDateTime;
use user_tenant_store::Entity;
use uuid::Uuid;

use super::date_time;

/// Failures of a while: of a person, of a name that is nobody's, or from an address.
#[derive(Debug, Clone, PartialEq, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "login_attempts",
    audit = "none",
    tenancy(global = "a person logs in with one password in all tenants, and who guesses it names no tenant")
)]
pub struct LoginAttempt {
    /// Made of whom it is about.
    #[property(id)]
    pub id: Uuid,
    /// How many.
    pub failures: i32,
    /// When the first of them was.
    #[serde(with = "date_time::instant")]
    pub since: OffsetDateTime,
}
