//! The server over Streamable HTTP: on a loopback address, to whoever brings the bearer token, and to no page of another origin.

use std::net::SocketAddr;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;

use super::server::Server;
use crate::error::BoxError;

/// How it is served.
pub(crate) struct HttpOptions {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// What clients must send as their bearer token.
    pub(crate) token: String,
    /// Names under which clients may reach it, beside those of the loopback address.
    pub(crate) hosts: Vec<String>,
}

/// Serves until the process ends; `ready` is told the address once it listens.
pub(crate) async fn serve_http(
    server: Server,
    options: HttpOptions,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), BoxError> {
    let listener = TcpListener::bind(options.address).await?;
    let address = listener.local_addr()?;
    ready(address);
    // A browser's own inspector, served from where the server is, may call it; a page from elsewhere may not.
    let own = [format!("http://{address}"), format!("http://localhost:{}", address.port())];
    let mut config = StreamableHttpServerConfig::default().enforce_origin_validation().with_allowed_origins(own);
    config.allowed_hosts.extend(options.hosts);
    let service =
        StreamableHttpService::new(move || Ok(server.clone()), Arc::new(LocalSessionManager::default()), config);
    let expected: Arc<str> = format!("Bearer {}", options.token).into();
    let guarded = from_fn(move |request: Request, next: Next| guard(expected.clone(), request, next));
    axum::serve(listener, Router::new().nest_service("/mcp", service).layer(guarded)).await?;
    Ok(())
}

async fn guard(expected: Arc<str>, request: Request, next: Next) -> Response {
    let sent = request.headers().get(header::AUTHORIZATION).map_or(&[][..], |value| value.as_bytes());
    if verify_slices_are_equal(sent, expected.as_bytes()).is_err() {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response();
    }
    next.run(request).await
}
