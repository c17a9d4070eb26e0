//! `mcp`: serves tools to an assistant, on standard input and output or over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;
use user_tenant_store::error::chain;

use super::connections;
use super::context::Context;
use super::failure::Failure;
use super::print::note;
use super::secret;
use super::serve::stop_signal;
use super::target::{self, Target};
use crate::error::BoxError;
use crate::mcp::{self, Backend, McpServer};

/// Options of `mcp`.
#[derive(Debug, Args)]
pub(super) struct McpOptions {
    #[command(flatten)]
    target: Target,
    /// Serve over Streamable HTTP at this address, under `/mcp`, instead of standard input and output.
    #[arg(long, value_name = "ADDRESS:PORT")]
    http: Option<SocketAddr>,
    /// The bearer token that clients over HTTP must send; without it, one is made and printed. Not used without
    /// --http. Other users of this machine can see it here: prefer `USER_TENANT_MCP_TOKEN`.
    #[arg(long, value_name = "TOKEN", env = "USER_TENANT_MCP_TOKEN", hide_env_values = true)]
    http_token: Option<SecretString>,
    /// A name under which clients reach it over HTTP, beside localhost; repeatable.
    #[arg(long, value_name = "HOST", requires = "http")]
    http_host: Vec<String>,
}

/// Serves until the client goes away, or the process is told to stop; then the database is closed.
pub(super) async fn mcp(context: Arc<Context>, options: McpOptions) -> Result<(), Failure> {
    let (target, limits) = (options.target, connections::Limits::of(&context.config));
    let backend = Backend::new(move || {
        let (context, target) = (context.clone(), target.clone());
        async move { target::open(&context, &target).await.map_err(|failure| -> BoxError { chain(&failure).into() }) }
    });
    let server = McpServer::new(backend);
    let ended = match options.http {
        // Whoever started it may write where its user may.
        None => tokio::select! {
            ended = server.writing_services("/").serve_stdio() => ended,
            () = stop_signal() => Ok(()),
        },
        Some(address) => {
            let given = options.http_token.filter(|token| !token.expose_secret().is_empty());
            let made = given.is_none();
            let token = given.map_or_else(secret::random, |token| Ok(token.expose_secret().to_owned()))?;
            let here = std::env::current_dir().map_err(|error| Failure::Other("mcp".to_owned(), Some(error.into())))?;
            serve_http(server.writing_services(here), address, limits, token, options.http_host, made).await
        }
    };
    ended.map_err(|error| Failure::Other("the MCP server has ended".to_owned(), Some(error)))
}

/// Serves over HTTP until the process is told to stop; says where, and the token if nobody knows it.
async fn serve_http(
    server: McpServer,
    address: SocketAddr,
    limits: connections::Limits,
    token: String,
    hosts: Vec<String>,
    made: bool,
) -> Result<(), BoxError> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    note(&format!("listening on http://{address}/mcp"));
    if !address.ip().is_loopback() {
        note("other machines can reach it, and what goes to and fro is not encrypted: put a proxy with TLS before it");
    }
    if made {
        note(&format!("clients send  Authorization: Bearer {token}"));
    }
    // A browser's own inspector, served from where the server is, may call it; a page from elsewhere may not.
    let origins = vec![format!("http://{address}"), format!("http://localhost:{}", address.port())];
    let router = server.router(mcp::McpOptions { token, hosts, origins });
    connections::serve(listener, router, stop_signal(), limits, |_| {}).await;
    Ok(())
}
