//! The customer organisation that everything else belongs to.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use user_tenant_store::Entity;
use uuid::Uuid;

use super::{Group, Role, TenantConfig, User, UserTenant, date_time, forms};

/// A customer organisation: its users, roles, groups and configuration are seen by nobody else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "tenants",
    tenancy(itself),
    unique(name = "idx_tenants", properties = ["key"], deleted_too),
    owner(through(local = "id", foreign = "tenantId", via = UserTenant)),
    has_many(name = "tenantConfigs", target = TenantConfig, foreign = "tenantId"),
    has_many(name = "userTenants", target = UserTenant, foreign = "tenantId"),
    has_many(name = "users", target = User, foreign = "defaultTenantId"),
    has_many(name = "roles", target = Role, foreign = "tenantId"),
    has_many(name = "groups", target = Group, foreign = "tenantId")
)]
pub struct Tenant {
    /// Id of the tenant.
    #[property(id)]
    pub id: Uuid,
    /// Name of the organisation.
    #[property(max_length = 100, form = forms::LABEL)]
    pub name: String,
    /// 1 active, 0 inactive.
    #[property(remembered, one_of = [1, 0], words = ["inactive", "active", "pending"])]
    pub status: i32,
    /// Short name that no other tenant has, not even a deleted one.
    // The original's schema does not ask for it, only its table does.
    #[property(required = false, max_length = 20, form = forms::KEY)]
    pub key: String,
    /// Address of the web site.
    #[property(max_length = 100)]
    pub website: Option<String>,
    /// Street and number.
    #[property(max_length = 500)]
    pub address: Option<String>,
    /// City.
    #[property(max_length = 100)]
    pub city: Option<String>,
    /// State or province.
    #[property(max_length = 100)]
    pub state: Option<String>,
    /// Postal code.
    #[property(max_length = 25)]
    pub zip: Option<String>,
    /// Country.
    #[property(max_length = 25)]
    pub country: Option<String>,
    /// When the tenant was archived, while it is.
    #[property(hidden, logged, remembered)]
    #[serde(default, skip_serializing, with = "date_time::instant::option")]
    pub archived_on: Option<OffsetDateTime>,
    /// The status that it had before it was archived, and that it gets back.
    #[property(hidden, logged)]
    #[serde(skip_serializing)]
    pub archived_from: Option<i32>,
    /// When its purge was asked for; from then on nothing leads back.
    #[property(hidden, logged)]
    #[serde(default, skip_serializing, with = "date_time::instant::option")]
    pub purging_on: Option<OffsetDateTime>,
    /// How many days it can be restored once it is archived, where that is not what the deployment says.
    #[property(hidden, logged, minimum = 0, maximum = 36500)]
    #[serde(skip_serializing)]
    pub retention_days: Option<i32>,
    /// How many members it may have; any number where it is null.
    #[property(hidden, logged, minimum = 0)]
    #[serde(skip_serializing)]
    pub max_members: Option<i32>,
    /// How many of them may be invited, and not have come yet.
    #[property(hidden, logged, minimum = 0)]
    #[serde(skip_serializing)]
    pub max_invitations: Option<i32>,
}

/// Whether a tenant may be used at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum TenantStatus {
    /// Nobody may work in it.
    Inactive = 0,
    /// In use.
    Active = 1,
    /// Made, and not open yet.
    Pending = 2,
}

impl From<TenantStatus> for i32 {
    fn from(status: TenantStatus) -> Self {
        status as Self
    }
}

impl TryFrom<i32> for TenantStatus {
    type Error = i32;

    /// The status with this number, or the number itself when it means nothing.
    fn try_from(number: i32) -> Result<Self, i32> {
        [Self::Inactive, Self::Active, Self::Pending].into_iter().find(|status| *status as i32 == number).ok_or(number)
    }
}
