//! Users, tenants and roles for multi-tenant software: mount [`UserTenantService::router`] in an axum application, or run the binary.

#![cfg_attr(not(feature = "cli"), allow(dead_code, reason = "some parts serve the command line only"))]

mod access;
mod builder;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
mod client;
mod clock;
#[cfg(feature = "cli")]
mod config;
mod domain;
mod error;
pub mod host;
mod http;
#[cfg(feature = "mcp")]
mod mcp;
mod migrations;
pub mod model;
#[cfg(feature = "scaffold")]
mod scaffold;
mod service;
mod telemetry;

pub use access::permission;
pub use access::signature::ProvisioningCallback;
pub use access::verifier::{TokenVerifier, Verification};
pub use builder::{Builder, UserTenantService, Verifier};
pub use clock::Clock;
pub use error::{BuildError, Error, Result};
pub use migrations::MIGRATIONS;
pub use user_tenant_store as store;
