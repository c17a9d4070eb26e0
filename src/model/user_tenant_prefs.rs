//! What a user prefers within one tenant, one row a key.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use user_tenant_store::Entity;
use uuid::Uuid;

use super::{UserTenant, forms};

/// One preference of a user within a tenant: a JSON object under a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "user_tenant_prefs",
    tenancy(through(local = "userTenantId", foreign = "id", via = UserTenant)),
    owner(through(local = "userTenantId", foreign = "id", via = UserTenant)),
    unique(name = "uq_user_tenant_prefs_user_tenant_id_config_key", properties = ["userTenantId", "configKey"]),
    belongs_to(name = "userTenant", target = UserTenant, local = "userTenantId")
)]
pub struct UserTenantPrefs {
    /// Id of the preference.
    #[property(id)]
    pub id: Uuid,
    /// Name of the preference, once a membership: `last-accessed-url` or any other.
    #[property(max_length = 100, form = forms::KEYWORD)]
    pub config_key: String,
    /// Value of the preference, a JSON object of 64 kB at most: a page of preferences must fit an answer.
    #[property(max_bytes = 65536)]
    pub config_value: Value,
    /// Id of the membership that the preference is for.
    #[property(parent)]
    pub user_tenant_id: Uuid,
}
