//! The MCP server (Model Context Protocol): our scaffold and every operation of the route table as tools, over standard
//! input and output or over HTTP.
//!
//! What an operation may do is what its token may do: it is sent to a service as any client's request is.

mod explain;
mod http;
mod operations;
mod resources;
mod scaffold;
mod server;

use std::future::Future;
use std::pin::Pin;

use rmcp::ServiceExt as _;
use tokio::sync::OnceCell;

pub(crate) use self::http::{HttpOptions, serve_http};
pub(crate) use self::server::Server;
use crate::client::Client;
use crate::error::BoxError;

/// Opens the way to a service, when the first operation is called.
type Open = dyn Fn() -> Pin<Box<dyn Future<Output = Result<Client, BoxError>> + Send>> + Send + Sync;

/// The service that operations go to. It is opened late: whoever only writes new services needs none.
pub(crate) struct Backend {
    open: Box<Open>,
    opened: OnceCell<Client>,
}

impl Backend {
    /// A backend that is opened so.
    pub(crate) fn new<F>(open: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Client, BoxError>> + Send + 'static,
    {
        Self { open: Box::new(move || Box::pin(open())), opened: OnceCell::new() }
    }

    async fn client(&self) -> Result<&Client, BoxError> {
        self.opened.get_or_try_init(|| (self.open)()).await
    }
}

/// Serves one client on standard input and output until it goes away.
pub(crate) async fn serve_stdio(server: Server) -> Result<(), BoxError> {
    let running = server.serve(rmcp::transport::stdio()).await?;
    running.waiting().await?;
    Ok(())
}
