//! Answers the protocol: lists and calls tools, lists and reads resources.

use std::path::PathBuf;
use std::sync::Arc;

use rmcp::ServiceExt as _;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, Implementation,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse,
    ReadResourceResult, ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer, ServerInitializeError};
use serde_json::{Value as Json, json};

use super::operations::{self, Operation};
use super::{Backend, explain, more, resources, scaffold};
use crate::builder::UserTenantService;
use crate::client::Client;
use crate::error::BoxError;

const INSTRUCTIONS: &str = "Users, tenants and roles of multi-tenant software. `microservice` writes a new service. The other \
    tools operate a running one, each with the rights of this server's token: rows of other tenants are not found, and what the \
    token lacks is refused. `explain_access` says why; `find_operations` knows what is no tool of its own. Answers are JSON. A list answers a page: `limit` rows, or 50 and fewer where \
    they are long; `total` counts the whole list, and `next`, sent as `cursor` with the same filter, reads on. `filter` and `where` \
    are LoopBack's; rows also have createdOn, createdBy, modifiedOn and modifiedBy.";

/// The tools and documents, with the rights of one token; a clone is the same server.
#[derive(Clone)]
pub struct McpServer {
    parts: Arc<Parts>,
    /// Below which directory new services are written, if they are.
    services: Option<PathBuf>,
}

struct Parts {
    operations: Vec<Operation>,
    backend: Backend,
}

impl McpServer {
    /// Tools that work with a service in this process; each request carries `token`, and may do what it may.
    pub fn of(service: &UserTenantService, token: impl Into<String>) -> Self {
        Self::new(Backend::opened(Client::local(service.router(), token.into())))
    }

    /// Tools that work with a running service at this address, `https://users.example.com`, with its prefix if it has
    /// one. Without a token the service refuses them.
    ///
    /// ```no_run
    /// use user_tenant_service::mcp::McpServer;
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    ///     let token = std::env::var("USERS_TOKEN").ok();
    ///     McpServer::at("https://users.example.com", token)?.writing_services(".").serve_stdio().await
    /// }
    /// ```
    ///
    /// # Errors
    /// When this is no address of HTTP. That nobody answers there is the answer of the tools.
    pub fn at(address: &str, token: Option<String>) -> Result<Self, BoxError> {
        Ok(Self::new(Backend::opened(Client::remote(address, token)?)))
    }

    /// Adds the tool `microservice`, which writes new services: directories below this one, as the user of this process.
    /// Without it there are the operations only.
    #[must_use]
    pub fn writing_services(self, below: impl Into<PathBuf>) -> Self {
        Self { services: Some(below.into()), ..self }
    }

    /// Serves one client on standard input and output until it goes away; nothing else may be printed there.
    ///
    /// # Errors
    /// When the client does not speak the protocol, or the streams break.
    pub async fn serve_stdio(self) -> Result<(), BoxError> {
        match self.serve(rmcp::transport::stdio()).await {
            Ok(serving) => serving.waiting().await.map(drop)?,
            // A client may start a server only to see that it is there.
            Err(ServerInitializeError::ConnectionClosed(_)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// A server whose operations go to this backend.
    pub(crate) fn new(backend: Backend) -> Self {
        Self { parts: Arc::new(Parts { operations: operations::all(), backend }), services: None }
    }

    fn operation(&self, name: &str) -> Option<&Operation> {
        self.parts.operations.iter().find(|operation| operation.tool.name == name)
    }

    async fn call(&self, request: CallToolRequestParams) -> Result<CallToolResult, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        if let Some(below) = self.services.as_deref().filter(|_| request.name.eq_ignore_ascii_case(scaffold::NAME)) {
            return Ok(scaffold::call(arguments, below));
        }
        let failed = |message: String| CallToolResult::error(vec![ContentBlock::text(message)]);
        if request.name == more::FIND {
            return Ok(more::find(&self.parts.operations, arguments));
        }
        let (operation, arguments) = if request.name == more::CALL {
            match serde_json::from_value(arguments.into()) {
                Ok(more::Called { operation, arguments }) => match self.operation(&operation) {
                    None => return Ok(failed(format!("there is no operation {operation:?}: see {}", more::FIND))),
                    operation => (operation, arguments),
                },
                Err(error) => return Ok(failed(error.to_string())),
            }
        } else {
            (self.operation(&request.name), arguments)
        };
        if operation.is_none() && request.name != explain::NAME {
            return Err(ErrorData::invalid_params(format!("there is no tool {:?}", request.name), None));
        }
        let client = match self.parts.backend.client().await {
            Ok(client) => client,
            Err(error) => return Ok(failed(format!("there is no service to ask: {error}"))),
        };
        let Some(operation) = operation else {
            return Ok(explain::call(&self.parts.operations, arguments, client).await);
        };
        Ok(match operation.call(client, arguments).await {
            Err(error) => failed(error.to_string()),
            Ok(answer) => {
                let success = answer.is_success();
                let mut said = json!({ "status": answer.status });
                if let Some(total) = answer.total {
                    said["total"] = total.into();
                }
                if let Some(next) = answer.next {
                    said["next"] = next.into();
                }
                said["body"] = answer.body;
                told(success, &said)
            }
        })
    }
}

impl ServerHandler for McpServer {
    fn get_info(&self) -> ServerConfig {
        let mut info = ServerConfig::new(ServerCapabilities::builder().enable_tools().enable_resources().build())
            .with_instructions(INSTRUCTIONS);
        info.server_info =
            Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).with_title("User Tenant Service");
        info
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut tools: Vec<_> = self.services.iter().map(|_| scaffold::tool()).collect();
        tools.push(explain::tool());
        tools.extend(self.parts.operations.iter().filter(|one| !one.seldom).map(|one| one.tool.clone()));
        tools.extend(more::tools());
        Ok(ListToolsResult::with_all_items(tools))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.call(request).await.map(CallToolResponse::from)
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(resources::all()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        match resources::read(&request.uri) {
            Ok(Some(contents)) => Ok(ReadResourceResult::new(vec![contents]).into()),
            Ok(None) => Err(ErrorData::resource_not_found(format!("there is no resource {}", request.uri), None)),
            Err(error) => Err(ErrorData::internal_error(error.to_string(), None)),
        }
    }
}

/// The answer of a tool, said once: as text, which clients of every revision hand to their model. What stands in
/// `structuredContent` must stand in a text too (revision 2025-06-18), so that a list would be read twice.
pub(super) fn told(success: bool, said: &Json) -> CallToolResult {
    let content = vec![ContentBlock::text(said.to_string())];
    if success { CallToolResult::success(content) } else { CallToolResult::error(content) }
}

impl std::fmt::Debug for McpServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("McpServer").finish_non_exhaustive()
    }
}
