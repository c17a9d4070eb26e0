//! Tokens that are no JWTs: keys of machines, looked up in a table of the application's own.
//!
//! ```sh
//! cargo run --example own_verifier
//! ```
//!
//! The first start makes a tenant and an administrator, for whom the key stands:
//!
//! ```sh
//! curl -H "Authorization: Bearer key-of-a-machine" http://127.0.0.1:3000/tenants
//! ```
//!
//! `PORT` is the port (3000; 0 takes a free one), `DATA_DIR` the directory of the database (`./data`).

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::RwLock;
use user_tenant_service::host::Bootstrap;
use user_tenant_service::model::UserTenant;
use user_tenant_service::store::session::{DatabaseOptions, SqliteOptions};
use user_tenant_service::{TokenVerifier, UserTenantService, Verification, Verifier, permission};

/// The only key. Real ones are random, and only their hash is kept.
const KEY: &str = "key-of-a-machine";

/// The claims that each key stands for. An application would have them in its database.
#[derive(Default)]
struct Keys(RwLock<HashMap<String, Map<String, Value>>>);

impl TokenVerifier for Keys {
    fn verify<'a>(&'a self, token: &'a str) -> Verification<'a> {
        Box::pin(async move { Ok(self.0.read().await.get(token).cloned()) })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let data = PathBuf::from(env::var("DATA_DIR").unwrap_or_else(|_| "data".to_owned()));
    let port: u16 = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    std::fs::create_dir_all(&data)?;

    let keys = Arc::new(Keys::default());
    let users = UserTenantService::builder(DatabaseOptions::Sqlite(SqliteOptions::new(data.join("own_verifier.db"))))
        .verifier(Verifier::Host(keys.clone()))
        .migrate(true)
        .build()
        .await?;
    let administrator = administrator(&users).await?;
    keys.0.write().await.insert(KEY.to_owned(), administrator);

    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    announce(&format!("listening on http://{}", listener.local_addr()?));
    axum::serve(listener, users.router()).await?;
    Ok(())
}

/// The claims of the administrator, who is made at the first start.
async fn administrator(users: &UserTenantService) -> Result<Map<String, Value>, Box<dyn Error>> {
    let everything: Vec<String> = permission::ALL.iter().map(|permission| permission.name.to_owned()).collect();
    let members: Vec<UserTenant> = users.read().repository().find_typed(None).await?;
    let (user, tenant, membership) = if let Some(member) = members.first() {
        (member.user_id, member.tenant_id, member.id)
    } else {
        let text = |text: &str| text.to_owned();
        let factory = Bootstrap {
            tenant_name: text("Factory"),
            tenant_key: text("factory"),
            username: text("robot"),
            email: text("robot@factory.example"),
            first_name: text("Robot"),
            role_name: text("admin"),
            permissions: everything.clone(),
        };
        let made = users.bootstrap(factory).await?;
        (made.user, made.tenant, made.user_tenant)
    };
    let claims = json!({ "id": user, "userTenantId": membership, "tenantId": tenant, "permissions": everything });
    Ok(claims.as_object().cloned().unwrap_or_default())
}

#[expect(clippy::print_stdout, reason = "whoever started the example wants its address")]
fn announce(line: &str) {
    println!("{line}");
}
