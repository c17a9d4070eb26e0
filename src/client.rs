//! A client of the service, for the commands and for MCP: over HTTP to a running one, or to one in this process.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{Method, Request, Response, Uri, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::Value as Json;
use tower::ServiceExt as _;
use user_tenant_store::error::chain;

use crate::address::shown;
use crate::error::BoxError;
use crate::http::CURSOR;
#[cfg(feature = "mcp")]
use crate::http::{COUNT, PREFER, TOTAL};
use crate::outgoing::{self, Outgoing};

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024 * 1024;

/// How long a running service may take to answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// Sends requests with one token.
#[derive(Clone)]
pub(crate) struct Client {
    way: Way,
    token: Option<String>,
    /// What the service takes the token for, where it is the operator's: no JWT, and the only one that it takes.
    operator: Option<Json>,
}

#[derive(Clone)]
enum Way {
    /// To a running service, whose address has no slash at its end.
    Remote(String, Outgoing),
    /// To a service in this process.
    Local(Router),
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// The body; null for none.
    pub(crate) body: Json,
    /// The cursor of the next page, where there is one.
    pub(crate) next: Option<String>,
    /// How many rows the whole list has, where that was asked for.
    #[cfg(feature = "mcp")]
    pub(crate) total: Option<u64>,
}

impl Answer {
    /// Whether the request was carried out.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether it was refused since it would be too long: a page of fewer rows may fit. What is included counts too, and a
    /// service says how much it gives only by refusing more.
    pub(crate) fn is_too_long(&self) -> bool {
        let code = &self.body["error"]["code"];
        code == "TOO_MANY_ROWS" || code == "ANSWER_TOO_LARGE"
    }
}

impl Client {
    /// To a running service at this address: `https://users.example.com`, with its prefix if it has one.
    pub(crate) fn remote(address: &str, token: Option<String>) -> Result<Self, BoxError> {
        let no_address = || format!("{:?} is no address: it begins with http:// or https://", shown(address));
        if !address.starts_with("http://") && !address.starts_with("https://") {
            return Err(no_address().into());
        }
        let outgoing = Outgoing::to(&address.parse::<Uri>().map_err(|_| no_address())?)?;
        Ok(Self { way: Way::Remote(address.trim_end_matches('/').to_owned(), outgoing), token, operator: None })
    }

    /// To a service in this process.
    pub(crate) fn local(router: Router, token: String) -> Self {
        Self { way: Way::Local(router), token: Some(token), operator: None }
    }

    /// To a service in this process that takes no other token than this one, which stands for these claims.
    #[cfg(feature = "cli")]
    pub(crate) fn operator(router: Router, token: String, claims: Json) -> Self {
        Self { operator: Some(claims), ..Self::local(router, token) }
    }

    /// The same way with another token; none where the service takes no other.
    #[cfg(feature = "mcp")]
    pub(crate) fn with_token(&self, token: String) -> Option<Self> {
        self.operator.is_none().then(|| Self { token: Some(token), ..self.clone() })
    }

    /// The token that it sends.
    #[cfg(feature = "mcp")]
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Whether it is the operator's, of whom no permission is asked.
    #[cfg(feature = "cli")]
    pub(crate) fn is_of_operator(&self) -> bool {
        self.operator.is_some()
    }

    /// What its token claims, as [`claimed`] says it, or as the service takes it for the operator's.
    pub(crate) fn claims(&self) -> Option<Json> {
        self.operator.clone().or_else(|| claimed(self.token.as_deref()?))
    }

    /// Sends a request; `target` is path and query, as they go over the wire. An answer that is no JSON is text.
    pub(crate) async fn send(&self, method: &Method, target: &str, body: Option<&Json>) -> Result<Answer, BoxError> {
        self.exchange(Request::builder().method(method), target, body).await
    }

    /// Reads a page of a list, and asks how many rows the list has.
    #[cfg(feature = "mcp")]
    pub(crate) async fn page(&self, target: &str) -> Result<Answer, BoxError> {
        self.exchange(Request::get("/").header(PREFER, COUNT), target, None).await
    }

    async fn exchange(&self, request: Builder, target: &str, body: Option<&Json>) -> Result<Answer, BoxError> {
        let base = match &self.way {
            Way::Remote(address, _) => address.as_str(),
            Way::Local(_) => "",
        };
        let mut request = request.uri(format!("{base}{target}"));
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(serde_json::to_vec(body)?)
            }
            None => Body::empty(),
        };
        let request = request.body(body)?;
        match &self.way {
            Way::Remote(address, outgoing) => {
                let answer = async {
                    let response = outgoing.send(request).await;
                    read(response.map_err(|error| format!("{} cannot be reached: {}", shown(address), chain(&error)))?)
                        .await
                };
                let late = |_| format!("{} has not answered within {} s", shown(address), PATIENCE.as_secs());
                tokio::time::timeout(PATIENCE, answer).await.map_err(late)?
            }
            Way::Local(router) => read(router.clone().oneshot(request).await?).await,
        }
    }
}

async fn read<B>(response: Response<B>) -> Result<Answer, BoxError>
where
    B: axum::body::HttpBody<Data = Bytes> + Send,
    B::Error: Into<BoxError>,
{
    let status = response.status().as_u16();
    let next = response.headers().get(header::LINK).and_then(|link| next_cursor(link.to_str().ok()?));
    #[cfg(feature = "mcp")]
    let total = response.headers().get(TOTAL).and_then(|total| total.to_str().ok()?.parse().ok());
    let bytes = outgoing::read(response, LONGEST_ANSWER).await?;
    let body = match serde_json::from_slice(&bytes) {
        _ if bytes.is_empty() => Json::Null,
        Ok(body) => body,
        Err(_) => Json::from(String::from_utf8_lossy(&bytes).into_owned()),
    };
    Ok(Answer {
        status,
        body,
        next,
        #[cfg(feature = "mcp")]
        total,
    })
}

/// A part of a path, percent-encoded (RFC 3986).
///
/// # Errors
/// When the text would lead to another path: an empty one, or dots, which whoever cleans paths on the way takes out.
#[cfg(feature = "mcp")]
pub(crate) fn segment(text: &str) -> Result<String, String> {
    if ["", ".", ".."].contains(&text) {
        return Err(format!("{text:?} is no id"));
    }
    // A plus for a blank is understood in a query only.
    let encoded = form_urlencoded::byte_serialize(text.as_bytes()).map(|part| if part == "+" { "%20" } else { part });
    Ok(encoded.collect())
}

/// What a JWT claims, unverified: to tell people of it, never to decide by it.
pub(crate) fn claimed(token: &str) -> Option<Json> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// The cursor in a header `Link: <?…&cursor=…>; rel="next"`, as this service writes it (RFC 8288).
fn next_cursor(link: &str) -> Option<String> {
    let query = link.strip_prefix("<?")?.strip_suffix(">; rel=\"next\"")?;
    let cursor = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == CURSOR);
    cursor.map(|(_, value)| value.into_owned())
}
