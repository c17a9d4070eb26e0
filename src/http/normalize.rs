//! Paths as the original reads them: empty segments collapse, and one trailing slash is forgiven.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::uri::{PathAndQuery, Uri};
use tower::{Layer, ServiceExt, service_fn};

/// A router whose paths are cleaned before `inner` looks them up.
pub(super) fn paths(inner: Router) -> Router {
    let clean = tower::layer::layer_fn(|inner: Router| {
        service_fn(move |mut request: Request<Body>| {
            if let Some(uri) = cleaned(request.uri()) {
                *request.uri_mut() = uri;
            }
            inner.clone().oneshot(request)
        })
    });
    Router::new().fallback_service(clean.layer(inner))
}

/// The cleaned address, where it differs. The pages of the explorer keep their slash.
fn cleaned(uri: &Uri) -> Option<Uri> {
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
