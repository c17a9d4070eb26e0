//! Accepts connections and serves them: how many at once, how long each may keep its permit, and how they end.

mod heads;
mod pace;
mod permits;

use std::convert::Infallible;
use std::error::Error as _;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
#[cfg(target_os = "linux")]
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tower::{ServiceExt, service_fn};

use self::heads::{Heads, NoRoom, Room, TooLate, Work};
use self::pace::Paced;
use self::permits::Addresses;
use crate::config::Config;
use crate::http::{Proxies, wire};

/// How many bytes of answers wait in the operating system for a client that does not read, which takes megabytes of
/// them otherwise. What is on its way to the client does not count, so that no client is slower for it.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 128 * 1024;

/// Bounds of the connections.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    /// Most connections at once; others wait in the queue of the operating system.
    pub(super) most: usize,
    /// Most connections of one client address; others are closed. 0 for no such bound.
    pub(super) most_per_address: usize,
    /// Which peers are proxies, which have the connections of all their clients, and so no bound of their own.
    pub(super) proxies: Proxies,
    /// How long from the first byte of a head until it is complete.
    pub(super) head_timeout: Duration,
    /// How long a connection may wait between requests.
    pub(super) idle_timeout: Duration,
    /// Longest head, in bytes.
    pub(super) head_bytes: usize,
    /// How long a client may keep what is written to it waiting.
    pub(super) write_timeout: Duration,
    /// How long requests at work may take after the signal to stop.
    pub(super) grace: Duration,
}

impl Limits {
    /// As configured.
    pub(super) fn of(config: &Config) -> Self {
        Self {
            most: config.max_connections,
            most_per_address: config.max_connections_per_address,
            proxies: config.http.proxies.clone(),
            head_timeout: config.head_timeout,
            idle_timeout: config.idle_timeout,
            head_bytes: config.max_head_bytes,
            write_timeout: config.write_timeout,
            grace: config.shutdown_grace,
        }
    }
}

/// A bound that ended a connection, as metrics name it.
pub(super) type Bound = &'static str;

/// Answers requests until `stop` is done, then lets those at work finish within the grace. Each connection that a bound
/// ends is told to `ended`, unless it merely idled.
pub(super) async fn serve(
    mut listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()>,
    limits: Limits,
    ended: impl Fn(Bound) + Clone + Send + 'static,
) {
    let mut server = http1::Builder::new();
    // Its own time for a head, which counts while a connection idles too, is off: see `heads`.
    server.header_read_timeout(None).max_buf_size(limits.head_bytes);
    // The sockets of all connections have it from here.
    #[cfg(target_os = "linux")]
    if let Err(error) = SockRef::from(&listener).set_tcp_notsent_lowat(UNSENT) {
        tracing::warn!(%error, "TCP_NOTSENT_LOWAT could not be set");
    }
    let permits = Arc::new(Semaphore::new(limits.most));
    let addresses = Addresses::new(limits.most_per_address);
    let room = Room::new(limits.head_bytes);
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (permit, stream, address) = tokio::select! {
            accepted = accept(&mut listener, &permits) => accepted,
            () = &mut stop => break,
        };
        let of_address =
            if limits.proxies.trust(address.ip()) { Some(None) } else { addresses.permit(address.ip()).map(Some) };
        let Some(of_address) = of_address else {
            ended("address_limit");
            tracing::debug!(address = %address.ip(), "a connection was closed: its address has all that it may have");
            continue;
        };
        let work = Work::default();
        let (reads, writes) = stream.into_split();
        let room = room.of(of_address.as_ref().map(|permit| permit.heads.clone()));
        let reads = Heads::new(reads, limits.head_timeout, limits.idle_timeout, work.clone(), room);
        let stream = tokio::io::join(reads, Paced::new(writes, limits.write_timeout));
        let router = router.clone();
        let service = TowerToHyperService::new(service_fn(move |request| {
            let at_work = work.begin();
            let answer = answer(router.clone(), request, address, limits.head_bytes);
            async move {
                let _at_work = at_work;
                answer.await
            }
        }));
        let connection = connections.watch(server.serve_connection(TokioIo::new(stream), service));
        let ended = ended.clone();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                if let Some(bound) = bound(&error) {
                    ended(bound);
                }
                tracing::debug!(%error, "a connection was ended");
            }
            // In this order: who takes the permit may come from the same address.
            drop(of_address);
            drop(permit);
        });
    }
    drop(listener);
    if timeout(limits.grace, connections.shutdown()).await.is_err() {
        tracing::warn!(grace = ?limits.grace, "requests still at work after the grace period were cut off");
    }
}

/// The next connection, once there is a permit for it. Errors of a client are passed over; where the
/// process may open no more files, it tries again each second.
async fn accept(
    listener: &mut TcpListener,
    permits: &Arc<Semaphore>,
) -> (Option<OwnedSemaphorePermit>, TcpStream, SocketAddr) {
    // Nobody closes the semaphore, so there always is a permit in the end.
    let permit = permits.clone().acquire_owned().await.ok();
    let (stream, address) = Listener::accept(listener).await;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    (permit, stream, address)
}

/// The router's answer to what is a message of HTTP. After anything else the connection ends, since it is not known where
/// the next request begins.
async fn answer(
    router: Router,
    mut request: hyper::Request<Incoming>,
    peer: SocketAddr,
    head_bytes: usize,
) -> Result<Response, Infallible> {
    if let Err(error) = wire::check(request.version(), request.uri(), request.headers()) {
        let mut response = wire::refusal(error, request.uri().path());
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        return Ok(response);
    }
    if wire::head_length(&request) > head_bytes {
        // What arrives in one piece is read as a whole, though it is longer.
        let close = (header::CONNECTION, HeaderValue::from_static("close"));
        return Ok((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, [close]).into_response());
    }
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request.map(Body::new)).await
}

/// Which bound ended a connection, if one did.
fn bound(error: &hyper::Error) -> Option<Bound> {
    let source = error.source()?.downcast_ref::<io::Error>()?;
    match source.get_ref() {
        Some(cause) if cause.is::<TooLate>() => Some("head_timeout"),
        Some(cause) if cause.is::<NoRoom>() => Some("heads_limit"),
        _ => (source.kind() == io::ErrorKind::TimedOut).then_some("write_timeout"),
    }
}
