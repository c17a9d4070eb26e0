//! Which group holds which other.

use serde::{Deserialize, Serialize};
use user_tenant_store::Entity;
use uuid::Uuid;

use super::Group;

/// A group that another holds: whoever is in it is in that one as well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "group_groups",
    tenancy(through(local = "groupId", foreign = "id", via = Group)),
    unique(name = "uq_group_groups_group_id_member_group_id", properties = ["groupId", "memberGroupId"]),
    belongs_to(name = "group", target = Group, local = "groupId"),
    belongs_to(name = "memberGroup", target = Group, local = "memberGroupId")
)]
pub struct GroupGroup {
    /// Id of this row.
    #[property(id)]
    pub id: Uuid,
    /// Id of the group that holds.
    #[property(parent)]
    pub group_id: Uuid,
    /// Id of the group that is held, which is one of the same tenant.
    #[property(remembered)]
    pub member_group_id: Uuid,
}
