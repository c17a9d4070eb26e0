//! How many requests are at work at once, and for how long. While its body is waited for, a request is not at work.

use std::convert::Infallible;
use std::future::ready;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::HttpBody as _;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::Route;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::layer::layer_fn;
use tower::{ServiceExt as _, service_fn};
use user_tenant_store::shares::Shares;
use uuid::Uuid;

use super::body;
use super::layers::HttpOptions;
use crate::error::{Error, Result};

/// The bounds of requests.
struct Bounds {
    room: Arc<Room>,
    timeout: Duration,
    body: usize,
}

/// The room for requests.
struct Room {
    /// One permit a request that may be at work.
    places: Arc<Semaphore>,
    /// One permit a request whose body may be waited for: each takes memory, for what has come of it. Twice as many as places.
    waiting: Semaphore,
    /// Of those, as many as a quarter of the places for each tenant.
    of_tenants: Arc<Shares>,
}

impl Room {
    fn new(concurrency: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(concurrency)),
            waiting: Semaphore::new(concurrency.saturating_mul(2).min(Semaphore::MAX_PERMITS)),
            of_tenants: Shares::new(concurrency / 4),
        }
    }
}

/// The place of a request that has a body: whoever waits for the body gives it back meanwhile. Else clients who send none, and
/// whom nobody knows yet, would have all places.
#[derive(Clone)]
pub(super) struct WorkPlace {
    room: Arc<Room>,
    permit: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
}

impl WorkPlace {
    fn of(room: &Arc<Room>) -> Option<Self> {
        let permit = room.places.clone().try_acquire_owned().ok()?;
        Some(Self { room: room.clone(), permit: Arc::new(Mutex::new(Some(permit))) })
    }

    /// Waits for what a client of this tenant sends, without the place unless all of it is there. Strangers have no tenant, and
    /// a bound of their own.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where too many bodies are waited for, or where there is no place any more; and those of the work.
    pub(super) async fn left_for<T>(
        place: Option<&Self>,
        tenant: Option<Uuid>,
        sent: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let mut sent = pin!(sent);
        let Some(place) = place else { return sent.await };
        tokio::select! {
            biased;
            sent = &mut sent => return sent,
            () = ready(()) => {}
        }
        let too_many = || Error::Unavailable(Some("too many bodies are waited for".into()));
        let _waiting = place.room.waiting.try_acquire().map_err(|_| too_many())?;
        let _share = match tenant {
            Some(tenant) => Some(place.room.of_tenants.take(tenant).ok_or_else(too_many)?),
            None => None,
        };
        place.put(None);
        let sent = sent.await;
        let again = place.room.places.clone().try_acquire_owned().map_err(|_| Error::Unavailable(None));
        // What is wrong with the body needs no place.
        let sent = sent?;
        place.put(Some(again?));
        Ok(sent)
    }

    fn put(&self, permit: Option<OwnedSemaphorePermit>) {
        *self.permit.lock().unwrap_or_else(PoisonError::into_inner) = permit;
    }
}

/// Bounds the number and time of requests to these routes. The pages for operators stay outside:
/// who watches a busy service must not take it for a dead one.
pub(super) fn bounded(router: Router, options: &HttpOptions) -> Router {
    let room = Arc::new(Room::new(options.concurrency));
    let bounds = Arc::new(Bounds { room, timeout: options.timeout, body: options.max_body_bytes });
    router.layer(layer_fn(move |inner: Route| {
        let (bounds, inner) = (bounds.clone(), Arc::new(inner));
        service_fn(move |request| bound(bounds.clone(), inner.clone(), request))
    }))
}

/// Refuses what would only wait, and ends what takes too long.
async fn bound(
    bounds: Arc<Bounds>,
    inner: Arc<Route>,
    mut request: Request,
) -> std::result::Result<Response, Infallible> {
    // Most have no body, and need no place that can be given back.
    let (mut kept, mut left) = (None, None);
    if request.body().is_end_stream() {
        kept = bounds.room.places.try_acquire().ok();
    } else {
        left = WorkPlace::of(&bounds.room);
        if let Some(place) = &left {
            request.extensions_mut().insert(place.clone());
        }
    }
    if kept.is_none() && left.is_none() {
        let (head, sent) = request.into_parts();
        body::discard(&head.headers, sent, bounds.body);
        return Ok(Error::Unavailable(None).into_response());
    }
    let limit = bounds.timeout;
    match tokio::time::timeout(limit, Route::clone(&inner).oneshot(request)).await {
        Ok(answered) => answered,
        Err(_) => {
            Ok(Error::TookTooLong(format!("REQUEST_TIMEOUT_MILLISECONDS, {limit:?}, are over").into()).into_response())
        }
    }
}
