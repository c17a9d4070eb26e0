//! Client applications that users log in with.

use serde::{Deserialize, Serialize};
use user_tenant_store::Entity;
use uuid::Uuid;

use super::forms;

/// An application that users log in with. It has no `Debug`, so that no log can hold a secret.
#[derive(Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "auth_clients",
    audit = "times",
    tenancy(global = "applications serve all tenants, and their secrets are nobody's to read"),
    unique(name = "uq_auth_clients_client_id", properties = ["clientId"])
)]
pub struct AuthClient {
    /// Id of the application, a number that users and roles refer to.
    #[property(id)]
    pub id: i32,
    /// Name that the application presents (`OAuth` 2.0 `client_id`).
    #[property(max_length = 50, form = forms::KEYWORD)]
    pub client_id: String,
    /// Secret that the application presents (`OAuth` 2.0 `client_secret`).
    #[property(hidden, max_length = 8192)]
    #[serde(skip_serializing)]
    pub client_secret: Option<String>,
    /// Where users return to after the login.
    #[property(max_length = 200)]
    pub redirect_url: Option<String>,
    /// Secret that its tokens are signed with.
    // It may be a private key.
    #[property(hidden, required, max_length = 8192, form = forms::KEYWORD)]
    #[serde(skip_serializing)]
    pub secret: Option<String>,
    /// Life of access tokens, in seconds.
    #[property(default = "900")]
    pub access_token_expiration: i32,
    /// Life of refresh tokens, in seconds.
    #[property(default = "86400")]
    pub refresh_token_expiration: i32,
    /// Life of authorization codes, in seconds.
    #[property(default = "180")]
    pub auth_code_expiration: i32,
    /// Id of the tenant that it was made for, if it was made for one.
    #[property(hidden)]
    #[serde(skip_serializing)]
    pub tenant_id: Option<Uuid>,
}
