//! Memberships: which user works for which tenant, in which role.

use serde::{Deserialize, Serialize};
use user_tenant_store::Entity;
use uuid::Uuid;

use super::{Role, Tenant, User, UserGroup, UserInvitation, UserLevelPermission};

/// The membership of a user in a tenant, with the role that the user has there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "user_tenants",
    audit = "text",
    tenancy(column = "tenantId"),
    owner(column = "userId"),
    unique(name = "uq_user_tenants_tenant_id_user_id", properties = ["userId", "tenantId"]),
    belongs_to(name = "user", target = User, local = "userId"),
    belongs_to(name = "tenant", target = Tenant, local = "tenantId"),
    belongs_to(name = "role", target = Role, local = "roleId"),
    has_many(name = "userLevelPermissions", target = UserLevelPermission, foreign = "userTenantId"),
    has_many(name = "userGroups", target = UserGroup, foreign = "userTenantId"),
    has_many(name = "userInvitations", target = UserInvitation, foreign = "userTenantId")
)]
pub struct UserTenant {
    /// Id of the membership.
    #[property(id)]
    pub id: Uuid,
    /// Language and region that the user prefers: `en`, `pt-br`.
    #[property(max_length = 5)]
    pub locale: Option<String>,
    /// 0 registered, 1 active, 2 inactive, 3 password change needed, 4 rejected.
    #[property(remembered, required = false, minimum = 0, maximum = 12, default = "0")]
    pub status: i32,
    /// Id of the user.
    pub user_id: Uuid,
    /// Id of the tenant.
    #[property(parent)]
    pub tenant_id: Uuid,
    /// Id of the role, which is one of the same tenant.
    #[property(remembered)]
    pub role_id: Uuid,
    /// The names by which the tenant introduced a person whom another tenant knew already.
    #[property(hidden, logged, max_bytes = 4096)]
    #[serde(skip_serializing)]
    pub introduction: Option<serde_json::Value>,
    /// The status that a suspended member had before, where it is not the one that its reactivation gives anyway.
    #[property(hidden, logged)]
    #[serde(skip_serializing)]
    pub suspended_from: Option<i32>,
}

/// What a membership allows its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum UserStatus {
    /// Added, and not seen since.
    Registered = 0,
    /// In use.
    Active = 1,
    /// Suspended.
    Inactive = 2,
    /// In use, and the next login must change the password.
    PasswordChangeNeeded = 3,
    /// Refused by the tenant or by the user.
    Rejected = 4,
}

impl UserStatus {
    /// The statuses of somebody who has come to the tenant: the login service sets them.
    pub const JOINED: [Self; 2] = [Self::Active, Self::PasswordChangeNeeded];
    /// The statuses with which a user may use the service.
    pub const MAY_ACT: [Self; 3] = [Self::Registered, Self::Active, Self::PasswordChangeNeeded];

    /// Whether a user whose membership has this status may use the service.
    pub fn may_act(self) -> bool {
        Self::MAY_ACT.contains(&self)
    }
}

impl From<UserStatus> for i32 {
    fn from(status: UserStatus) -> Self {
        status as Self
    }
}

impl TryFrom<i32> for UserStatus {
    type Error = i32;

    /// The status with this number, or the number itself when it means nothing.
    fn try_from(number: i32) -> Result<Self, i32> {
        [Self::Registered, Self::Active, Self::Inactive, Self::PasswordChangeNeeded, Self::Rejected]
            .into_iter()
            .find(|status| *status as i32 == number)
            .ok_or(number)
    }
}
