//! Requests sent exactly as written: any path, any header, a body with or without a content type.

use std::error::Error;
use std::io::Read as _;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use flate2::read::GzDecoder;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::runtime;

const TIMEOUT: Duration = Duration::from_secs(30);

/// A request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Message {
    /// The method, in capitals.
    pub(crate) method: String,
    /// Path and query as they go over the wire.
    pub(crate) target: String,
    /// Headers beside `Host`, `Accept` and `Content-Length`; a value of `None` removes one of those.
    pub(crate) headers: Vec<(String, Option<String>)>,
    /// The body, if one is sent.
    pub(crate) body: Option<Vec<u8>>,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// All headers.
    pub(crate) headers: HeaderMap,
    /// The body, decompressed.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header's value, empty when there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Sends one request on a connection of its own.
///
/// # Errors
/// When there is no connection, or no whole answer within half a minute.
pub(crate) fn send(address: SocketAddr, message: &Message) -> Result<Answer, Box<dyn Error>> {
    let mut request = Request::builder()
        .method(message.method.as_str())
        .uri(&message.target)
        .body(Full::from(message.body.clone().unwrap_or_default()))?;
    let headers = request.headers_mut();
    headers.insert("host", address.to_string().parse()?);
    headers.insert("accept", "application/json".parse()?);
    if message.body.is_some() || matches!(message.method.as_str(), "POST" | "PUT" | "PATCH") {
        headers.insert("content-length", message.body.as_ref().map_or(0, Vec::len).into());
    }
    for (name, value) in &message.headers {
        let name: hyper::header::HeaderName = name.parse()?;
        match value {
            Some(value) => drop(headers.insert(name, value.parse()?)),
            None => drop(headers.remove(name)),
        }
    }
    runtime().block_on(async { tokio::time::timeout(TIMEOUT, exchange(address, request)).await? })
}

async fn exchange(address: SocketAddr, request: Request<Full<Bytes>>) -> Result<Answer, Box<dyn Error>> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes().to_vec();
    let compressed = head.headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip");
    let body = if compressed {
        let mut plain = Vec::new();
        GzDecoder::new(body.as_slice()).read_to_end(&mut plain)?;
        plain
    } else {
        body
    };
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
}
