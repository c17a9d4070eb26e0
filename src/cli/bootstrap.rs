//! `bootstrap`: a tenant with an administrator who may do everything.

use std::io::{BufRead as _, Read as _};

use secrecy::ExposeSecret as _;
use user_tenant_store::scope::{System, SystemReason};
use user_tenant_store::session::{Read, Session};
use user_tenant_store::value::parse_uuid;
use uuid::Uuid;

use super::arguments::BootstrapOptions;
use super::context::Context;
use super::failure::Failure;
use super::print::{program, say};
use crate::domain::bootstrap::{Bootstrap, Entry, bootstrap as make, let_in};
use crate::domain::passwords::{self, Password, Policy};
use crate::model::Tenant;

/// The most bytes that are read of a password.
const LONGEST_LINE: u64 = 1024;

/// Makes it and prints the ids, and the secret of a client application that it made.
pub(super) async fn bootstrap(context: &Context, options: BootstrapOptions) -> Result<(), Failure> {
    let sessions = context.sessions().await?;
    let reading = sessions.read_system(SystemReason::CommandLine);
    let tenant = match &options.tenant {
        Some(tenant) => Some(named(&reading, tenant).await?),
        None => None,
    };
    let password = if options.password_stdin {
        let policy = match tenant {
            Some(tenant) => Policy::of(&reading, tenant).await?,
            None => Policy::default(),
        };
        let password = typed()?;
        let names = [&options.username, &options.email, &options.first_name].map(ToOwned::to_owned);
        passwords::check(sessions.passwords(), &policy, &password, &names)?;
        Some(sessions.passwords().hash(password).await?)
    } else {
        None
    };
    let entry = Entry { client: options.client_id.clone(), password };
    let session = sessions.write_system(SystemReason::CommandLine).await.map_err(crate::error::Error::from)?;
    let made = match tenant {
        Some(tenant) => let_in(session, tenant, wanted(context, options), entry).await?,
        None => make(session, wanted(context, options), entry).await?,
    };
    let (made, client) = made.into_inner();
    say(&format!("tenant       {}", made.tenant))?;
    say(&format!("user         {}", made.user))?;
    say(&format!("user_tenant  {}", made.user_tenant))?;
    if let Some(client) = client {
        say(&format!("client_id      {}", client.client_id))?;
        say(&format!("client_secret  {}", client.client_secret.expose_secret()))?;
    }
    Ok(())
}

/// The password on standard input: its first line.
fn typed() -> Result<Password, Failure> {
    let mut line = String::new();
    // What is cut off here is too long in any case, and refused as that.
    std::io::stdin().lock().take(LONGEST_LINE).read_line(&mut line)?;
    Ok(Password::new(line.trim_end_matches(['\r', '\n'])))
}

/// The id of the tenant with this key, or the id itself.
async fn named(session: &Session<System, Read>, tenant: &str) -> Result<Uuid, Failure> {
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
