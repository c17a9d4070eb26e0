//! The server over Streamable HTTP, to whoever brings the bearer token, and to no page of another origin.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Deserialize;

use super::accept;
use super::server::McpServer;

/// Names the session of a request; one without it begins a session.
const SESSION: &str = "mcp-session-id";
/// About how many sessions there may be at once: requests that begin one at the same time are each let in. A session
/// that is not used ends after five minutes.
const MOST_SESSIONS: usize = 256;
/// The longest message, in bytes.
const LONGEST_MESSAGE: usize = 4 * 1024 * 1024;

/// Who may use the tools over HTTP. Whoever may, acts with the rights of the server's own token.
#[derive(Clone)]
pub struct McpOptions {
    /// What clients must send as their bearer token; a long one that cannot be guessed.
    pub token: String,
    /// Names under which clients may reach it (the `Host` header), beside those of the loopback address.
    pub hosts: Vec<String>,
    /// Origins whose pages may call it: `https://inspector.example.com`. Requests of other pages are refused, and those
    /// of clients that are no browser have none.
    pub origins: Vec<String>,
}

impl McpServer {
    /// The server under `/mcp`: Streamable HTTP of the Model Context Protocol.
    pub fn router(self, options: McpOptions) -> Router {
        let mut config = StreamableHttpServerConfig::default()
            .enforce_origin_validation()
            .with_allowed_origins(options.origins)
            .with_json_response(true)
            .with_max_request_body_bytes(LONGEST_MESSAGE);
        config.allowed_hosts.extend(options.hosts);
        let sessions = Arc::new(LocalSessionManager::default());
        let service = StreamableHttpService::new(move || Ok(self.clone()), sessions.clone(), config);
        let expected: Arc<str> = options.token.into();
        let guarded =
            from_fn(move |request: Request, next: Next| guard(expected.clone(), sessions.clone(), request, next));
        Router::new().nest_service("/mcp", service).layer(guarded)
    }
}

async fn guard(expected: Arc<str>, sessions: Arc<LocalSessionManager>, mut request: Request, next: Next) -> Response {
    let sent = request.headers().get(header::AUTHORIZATION).and_then(|value| bearer(value.as_bytes()));
    // An empty token opens nothing, whatever is expected.
    let sent = sent.filter(|token| !token.is_empty());
    if sent.is_none_or(|token| verify_slices_are_equal(token, expected.as_bytes()).is_err()) {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response();
    }
    if !request.headers().contains_key(SESSION) && sessions.sessions.read().await.len() >= MOST_SESSIONS {
        let (head, body) = request.into_parts();
        let Ok(message) = to_bytes(body, LONGEST_MESSAGE).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        if may_begin_a_session(&message) {
            return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "60")]).into_response();
        }
        request = Request::from_parts(head, message.into());
    }
    let ends_a_session = request.method() == Method::DELETE;
    let takes = accept::loosen(&mut request);
    let mut response = accept::tighten(next.run(request).await, takes).await;
    if ends_a_session && response.status() == StatusCode::ACCEPTED {
        // Clients take 202 for a failure: it is done.
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    response
}

/// Whether this is anything else than a request that needs no session (revision 2026-07-28).
fn may_begin_a_session(message: &Bytes) -> bool {
    #[derive(Deserialize)]
    struct Message {
        method: String,
    }
    serde_json::from_slice::<Message>(message).map_or(true, |message| message.method == "initialize")
}

/// The token behind the scheme, whose case does not matter (RFC 9110, section 11.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}

/// Leaves out the token.
impl std::fmt::Debug for McpOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("McpOptions").field("hosts", &self.hosts).field("origins", &self.origins).finish_non_exhaustive()
    }
}
