//! Scoped repositories over `PostgreSQL` and `SQLite`: start at [`entity::Entity`] (what a table declares) and [`session::Session`] (the only way to its rows).
//!
//! The crate knows tables, tenants as a column, and the `LoopBack` filter language.
//! It knows no HTTP and no rule about users, roles or groups.
//!
//! ```
//! use user_tenant_store::environment::Environment;
//! use user_tenant_store::migrate::{Migration, Migrations, Migrator};
//! use user_tenant_store::record::New;
//! use user_tenant_store::audit::Actor;
//! use user_tenant_store::scope::TenantScope;
//! use user_tenant_store::session::{DatabaseOptions, Limits, SqliteOptions, Store};
//! use user_tenant_store::Entity;
//! use uuid::Uuid;
//!
//! /// A note of a tenant.
//! #[derive(serde::Deserialize, Entity)]
//! #[serde(rename_all = "camelCase")]
//! #[entity(table = "notes", audit = "none", tenancy(column = "tenantId"))]
//! struct Note {
//!     /// Id.
//!     #[property(id)]
//!     id: Uuid,
//!     /// The tenant that it belongs to.
//!     #[property(parent)]
//!     tenant_id: Uuid,
//!     /// What it says.
//!     #[property(max_length = 200)]
//!     text: String,
//! }
//!
//! const NOTES: &[Migration] = &[Migration {
//!     version: 1,
//!     name: "notes",
//!     up: "CREATE TABLE notes (id text PRIMARY KEY, tenant_id text NOT NULL, text text NOT NULL)",
//!     down: "DROP TABLE notes",
//!     additive: true,
//! }];
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! let options = DatabaseOptions::Sqlite(SqliteOptions::new(directory.path().join("notes.db")));
//! let migrations = Migrations { postgres: NOTES, sqlite: NOTES, adoption: None, audit: None };
//! Migrator::connect(&options, migrations).await?.up().await?;
//! let store = Store::open(&options, Limits::default(), Environment::system())?;
//!
//! let (ours, theirs) = (TenantScope(Uuid::now_v7()), TenantScope(Uuid::now_v7()));
//! let session = store.write(ours, Actor::SYSTEM).await?;
//! session.repository::<Note>().create(New::empty().with(Note::TEXT, "buy milk")?).await?;
//! session.commit(()).await?.into_inner();
//!
//! assert_eq!(store.read(ours).repository::<Note>().count(None).await?, 1);
//! assert_eq!(store.read(theirs).repository::<Note>().count(None).await?, 0);
//! # Ok(())
//! # }
//! ```

#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres")),
    allow(dead_code, clippy::unused_async, reason = "some parts serve one database only")
)]
// A build without databases is for clients of a service that runs elsewhere: no store can be opened there, and the types
// of its backends have no value.
#![cfg_attr(
    not(any(feature = "sqlite", feature = "postgres")),
    allow(unused, unreachable_code, clippy::pedantic, reason = "nothing below an opened store is ever reached")
)]

pub mod audit;
mod commit;
mod context;
pub mod cursor;
pub mod entity;
pub mod environment;
pub mod erase;
pub mod error;
mod executor;
pub mod filter;
pub mod follow;
pub mod form;
mod held;
mod horizon;
mod include;
pub mod json;
mod kept;
mod length;
pub mod memory;
mod meter;
pub mod migrate;
mod options;
pub mod query;
pub mod record;
pub mod repository;
pub mod schema;
mod schema_name;
pub mod scope;
pub mod session;
pub mod shares;
mod slow;
mod sql;
mod tables;
mod turns;
pub mod typed;
pub mod value;

pub use entity::{Entity, EntityMeta};
pub use error::{StoreError, StoreResult};
pub use typed::TypedProperty;
pub use user_tenant_store_derive::Entity;
