//! The MCP server (Model Context Protocol): our scaffold and every operation of the route table as tools, over standard
//! input and output or over HTTP.
//!
//! What an operation may do is what its token may do: it is sent to a service as any client's request is.
//!
//! An application that mounts the service gives its assistants the same tools, under a path of its own:
//!
//! ```no_run
//! use axum::Router;
//! use user_tenant_service::UserTenantService;
//! use user_tenant_service::mcp::{McpOptions, McpServer};
//!
//! fn application(users: &UserTenantService, token: &str) -> Router {
//!     let tools = McpServer::of(users, token).router(McpOptions {
//!         token: "what clients of the tools send".to_owned(),
//!         hosts: vec!["users.example.com".to_owned()],
//!         origins: Vec::new(),
//!     });
//!     users.router().nest("/assistants", tools) // the tools are at /assistants/mcp
//! }
//! ```

mod accept;
mod brief;
mod explain;
mod http;
mod more;
mod operations;
mod page;
mod resources;
mod scaffold;
mod server;

use std::future::Future;
use std::pin::Pin;

use tokio::sync::OnceCell;

pub use self::http::McpOptions;
pub use self::server::McpServer;
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

    /// A backend that is open.
    fn opened(client: Client) -> Self {
        let never = || async { Err("the service was opened before".into()) };
        Self { opened: OnceCell::new_with(Some(client)), ..Self::new(never) }
    }

    async fn client(&self) -> Result<&Client, BoxError> {
        self.opened.get_or_try_init(|| (self.open)()).await
    }
}
