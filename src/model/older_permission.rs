//! Which permissions roles and members had before there was a catalogue of them.

use serde::{Deserialize, Serialize};
use user_tenant_store::Entity;

/// A key that a role or a member had when the database got templates. Keys that no catalogue knows say that products here have
/// keys of their own, and then the catalogue is open unless the deployment says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "older_permissions",
    audit = "none",
    tenancy(global = "whose roles had the keys does not matter, and nobody is told which there were")
)]
pub(crate) struct OlderPermission {
    /// Number of the key.
    #[property(id)]
    pub(crate) id: i32,
    /// The key.
    #[property(max_length = 200)]
    pub(crate) permission: String,
}
