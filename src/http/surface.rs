//! The surfaces: one set of errors, rendered in the form of whoever is asked. Which one a route has is data of its row.

mod loopback;
mod path;
mod problem;
#[cfg(feature = "cli")]
mod reference;

use std::sync::{Arc, LazyLock};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};
use user_tenant_store::error::chain;

use self::path::Paths;
pub(super) use self::problem::schema;
#[cfg(feature = "cli")]
pub(super) use self::reference::reference;
use super::layers::request_id;
use crate::error::{Error, ErrorCode, Rule};

/// Which surface has which paths.
static PATHS: LazyLock<Paths> = LazyLock::new(|| Paths::of(&super::routes()));

/// Seconds after which a client may try again.
const RETRY_AFTER: &str = "1";

/// Whose form errors have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    /// The original's: the envelope of LoopBack, in its words.
    LoopBack,
    /// Our own: problem details (RFC 9457).
    Problem,
}

/// An error whose answer does not know its path yet, in LoopBack's form.
#[derive(Clone)]
struct Unplaced(Arc<Error>);

impl Surface {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::LoopBack, Self::Problem];

    /// What people call it.
    #[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "the reference is printed"))]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LoopBack => "LoopBack",
            Self::Problem => "RFC 9457",
        }
    }

    /// The media type of its errors.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::LoopBack => "application/json",
            Self::Problem => "application/problem+json",
        }
    }

    /// What the member `code` of its answers can be, of a code.
    pub(crate) fn codes(self, code: ErrorCode) -> Vec<&'static str> {
        match self {
            Self::LoopBack => loopback::codes(code),
            Self::Problem => vec![code.as_str()],
        }
    }

    /// The statuses that a code has here: the usual one first, then those of single operations.
    pub(crate) fn statuses(self, code: ErrorCode) -> Vec<u16> {
        match self {
            Self::LoopBack => loopback::statuses(code),
            Self::Problem => vec![code.row().status],
        }
    }

    /// The answer of an operation that ends in an error, which is logged where it is our fault.
    pub(crate) fn answer(self, error: &Error, operation: &str) -> Response {
        log(error);
        self.render(error, operation)
    }

    /// The same without a line in the log.
    pub(super) fn render(self, error: &Error, operation: &str) -> Response {
        let (status, content_type, body) = match self {
            Self::LoopBack => {
                let (status, body) = loopback::render(error, operation);
                (status, "application/json; charset=utf-8", body)
            }
            Self::Problem => (error.code().row().status, self.media_type(), problem::render(error)),
        };
        // The table holds statuses only; its test looks at each.
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        match status {
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
            }
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"Users\""));
            }
            _ => {}
        }
        if let Error::TooManyAttempts { seconds, .. } = error {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
        }
        response.extensions_mut().insert(error.code());
        if let Error::InvalidToken(reason) = error {
            response.extensions_mut().insert(Reason(reason));
        }
        response
    }
}

/// Why a token does not verify: in the log, and never in an answer.
#[derive(Clone, Copy)]
pub(super) struct Reason(pub(super) &'static str);

/// Where nothing tells the surface, as in a handler of the host: LoopBack's, until `place` knows the path.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = Surface::LoopBack.answer(&self, "");
        response.extensions_mut().insert(Unplaced(Arc::new(self)));
        response
    }
}

/// Gives an error that came from outside of all operations (no route, no time, no room, a panic) the form of its path.
pub(super) fn place(response: &mut Response, path: &str) {
    place_among(&PATHS, response, path);
}

fn place_among(paths: &Paths, response: &mut Response, path: &str) {
    let Some(Unplaced(error)) = response.extensions_mut().remove() else { return };
    let surface = paths.surface(path);
    if surface == Surface::LoopBack {
        return;
    }
    let (head, body) = surface.render(&error, "").into_parts();
    *response.status_mut() = head.status;
    // What other layers have added stays.
    response.headers_mut().extend(head.headers);
    *response.body_mut() = body;
}

/// What is wrong with a body or a parameter, place by place, in the form of AJV; null where nothing is listed.
fn details(error: &Error) -> Json {
    match error {
        Error::InvalidParameter { details, .. } | Error::InvalidBody(details) => (**details).clone(),
        Error::InvalidProperty { property, rule } => {
            let (within, name) =
                property.rsplit_once('/').map_or(("", property.as_str()), |(within, name)| (within, name));
            match rule {
                Rule::Required => json!([{
                    "path": if within.is_empty() { String::new() } else { format!("/{within}") },
                    "code": rule.keyword(),
                    "message": format!("must have required property '{name}'"),
                    "info": { "missingProperty": name },
                }]),
                rule => {
                    let names_it = matches!(rule, Rule::Known | Rule::ReadOnly);
                    let message = if names_it { format!("`{property}` {}", rule.asks()) } else { rule.asks() };
                    json!([{
                        "path": format!("/{property}"),
                        "code": rule.keyword(),
                        "message": message,
                        "info": rule.values(),
                    }])
                }
            }
        }
        _ => Json::Null,
    }
}

fn log(error: &Error) {
    match error {
        Error::Internal(source) => {
            tracing::error!(error = chain(source.as_ref()), request_id = request_id(), "request failed");
        }
        Error::Unavailable(Some(source)) => {
            tracing::warn!(error = chain(source.as_ref()), request_id = request_id(), "service unavailable");
        }
        Error::TookTooLong(source) => {
            tracing::warn!(error = chain(source.as_ref()), request_id = request_id(), "request took too long");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
