//! A service with all our routes and commands, a route of the application's own, and a permission that opens it.
//!
//! ```sh
//! cargo run --example custom_permission
//! ```
//!
//! The first start prints a token of the administrator, who holds the new permission too:
//!
//! ```sh
//! curl -H "Authorization: Bearer $token" http://127.0.0.1:3000/greeting
//! ```
//!
//! Everybody else gets it from a role, as with our own permissions. `--help` lists the commands and settings.

use std::process::ExitCode;

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use user_tenant_service::Result;
use user_tenant_service::cli::Program;
use user_tenant_service::host::{Caller, Change};
use user_tenant_service::model::UserView;

/// Opens `GET /greeting`.
const GREET_MEMBERS: &str = "GreetMembers";

#[tokio::main]
async fn main() -> ExitCode {
    Program::new()
        .permissions(&[(GREET_MEMBERS, "Be greeted")])
        .routes(|users| {
            let routes = Router::new().route("/greeting", get(greeting)).layer(middleware::from_fn(own_header));
            users.guarded(&[GREET_MEMBERS], routes)
        })
        .on_change(log)
        .run()
        .await
}

/// Greets the caller, and says how many members its tenant has: the session sees that tenant only.
async fn greeting(caller: Caller) -> Result<Json<Value>> {
    let members = caller.read().repository::<UserView>().count(None).await?;
    Ok(Json(json!({ "hello": caller.user_id(), "tenant": caller.tenant_id(), "members": members })))
}

/// A layer of the application's own, as on any router of axum.
async fn own_header(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert("x-application", axum::http::HeaderValue::from_static("custom_permission"));
    response
}

/// Hears of each change after its commit; an application would pass it on to a queue.
#[expect(clippy::print_stderr, reason = "whoever runs the example watches it")]
fn log(change: &Change) {
    eprintln!("{} in tenant {} by user {}", change.operation, change.tenant_id, change.user_id);
}
