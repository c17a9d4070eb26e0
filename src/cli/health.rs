//! `health`: whether the service that this configuration starts answers, for a container's check of itself.

use std::net::IpAddr;
use std::time::Duration;

use axum::http::Method;
use clap::Args;
use tokio::time::timeout;
use user_tenant_store::error::chain;

use super::context::Context;
use super::failure::Failure;
use super::print::say;
use crate::client::Client;
use crate::config::Config;

/// How long the service may take to answer. Whoever asks does so again, and has given up soon.
const PATIENCE: Duration = Duration::from_secs(5);

/// Options of `health`.
#[derive(Debug, Args)]
pub(super) struct HealthOptions {
    /// Ask whether it is ready for requests, its database included, not only whether it runs.
    #[arg(long)]
    ready: bool,
    /// Address of the service, with its prefix; without it, the one that the settings name. Other users of this machine can
    /// see it here: prefer `USER_TENANT_URL` for one with a password.
    #[arg(long, value_name = "URL", env = "USER_TENANT_URL", hide_env_values = true)]
    url: Option<String>,
}

/// Asks, and fails unless the answer is that all is well.
pub(super) async fn health(context: &Context, options: &HealthOptions) -> Result<(), Failure> {
    let base = match &options.url {
        Some(url) => url.clone(),
        None => configured(&context.config)?,
    };
    let page = if options.ready { "/health/ready" } else { "/health/live" };
    let client = Client::remote(&base, None).map_err(|error| Failure::Usage(format!("--url: {error}")))?;
    let late = |_| Failure::other(format!("{page} was not answered within {} s", PATIENCE.as_secs()));
    let answer = timeout(PATIENCE, client.send(&Method::GET, page, None)).await.map_err(late)?;
    let answer = answer.map_err(|error| Failure::other(chain(&*error)))?;
    if answer.is_success() {
        return say(if options.ready { "ready" } else { "live" });
    }
    Err(Failure::other(format!("{page} was answered with {}", answer.status)))
}

/// Where the service answers on this machine.
fn configured(config: &Config) -> Result<String, Failure> {
    // The listener for operators answers when clients have all places of the other.
    let (host, port, prefix) = match &config.admin {
        Some((host, port)) => (host, *port, ""),
        None => (&config.host, config.port, config.base_path.as_str()),
    };
    if port == 0 {
        return Err(Failure::Usage("the port is chosen at each start: name the service with --url".to_owned()));
    }
    let host = match host.parse() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => "127.0.0.1".to_owned(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => "[::1]".to_owned(),
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => host.clone(),
    };
    Ok(format!("http://{host}:{port}{prefix}"))
}
