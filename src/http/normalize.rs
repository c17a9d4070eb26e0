//! Paths as the original reads them: empty segments collapse, and one trailing slash is forgiven. Those of operators are exact.

use axum::Router;
use axum::body::Body;
use axum::extract::OriginalUri;
use axum::http::Request;
use axum::http::uri::{PathAndQuery, Uri};
use tower::{Layer, ServiceExt, service_fn};

use super::system::OPERATORS;

/// A router whose paths are cleaned before `inner` looks them up.
pub(super) fn paths(inner: Router) -> Router {
    let clean = tower::layer::layer_fn(|inner: Router| {
        service_fn(move |mut request: Request<Body>| {
            let sent = request.extensions().get::<OriginalUri>().map_or_else(|| request.uri(), |sent| &sent.0);
            if let Some(uri) = cleaned(request.uri(), sent) {
                *request.uri_mut() = uri;
            }
            inner.clone().oneshot(request)
        })
    });
    Router::new().fallback_service(clean.layer(inner))
}

/// The address without empty segments and without a slash at its end, or `None` where it has neither. The pages of the
/// explorer keep their slash. A page for operators is served at its exact path alone: at any other spelling in `sent`, the
/// address as the client wrote it, it gets a slash here, and so is not found.
fn cleaned(uri: &Uri, sent: &Uri) -> Option<Uri> {
    let path = uri.path();
    let keeps_slash = path.starts_with("/explorer");
    let mut clean = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        clean.push('/');
        clean.push_str(segment);
    }
    if clean.is_empty() || (keeps_slash && path.ends_with('/')) {
        clean.push('/');
    }
    if OPERATORS.contains(&clean.as_str()) && !is_behind_prefix(&clean, sent.path()) {
        clean.push('/');
    }
    if clean == path {
        return None;
    }
    if let Some(query) = uri.query() {
        clean.push('?');
        clean.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(clean).ok()?);
    Uri::from_parts(parts).ok()
}

/// Whether a path is this page, behind the prefix of a mount or none.
fn is_behind_prefix(page: &str, path: &str) -> bool {
    path.strip_suffix(page).is_some_and(|prefix| !prefix.ends_with('/'))
}
