//! Pages for operators rather than tenants: health, metrics, the `OpenAPI` document, and `/ping` of the original.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use user_tenant_store::value::format_timestamp;

use super::documents::{self, Form};
use crate::error::Error;
use crate::service::Service;

const LIVE: &str = "/health/live";
const READY: &str = "/health/ready";
const METRICS: &str = "/metrics";

/// Pages that a proxy may keep from the public by an exact rule: no other spelling of these paths leads to them.
pub(super) const OPERATORS: [&str; 3] = [LIVE, READY, METRICS];

/// Whether the process and the database answer.
pub(super) fn health(service: Arc<Service>) -> Router {
    Router::new()
        .route(LIVE, get(async || Json(json!({ "status": "ok" }))))
        .route(READY, get(ready))
        .with_state(service)
}

/// The numbers.
pub(super) fn metrics(service: Arc<Service>) -> Router {
    Router::new().route(METRICS, get(numbers)).with_state(service)
}

/// What anybody may see, without token and permission.
pub(super) fn router(service: Arc<Service>) -> Router {
    Router::new()
        .route("/ping", get(ping).head(async || Error::UnknownRoute))
        .with_state(service)
        .route("/openapi.json", get(async || documents::serve(Form::Json)))
        .route("/openapi.yaml", get(async || documents::serve(Form::Yaml)))
}

/// That the process answers, in the words of the original, without echoing the caller's headers.
async fn ping(State(service): State<Arc<Service>>) -> Response {
    let now = format_timestamp(service.environment.now());
    Json(json!({ "greeting": "Hello from User Tenant Service", "date": now, "url": "/ping" })).into_response()
}

/// That requests can be served: the database answers, and so does Redis where nothing goes without it.
async fn ready(State(service): State<Arc<Service>>) -> Response {
    if let Err(error) = service.sessions.is_ready().await {
        return Error::from(error).into_response();
    }
    let Some(revoked) = &service.revoked else {
        return Json(json!({ "status": "ok", "database": "up" })).into_response();
    };
    match revoked.is_up().await {
        false if !revoked.fails_open() => Error::Unavailable(Some("Redis does not answer".into())).into_response(),
        is_up => {
            let redis = if is_up { "up" } else { "down" };
            Json(json!({ "status": "ok", "database": "up", "redis": redis })).into_response()
        }
    }
}

/// Metrics in the text format of Prometheus.
async fn numbers(State(service): State<Arc<Service>>) -> Result<Response, Error> {
    let sessions = service.sessions.clone();
    service.metrics.population.refresh(async move { sessions.population().await }).await;
    let text = service.metrics.encode(service.sessions.load()).map_err(|error| Error::Internal(error.into()))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
