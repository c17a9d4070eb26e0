//! The unique constraints: how each database names them, and what is said where one is violated.

use user_tenant_store::StoreError;

use super::Error;

/// The unique constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unique {
    /// Key of a tenant, deleted ones included.
    TenantKey,
    /// Name of a role in its tenant.
    RoleName,
    /// Name of a group in its tenant.
    GroupName,
    /// Username of a user.
    Username,
    /// E-mail address of a user.
    Email,
    /// A user in a tenant.
    Membership,
    /// A member in a group.
    GroupMember,
    /// A permission of a member.
    MemberPermission,
    /// Key of a configuration of a tenant.
    ConfigKey,
    /// Key of a preference of a member.
    PreferenceKey,
    /// Client id of a client application.
    ClientId,
    /// Id of a key that verifies tokens.
    KeyId,
}

/// Each by its name in `PostgreSQL`, by what `SQLite` calls it, and with the columns that the message names.
const UNIQUE: &[(Unique, &str, &str, &[&str])] = &[
    (Unique::TenantKey, "idx_tenants", "tenants.key", &["key"]),
    (Unique::RoleName, "uq_roles_tenant_id_name", "", &["name"]),
    (Unique::GroupName, "uq_groups_tenant_id_name", "", &["name"]),
    (Unique::Username, "uq_users_username", "", &["username"]),
    (Unique::Email, "uq_users_email", "", &["email"]),
    (
        Unique::Membership,
        "uq_user_tenants_tenant_id_user_id",
        "user_tenants.tenant_id, user_tenants.user_id",
        &["user_id", "tenant_id"],
    ),
    (
        Unique::GroupMember,
        "uq_user_groups_group_id_user_tenant_id",
        "user_groups.group_id, user_groups.user_tenant_id",
        &["group_id", "user_tenant_id"],
    ),
    (
        Unique::MemberPermission,
        "uq_user_permissions_user_tenant_id_permission",
        "user_permissions.user_tenant_id, user_permissions.permission",
        &["user_tenant_id", "permission"],
    ),
    (
        Unique::ConfigKey,
        "uq_tenant_configs_tenant_id_config_key",
        "tenant_configs.tenant_id, tenant_configs.config_key",
        &["tenant_id", "config_key"],
    ),
    (
        Unique::PreferenceKey,
        "uq_user_tenant_prefs_user_tenant_id_config_key",
        "user_tenant_prefs.user_tenant_id, user_tenant_prefs.config_key",
        &["user_tenant_id", "config_key"],
    ),
    (Unique::KeyId, "uq_jwt_keys_key_id", "jwt_keys.key_id", &["key_id"]),
    (Unique::ClientId, "uq_auth_clients_client_id", "auth_clients.client_id", &["client_id"]),
];

impl Unique {
    /// The violation by a name that the database takes for another one.
    pub(crate) fn violated_by(self, name: &str) -> StoreError {
        let row = UNIQUE.iter().find(|(unique, ..)| *unique == self);
        StoreError::Conflict {
            constraint: row.map_or("", |(_, constraint, ..)| constraint).to_owned(),
            columns: Vec::new(),
            attempted: vec![("name", name.to_owned())],
        }
    }

    /// `refusal` when the error is a violation of this constraint; otherwise what the error always means.
    pub(crate) fn or(self, error: StoreError, refusal: Error) -> Error {
        match &error {
            StoreError::Conflict { constraint, .. }
                if violated(constraint).is_some_and(|(unique, _)| unique == self) =>
            {
                refusal
            }
            _ => error.into(),
        }
    }
}

fn violated(constraint: &str) -> Option<(Unique, &'static [&'static str])> {
    // What has no name in SQLite stands as an empty one in the table.
    UNIQUE
        .iter()
        .filter(|_| !constraint.is_empty())
        .find(|(_, postgres, sqlite, _)| *postgres == constraint || *sqlite == constraint)
        .map(|(unique, _, _, columns)| (*unique, *columns))
}

/// The message of a unique violation, in the form of the original.
pub(super) fn conflict(constraint: &str, attempted: &[(&'static str, String)]) -> String {
    let columns = violated(constraint).map_or(&[][..], |(_, columns)| columns);
    // A change names no more columns than it sets.
    let known = columns.iter().filter_map(|column| attempted.iter().find(|(name, _)| name == column));
    let (columns, values): (Vec<_>, Vec<_>) = known.map(|(name, value)| (*name, value.as_str())).unzip();
    if columns.is_empty() {
        return "Unique constraint violation error !".to_owned();
    }
    format!("Unique constraint violation error ! Key ({})=({}) already exists.", columns.join(", "), values.join(", "))
}
