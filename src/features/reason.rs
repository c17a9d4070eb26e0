//! Why something is done, as bodies say it.

use serde_json::{Map, Value as Json, json};

/// The name of the property.
pub(super) const REASON: &str = "reason";

/// The schema of the property.
pub(super) fn schema() -> Json {
    json!({ "type": "string", "maxLength": 500, "description": "Why; the events tell it." })
}

/// The reason that a body gives, if it gives one.
pub(super) fn of(body: &Map<String, Json>) -> Option<&str> {
    body.get(REASON).and_then(Json::as_str).map(str::trim).filter(|reason| !reason.is_empty())
}
