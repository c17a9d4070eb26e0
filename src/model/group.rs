//! Named sets of members within a tenant.

use serde::{Deserialize, Serialize};
use user_tenant_store::Entity;
use uuid::Uuid;

use super::{UserGroup, forms};

/// A named set of members of one tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "groups",
    tenancy(column = "tenantId"),
    unique(name = "uq_groups_tenant_id_name", properties = ["tenantId", "name"], in_any_case = ["name"]),
    has_many(name = "userGroups", target = UserGroup, foreign = "groupId")
)]
pub struct Group {
    /// Id of the group.
    #[property(id)]
    pub id: Uuid,
    /// Name of the group, once a tenant.
    #[property(max_length = 200, form = forms::LABEL)]
    pub name: String,
    /// What the group is for.
    #[property(max_length = 500)]
    pub description: Option<String>,
    /// Address of a picture. A small picture may stand in it itself, as a `data:` URL.
    #[property(max_length = 8192)]
    pub photo_url: Option<String>,
    /// Id of the tenant that the group is defined in.
    #[property(parent)]
    pub tenant_id: Uuid,
}
