//! An application with a route of its own that mounts the service under `/user-tenants`; start from here to embed it.
//!
//! ```sh
//! export JWT_SECRET=0123456789abcdef0123456789abcdef
//! cargo run --example mount
//! ```
//!
//! Then, in a second terminal, make the first tenant in the same file and mint a token for its administrator:
//!
//! ```sh
//! export JWT_SECRET=0123456789abcdef0123456789abcdef JWT_VERIFIER=secret DATABASE_URL=sqlite:data/mount.db
//! cargo run -- bootstrap
//! curl -H "Authorization: Bearer $(cargo run --quiet -- token)" http://127.0.0.1:3000/user-tenants/tenants
//! ```
//!
//! `PORT` is the port (3000; 0 takes a free one), `DATA_DIR` the directory of the database (`./data`).

use std::env;
use std::error::Error;
use std::path::PathBuf;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use user_tenant_service::model::Tenant;
use user_tenant_service::store::session::{DatabaseOptions, SqliteOptions};
use user_tenant_service::{Result, UserTenantService, Verifier};

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn Error>> {
    let data = PathBuf::from(env::var("DATA_DIR").unwrap_or_else(|_| "data".to_owned()));
    let port: u16 = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let secret = env::var("JWT_SECRET").map_err(|_| "set JWT_SECRET to what your tokens are signed with (HS256)")?;

    std::fs::create_dir_all(&data)?;
    let users = UserTenantService::builder(DatabaseOptions::Sqlite(SqliteOptions::new(data.join("mount.db"))))
        .verifier(Verifier::Secret { secret: secret.into(), issuer: None })
        .migrate(true)
        .build()
        .await?;

    let own = Router::new().route("/", get(welcome)).with_state(users.clone());
    let application = own.nest("/user-tenants", users.router());
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    announce(&format!("listening on http://{}", listener.local_addr()?));
    axum::serve(listener, application).await?;
    Ok(())
}

/// A page of the application itself. It reads the service's rows without a request to it; such a session looks
/// past the tenant wall, so what leaves here is the application's own responsibility.
async fn welcome(State(users): State<UserTenantService>) -> Result<Json<Value>> {
    let tenants = users.read().repository::<Tenant>().count(None).await?;
    Ok(Json(json!({ "application": "mount", "tenants": tenants })))
}

#[expect(clippy::print_stdout, reason = "whoever started the example wants its address")]
fn announce(line: &str) {
    println!("{line}");
}
