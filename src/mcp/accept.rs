//! What media types a client takes: the library asks that both are named, where the protocol's own servers take a wildcard
//! or JSON alone.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

/// Whether a client takes answers as a stream of events.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// It does, or only the library knows.
    Events,
    /// It takes JSON only.
    Json,
}

/// Names both media types in the request of a client that takes JSON, and the stream in that of one that reads it.
pub(super) fn loosen(request: &mut Request) -> Takes {
    let posts = request.method() == Method::POST;
    let sent = request.headers().get_all(header::ACCEPT).iter();
    let sent: Vec<_> = sent.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
    // Nothing said is anything taken (RFC 9110, section 12.5.1).
    let takes = |exact: &str| sent.is_empty() || sent.iter().any(|range| covers(range, exact));
    let (json, events) = (takes(JSON), takes(EVENTS));
    let named = match posts {
        true if json => "application/json, text/event-stream",
        false if events => EVENTS,
        _ => return Takes::Events,
    };
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static(named));
    if posts && !events { Takes::Json } else { Takes::Events }
}

/// Whether a range of media types holds this one; one of quality 0 is not taken.
fn covers(range: &str, exact: &str) -> bool {
    let (essence, parameters) = range.split_once(';').unwrap_or((range, ""));
    let essence = essence.trim().to_ascii_lowercase();
    let mut qualities = parameters.split(';').filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse::<f32>().ok()).flatten()
    });
    let within = essence.strip_suffix('*').is_some_and(|main| main == "*/" || exact.starts_with(main));
    (essence == exact || within) && qualities.all(|quality| quality > 0.0)
}

/// The one message of a stream, for a client that takes JSON only. The server sends nothing on the way to an answer.
pub(super) async fn tighten(response: Response, takes: Takes) -> Response {
    let is_stream = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == EVENTS);
    if takes == Takes::Events || !is_stream {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(stream) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let lines = stream.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"data:"));
    let message = lines.map(<[u8]>::trim_ascii).rfind(|data| !data.is_empty()).unwrap_or_default();
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    Response::from_parts(head, message.to_vec().into())
}

#[cfg(test)]
mod tests {
    use super::{EVENTS, JSON, covers};

    #[test]
    fn ranges_hold_what_they_name() {
        for (range, json, events) in [
            ("*/*", true, true),
            (" Application/JSON; charset=utf-8", true, false),
            ("application/*;q=0.5", true, false),
            ("text/*", false, true),
            ("text/event-stream;q=0", false, false),
            ("*/*; Q=0.0", false, false),
            ("application/jsonl", false, false),
            ("", false, false),
        ] {
            assert_eq!((covers(range, JSON), covers(range, EVENTS)), (json, events), "{range}");
        }
    }
}
