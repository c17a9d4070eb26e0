//! Invitations to become a member of a tenant.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use user_tenant_store::Entity;
use uuid::Uuid;

use super::{UserTenant, date_time};

/// An invitation to take up a membership. It has no `Debug`, so that no log can hold its token.
#[derive(Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "user_invitations",
    tenancy(through(local = "userTenantId", foreign = "id", via = UserTenant)),
    belongs_to(name = "userTenant", target = UserTenant, local = "userTenantId")
)]
pub struct UserInvitation {
    /// Id of the invitation.
    #[property(id)]
    pub id: Uuid,
    /// From when on the invitation is void.
    #[serde(with = "date_time::instant")]
    pub expires_on: OffsetDateTime,
    /// Secret that whoever accepts must know.
    #[property(hidden, required, max_length = 300)]
    #[serde(skip_serializing)]
    pub token: Option<String>,
    /// Id of the membership that is offered.
    #[property(parent)]
    pub user_tenant_id: Uuid,
}
