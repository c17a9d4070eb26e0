//! Which user has which role in a tenant: the assignment that a membership holds, read by itself.

use serde::{Deserialize, Serialize};
use user_tenant_store::Entity;
use uuid::Uuid;

use super::forms;

/// Live memberships of active users, with the names that one looks for.
const ASSIGNMENTS: &str = concat!(
    "ut.id, ut.user_id, ut.tenant_id, ut.role_id, ut.status, r.name AS role_name, ",
    names!("username", "username"),
    " FROM main.user_tenants AS ut ",
    "JOIN main.users AS u ON u.id = ut.user_id ",
    "JOIN main.roles AS r ON r.id = ut.role_id ",
    "WHERE NOT ut.deleted AND NOT u.deleted AND NOT r.deleted"
);

/// The assignment of a role to a user in a tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(table = "user_tenants", query = ASSIGNMENTS, read_only, audit = "none", tenancy(column = "tenantId"))]
pub struct UserRole {
    /// Id of the membership that holds the assignment.
    #[property(id, column = "id")]
    pub user_tenant_id: Uuid,
    /// Id of the user.
    pub user_id: Uuid,
    /// Id of the tenant.
    #[property(parent)]
    pub tenant_id: Uuid,
    /// Id of the role.
    pub role_id: Uuid,
    /// Name of the role.
    #[property(max_length = 100, form = forms::LABEL)]
    pub role_name: String,
    /// Name that the user logs in with.
    // A guest who was introduced by another name shows none.
    #[property(required, max_length = 150, form = forms::USERNAME)]
    pub username: Option<String>,
    /// Status of the membership: 0 registered, 1 active, 2 inactive, 3 password change needed, 4 rejected.
    pub status: i32,
}
