//! How a command reaches a service: a running one at an address, or one made for the occasion on the configured database.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value as Json};
use user_tenant_store::scope::SystemReason;

use super::context::Context;
use super::failure::Failure;
use super::print::program;
use super::secret;
use crate::access::caller::Caller;
use crate::access::verifier::{TokenVerifier, Verification};
use crate::builder::{UserTenantService, Verifier};
use crate::client::Client;
use crate::config::EMBEDDED_FILE;
use crate::domain::callers;
use crate::model::permission::in_every_spelling;

/// Which service, and with whose rights.
#[derive(Debug, Clone, Args)]
pub(super) struct Target {
    /// Address of a running service; without it, the configured database is used. Other users of this machine can see it
    /// here: prefer `USER_TENANT_URL` for one with a password.
    #[arg(long, value_name = "URL", env = "USER_TENANT_URL", hide_env_values = true)]
    pub(super) url: Option<String>,
    /// Bearer token to send; without it, on the configured database, everything may be done. Other users of this machine
    /// can see it here: prefer `USER_TENANT_TOKEN`.
    #[arg(long, value_name = "TOKEN", env = "USER_TENANT_TOKEN", hide_env_values = true)]
    pub(super) token: Option<SecretString>,
}

/// Opens the way to the service.
pub(super) async fn open(context: &Context, target: &Target) -> Result<Client, Failure> {
    let url = target.url.clone();
    let token = target.token.as_ref().map(|token| token.expose_secret().to_owned());
    if let Some(url) = url {
        return Client::remote(&url, token).map_err(|error| Failure::Usage(format!("--url: {error}")));
    }
    let migrate = context.config.embedded;
    if migrate {
        // Only `serve` and `bootstrap` make one: whoever asks in another directory is looking for one that is there.
        must_exist(&context.config.data_dir.join(EMBEDDED_FILE))?;
    }
    if let Some(token) = token {
        let service = context.build(context.service()?.migrate(migrate)).await?;
        return Ok(Client::local(service.router(), token));
    }
    // Whoever has the database may do everything, needs no token of others, and is locked out by nothing in it; how
    // tokens are verified does not matter here.
    let token = secret::random()?;
    let known = Arc::new(OperatorToken { token: token.clone(), claims: OnceLock::new() });
    let verifier = Verifier::Host(known.clone());
    let service = context.build(context.service_with(verifier)?.for_operator().migrate(migrate)).await?;
    let session = service.sessions().read_system(SystemReason::CommandLine);
    // Whose rows are meant where no tenant is named: those of the tenant that has had a member for longest.
    let tenant = callers::oldest_members_tenant(&session).await?.unwrap_or_default();
    let operator = Caller::operator(tenant, in_every_spelling(context.all_permissions()));
    let claims = known.claims.get_or_init(|| context.config.claims.write(&operator));
    Ok(Client::operator(service.router(), token, claims.clone().into()))
}

/// What does jobs in this process, for a command that waits for one; none where a running service does them.
pub(super) async fn worker(context: &Context, target: &Target) -> Result<Option<UserTenantService>, Failure> {
    if target.url.is_some() {
        return Ok(None);
    }
    let nobody = Arc::new(OperatorToken { token: secret::random()?, claims: OnceLock::new() });
    context.build(context.service_with(Verifier::Host(nobody))?.for_operator()).await.map(Some)
}

/// Knows the one token that a command sends to the service that it made for itself, and what the operator may.
struct OperatorToken {
    token: String,
    claims: OnceLock<Map<String, Json>>,
}

impl TokenVerifier for OperatorToken {
    fn verify<'a>(&'a self, token: &'a str) -> Verification<'a> {
        Box::pin(async move { Ok(self.claims.get().filter(|_| token == self.token).cloned()) })
    }
}

/// Fails where the embedded database was never made.
fn must_exist(file: &Path) -> Result<(), Failure> {
    if file.exists() {
        return Ok(());
    }
    Err(Failure::Configuration(format!(
        "there is no database at {}; go where the service runs, or name its --data-dir, its --database-url or the --url of \
         a running service. To make a database here:  {} bootstrap",
        file.display(),
        program()
    )))
}
