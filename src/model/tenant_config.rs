//! Settings of a tenant, one row a key.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use user_tenant_store::Entity;
use uuid::Uuid;

use super::{Tenant, forms};

/// One setting of a tenant: a JSON object under a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "tenant_configs",
    audit = "text",
    tenancy(column = "tenantId"),
    unique(name = "uq_tenant_configs_tenant_id_config_key", properties = ["tenantId", "configKey"]),
    belongs_to(name = "tenant", target = Tenant, local = "tenantId")
)]
pub struct TenantConfig {
    /// Id of the setting.
    #[property(id)]
    pub id: Uuid,
    /// Name of the setting, once a tenant: `password-policy`, `date-time format`, `profile` or any other.
    #[property(max_length = 100, form = forms::KEYWORD)]
    pub config_key: String,
    /// Value of the setting, a JSON object of 64 kB at most: a page of settings must fit an answer.
    #[property(max_bytes = 65536)]
    pub config_value: Value,
    /// Id of the tenant that the setting is for.
    #[property(parent)]
    pub tenant_id: Uuid,
}

/// The key under which a tenant has what its members begin with.
pub(crate) const PROFILE: &str = "profile";
/// Most letters of a member's locale.
const LONGEST_LOCALE: usize = 5;

impl TenantConfig {
    /// The locale that new members get, where this is a `profile` that names one. Without one of their own, the authentication
    /// service puts into their tokens what the first profile of any tenant says.
    pub(crate) fn locale(&self) -> Option<String> {
        locale_of(&self.config_value)
    }
}

/// The locale that a `profile` of this value names.
pub(crate) fn locale_of(profile: &Value) -> Option<String> {
    let locale = profile.get("locale")?.as_str()?;
    (1..=LONGEST_LOCALE).contains(&locale.chars().count()).then(|| locale.to_owned())
}
