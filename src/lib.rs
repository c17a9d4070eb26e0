//! Users, tenants and roles for multi-tenant software: mount [`UserTenantService::router`] in an axum application, or run the binary.
//!
//! # Example
//!
//! ```no_run
//! use axum::Router;
//! use tokio::net::TcpListener;
//! use user_tenant_service::store::session::{DatabaseOptions, SqliteOptions};
//! use user_tenant_service::{UserTenantService, Verifier};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let secret = std::env::var("JWT_SECRET")?.into();
//!     let users = UserTenantService::builder(DatabaseOptions::Sqlite(SqliteOptions::new("users.db")))
//!         .verifier(Verifier::Secret { secret, issuer: None })
//!         .migrate(true)
//!         .build()
//!         .await?;
//!     let application = Router::new().nest("/user-tenants", users.router());
//!     axum::serve(TcpListener::bind("127.0.0.1:3000").await?, application).await?;
//!     Ok(())
//! }
//! ```
//!
//! # Where to begin
//!
//! | To | Begin with |
//! |---|---|
//! | mount our routes in an application | [`UserTenantService::builder`], `examples/mount.rs` |
//! | add routes and permissions behind our guard | [`host`], `examples/custom_permission.rs` |
//! | have our whole command line too | `cli::Program` (feature `cli`) |
//! | verify tokens in another way | [`TokenVerifier`], `examples/own_verifier.rs` |
//! | hear of what changed | [`Builder::on_change`] |
//! | do what is left for later: purges, expiry | [`UserTenantService::run_jobs`], [`Builder::entities`] |
//! | read and write rows without HTTP | [`store`], [`model`], `examples/embedded.rs` |
//! | give assistants the operations as tools | `mcp::McpServer` (feature `mcp`) |
//!
//! # Features
//!
//! | Feature | Default | What it adds |
//! |---|---|---|
//! | `sqlite` | yes | databases in a file; `SQLite` is compiled in |
//! | `postgres` | yes | databases on a `PostgreSQL` server |
//! | `cli` | yes | the module `cli` and the program `user-tenant-service` |
//! | `mcp` | yes | the module `mcp`: tools for assistants; with `cli`, the command `mcp` |
//!
//! Each builds alone and together with any other. A library needs one of the first two: without them every database is
//! refused. `scaffold`, the writer of new services, comes with `cli` and `mcp`.

#![cfg_attr(not(feature = "cli"), allow(dead_code, reason = "some parts serve the command line only"))]

mod access;
mod address;
mod builder;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(any(feature = "cli", feature = "mcp"))]
mod client;
mod clock;
#[cfg(feature = "cli")]
mod config;
mod domain;
mod error;
mod features;
pub mod host;
mod http;
mod jobs;
pub mod mail;
#[cfg(feature = "mcp")]
pub mod mcp;
mod migrations;
pub mod model;
mod outbox;
mod outgoing;
mod random;
#[cfg(feature = "scaffold")]
mod scaffold;
mod service;
mod telemetry;

pub use access::live_permissions::PermissionSource;
pub use access::revocation::Revocations;
pub use access::signature::ProvisioningCallback;
pub use access::verifier::{TokenVerifier, Verification};
pub use builder::{
    Builder, MemberStep, PersonStep, ProvenLogin, TenantLimits, TenantStep, UserTenantService, Verifier,
};
pub use clock::Clock;
pub use domain::clients::IssuedClient;
pub use error::{BuildError, Error, ErrorCode, NamedRow, Result};
pub use features::events::{EventPage, EventQuery, RecordedEvent};
pub use features::invitations::{Invited, Invitee, InviteeRole};
pub use features::permissions::{EffectivePermission, EffectivePermissions, EffectiveSource, PermissionQuestion};
pub use features::provisioning::{Provision, Provisioned, ProvisionedClient};
pub use features::role_templates::{Application, Outcome, RoleApplied, RoleDifference, RoleTemplateVersion};
pub use http::ForwardedHeader;
pub use jobs::{JobOptions, JobQuery};
pub use migrations::MIGRATIONS;
pub use model::permission;
pub use model::{MembershipAcceptance, NewUserProvider, NewUsers, OwnPermission};
pub use secrecy::SecretString;
pub use user_tenant_store as store;

/// Databases of tests, as the store's own tests have them.
#[cfg(all(test, feature = "sqlite", feature = "postgres"))]
#[path = "../crates/store/tests/support/database.rs"]
#[allow(dead_code, reason = "not every suite uses all of it")]
mod database;
