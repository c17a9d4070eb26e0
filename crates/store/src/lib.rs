//! Scoped repositories over `PostgreSQL` and `SQLite`: start at [`entity::Entity`] (what a table declares) and [`session::Session`] (the only way to its rows).
//!
//! The crate knows tables, tenants as a column, and the `LoopBack` filter language.
//! It knows no HTTP and no rule about users, roles or groups.

#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres")),
    allow(dead_code, clippy::unused_async, reason = "some parts serve one database only")
)]

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("enable the feature of a database: sqlite, postgres or both");

pub mod audit;
pub mod entity;
pub mod environment;
pub mod error;
pub mod filter;
mod include;
pub mod migrate;
mod options;
pub mod record;
pub mod repository;
pub mod schema;
pub mod scope;
pub mod session;
mod sql;
pub mod value;

pub use entity::{Entity, EntityMeta};
pub use error::{StoreError, StoreResult};
pub use user_tenant_store_derive::Entity;
