//! Reads a request's body: media type, size, JSON, in the order in which the contract refuses them.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value as Json;
use tokio::time::timeout;

use crate::error::{Error, Result};

/// How long a client may take to send a body.
const PATIENCE: Duration = Duration::from_secs(5);

/// The body as JSON; `None` when it is empty or `null`.
pub(super) async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Option<Json>> {
    media_type(headers)?;
    // What says itself that it is too long is not waited for.
    if body.size_hint().lower() > limit as u64 {
        return Err(Error::PayloadTooLarge);
    }
    let bytes = timeout(PATIENCE, Limited::new(body, limit).collect())
        .await
        .map_err(|_| Error::MalformedJson("request aborted: the body came too slowly".to_owned()))?
        .map_err(|error| {
            if error.is::<LengthLimitError>() {
                Error::PayloadTooLarge
            } else {
                Error::MalformedJson("request aborted".to_owned())
            }
        })?
        .to_bytes();
    if bytes.is_empty() {
        return Ok(None);
    }
    let json: Json = serde_json::from_slice(&bytes).map_err(|error| {
        let message = if error.is_eof() { "Unexpected end of JSON input".to_owned() } else { error.to_string() };
        Error::MalformedJson(message)
    })?;
    if let Some(key) = prohibited(&json) {
        return Err(Error::ProhibitedKey(key));
    }
    Ok(Some(json).filter(|json| !json.is_null()))
}

fn media_type(headers: &HeaderMap) -> Result<()> {
    if let Some(encoding) =
        headers.get(header::CONTENT_ENCODING).map(text).filter(|name| !name.eq_ignore_ascii_case("identity"))
    {
        return Err(Error::UnsupportedEncoding { what: "content encoding", value: encoding });
    }
    let Some(sent) = headers.get(header::CONTENT_TYPE).map(text) else { return Ok(()) };
    let parsed: mime::Mime = sent.parse().map_err(|_| Error::UnsupportedMediaType(sent.clone()))?;
    if parsed.essence_str() != mime::APPLICATION_JSON.as_ref() {
        return Err(Error::UnsupportedMediaType(sent));
    }
    match parsed.get_param(mime::CHARSET) {
        Some(charset) if charset != mime::UTF_8 => {
            Err(Error::UnsupportedEncoding { what: "charset", value: charset.as_str().to_ascii_uppercase() })
        }
        _ => Ok(()),
    }
}

fn text(value: &header::HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// The first key that would change the prototype of a JavaScript object.
pub(super) fn prohibited(json: &Json) -> Option<&'static str> {
    match json {
        Json::Object(object) => object.iter().find_map(|(key, value)| match key.as_str() {
            "__proto__" => Some("__proto__"),
            "constructor"
                if value.as_object().is_some_and(|inner| inner.keys().any(|key| key.starts_with("prototype"))) =>
            {
                Some("constructor.prototype")
            }
            _ => prohibited(value),
        }),
        Json::Array(items) => items.iter().find_map(prohibited),
        _ => None,
    }
}
