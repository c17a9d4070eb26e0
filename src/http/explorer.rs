//! The explorer: Swagger UI under `/explorer/`, served from the binary alone.

use std::collections::HashMap;
use std::io::{Cursor, Read as _};
use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;
use zip::result::ZipResult;

use super::documents::{self, Form};

/// The script that starts Swagger UI, in place of the one that shows an example.
const INITIALIZER: (&str, &str) = ("swagger-initializer.js", include_str!("explorer/swagger-initializer.js"));

/// The files of Swagger UI, unpacked when one is asked for. Nobody can ask for them to be unpacked again and again.
static FILES: LazyLock<HashMap<String, Bytes>> = LazyLock::new(|| {
    unpacked().unwrap_or_else(|error| {
        tracing::error!(%error, "the files of the explorer cannot be unpacked");
        HashMap::new()
    })
});

/// Routes of the explorer, which reads the document at `openapi.json` beside `explorer`. The
/// document is served at `explorer/openapi.json` too, where the original has it.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let redirect = (StatusCode::MOVED_PERMANENTLY, [(LOCATION, "./explorer/")]);
    Router::new()
        .route("/explorer", get(async move || redirect))
        .route("/explorer/", get(async || file("index.html")))
        .route("/explorer/openapi.json", get(async || documents::serve(Form::Explorer)))
        .route("/explorer/{*file}", get(async |Path(path): Path<String>| file(&path)))
}

fn file(name: &str) -> Response {
    let Some(bytes) = FILES.get(name) else { return StatusCode::NOT_FOUND.into_response() };
    ([(CONTENT_TYPE, media_type(name)), (CONTENT_ENCODING, "identity")], bytes.clone()).into_response()
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html",
        "js" => "text/javascript",
        "css" => "text/css",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

/// What the archive of Swagger UI has in `dist`, by name.
fn unpacked() -> ZipResult<HashMap<String, Bytes>> {
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    let mut files = HashMap::new();
    for index in 0..archive.len() {
        let mut packed = archive.by_index(index)?;
        let path = packed.name()?.to_string();
        let Some(name) = path.split_once('/').and_then(|(_, path)| path.strip_prefix("dist/")) else { continue };
        if packed.is_file() {
            let mut bytes = Vec::new();
            packed.read_to_end(&mut bytes)?;
            files.insert(name.to_owned(), bytes.into());
        }
    }
    files.insert(INITIALIZER.0.to_owned(), INITIALIZER.1.into());
    Ok(files)
}

#[cfg(test)]
mod tests;
