//! One-time tokens by which people set a password.

use serde::Deserialize;
use time::OffsetDateTime;
use user_tenant_store::Entity;
use uuid::Uuid;

use super::{User, date_time};

/// That a person may set a password, once. It has no `Debug`, so that no log can hold a token.
#[derive(Clone, PartialEq, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "password_resets",
    audit = "none",
    unlogged = "it is of use once; the status that comes with it and the password are logged where they change",
    tenancy(column = "tenantId"),
    unique(name = "uq_password_resets_token", properties = ["token"]),
    belongs_to(name = "user", target = User, local = "userId")
)]
pub struct PasswordReset {
    /// Id of the reset.
    #[property(id)]
    pub id: Uuid,
    /// Id of the tenant that asked for it.
    #[property(parent)]
    pub tenant_id: Uuid,
    /// Id of the person.
    pub user_id: Uuid,
    /// SHA-256 of the token, in hexadecimal; null until there is one.
    #[property(hidden, max_length = 64)]
    pub token: Option<String>,
    /// Address that its mail goes to, as the person has it then; null where the token was in the answer.
    #[property(hidden, max_length = 150)]
    pub mailed_to: Option<String>,
    /// Until when it is of use.
    #[serde(with = "date_time::instant")]
    pub expires_on: OffsetDateTime,
    /// When it was used, or the password was changed in another way.
    #[serde(default, with = "date_time::instant::option")]
    pub used_on: Option<OffsetDateTime>,
    /// When it was asked for.
    #[serde(with = "date_time::instant")]
    pub created_on: OffsetDateTime,
}
