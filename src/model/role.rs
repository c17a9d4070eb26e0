//! Named sets of permissions within a tenant.

use serde::{Deserialize, Serialize};
use user_tenant_store::Entity;
use uuid::Uuid;

use super::{UserTenant, UserView, forms};

/// A named set of permissions that memberships of one tenant can have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "roles",
    tenancy(column = "tenantId"),
    unique(name = "uq_roles_tenant_id_name", properties = ["tenantId", "name"], in_any_case = ["name"]),
    has_many(name = "userTenants", target = UserTenant, foreign = "roleId"),
    has_one(name = "createdByUser", target = UserView, local = "createdBy", foreign = "id"),
    has_one(name = "modifiedByUser", target = UserView, local = "modifiedBy", foreign = "id")
)]
pub struct Role {
    /// Id of the role.
    #[property(id)]
    pub id: Uuid,
    /// Name of the role, once a tenant.
    #[property(max_length = 100, form = forms::LABEL)]
    pub name: String,
    /// Kind of the role, a number that applications give a meaning.
    #[property(minimum = 0, maximum = 15)]
    pub role_type: Option<i32>,
    /// What the role is for.
    #[property(max_length = 500)]
    pub description: Option<String>,
    /// Keys of the permissions that the role grants.
    #[property(remembered, max_items = 1000, max_length = 200)]
    pub permissions: Option<Vec<String>>,
    /// Ids of the client applications that holders of the role may use.
    #[property(max_items = 1000, max_length = 100)]
    pub allowed_clients: Option<Vec<String>>,
    /// Id of the tenant that the role is defined in.
    #[property(parent)]
    pub tenant_id: Uuid,
    /// Name of the template that the role is of.
    #[property(hidden, logged, max_length = 100)]
    #[serde(skip_serializing)]
    pub template_name: Option<String>,
    /// Which version of it the role was made from, or was last given.
    #[property(hidden, logged, minimum = 1)]
    #[serde(skip_serializing)]
    pub template_version: Option<i32>,
}
