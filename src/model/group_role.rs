//! Which group carries which role.

use serde::{Deserialize, Serialize};
use user_tenant_store::Entity;
use uuid::Uuid;

use super::{Group, Role};

/// A role that a group carries: whoever is in the group has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "group_roles",
    tenancy(through(local = "groupId", foreign = "id", via = Group)),
    unique(name = "uq_group_roles_group_id_role_id", properties = ["groupId", "roleId"]),
    belongs_to(name = "group", target = Group, local = "groupId"),
    belongs_to(name = "role", target = Role, local = "roleId")
)]
pub struct GroupRole {
    /// Id of this row.
    #[property(id)]
    pub id: Uuid,
    /// Id of the group.
    #[property(parent)]
    pub group_id: Uuid,
    /// Id of the role, which is one of the same tenant.
    #[property(remembered)]
    pub role_id: Uuid,
}
