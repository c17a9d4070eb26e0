//! `bootstrap`: a tenant with an administrator who may do everything.

use user_tenant_store::scope::{System, SystemReason};
use user_tenant_store::session::{Session, Write};
use user_tenant_store::value::parse_uuid;
use uuid::Uuid;

use super::arguments::BootstrapOptions;
use super::context::Context;
use super::failure::Failure;
use super::print::{program, say};
use crate::domain::bootstrap::{Bootstrap, bootstrap as make, let_in};
use crate::model::Tenant;

/// Makes it and prints the ids.
pub(super) async fn bootstrap(context: &Context, options: BootstrapOptions) -> Result<(), Failure> {
    let sessions = context.sessions().await?;
    let session = sessions.write_system(SystemReason::CommandLine).await.map_err(crate::error::Error::from)?;
    let made = match &options.tenant {
        Some(tenant) => {
            let tenant = named(&session, tenant).await?;
            let_in(session, tenant, wanted(context, options)).await?
        }
        None => make(session, wanted(context, options)).await?,
    };
    let made = made.into_inner();
    say(&format!("tenant       {}", made.tenant))?;
    say(&format!("user         {}", made.user))?;
    say(&format!("user_tenant  {}", made.user_tenant))?;
    Ok(())
}

/// The id of the tenant with this key, or the id itself.
async fn named(session: &Session<System, Write>, tenant: &str) -> Result<Uuid, Failure> {
    // Without hyphens it may be a key.
    if let (36, Ok(id)) = (tenant.len(), parse_uuid(tenant)) {
        return Ok(id);
    }
    let found = session.repository::<Tenant>().find_one(Tenant::KEY.is(tenant)).await;
    let found = found.map_err(crate::error::Error::from)?;
    found.map(|found| found.id).ok_or_else(|| {
        Failure::Usage(format!("--tenant: there is no tenant {tenant:?}; for their keys:  {} tenant list", program()))
    })
}

/// What the options ask for, with every permission there is.
pub(super) fn wanted(context: &Context, options: BootstrapOptions) -> Bootstrap {
    Bootstrap {
        tenant_name: options.tenant_name,
        tenant_key: options.tenant_key,
        username: options.username,
        email: options.email,
        first_name: options.first_name,
        role_name: options.role_name,
        permissions: context.all_permissions(),
    }
}
