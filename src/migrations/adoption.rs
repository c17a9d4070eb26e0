//! The closed list of what a database of the original is given when it is adopted, all of it also in the first migration, and what it needs.

use user_tenant_store::migrate::{Addition, Adoption, Kind};

/// How a database that the original's own migration has made is adopted.
pub(super) const ADOPTION: Adoption = Adoption {
    differences: include_str!("../../migrations/postgres/adoption/differences.sql"),
    mend: include_str!("../../migrations/postgres/adoption/mend.sql"),
    unwritable: include_str!("../../migrations/postgres/adoption/unwritable.sql"),
    // The authentication service makes it too, or has.
    shared: &[("main.jwt_keys", &["id", "key_id", "public_key", "private_key", "created_on"])],
    required: &[
        (
            "main.auth_clients",
            &[
                "client_id",
                "client_secret",
                "access_token_expiration",
                "refresh_token_expiration",
                "auth_code_expiration",
                "secret",
                "deleted",
            ],
        ),
        ("main.groups", &["name", "tenant_id"]),
        ("main.jwt_keys", &["key_id"]),
        ("main.roles", &["name", "tenant_id", "deleted"]),
        ("main.tenant_configs", &["config_key", "config_value", "tenant_id", "deleted"]),
        ("main.tenants", &["name", "status", "key", "deleted"]),
        ("main.user_credentials", &["user_id", "auth_provider", "deleted"]),
        ("main.user_groups", &["user_tenant_id", "group_id"]),
        ("main.user_invitations", &["user_tenant_id", "token", "expires_on", "deleted"]),
        ("main.user_permissions", &["user_tenant_id", "permission", "allowed", "deleted"]),
        ("main.user_tenant_prefs", &["config_key", "config_value", "user_tenant_id", "deleted"]),
        ("main.user_tenants", &["user_id", "tenant_id", "role_id", "status", "deleted"]),
        ("main.users", &["first_name", "username", "deleted"]),
    ],
    additions: &[
        unique("uq_auth_clients_client_id", "main.auth_clients", &["client_id"]),
        unique("uq_users_username", "main.users", &["lower(username)"]),
        unique("uq_users_email", "main.users", &["lower(email)"]),
        unique("uq_roles_tenant_id_name", "main.roles", &["tenant_id", "lower(name)"]),
        unique("uq_groups_tenant_id_name", "main.groups", &["tenant_id", "lower(name)"]),
        unique("uq_tenant_configs_tenant_id_config_key", "main.tenant_configs", &["tenant_id", "config_key"]),
        unique("uq_user_tenants_tenant_id_user_id", "main.user_tenants", &["tenant_id", "user_id"]),
        unique("uq_user_groups_group_id_user_tenant_id", "main.user_groups", &["group_id", "user_tenant_id"]),
        unique(
            "uq_user_permissions_user_tenant_id_permission",
            "main.user_permissions",
            &["user_tenant_id", "permission"],
        ),
        unique(
            "uq_user_tenant_prefs_user_tenant_id_config_key",
            "main.user_tenant_prefs",
            &["user_tenant_id", "config_key"],
        ),
        reference("fk_roles_tenants", "main.roles", "tenant_id", "main.tenants"),
        reference("fk_users_default_tenant", "main.users", "default_tenant_id", "main.tenants"),
        reference("fk_groups_tenants", "main.groups", "tenant_id", "main.tenants"),
        reference("fk_tenant_configs_tenants", "main.tenant_configs", "tenant_id", "main.tenants"),
        reference("fk_user_credentials_users", "main.user_credentials", "user_id", "main.users"),
        reference("fk_user_tenants_users", "main.user_tenants", "user_id", "main.users"),
        reference("fk_user_tenants_tenants", "main.user_tenants", "tenant_id", "main.tenants"),
        reference("fk_user_tenants_roles", "main.user_tenants", "role_id", "main.roles"),
        reference("fk_user_tenant", "main.user_groups", "user_tenant_id", "main.user_tenants"),
        reference("fk_groups", "main.user_groups", "group_id", "main.groups"),
        reference("fk_user_permissions", "main.user_permissions", "user_tenant_id", "main.user_tenants"),
        reference("fk_user_invitations_user_tenants", "main.user_invitations", "user_tenant_id", "main.user_tenants"),
        reference("fk_user_tenant_prefs", "main.user_tenant_prefs", "user_tenant_id", "main.user_tenants"),
        range("ck_tenants_status", "main.tenants", "status", (0, 2)),
        range("ck_roles_role_type", "main.roles", "role_type", (0, 15)),
        range("ck_user_tenants_status", "main.user_tenants", "status", (0, 12)),
        index("idx_roles_tenant_id", "main.roles", &["tenant_id", "id"]),
        index("idx_groups_tenant_id", "main.groups", &["tenant_id", "id"]),
        index("idx_users_default_tenant_id", "main.users", &["default_tenant_id"]),
        index("idx_user_tenants_tenant_id", "main.user_tenants", &["tenant_id", "user_id"]),
        index("idx_user_tenants_user_id", "main.user_tenants", &["user_id"]),
        index("idx_user_tenants_role_id", "main.user_tenants", &["role_id"]),
        index("idx_user_groups_user_tenant_id", "main.user_groups", &["user_tenant_id"]),
        index("idx_user_invitations_user_tenant_id", "main.user_invitations", &["user_tenant_id"]),
        index("idx_user_invitations_token", "main.user_invitations", &["token"]),
        index("idx_audit_logs_entity_id", "logs.audit_logs", &["entity_id"]),
        trigger("tenants_audit_trigger", "main.tenants", "logs.audit_trigger('TENANT_LOGS')"),
        trigger("tenant_configs_audit_trigger", "main.tenant_configs", "logs.audit_trigger('TENANT_CONFIG_LOGS')"),
        trigger("roles_audit_trigger", "main.roles", "logs.audit_trigger('ROLE_LOGS')"),
        trigger("users_audit_trigger", "main.users", "logs.audit_trigger('USER_LOGS')"),
        trigger(
            "user_credentials_audit_trigger",
            "main.user_credentials",
            "logs.audit_trigger('USER_CREDENTIAL_LOGS')",
        ),
        trigger("user_tenants_audit_trigger", "main.user_tenants", "logs.audit_trigger('USER_TENANT_LOGS')"),
        trigger("groups_audit_trigger", "main.groups", "logs.audit_trigger('GROUP_LOGS')"),
        trigger("user_groups_audit_trigger", "main.user_groups", "logs.audit_trigger('USER_GROUP_LOGS')"),
        trigger(
            "user_permissions_audit_trigger",
            "main.user_permissions",
            "logs.audit_trigger('USER_PERMISSION_LOGS')",
        ),
        trigger(
            "user_invitations_audit_trigger",
            "main.user_invitations",
            "logs.audit_trigger('USER_INVITATION_LOGS')",
        ),
        trigger(
            "user_tenant_prefs_audit_trigger",
            "main.user_tenant_prefs",
            "logs.audit_trigger('USER_TENANT_PREF_LOGS')",
        ),
    ],
};

/// The names of the constraints that may be left out: those that rows may violate.
#[cfg(feature = "cli")]
pub(crate) fn optional_constraints() -> Vec<&'static str> {
    ADOPTION.additions.iter().filter(|addition| addition.is_optional()).map(|addition| addition.name).collect()
}

const fn unique(name: &'static str, table: &'static str, columns: &'static [&'static str]) -> Addition {
    Addition { name, table, kind: Kind::Unique(columns) }
}

const fn reference(name: &'static str, table: &'static str, column: &'static str, to: &'static str) -> Addition {
    Addition { name, table, kind: Kind::Reference { column, to } }
}

const fn range(name: &'static str, table: &'static str, column: &'static str, within: (i32, i32)) -> Addition {
    Addition { name, table, kind: Kind::Range { column, within } }
}

const fn index(name: &'static str, table: &'static str, columns: &'static [&'static str]) -> Addition {
    Addition { name, table, kind: Kind::Index(columns) }
}

const fn trigger(name: &'static str, table: &'static str, call: &'static str) -> Addition {
    Addition { name, table, kind: Kind::Trigger(call) }
}
