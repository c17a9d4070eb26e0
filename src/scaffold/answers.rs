//! What somebody said about the service to write, in the names of the original's flags; nothing is checked here.

use serde::Deserialize;

/// The base service that this program offers.
pub(crate) const OURS: &str = "user-tenant-service";

/// Every base service that the original's command knows, in its order.
pub(crate) const BASE_SERVICES: [&str; 18] = [
    "authentication-service",
    "audit-service",
    "chat-service",
    "notification-service",
    "bpmn-service",
    "feature-toggle-service",
    "in-mail-service",
    "payment-service",
    "scheduler-service",
    "search-service",
    "survey-service",
    "task-service",
    "video-conferencing-service",
    OURS,
    "ctrl-plane-tenant-management-service",
    "ctrl-plane-subscription-service",
    "ctrl-plane-orchestrator-service",
    "reporting-service",
];

/// The kinds of datasource: the original's two names, `postgres` by its whole name too, and our own.
pub(crate) const DATASOURCES: [&str; 4] = ["postgres", "postgresql", "sqlite", "mysql"];

/// Answers, as far as they were given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "one for each flag of the original")]
pub(crate) struct Answers {
    /// Name of the service.
    pub(crate) name: Option<String>,
    /// Whether it is a facade.
    #[serde(default)]
    pub(crate) facade: bool,
    /// Whether it is based on one of the base services.
    pub(crate) base_on_service: Option<bool>,
    /// Which one.
    pub(crate) base_service: Option<String>,
    /// Prefix of the names of container images.
    pub(crate) unique_prefix: Option<String>,
    /// Name of the datasource: of the database.
    pub(crate) datasource_name: Option<String>,
    /// Kind of the datasource.
    pub(crate) datasource_type: Option<String>,
    /// Whether to use an ORM of Node.js.
    #[serde(default)]
    pub(crate) sequelize: bool,
    /// Whether the migrations of the base service are copied.
    #[serde(default)]
    pub(crate) include_migrations: bool,
    /// Whether the service has migrations of its own.
    #[serde(default)]
    pub(crate) custom_migrations: bool,
    /// What the crate depends on: a version, an address of git, or a directory; ours, not the original's.
    pub(crate) source: Option<String>,
}
