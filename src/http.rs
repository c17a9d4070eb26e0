//! The whole HTTP surface on one screen: [`routes`] lists every operation, [`router`] serves them with the system pages.

mod answer;
mod body;
mod client_address;
mod controllers;
mod dispatch;
mod documents;
mod explorer;
mod idempotency;
mod layers;
pub(crate) mod locators;
mod normalize;
mod openapi;
mod places;
mod query;
pub(crate) mod route;
pub(crate) mod surface;
mod system;
mod validation;
#[cfg(feature = "cli")]
pub(crate) mod wire;

use std::sync::Arc;

use axum::Router;

#[cfg(feature = "mcp")]
pub(crate) use self::answer::TOTAL;
pub use self::client_address::ForwardedHeader;
pub(crate) use self::client_address::Proxies;
pub(crate) use self::layers::{HttpOptions, origin};
#[cfg(any(feature = "cli", feature = "mcp"))]
pub(crate) use self::query::CURSOR;
#[cfg(feature = "mcp")]
pub(crate) use self::query::{COUNT, PREFER};
pub(crate) use self::route::Route;
#[cfg(feature = "mcp")]
pub(crate) use self::route::{Query, Shape};
use crate::error::{BoxError, Error};
use crate::features;
use crate::service::Service;

/// Every operation: those of the original's contract by controller, then those of each feature.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = Vec::new();
    routes.extend(controllers::tenants::routes());
    routes.extend(controllers::configs::routes());
    routes.extend(controllers::roles::routes());
    routes.extend(controllers::users::routes());
    routes.extend(controllers::groups::routes());
    routes.extend(controllers::group_members::routes());
    routes.extend(controllers::own_tenants::routes());
    routes.extend(controllers::memberships::routes());
    routes.extend(controllers::preferences::routes());
    routes.extend(controllers::callback::routes());
    routes.extend(features::routes());
    routes
}

/// The `OpenAPI` document of all routes.
pub(crate) fn document() -> Result<utoipa::openapi::OpenApi, serde_json::Error> {
    openapi::document(&routes())
}

/// The document as JSON or YAML.
pub(crate) fn render(document: &utoipa::openapi::OpenApi, yaml: bool) -> Result<String, BoxError> {
    if yaml { Ok(openapi::yaml(document)?) } else { Ok(openapi::json(document)?) }
}

/// The codes of all errors for people, as `docs/errors.md` holds them.
#[cfg(feature = "cli")]
pub(crate) fn errors() -> String {
    surface::reference()
}

/// The pages for operators alone, for a listener of their own. Pages of no origin may read them.
pub(crate) fn operators_router(service: Arc<Service>) -> Result<Router, BoxError> {
    let pages =
        system::health(service.clone()).merge(system::metrics(service.clone())).fallback(async || Error::UnknownRoute);
    layers::apply(pages, service, &HttpOptions { allowed_origins: Vec::new(), ..HttpOptions::default() })
}

/// All routes, those of the host among them, and system pages, ready to be served or nested.
pub(crate) fn router(service: Arc<Service>, options: &HttpOptions, host: Router) -> Result<Router, BoxError> {
    let metrics = if options.metrics_apart { Router::new() } else { system::metrics(service.clone()) };
    let inner = places::bounded(dispatch::router(&service, routes(), options).merge(host), options)
        .merge(system::health(service.clone()))
        .merge(metrics)
        .merge(system::router(service.clone()))
        .merge(explorer::router())
        .fallback(async || Error::UnknownRoute);
    let inner = layers::apply(inner, service, options)?;
    Ok(normalize::paths(inner))
}
