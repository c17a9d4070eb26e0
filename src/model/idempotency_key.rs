//! Answers that are kept for requests that come twice.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use user_tenant_store::Entity;
use uuid::Uuid;

use super::date_time;

/// The answer to a request that named an `Idempotency-Key`. It has no `Debug`, so that no log can hold an answer.
#[derive(Clone, PartialEq, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "idempotency_keys",
    audit = "none",
    unlogged = "it repeats what was answered; what the request changed is logged there",
    tenancy(column = "tenantId")
)]
pub struct IdempotencyKey {
    /// Made of tenant, caller, operation and key.
    #[property(id)]
    pub id: Uuid,
    /// Id of the tenant that the request acted on.
    #[property(parent)]
    pub tenant_id: Uuid,
    /// Id of the caller's membership.
    pub membership_id: Uuid,
    /// Digest of what was asked.
    #[property(max_length = 64)]
    pub fingerprint: String,
    /// Status of the answer.
    pub status: i32,
    /// Headers of the answer.
    #[property(hidden, max_bytes = 65_536)]
    pub headers: Value,
    /// Body of the answer, as it was sent.
    #[property(hidden, max_length = 65_536)]
    pub body: String,
    /// When it was answered.
    #[serde(with = "date_time::instant")]
    pub created_on: OffsetDateTime,
}

impl IdempotencyKey {
    /// How long an answer is kept.
    pub const LIFE: Duration = Duration::from_hours(24);

    /// Whether it is not too old; the job that forgets it may come later.
    pub(crate) fn is_kept(&self, now: OffsetDateTime) -> bool {
        self.created_on >= now - Self::LIFE
    }
}
