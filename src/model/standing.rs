//! A membership with the state of its tenant and its person: all that tells whether a caller may act, in one row.

use serde::Deserialize;
use time::OffsetDateTime;
use user_tenant_store::Entity;
use uuid::Uuid;

use super::lifecycle::TenantState;
use super::{MembershipAcceptance, UserStatus, date_time};

/// Memberships that are not deleted, of users and tenants that are not either.
const STANDINGS: &str = "\
    ut.id, ut.user_id, ut.tenant_id, ut.status, t.status AS tenant_status, t.archived_on, u.deactivated_on, \
    u.default_tenant_id \
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
    tenant_status: i32,
    /// When the tenant was archived, while it is.
    #[serde(default, with = "date_time::instant::option")]
    archived_on: Option<OffsetDateTime>,
    /// When the person was deactivated, while they are.
    #[serde(default, with = "date_time::instant::option")]
    deactivated_on: Option<OffsetDateTime>,
    /// Id of the user's home.
    default_tenant_id: Option<Uuid>,
}

/// Why somebody may not act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Inactive {
    /// There is no such membership of this user in this tenant, or it has a status that the service gives no meaning.
    Unknown,
    /// The person is deactivated in all tenants.
    UserDeactivated,
    /// The tenant is not open yet.
    TenantPending,
    /// The tenant is suspended.
    TenantSuspended,
    /// The tenant is archived.
    TenantArchived,
    /// The person has not come to the tenant, where they must.
    MembershipRegistered,
    /// The membership is suspended.
    MembershipSuspended,
    /// The membership is rejected.
    MembershipRejected,
}

impl Standing {
    /// Refuses who may not act: by the person, then by the tenant, then by the membership.
    pub(crate) fn check(&self, acceptance: MembershipAcceptance) -> Result<(), Inactive> {
        if self.deactivated_on.is_some() {
            return Err(Inactive::UserDeactivated);
        }
        match TenantState::of(self.tenant_status, self.archived_on.is_some()) {
            TenantState::Active => {}
            TenantState::Pending => return Err(Inactive::TenantPending),
            TenantState::Suspended => return Err(Inactive::TenantSuspended),
            TenantState::Archived | TenantState::Purging => return Err(Inactive::TenantArchived),
        }
        if acceptance.counts(self.status, self.default_tenant_id == Some(self.tenant_id)) {
            return Ok(());
        }
        Err(match UserStatus::try_from(self.status) {
            Ok(UserStatus::Registered) => Inactive::MembershipRegistered,
            Ok(UserStatus::Inactive) => Inactive::MembershipSuspended,
            Ok(UserStatus::Rejected) => Inactive::MembershipRejected,
            _ => Inactive::Unknown,
        })
    }
}
