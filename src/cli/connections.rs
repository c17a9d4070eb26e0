//! Accepts connections and serves them: how many at once, how long each may keep its place, and how they end.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tower::ServiceExt;

/// Bounds of the connections.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Most connections at once; others wait in the queue of the operating system.
    pub(super) most: usize,
    /// How long until the head of the next request is complete. The time that a connection idles counts.
    pub(super) head_timeout: Duration,
    /// How long requests at work may take after the signal to stop.
    pub(super) grace: Duration,
}

/// Answers requests until `stop` is done, then lets those at work finish within the grace.
pub(super) async fn serve(mut listener: TcpListener, router: Router, stop: impl Future<Output = ()>, limits: Limits) {
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(limits.head_timeout);
    let service = TowerToHyperService::new(
        router.map_request(|request: hyper::Request<hyper::body::Incoming>| request.map(Body::new)),
    );
    let places = Arc::new(Semaphore::new(limits.most));
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (place, stream) = tokio::select! {
            accepted = accept(&mut listener, &places) => accepted,
            () = &mut stop => break,
        };
        let connection = connections.watch(server.serve_connection(TokioIo::new(stream), service.clone()));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection was ended");
            }
            drop(place);
        });
    }
    drop(listener);
    if timeout(limits.grace, connections.shutdown()).await.is_err() {
        tracing::warn!(grace = ?limits.grace, "requests still at work after the grace period were cut off");
    }
}

/// The next connection, once there is a place for it. Errors of a client are passed over; where the
/// process may open no more files, it tries again each second.
async fn accept(listener: &mut TcpListener, places: &Arc<Semaphore>) -> (Option<OwnedSemaphorePermit>, TcpStream) {
    // Nobody closes the semaphore, so there always is a place in the end.
    let place = places.clone().acquire_owned().await.ok();
    let (stream, _) = Listener::accept(listener).await;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    (place, stream)
}
