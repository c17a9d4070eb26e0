//! How a command reaches a service: a running one at an address, or one made for the occasion on the configured database.

use std::time::Duration;

use clap::Args;

use super::arguments::TokenOptions;
use super::context::Context;
use super::failure::Failure;
use super::token::mint;
use crate::client::Client;

/// Life of the token that a command makes for itself.
const LIFE: Duration = Duration::from_hours(30 * 24);

/// Which service, and with whose rights.
#[derive(Debug, Clone, Args)]
pub(super) struct Reach {
    /// Address of a running service; without it, the configured database is used.
    #[arg(long, value_name = "URL", env = "USER_TENANT_URL")]
    pub(super) url: Option<String>,
    /// Bearer token to send; without it, on the configured database, one of a master.
    #[arg(long, value_name = "TOKEN", env = "USER_TENANT_TOKEN", hide_env_values = true)]
    pub(super) token: Option<String>,
}

/// Opens the way to the service.
pub(super) async fn open(context: &Context, reach: &Reach) -> Result<Client, Failure> {
    let Reach { url, token } = reach.clone();
    if let Some(url) = url {
        return Client::remote(&url, token).map_err(|error| Failure::Usage(format!("--url: {error}")));
    }
    let service = context.service()?.migrate(context.config.embedded).build().await?;
    let token = if let Some(token) = token {
        token
    } else {
        let options = TokenOptions { user_tenant: None, permissions: Vec::new(), life: LIFE, master: true };
        mint(context, service.doors(), &options).await?
    };
    Ok(Client::local(service.router(), token))
}
