//! Whether a person owns their address, as far as that was shown.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use user_tenant_store::Entity;
use uuid::Uuid;

use super::{User, date_time};

/// What is known of who owns a person's address. There is none of a person who has neither shown it nor changed it; a trigger
/// writes that it was changed, whoever does it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "address_proofs",
    audit = "none",
    unlogged = "what a person logs in with is logged where it is stored",
    tenancy(through(local = "userId", foreign = "id", via = User)),
    unique(name = "uq_address_proofs_user_id", properties = ["userId"]),
    belongs_to(name = "user", target = User, local = "userId")
)]
pub struct AddressProof {
    /// That of the person.
    #[property(id)]
    pub id: Uuid,
    /// Id of the person.
    #[property(parent)]
    pub user_id: Uuid,
    /// When they used a link that the address was sent; null since the address was changed.
    #[serde(default, with = "date_time::instant::option")]
    pub proven_on: Option<OffsetDateTime>,
}
