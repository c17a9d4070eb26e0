//! Permissions that one member has, or lacks, whatever the role says.

use serde::{Deserialize, Serialize};
use user_tenant_store::Entity;
use uuid::Uuid;

use super::UserTenant;

/// A permission granted to, or withheld from, one membership in spite of its role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "user_permissions",
    tenancy(through(local = "userTenantId", foreign = "id", via = UserTenant)),
    unique(name = "uq_user_permissions_user_tenant_id_permission", properties = ["userTenantId", "permission"]),
    belongs_to(name = "userTenant", target = UserTenant, local = "userTenantId")
)]
pub struct UserLevelPermission {
    /// Id of this row.
    #[property(id)]
    pub id: Uuid,
    /// Key of the permission.
    #[property(remembered, max_length = 200)]
    pub permission: String,
    /// True grants it, false withholds it.
    #[property(remembered, default = "true")]
    pub allowed: bool,
    /// Id of the membership.
    #[property(parent)]
    pub user_tenant_id: Uuid,
}
