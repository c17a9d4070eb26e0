//! Users, tenants and roles without HTTP: an application that works with the repositories, within the tenant wall.
//!
//! ```sh
//! cargo run --example embedded
//! ```
//!
//! It makes two tenants at the first start, adds a role to one of them, and prints what each tenant sees. `DATA_DIR` is
//! the directory of the database (`./data`).

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use user_tenant_service::host::Bootstrap;
use user_tenant_service::model::{Role, Tenant};
use user_tenant_service::store::record::New;
use user_tenant_service::store::scope::TenantScope;
use user_tenant_service::store::session::{DatabaseOptions, SqliteOptions};
use user_tenant_service::{TokenVerifier, UserTenantService, Verification, Verifier};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let data = PathBuf::from(env::var("DATA_DIR").unwrap_or_else(|_| "data".to_owned()));
    std::fs::create_dir_all(&data)?;
    let users = UserTenantService::builder(DatabaseOptions::Sqlite(SqliteOptions::new(data.join("embedded.db"))))
        .verifier(Verifier::Host(Arc::new(Nobody)))
        .migrate(true)
        .build()
        .await?;

    for key in ["bakery", "brewery"] {
        let known = users.read().repository::<Tenant>().count(Some(&Tenant::KEY.is(key))).await?;
        if known == 0 {
            let tenant = users.bootstrap(first(key)).await?.tenant;
            // From here on the transaction sees this tenant only: a row of another cannot be written by mistake.
            let session = users.write().await?.narrow(TenantScope(tenant));
            let role = New::<Role>::empty().with(Role::NAME, format!("apprentice of the {key}"))?;
            session.repository::<Role>().create(role).await?;
            session.commit(()).await?.into_inner();
        }
    }
    for tenant in users.read().repository::<Tenant>().find_typed(None).await? {
        let within = users.read().narrow(TenantScope(tenant.id));
        let roles: Vec<String> =
            within.repository::<Role>().find_typed(None).await?.into_iter().map(|role| role.name).collect();
        say(&format!("{}: {}", tenant.name, roles.join(", ")));
    }
    Ok(())
}

/// Without HTTP nobody brings a token, and none is good.
struct Nobody;

impl TokenVerifier for Nobody {
    fn verify<'a>(&'a self, _: &'a str) -> Verification<'a> {
        Box::pin(async { Ok(None) })
    }
}

/// A tenant with an administrator.
fn first(key: &str) -> Bootstrap {
    Bootstrap {
        tenant_name: key.to_owned(),
        tenant_key: key.to_owned(),
        username: format!("master of the {key}"),
        email: format!("master@{key}.example"),
        first_name: "Mo".to_owned(),
        role_name: "master".to_owned(),
        permissions: vec!["ViewTenant".to_owned()],
    }
}

#[expect(clippy::print_stdout, reason = "printing is all that it does")]
fn say(line: &str) {
    println!("{line}");
}
