//! Requests in one line, `Request::new(address, "GET /tenants").token("admin_a").send()`, and what answers must look like.

use std::net::SocketAddr;
use std::sync::LazyLock;

use regex::RegexSet;
use serde_json::Value as Json;

use crate::support::http::{self, Answer, Message};
use crate::support::token;

/// A request that is being put together.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    address: SocketAddr,
    message: Message,
}

impl Request {
    /// Starts with method and target in one: `GET /tenants?filter[limit]=1`.
    pub(crate) fn new(address: SocketAddr, line: &str) -> Self {
        let (method, target) = line.split_once(' ').expect("a method and a target");
        Self { address, message: Message { method: method.to_owned(), target: escaped(target), ..Message::default() } }
    }

    /// Sends a parameter of the query, in the form of JSON.
    pub(crate) fn query(self, name: &str, value: &Json) -> Self {
        self.raw_query(name, &value.to_string())
    }

    /// Sends a parameter of the query whose value is this text.
    pub(crate) fn raw_query(mut self, name: &str, value: &str) -> Self {
        let separator = if self.message.target.contains('?') { '&' } else { '?' };
        let value = form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>();
        self.message.target = format!("{}{separator}{name}={value}", self.message.target);
        self
    }

    /// Sends the token of a profile.
    pub(crate) fn token(self, profile: &str) -> Self {
        let value = token::authorization(Some(profile)).expect("a profile has a header");
        self.header("authorization", &value)
    }

    /// Sends this token.
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Sends a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.message.headers.push((name.to_owned(), Some(value.to_owned())));
        self
    }

    /// Sends JSON.
    pub(crate) fn json(self, body: &Json) -> Self {
        self.header("content-type", "application/json").body(body.to_string().into_bytes())
    }

    /// Sends these bytes.
    pub(crate) fn body(mut self, body: Vec<u8>) -> Self {
        self.message.body = Some(body);
        self
    }

    /// Sends it and waits for the answer.
    pub(crate) fn send(&self) -> Answer {
        http::send(self.address, &self.message)
            .unwrap_or_else(|error| panic!("{} {}: {error}", self.message.method, self.message.target))
    }
}

/// Brackets, braces and the like may stand in a test as they are.
fn escaped(target: &str) -> String {
    target.chars().fold(String::new(), |mut escaped, letter| {
        if letter.is_ascii_graphic() && !"\"<>\\^`{|}[]".contains(letter) {
            escaped.push(letter);
        } else {
            let mut bytes = [0; 4];
            escaped.extend(form_urlencoded::byte_serialize(letter.encode_utf8(&mut bytes).as_bytes()));
        }
        escaped
    })
}

/// The body as JSON.
pub(crate) fn json(answer: &Answer) -> Json {
    serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", text(answer)))
}

/// The body as text.
pub(crate) fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// Why an answer is no refusal that a client can read: the status is not the one of the envelope, or
/// the text speaks of what lies behind the service.
pub(crate) fn bad_refusal(answer: &Answer) -> Option<String> {
    let body = text(answer);
    let envelope: Option<Json> = serde_json::from_str(&body).ok();
    let told = envelope.as_ref().and_then(|json| json["error"]["statusCode"].as_u64().or(json["status"].as_u64()));
    if told != Some(u64::from(answer.status)) {
        return Some(format!("{} with the envelope {body:?}", answer.status));
    }
    leak(&body).map(|word| format!("tells of the database: {word} in {body}"))
}

/// The first word in a text that only a driver or SQL would say.
pub(crate) fn leak(text: &str) -> Option<String> {
    const WORDS: [&str; 6] = [
        r"(?i)\b(select|insert|update|delete)\b.*\b(from|into|set)\b",
        r"(?i)sqlite|postgres|rusqlite|deadpool",
        r"(?i)\bsql\b|sqlstate",
        r"(?i)\bdb error\b|constraint failed|relation \S+ does not exist",
        r"(?i)panicked|\.rs:\d",
        r"(?i)os error|connection refused",
    ];
    static SET: LazyLock<RegexSet> = LazyLock::new(|| RegexSet::new(WORDS).expect("the expressions are valid"));
    SET.matches(text).iter().next().map(|at| WORDS[at].to_owned())
}
