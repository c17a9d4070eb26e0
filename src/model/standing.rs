//! A membership with the state of its tenant: all that tells whether a caller may act, in one row.

use serde::Deserialize;
use user_tenant_store::Entity;
use uuid::Uuid;

use super::MembershipAcceptance;

/// Memberships that are not deleted, of users and tenants that are not either.
const STANDINGS: &str = "\
    ut.id, ut.user_id, ut.tenant_id, ut.status, t.status AS tenant_status, u.default_tenant_id \
    FROM main.user_tenants AS ut \
    JOIN main.users AS u ON u.id = ut.user_id \
    JOIN main.tenants AS t ON t.id = ut.tenant_id \
    WHERE NOT ut.deleted AND NOT u.deleted AND NOT t.deleted";

/// How somebody stands in a tenant.
#[derive(Debug, Clone, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(table = "user_tenants", query = STANDINGS, read_only, audit = "none", tenancy(column = "tenantId"))]
pub(crate) struct Standing {
    /// Id of the membership.
    #[property(id)]
    pub(crate) id: Uuid,
    /// Id of the user.
    #[expect(dead_code, reason = "conditions compare it")]
    user_id: Uuid,
    /// Id of the tenant.
    #[property(parent)]
    tenant_id: Uuid,
    /// Status of the membership.
    status: i32,
    /// Status of the tenant.
    #[expect(dead_code, reason = "conditions compare it")]
    tenant_status: i32,
    /// Id of the user's home.
    default_tenant_id: Option<Uuid>,
}

impl Standing {
    /// Whether the membership is active, whatever the tenant is.
    pub(crate) fn is_active(&self, acceptance: MembershipAcceptance) -> bool {
        acceptance.counts(self.status, self.default_tenant_id == Some(self.tenant_id))
    }
}
