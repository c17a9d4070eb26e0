//! An [`Error`] as an answer: the only place that knows statuses, names, codes and the envelope (contract of the original, section 4).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value as Json, json};

use super::layers::request_id;
use crate::error::{Error, Sought};

/// Seconds after which a client may try again.
const RETRY_AFTER: &str = "1";

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let Answer { status, name, message, code, details } = answer(&self);
        let mut error = Map::new();
        error.insert("statusCode".to_owned(), status.as_u16().into());
        if let Some(name) = name {
            error.insert("name".to_owned(), name.into());
        }
        error.insert("message".to_owned(), message);
        if let Some(code) = code {
            error.insert("code".to_owned(), code.into());
        }
        if !details.is_null() {
            error.insert("details".to_owned(), details);
        }
        let mut response = (status, axum::Json(json!({ "error": error }))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        match status {
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
            }
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"Users\""));
            }
            _ => {}
        }
        match &self {
            Error::Internal(source) => {
                tracing::error!(error = chain(source.as_ref()), request_id = request_id(), "request failed");
            }
            Error::Unavailable(Some(source)) => {
                tracing::warn!(error = chain(source.as_ref()), request_id = request_id(), "service unavailable");
            }
            _ => {}
        }
        response
    }
}

struct Answer {
    status: StatusCode,
    name: Option<&'static str>,
    message: Json,
    code: Option<&'static str>,
    details: Json,
}

fn answer(error: &Error) -> Answer {
    use StatusCode as S;
    let text = || Json::from(error.to_string());
    let plain = |status, name| Answer { status, name: Some(name), message: text(), code: None, details: Json::Null };
    let coded = |status, name, code| Answer { code: Some(code), ..plain(status, name) };
    match error {
        Error::Unauthenticated => {
            Answer { message: "Bearer realm=\"Users\"".into(), ..plain(S::UNAUTHORIZED, "UnauthorizedError") }
        }
        Error::BadSignature => plain(S::UNAUTHORIZED, "UnauthorizedError"),
        Error::MalformedAuthorization => Answer { message: 400.into(), ..plain(S::UNAUTHORIZED, "UnauthorizedError") },
        Error::InvalidToken | Error::PasswordExpired => {
            Answer { message: json!({ "message": text() }), ..plain(S::UNAUTHORIZED, "UnauthorizedError") }
        }
        Error::CallerNotActive => Answer {
            message: json!({ "message": text() }),
            code: Some("CALLER_NOT_ACTIVE"),
            ..plain(S::UNAUTHORIZED, "UnauthorizedError")
        },
        Error::NotAllowed | Error::ForeignUser => plain(S::FORBIDDEN, "ForbiddenError"),
        Error::Forbidden(message) | Error::Foreign(message) => {
            Answer { message: json!({ "message": message }), ..plain(S::FORBIDDEN, "ForbiddenError") }
        }
        Error::PermissionWithdrawn => coded(S::FORBIDDEN, "ForbiddenError", "PERMISSION_WITHDRAWN"),
        Error::TenantNotActive => coded(S::FORBIDDEN, "ForbiddenError", "TENANT_NOT_ACTIVE"),
        Error::UnknownRoute | Error::RelatedNotFound(None) => plain(S::NOT_FOUND, "NotFoundError"),
        Error::NotFound(Sought { entity, id })
        | Error::RowNotFound(Sought { entity, id })
        | Error::RelatedNotFound(Some(Sought { entity, id })) => {
            Answer { details: json!({ "entity": entity, "id": id }), ..plain(S::NOT_FOUND, "NotFoundError") }
        }
        Error::EntityNotFound { .. } => coded(S::NOT_FOUND, "Error", "ENTITY_NOT_FOUND"),
        Error::UnknownParameter(_) => coded(S::BAD_REQUEST, "BadRequestError", "UNKNOWN_PARAMETER"),
        Error::InvalidParameter { details, .. } => Answer {
            details: (**details).clone(),
            ..coded(S::BAD_REQUEST, "BadRequestError", "INVALID_PARAMETER_VALUE")
        },
        Error::InvalidFilter { code, details, .. } => {
            Answer { code: *code, details: (**details).clone(), ..plain(S::BAD_REQUEST, "Error") }
        }
        Error::TooManyRows(_) => coded(S::BAD_REQUEST, "BadRequestError", "TOO_MANY_ROWS"),
        Error::AnswerTooLarge(_) => coded(S::BAD_REQUEST, "BadRequestError", "ANSWER_TOO_LARGE"),
        Error::WhereRequired | Error::BodyRequired => {
            coded(S::BAD_REQUEST, "BadRequestError", "MISSING_REQUIRED_PARAMETER")
        }
        Error::MalformedJson(_) => plain(S::BAD_REQUEST, "SyntaxError"),
        Error::InvalidEmail | Error::InvalidMessage(_) => plain(S::BAD_REQUEST, "BadRequestError"),
        Error::UnknownTransferCoding => plain(S::NOT_IMPLEMENTED, "NotImplementedError"),
        Error::ProhibitedKey(_) | Error::IdMismatch { .. } => plain(S::BAD_REQUEST, "Error"),
        Error::InvalidBody(details) => Answer {
            details: (**details).clone(),
            ..coded(S::UNPROCESSABLE_ENTITY, "UnprocessableEntityError", "VALIDATION_FAILED")
        },
        Error::UnsupportedMediaType(_) => {
            coded(S::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaTypeError", "UNSUPPORTED_MEDIA_TYPE")
        }
        Error::UnsupportedEncoding { .. } => plain(S::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaTypeError"),
        Error::PayloadTooLarge => plain(S::PAYLOAD_TOO_LARGE, "PayloadTooLargeError"),
        Error::QuotaExceeded { .. } => coded(S::CONFLICT, "ConflictError", "QUOTA_EXCEEDED"),
        Error::RoleInUse { .. } | Error::LastAdministrator | Error::Conflict(_) => plain(S::CONFLICT, "ConflictError"),
        Error::Unavailable(_) => Answer { name: None, ..plain(S::SERVICE_UNAVAILABLE, "") },
        Error::Internal(_) => Answer { name: None, ..plain(S::INTERNAL_SERVER_ERROR, "") },
    }
}

/// An error and its causes in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        next = cause.source();
    }
    line
}
