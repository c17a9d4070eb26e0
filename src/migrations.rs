//! The schema, embedded: add a migration as `migrations/<database>/NNNN_name.{up,down}.sql` for both databases, and a line to both lists here.

mod adoption;

use user_tenant_store::migrate::{AuditTriggers, Migration, Migrations};

use crate::model::registry;

#[cfg(feature = "cli")]
pub(crate) use adoption::optional_constraints;

/// What makes the schema on either database, in order. A released text is never edited. An application adds steps of
/// its own with [`Migrations::and`].
pub const MIGRATIONS: Migrations = Migrations {
    postgres: &[
        Migration {
            version: 1,
            name: "initial",
            up: include_str!("../migrations/postgres/0001_initial.up.sql"),
            down: include_str!("../migrations/postgres/0001_initial.down.sql"),
            additive: false,
        },
        Migration {
            version: 2,
            name: "introductions",
            up: include_str!("../migrations/postgres/0002_introductions.up.sql"),
            down: include_str!("../migrations/postgres/0002_introductions.down.sql"),
            additive: true,
        },
        Migration {
            version: 3,
            name: "audit_actor",
            up: include_str!("../migrations/postgres/0003_audit_actor.up.sql"),
            down: include_str!("../migrations/postgres/0003_audit_actor.down.sql"),
            additive: false,
        },
        Migration {
            version: 4,
            name: "audit_triggers",
            up: include_str!("../migrations/postgres/0004_audit_triggers.up.sql"),
            down: include_str!("../migrations/postgres/0004_audit_triggers.down.sql"),
            additive: true,
        },
        Migration {
            version: 5,
            name: "names_beyond_ascii",
            up: include_str!("../migrations/postgres/0005_names_beyond_ascii.up.sql"),
            down: include_str!("../migrations/postgres/0005_names_beyond_ascii.down.sql"),
            additive: true,
        },
        Migration {
            version: 6,
            name: "audit_secrets",
            up: include_str!("../migrations/postgres/0006_audit_secrets.up.sql"),
            down: include_str!("../migrations/postgres/0006_audit_secrets.down.sql"),
            additive: true,
        },
        Migration {
            version: 7,
            name: "events",
            up: include_str!("../migrations/postgres/0007_events.up.sql"),
            down: include_str!("../migrations/postgres/0007_events.down.sql"),
            additive: true,
        },
        Migration {
            version: 8,
            name: "lifecycle",
            up: include_str!("../migrations/postgres/0008_lifecycle.up.sql"),
            down: include_str!("../migrations/postgres/0008_lifecycle.down.sql"),
            additive: true,
        },
        Migration {
            version: 9,
            name: "jobs",
            up: include_str!("../migrations/postgres/0009_jobs.up.sql"),
            down: include_str!("../migrations/postgres/0009_jobs.down.sql"),
            additive: true,
        },
        Migration {
            version: 10,
            name: "groups",
            up: include_str!("../migrations/postgres/0010_groups.up.sql"),
            down: include_str!("../migrations/postgres/0010_groups.down.sql"),
            additive: true,
        },
        Migration {
            version: 11,
            name: "role_templates",
            up: include_str!("../migrations/postgres/0011_role_templates.up.sql"),
            down: include_str!("../migrations/postgres/0011_role_templates.down.sql"),
            additive: true,
        },
        Migration {
            version: 12,
            name: "provisioning",
            up: include_str!("../migrations/postgres/0012_provisioning.up.sql"),
            down: include_str!("../migrations/postgres/0012_provisioning.down.sql"),
            additive: true,
        },
        Migration {
            version: 13,
            name: "purge",
            up: include_str!("../migrations/postgres/0013_purge.up.sql"),
            down: include_str!("../migrations/postgres/0013_purge.down.sql"),
            additive: true,
        },
        Migration {
            version: 14,
            name: "passwords",
            up: include_str!("../migrations/postgres/0014_passwords.up.sql"),
            down: include_str!("../migrations/postgres/0014_passwords.down.sql"),
            additive: true,
        },
        Migration {
            version: 15,
            name: "others_touches",
            up: include_str!("../migrations/postgres/0015_others_touches.up.sql"),
            down: include_str!("../migrations/postgres/0015_others_touches.down.sql"),
            additive: true,
        },
        Migration {
            version: 16,
            name: "mail",
            up: include_str!("../migrations/postgres/0016_mail.up.sql"),
            down: include_str!("../migrations/postgres/0016_mail.down.sql"),
            additive: true,
        },
        Migration {
            version: 17,
            name: "invitations",
            up: include_str!("../migrations/postgres/0017_invitations.up.sql"),
            down: include_str!("../migrations/postgres/0017_invitations.down.sql"),
            additive: true,
        },
        Migration {
            version: 18,
            name: "address_proofs",
            up: include_str!("../migrations/postgres/0018_address_proofs.up.sql"),
            down: include_str!("../migrations/postgres/0018_address_proofs.down.sql"),
            additive: true,
        },
        Migration {
            version: 19,
            name: "set_passwords",
            up: include_str!("../migrations/postgres/0019_set_passwords.up.sql"),
            down: include_str!("../migrations/postgres/0019_set_passwords.down.sql"),
            additive: true,
        },
    ],
    sqlite: &[
        Migration {
            version: 1,
            name: "initial",
            up: include_str!("../migrations/sqlite/0001_initial.up.sql"),
            down: include_str!("../migrations/sqlite/0001_initial.down.sql"),
            additive: false,
        },
        Migration {
            version: 2,
            name: "introductions",
            up: include_str!("../migrations/sqlite/0002_introductions.up.sql"),
            down: include_str!("../migrations/sqlite/0002_introductions.down.sql"),
            additive: true,
        },
        Migration {
            version: 3,
            name: "audit_actor",
            up: include_str!("../migrations/sqlite/0003_audit_actor.up.sql"),
            down: include_str!("../migrations/sqlite/0003_audit_actor.down.sql"),
            additive: false,
        },
        Migration {
            version: 4,
            name: "audit_triggers",
            up: include_str!("../migrations/sqlite/0004_audit_triggers.up.sql"),
            down: include_str!("../migrations/sqlite/0004_audit_triggers.down.sql"),
            additive: true,
        },
        Migration {
            version: 5,
            name: "names_beyond_ascii",
            up: include_str!("../migrations/sqlite/0005_names_beyond_ascii.up.sql"),
            down: include_str!("../migrations/sqlite/0005_names_beyond_ascii.down.sql"),
            additive: true,
        },
        Migration {
            version: 6,
            name: "audit_secrets",
            up: include_str!("../migrations/sqlite/0006_audit_secrets.up.sql"),
            down: include_str!("../migrations/sqlite/0006_audit_secrets.down.sql"),
            additive: true,
        },
        Migration {
            version: 7,
            name: "events",
            up: include_str!("../migrations/sqlite/0007_events.up.sql"),
            down: include_str!("../migrations/sqlite/0007_events.down.sql"),
            additive: true,
        },
        Migration {
            version: 8,
            name: "lifecycle",
            up: include_str!("../migrations/sqlite/0008_lifecycle.up.sql"),
            down: include_str!("../migrations/sqlite/0008_lifecycle.down.sql"),
            additive: true,
        },
        Migration {
            version: 9,
            name: "jobs",
            up: include_str!("../migrations/sqlite/0009_jobs.up.sql"),
            down: include_str!("../migrations/sqlite/0009_jobs.down.sql"),
            additive: true,
        },
        Migration {
            version: 10,
            name: "groups",
            up: include_str!("../migrations/sqlite/0010_groups.up.sql"),
            down: include_str!("../migrations/sqlite/0010_groups.down.sql"),
            additive: true,
        },
        Migration {
            version: 11,
            name: "role_templates",
            up: include_str!("../migrations/sqlite/0011_role_templates.up.sql"),
            down: include_str!("../migrations/sqlite/0011_role_templates.down.sql"),
            additive: true,
        },
        Migration {
            version: 12,
            name: "provisioning",
            up: include_str!("../migrations/sqlite/0012_provisioning.up.sql"),
            down: include_str!("../migrations/sqlite/0012_provisioning.down.sql"),
            additive: true,
        },
        Migration {
            version: 13,
            name: "purge",
            up: include_str!("../migrations/sqlite/0013_purge.up.sql"),
            down: include_str!("../migrations/sqlite/0013_purge.down.sql"),
            additive: true,
        },
        Migration {
            version: 14,
            name: "passwords",
            up: include_str!("../migrations/sqlite/0014_passwords.up.sql"),
            down: include_str!("../migrations/sqlite/0014_passwords.down.sql"),
            additive: true,
        },
        Migration {
            version: 15,
            name: "others_touches",
            up: include_str!("../migrations/sqlite/0015_others_touches.up.sql"),
            down: include_str!("../migrations/sqlite/0015_others_touches.down.sql"),
            additive: true,
        },
        Migration {
            version: 16,
            name: "mail",
            up: include_str!("../migrations/sqlite/0016_mail.up.sql"),
            down: include_str!("../migrations/sqlite/0016_mail.down.sql"),
            additive: true,
        },
        Migration {
            version: 17,
            name: "invitations",
            up: include_str!("../migrations/sqlite/0017_invitations.up.sql"),
            down: include_str!("../migrations/sqlite/0017_invitations.down.sql"),
            additive: true,
        },
        Migration {
            version: 18,
            name: "address_proofs",
            up: include_str!("../migrations/sqlite/0018_address_proofs.up.sql"),
            down: include_str!("../migrations/sqlite/0018_address_proofs.down.sql"),
            additive: true,
        },
        Migration {
            version: 19,
            name: "set_passwords",
            up: include_str!("../migrations/sqlite/0019_set_passwords.up.sql"),
            down: include_str!("../migrations/sqlite/0019_set_passwords.down.sql"),
            additive: true,
        },
    ],
    adoption: Some(&adoption::ADOPTION),
    audit: Some(&AUDIT),
};

/// On SQLite, what the triggers of the audit log are made from: no migration has to name them.
const AUDIT: AuditTriggers = AuditTriggers {
    since: 4,
    entities: registry(),
    // Where the original has a trigger for it. On the other tables, later ones too, the writer says when.
    stamped: &[
        "auth_clients",
        "roles",
        "tenant_configs",
        "tenants",
        "user_credentials",
        "user_permissions",
        "user_tenants",
        "users",
    ],
};

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;
