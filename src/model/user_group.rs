//! Who is in which group.

use serde::{Deserialize, Serialize};
use user_tenant_store::Entity;
use uuid::Uuid;

use super::{Group, UserTenant};

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "user_groups",
    tenancy(through(local = "groupId", foreign = "id", via = Group)),
    owner(through(local = "userTenantId", foreign = "id", via = UserTenant)),
    unique(name = "uq_user_groups_group_id_user_tenant_id", properties = ["groupId", "userTenantId"]),
    belongs_to(name = "group", target = Group, local = "groupId"),
    belongs_to(name = "userTenant", target = UserTenant, local = "userTenantId")
)]
pub struct UserGroup {
    /// Id of this row.
    #[property(id)]
    pub id: Uuid,
    /// Id of the group.
    #[property(parent)]
    pub group_id: Uuid,
    /// Id of the membership that is in the group, which is one of the same tenant.
    #[property(remembered)]
    pub user_tenant_id: Uuid,
}
