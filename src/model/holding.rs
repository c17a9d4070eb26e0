//! A membership with what its role grants: all that tells what its holder may give and take, beside its own permissions.

use serde::Deserialize;
use user_tenant_store::Entity;
use uuid::Uuid;

/// Memberships that are not deleted, with roles that are not either.
const HOLDINGS: &str = "\
    ut.id, ut.tenant_id, r.permissions, r.role_type, r.allowed_clients \
    FROM main.user_tenants AS ut \
    JOIN main.roles AS r ON r.id = ut.role_id \
    WHERE NOT ut.deleted AND NOT r.deleted";

/// What a member holds in a tenant by the role there.
#[derive(Debug, Clone, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(table = "user_tenants", query = HOLDINGS, read_only, audit = "none", tenancy(column = "tenantId"))]
pub(crate) struct Holding {
    /// Id of the membership.
    #[property(id)]
    #[expect(dead_code, reason = "rows are found by it")]
    id: Uuid,
    /// Id of the tenant.
    #[property(parent)]
    #[expect(dead_code, reason = "the wall compares it")]
    tenant_id: Uuid,
    /// Keys of the permissions that the role grants.
    pub(crate) permissions: Option<Vec<String>>,
    /// Kind of the role.
    pub(crate) role_type: Option<i32>,
    /// Ids of the client applications that holders of the role may use.
    pub(crate) allowed_clients: Option<Vec<String>>,
}
