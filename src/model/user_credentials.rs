//! What a user proves the identity with; no request ever reads it.

use serde::{Deserialize, Serialize};
use user_tenant_store::Entity;
use uuid::Uuid;

use super::User;

/// How one user logs in. It has no `Debug`, so that no log can hold a secret.
#[derive(Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "user_credentials",
    audit = "text",
    tenancy(through(local = "userId", foreign = "id", via = User)),
    unique(name = "idx_user_credentials_user_id", properties = ["userId"], deleted_too),
    unique(
        name = "idx_user_credentials_uniq",
        properties = ["authProvider", "authId", "authToken", "password"],
        deleted_too
    ),
    belongs_to(name = "user", target = User, local = "userId")
)]
pub struct UserCredentials {
    /// Id of the credentials.
    #[property(id)]
    pub id: Uuid,
    /// Who verifies the user: `internal`, `keycloak`, `aws-cognito` or another.
    #[property(max_length = 50, default = r#""internal""#)]
    pub auth_provider: String,
    /// Id of the user at that provider.
    #[property(max_length = 100)]
    pub auth_id: Option<String>,
    /// Token of that provider.
    #[property(hidden, max_length = 100)]
    #[serde(skip_serializing)]
    pub auth_token: Option<String>,
    /// Secret of one-time passwords.
    #[property(hidden)]
    #[serde(skip_serializing)]
    pub secret_key: Option<String>,
    /// Hash of the password.
    #[property(hidden, max_length = 60)]
    #[serde(skip_serializing)]
    pub password: Option<String>,
    /// Id of the user, who has no other credentials.
    #[property(parent)]
    pub user_id: Uuid,
}
