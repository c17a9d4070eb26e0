//! The explorer: Swagger UI under `/explorer/`, served from the binary alone.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa_swagger_ui::Config;

use super::documents::{self, Form};

/// Relative, as is the redirect, so that both are right under any mount prefix. The validator's
/// badge is off, since the page would ask another host for it.
static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let config = Config::from("../openapi.json");
    Arc::new(config.validator_url("none").display_operation_id(true).persist_authorization(true))
});

/// Routes of the explorer, which reads the document at `openapi.json` beside `explorer`. The
/// document is served at `explorer/openapi.json` too, where the original has it.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let redirect = (StatusCode::MOVED_PERMANENTLY, [(LOCATION, "./explorer/")]);
    Router::new()
        .route("/explorer", get(async move || redirect))
        .route("/explorer/", get(async || file("")))
        .route("/explorer/openapi.json", get(async || documents::serve(Form::Explorer)))
        .route("/explorer/{*file}", get(async |Path(path): Path<String>| file(&path)))
}

fn file(path: &str) -> Response {
    let Ok(Some(file)) = utoipa_swagger_ui::serve(path, Arc::clone(&CONFIG)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let encoding = if file.gzpipped { "gzip" } else { "identity" };
    let headers = [(CONTENT_TYPE, file.content_type), (CONTENT_ENCODING, encoding.to_owned())];
    (headers, file.bytes.into_owned()).into_response()
}

#[cfg(test)]
mod tests;
