//! `bootstrap`: a tenant with an administrator who may do everything.

use super::arguments::BootstrapOptions;
use super::context::Context;
use super::failure::Failure;
use super::print::say;
use crate::domain::bootstrap::{Bootstrap, bootstrap as make, let_in};
use user_tenant_store::scope::SystemReason;

/// Makes it and prints the ids.
pub(super) async fn bootstrap(context: &Context, options: BootstrapOptions) -> Result<(), Failure> {
    let doors = context.doors().await?;
    let session = doors.write_system(SystemReason::CommandLine).await.map_err(crate::error::Error::from)?;
    let made = match options.tenant {
        Some(tenant) => let_in(session, tenant, wanted(context, options)).await?,
        None => make(session, wanted(context, options)).await?,
    };
    let made = made.into_inner();
    say(&format!("tenant       {}", made.tenant))?;
    say(&format!("user         {}", made.user))?;
    say(&format!("user_tenant  {}", made.user_tenant))?;
    Ok(())
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
        permissions: context.program.all_permissions(),
    }
}
