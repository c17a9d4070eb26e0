//! The `OpenAPI` document in the forms in which it is served, each rendered when somebody first asks for one of them.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use utoipa::openapi::Server;

use super::{document, openapi};
use crate::error::{BoxError, Error};

/// All forms, or why there are none, which is a defect.
static DOCUMENTS: LazyLock<Result<Documents, String>> =
    LazyLock::new(|| Documents::render().map_err(|error| error.to_string()));

struct Documents {
    json: Bytes,
    yaml: Bytes,
    explorer: Bytes,
}

/// One of the forms.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// JSON, one level deeper.
    Explorer,
}

impl Documents {
    fn render() -> Result<Self, BoxError> {
        let mut document = document()?;
        let (json, yaml) = (openapi::json(&document)?.into(), openapi::yaml(&document)?.into());
        // Servers are relative to the document.
        document.servers = Some(vec![Server::new("..")]);
        Ok(Self { json, yaml, explorer: document.to_json()?.into() })
    }
}

/// Answers with a form of the document.
pub(super) fn serve(form: Form) -> Response {
    let documents = match &*DOCUMENTS {
        Ok(documents) => documents,
        Err(error) => return Error::Internal(error.as_str().into()).into_response(),
    };
    let (text, media_type) = match form {
        Form::Json => (&documents.json, "application/json"),
        Form::Yaml => (&documents.yaml, "application/yaml"),
        Form::Explorer => (&documents.explorer, "application/json"),
    };
    ([(header::CONTENT_TYPE, media_type)], text.clone()).into_response()
}
