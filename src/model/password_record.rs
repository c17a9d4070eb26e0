//! What is known of a person's password beside its hash; a trigger writes it, so that it holds whoever changes the password.

use serde::Deserialize;
use time::OffsetDateTime;
use user_tenant_store::Entity;
use uuid::Uuid;

use super::{User, date_time};

/// Since when a person has their password, and those before. It has no `Debug`, so that no log can hold a hash.
#[derive(Clone, PartialEq, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "password_records",
    audit = "none",
    unlogged = "a changed password is logged at the credentials; what was before is nobody's to read",
    tenancy(through(local = "userId", foreign = "id", via = User)),
    unique(name = "uq_password_records_user_id", properties = ["userId"]),
    belongs_to(name = "user", target = User, local = "userId")
)]
pub struct PasswordRecord {
    /// That of the person.
    #[property(id)]
    pub id: Uuid,
    /// Id of the person.
    #[property(parent)]
    pub user_id: Uuid,
    /// Since when the person has the password.
    #[serde(with = "date_time::instant")]
    pub changed_on: OffsetDateTime,
    /// Hashes of those before, the last one first.
    #[property(hidden, max_items = 10, max_length = 60)]
    pub previous: Vec<String>,
    /// A hash that is about to be written, and is of the same password: nothing follows from it.
    #[property(hidden, max_length = 60)]
    pub rehashed: Option<String>,
}
