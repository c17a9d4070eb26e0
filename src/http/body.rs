//! Reads a request's body within its bounds: what the head refuses, the bytes, their JSON, and what all bodies together may take.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use serde_json::Value as Json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::layers::HttpOptions;
use crate::error::{Error, Result};

/// How long a client may take to send a body.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest body of a request without a token, in bytes: it must be parsed before its signature can be verified.
const LONGEST_SIGNED: usize = 16 * 1024;
/// Bodies that nobody wants and that are taken from their connections at once. Each takes memory; further ones end theirs.
static DRAINED: Semaphore = Semaphore::const_new(256);
/// How many requests without a token are at work, or their bodies waited for. Who sends callbacks tries again after a 503.
const STRANGERS: usize = 64;
/// What a body may take without being counted, in bytes; there are no more of these than requests at once, and bodies that are
/// waited for.
const SMALL: usize = 16 * 1024;
/// What is parsed and checked on a thread of its own, by its weight in bytes: it takes about a millisecond and more.
const HEAVY: usize = 256 * 1024;
/// What a JSON value takes in memory at most, in bytes: lists double when they grow.
const VALUE: usize = 2 * size_of::<Json>();
/// What an object takes beside its values: room for a few entries with their names, and the table that finds them.
const OBJECT: usize = 512;

/// The bounds of bodies; all routes share them.
pub(super) struct Bodies {
    limit: usize,
    /// One permit a byte that all bodies at work may still take.
    bytes: Arc<Semaphore>,
    all: u32,
    /// Places for what is heavy: the threads that answer everybody keep half of the cores.
    heavy: Arc<Semaphore>,
    /// Places for requests of strangers.
    strangers: Arc<Semaphore>,
    /// The one place for what they send: it is parsed in turn.
    strange: Arc<Semaphore>,
}

/// What a body may take of the memory for all, until this is dropped.
pub(super) type Held = OwnedSemaphorePermit;

/// The bytes of a body.
pub(super) struct Sent {
    bytes: Vec<u8>,
    /// See [`weight`].
    pub(super) weight: usize,
    held: Option<Held>,
}

impl Sent {
    /// The bytes, as they were sent.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The body as JSON; `None` when it is empty or `null`.
    pub(super) fn parse(self) -> Result<(Option<Json>, Option<Held>)> {
        Ok((json(&self.bytes)?, self.held))
    }
}

impl Bodies {
    pub(super) fn new(options: &HttpOptions) -> Self {
        let all = u32::try_from(options.max_bodies_bytes).unwrap_or(u32::MAX);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            limit: options.max_body_bytes,
            bytes: Arc::new(Semaphore::new(all as usize)),
            all,
            heavy: Arc::new(Semaphore::new((cores / 2).max(1))),
            strangers: Arc::new(Semaphore::new(STRANGERS)),
            strange: Arc::new(Semaphore::new(1)),
        }
    }

    /// The longest body of a route, in bytes.
    pub(super) fn limit(&self, signed: bool) -> usize {
        if signed { self.limit.min(LONGEST_SIGNED) } else { self.limit }
    }

    /// A place for a request of somebody of whom nothing is known, until it is dropped.
    pub(super) fn stranger(&self) -> Result<Held> {
        let place = self.strangers.clone().try_acquire_owned();
        place.map_err(|_| Error::Unavailable(Some("too many requests without a token are at work".into())))
    }

    /// Reads a body, and makes sure of the memory that it takes once it is parsed, unless that is for later.
    pub(super) async fn read(&self, mut body: Body, limit: usize, is_weighed: bool) -> Result<Sent> {
        let read = timeout(PATIENCE, self.collect(&mut body, limit, is_weighed))
            .await
            .map_err(|_| Error::MalformedJson("request aborted: the body came too slowly".to_owned()))?;
        if let Err(Error::Unavailable(_)) = read {
            drain(body, limit);
        }
        read
    }

    async fn collect(&self, body: &mut Body, limit: usize, is_weighed: bool) -> Result<Sent> {
        let mut sent = Sent { bytes: Vec::new(), weight: 0, held: None };
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Error::MalformedJson("request aborted".to_owned()))?;
            let Ok(data) = frame.into_data() else { continue };
            let length = sent.bytes.len() + data.len();
            if length > limit {
                return Err(Error::PayloadTooLarge);
            }
            self.hold(&mut sent, length)?;
            sent.bytes.extend_from_slice(&data);
        }
        sent.weight = weight(&sent.bytes);
        if is_weighed {
            let weight = sent.weight;
            self.hold(&mut sent, weight)?;
        }
        Ok(sent)
    }

    /// Counts a body as so many bytes, or refuses it. One that is longer than all may take goes alone.
    fn hold(&self, sent: &mut Sent, bytes: usize) -> Result<()> {
        if bytes <= SMALL {
            return Ok(());
        }
        let wanted = u32::try_from(bytes).unwrap_or(u32::MAX).min(self.all) as usize;
        let held = sent.held.as_ref().map_or(0, Held::num_permits);
        let more = u32::try_from(wanted.saturating_sub(held)).unwrap_or(u32::MAX);
        let permit = self
            .bytes
            .clone()
            .try_acquire_many_owned(more)
            .map_err(|_| Error::Unavailable(Some("all bodies at work together take MAX_BODIES_BYTES".into())))?;
        match &mut sent.held {
            Some(held) => held.merge(permit),
            None => sent.held = Some(permit),
        }
        Ok(())
    }

    /// Does work on a text of that weight: at once, or in its turn on a thread of its own.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        weight: usize,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if weight <= HEAVY {
            return work();
        }
        let place = self.heavy.clone().acquire_owned().await.map_err(|error| Error::Internal(error.into()))?;
        apart(place, work).await
    }

    /// Does work on what somebody sends of whom nothing is known: one after the other, on a thread of its own, and only then is
    /// it counted among all bodies.
    pub(super) async fn of_stranger<T: Send + 'static>(
        &self,
        mut sent: Option<Sent>,
        work: impl FnOnce(Option<Sent>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let place = self.strange.clone().acquire_owned().await.map_err(|error| Error::Internal(error.into()))?;
        if let Some(sent) = &mut sent {
            let weight = sent.weight;
            self.hold(sent, weight)?;
        }
        apart(place, move || work(sent)).await
    }
}

/// Does work on a thread of its own. Who stops waiting for the answer does not end the work, so that the place goes with the work.
async fn apart<T: Send + 'static>(place: Held, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let work = move || {
        let _place = place;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(error.into()))?
}

/// What a text takes in memory once it is parsed, in bytes, or more: each value begins the text, or follows a sign
/// that may be part of a string too. In a query string the signs may be escaped.
pub(super) fn weight(text: &[u8]) -> usize {
    let of_sign = |sign: &u8| match sign {
        b'{' => VALUE + OBJECT,
        b',' | b'[' | b'%' | b'&' => VALUE,
        _ => 0,
    };
    let values = text.iter().map(of_sign).fold(0, usize::saturating_add);
    let empty = text.windows(2).filter(|pair| matches!(*pair, b"[]" | b"{}")).count();
    text.len().saturating_add(values) - empty.saturating_mul(VALUE).min(values)
}

/// Refuses what the head alone shows to be no body of ours: its media type, then the length that it says.
pub(super) fn check_head(headers: &HeaderMap, length: u64, limit: usize) -> Result<()> {
    media_type(headers)?;
    if length > limit as u64 {
        return Err(Error::PayloadTooLarge);
    }
    Ok(())
}

/// Whether a body may be longer than what is not counted.
pub(super) fn may_be_long(body: &Body) -> bool {
    body.size_hint().upper().is_none_or(|upper| upper > SMALL as u64)
}

/// Lets go of a body that is not wanted, of which nothing has been read.
pub(super) fn discard(headers: &HeaderMap, body: Body, limit: usize) {
    // Who asks first sends nothing, and what is too long would not come to its end.
    if !headers.contains_key(header::EXPECT) && body.size_hint().lower() <= limit as u64 {
        drain(body, limit);
    }
}

/// Takes from the connection what is left of a body, unseen: a client that is still sending reads no answer, and where
/// the connection closes meanwhile, the client never gets it.
fn drain(mut body: Body, limit: usize) {
    if body.is_end_stream() {
        return;
    }
    let Ok(place) = DRAINED.try_acquire() else { return };
    let rest = async move {
        let _place = place;
        let mut length = 0;
        while let Some(Ok(frame)) = body.frame().await {
            length += frame.data_ref().map_or(0, bytes::Bytes::len);
            if length > limit {
                break;
            }
        }
    };
    // The answer does not wait for it. There is one a connection, since the next request comes behind this body.
    tokio::spawn(timeout(PATIENCE, rest));
}

fn json(bytes: &[u8]) -> Result<Option<Json>> {
    // Some programs begin with a byte order mark, which says nothing in UTF-8.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.is_empty() {
        return Ok(None);
    }
    let json: Json = serde_json::from_slice(bytes).map_err(|error| {
        let message = if error.is_eof() { "Unexpected end of JSON input".to_owned() } else { error.to_string() };
        Error::MalformedJson(message)
    })?;
    if let Some(key) = prohibited(&json) {
        return Err(Error::ProhibitedKey(key));
    }
    Ok(Some(json).filter(|json| !json.is_null()))
}

fn media_type(headers: &HeaderMap) -> Result<()> {
    if let Some(encoding) =
        headers.get(header::CONTENT_ENCODING).map(text).filter(|name| !name.eq_ignore_ascii_case("identity"))
    {
        return Err(Error::UnsupportedEncoding { what: "content encoding", value: encoding });
    }
    let Some(sent) = headers.get(header::CONTENT_TYPE).map(text) else { return Ok(()) };
    let parsed: mime::Mime = sent.parse().map_err(|_| Error::UnsupportedMediaType(sent.clone()))?;
    if parsed.essence_str() != mime::APPLICATION_JSON.as_ref() {
        return Err(Error::UnsupportedMediaType(sent));
    }
    match parsed.get_param(mime::CHARSET) {
        Some(charset) if charset != mime::UTF_8 => {
            Err(Error::UnsupportedEncoding { what: "charset", value: charset.as_str().to_ascii_uppercase() })
        }
        _ => Ok(()),
    }
}

fn text(value: &header::HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// The first key that would change the prototype of a JavaScript object.
pub(super) fn prohibited(json: &Json) -> Option<&'static str> {
    match json {
        Json::Object(object) => object.iter().find_map(|(key, value)| match key.as_str() {
            "__proto__" => Some("__proto__"),
            "constructor"
                if value.as_object().is_some_and(|inner| inner.keys().any(|key| key.starts_with("prototype"))) =>
            {
                Some("constructor.prototype")
            }
            _ => prohibited(value),
        }),
        Json::Array(items) => items.iter().find_map(prohibited),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(all: usize) -> Bodies {
        Bodies::new(&HttpOptions { max_bodies_bytes: all, ..HttpOptions::default() })
    }

    async fn read(bodies: &Bodies, text: &str) -> Result<Sent> {
        bodies.read(Body::from(text.to_owned()), bodies.limit(false), true).await
    }

    #[test]
    fn the_weight_counts_every_value() {
        for (text, values) in [
            ("", 0),
            ("1", 0),
            ("[]", 0),
            ("[[],[],[]]", 3),
            (r#"{"a":1,"b":[{},{"c":null}]}"#, 5),
            ("filter=%5B1%2C2%5D", 3),
        ] {
            assert!(weight(text.as_bytes()) >= text.len() + values * VALUE, "{text}");
        }
        assert_eq!(weight(b"[[],[],[]]"), 10 + 3 * VALUE);
    }

    #[tokio::test]
    async fn what_is_read_is_held_until_it_is_dropped() {
        let bodies = bodies(1_000_000);
        let long = " ".repeat(600_000);
        let first = read(&bodies, &long).await.unwrap();
        assert!(matches!(read(&bodies, &long).await, Err(Error::Unavailable(_))));
        assert!(read(&bodies, &" ".repeat(300_000)).await.is_ok());
        assert!(read(&bodies, &" ".repeat(SMALL)).await.is_ok());
        let (_, held) = first.parse().map_err(|error| error.to_string()).unwrap_or_default();
        assert!(held.is_none(), "spaces are no JSON, and hold nothing any more");
        assert!(read(&bodies, &long).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_counts_as_what_it_is_parsed_to() {
        let bodies = bodies(1_000_000);
        let list = |values: usize| format!("[{}1]", "1,".repeat(values));
        let sent = read(&bodies, &list(5_000)).await.unwrap();
        let (json, held) = sent.parse().unwrap();
        assert!(json.is_some() && held.is_some());
        assert!(matches!(read(&bodies, &list(5_000)).await, Err(Error::Unavailable(_))));
        drop(held);
        assert!(read(&bodies, &list(100_000)).await.is_ok(), "more than all, and alone");
        assert_eq!(bodies.bytes.available_permits(), 1_000_000);
    }

    #[tokio::test]
    async fn heavy_work_is_done_in_turn() {
        let bodies = Arc::new(bodies(1_000_000));
        let here = std::thread::current().id();
        let thread = || Ok(std::thread::current().id());
        assert_eq!(bodies.work(HEAVY, thread).await.unwrap(), here);
        assert_ne!(bodies.work(HEAVY + 1, thread).await.unwrap(), here);
        let places = bodies.heavy.clone();
        let taken = places.try_acquire_many(u32::try_from(places.available_permits()).unwrap()).unwrap();
        let waits = timeout(Duration::from_millis(50), bodies.work(HEAVY + 1, thread));
        assert!(waits.await.is_err(), "there is no place");
        drop(taken);
        assert!(bodies.work(HEAVY + 1, thread).await.is_ok());
    }
}
