//! What surrounds every request: ids, the log line, metrics, CORS, a net for panics.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, OriginalUri, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::Route;
use tower::layer::layer_fn;
use tower::{Service as Inner, ServiceBuilder, ServiceExt as _, service_fn};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};
use tower_http::request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};

use super::answer::TOTAL;
use super::client_address::Proxies;
use super::idempotency::REPLAYED;
use super::surface;
use crate::access::sessions::Origin;
use crate::error::{BoxError, Error, ErrorCode};
use crate::service::Service;

/// Carries the request's id, in and out.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken from a client, in bytes.
const LONGEST_REQUEST_ID: usize = 128;

/// What the log and the metrics call the route of a request that has none.
const UNMATCHED: &str = "unmatched";
/// The longest method and the longest path that the log has whole, in bytes. A path is ASCII.
const LONGEST_LOGGED: usize = 1024;

tokio::task_local! {
    /// The id of the request at work, and the address of its client, for the lines that its failure and its writes leave. A span would be entered and left at each
    /// step of every request, for the few that fail.
    static AT_WORK: (RequestId, Option<IpAddr>);
}

/// The id of the request at work, as the answer carries it; none outside of the layers.
pub(super) fn request_id() -> Option<String> {
    AT_WORK.try_with(|(id, _)| id.header_value().to_str().ok().map(ToOwned::to_owned)).ok().flatten()
}

/// Where the request at work comes from; nothing is known of it outside of the layers.
pub(crate) fn origin() -> Origin {
    let known = AT_WORK
        .try_with(|(id, client)| Origin { request: id.header_value().to_str().ok().map(Arc::from), address: *client });
    known.unwrap_or_default()
}

/// Bounds of the HTTP side.
#[derive(Debug, Clone)]
pub(crate) struct HttpOptions {
    /// Longest body, in bytes.
    pub(crate) max_body_bytes: usize,
    /// Memory of all bodies at work together, in bytes; what goes beyond is refused with 503.
    pub(crate) max_bodies_bytes: usize,
    /// Requests at work at once; more are refused with 503.
    pub(crate) concurrency: usize,
    /// Longest time for one request.
    pub(crate) timeout: Duration,
    /// Origins that browsers may call from; `*` alone for any.
    pub(crate) allowed_origins: Vec<String>,
    /// Whose word about the address of a client is taken.
    pub(crate) proxies: Proxies,
    /// Whether the metrics are served elsewhere, and not beside the routes.
    pub(crate) metrics_apart: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            max_body_bytes: 1024 * 1024,
            max_bodies_bytes: 64 * 1024 * 1024,
            concurrency: 1_024,
            timeout: Duration::from_secs(30),
            allowed_origins: vec!["*".to_owned()],
            proxies: Proxies::default(),
            metrics_apart: false,
        }
    }
}

/// Wraps the router, from the outside in. All of it is one layer to the router: each further one would be boxed and
/// copied with all that lies inside it, at each request. What answers to browsers holds long lists, and so is copied once.
pub(super) fn apply(router: Router, service: Arc<Service>, options: &HttpOptions) -> Result<Router, BoxError> {
    let within = ServiceBuilder::new()
        .layer(cors(&options.allowed_origins)?)
        .layer(CatchPanicLayer::custom(|_| Error::Internal("a handler panicked".into()).into_response()));
    let known = Arc::new((service.clone(), options.proxies.clone()));
    let layers = ServiceBuilder::new()
        .map_request(without_odd_id)
        .layer(SetRequestIdLayer::new(REQUEST_ID, NewRequestId(service)))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(layer_fn(move |inner: Route| {
            let (known, inner) = (known.clone(), Arc::new(within.service(inner)));
            service_fn(move |request| observe(known.clone(), inner.clone(), request))
        }));
    let router = router.method_not_allowed_fallback(async || Error::UnknownRoute).layer(layers);
    // Without it the layers are put around a handler anew at each request.
    Ok(router.with_state(()))
}

fn cors(origins: &[String]) -> Result<CorsLayer, BoxError> {
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().map(|origin| HeaderValue::from_str(origin)).collect::<Result<Vec<_>, _>>()?)
    };
    Ok(CorsLayer::new()
        .allow_origin(allowed)
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([header::LINK, TOTAL, header::RETRY_AFTER, REQUEST_ID, REPLAYED])
        .allow_methods([Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::POST, Method::DELETE])
        .max_age(Duration::from_hours(24)))
}

/// What is the same of all answers.
fn tidy(response: &mut Response, preflight: bool) {
    // An answer is what its content type says, whatever it looks like to a browser.
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if response.status() == StatusCode::NOT_FOUND {
        // An unknown route names no methods; the router does, where the path has others.
        response.headers_mut().remove(header::ALLOW);
    }
    if preflight && response.status() == StatusCode::OK {
        // As clients of the original expect.
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
}

/// Counts and times the request, writes its one line to the log (no query, no token, no body) and tidies the answer.
async fn observe<S>(
    known: Arc<(Arc<Service>, Proxies)>,
    inner: Arc<S>,
    request: Request,
) -> std::result::Result<Response, Infallible>
where
    S: Inner<Request, Response: IntoResponse, Error = Infallible> + Clone,
{
    let (service, proxies) = &*known;
    let method = request.method().clone();
    // As it was sent: nesting has cut the prefix off.
    let uri = request.extensions().get::<OriginalUri>().map_or_else(|| request.uri().clone(), |uri| uri.0.clone());
    let nested = (request.uri().path() != uri.path()).then(|| request.uri().clone());
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let request_id = request.extensions().get::<RequestId>().cloned();
    let client = proxies.client(&request);
    let started = tokio::time::Instant::now();
    let in_flight = service.metrics.request_started();
    let answered = S::clone(&inner).oneshot(request);
    let Ok(answer) = match request_id.clone() {
        Some(id) => AT_WORK.scope((id, client), answered).await,
        None => answered.await,
    };
    let mut response = answer.into_response();
    drop(in_flight);
    surface::place(&mut response, nested.as_ref().unwrap_or(&uri).path());
    let code = response.extensions().get().copied().map(ErrorCode::as_str);
    let reason = response.extensions().get().map(|surface::Reason(reason)| *reason);
    tidy(&mut response, method == Method::OPTIONS);
    let route = matched.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    let (status, elapsed) = (response.status().as_u16(), started.elapsed());
    service.metrics.request_finished(&method, route, status, elapsed);
    if let Some(code) = code {
        service.metrics.ended_in_error(code);
    }
    tracing::info!(
        target: "user_tenant_service::request",
        method = clipped(method.as_str()), path = clipped(logged(route, uri.path())), route, status, code, reason, client = client.map(tracing::field::display),
        request_id = request_id.as_ref().and_then(|id| id.header_value().to_str().ok()),
        milliseconds = elapsed.as_secs_f64() * 1_000.0,
        "request"
    );
    Ok(response)
}

/// What the log may hold of a path. A secret in it is shown as the route has it; where there is no route, nobody knows what stands
/// behind the first word: `/Password-Resets/` is none, and may be followed by a token nonetheless.
fn logged<'a>(route: &'a str, path: &'a str) -> &'a str {
    let ends = |(at, letter): &(usize, char)| *at > 0 && !(letter.is_ascii_alphanumeric() || "-_.".contains(*letter));
    match route {
        UNMATCHED => path.char_indices().find(ends).and_then(|(at, _)| path.get(..at)).unwrap_or(path),
        secret if secret.contains("{token}") => secret,
        _ => path,
    }
}

/// The beginning of what a client sent, for the log: a line is not to be as long as a head may be.
fn clipped(text: &str) -> &str {
    text.get(..LONGEST_LOGGED).unwrap_or(text)
}

/// Forgets an id that should stand neither in a log nor in an answer: one that is long, or of other than plain
/// characters, or not alone. The request gets one of ours.
fn without_odd_id<B>(mut request: axum::http::Request<B>) -> axum::http::Request<B> {
    let mut ids = request.headers().get_all(REQUEST_ID).iter();
    let is_plain = |id: &HeaderValue| {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._~:/+=@-".contains(byte);
        (1..=LONGEST_REQUEST_ID).contains(&id.len()) && id.as_bytes().iter().all(plain)
    };
    if ids.next().is_some_and(|id| !is_plain(id)) || ids.next().is_some() {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

#[derive(Clone)]
struct NewRequestId(Arc<Service>);

impl MakeRequestId for NewRequestId {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        let id = self.0.environment.new_id().hyphenated().to_string();
        HeaderValue::try_from(id).ok().map(RequestId::new)
    }
}
