//! What a request must say to be a message of HTTP/1.1, beyond what the parser checks: one host, and no unknown coding.

use axum::http::header::{HOST, HeaderValue, TRANSFER_ENCODING};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Request, Uri, Version};
use axum::response::{IntoResponse, Response};

use super::surface;
use crate::error::{Error, Result};

/// Checks the head of a request. Two servers that read one message differently let a client speak past the first of
/// them, so what is ambiguous is refused (RFC 9112, sections 3.2 and 6.1).
///
/// # Errors
/// [`Error::InvalidMessage`] or [`Error::UnknownTransferCoding`].
pub(crate) fn check(version: Version, target: &Uri, headers: &HeaderMap) -> Result<()> {
    // Of a whole address; who logs in by it would be somebody else to another server (RFC 9110, section 4.2.4).
    if target.authority().is_some_and(|host| !is_host(host)) {
        return Err(Error::InvalidMessage("The target names no host."));
    }
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if version == Version::HTTP_11 => Err(Error::InvalidMessage("Host is missing.")),
        (Some(_), Some(_)) => Err(Error::InvalidMessage("Host is there more than once.")),
        (Some(host), None) if !is_empty_or_host(host) => {
            Err(Error::InvalidMessage("Host is no name or address of a host."))
        }
        _ => check_codings(headers),
    }
}

/// How many bytes the head of a request took, but for blanks that are no part of what it says.
pub(crate) fn head_length<B>(request: &Request<B>) -> usize {
    // `GET / HTTP/1.1`, and two bytes behind each line.
    let first =
        request.method().as_str().len() + request.uri().path_and_query().map_or(1, |path| path.as_str().len()) + 12;
    let fields = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    first + fields.sum::<usize>() + 2
}

/// The answer to what is no such message.
pub(crate) fn refusal(error: Error, path: &str) -> Response {
    let mut response = error.into_response();
    surface::place(&mut response, path);
    response
}

/// An empty one is allowed: the target may have no authority.
fn is_empty_or_host(value: &HeaderValue) -> bool {
    value.is_empty() || Authority::try_from(value.as_bytes()).is_ok_and(|host| is_host(&host))
}

/// Without a user, and with a port that there can be, if any: none may stand behind its colon (RFC 3986, section 3.2.3).
fn is_host(authority: &Authority) -> bool {
    let has_port = || !matches!(authority.as_str().strip_prefix(authority.host()), Some("" | ":"));
    !authority.as_str().contains('@') && (authority.port_u16().is_some() || !has_port())
}

/// The server decodes `chunked` alone. The parser wants it as the last coding, whatever stands before.
fn check_codings(headers: &HeaderMap) -> Result<()> {
    let lines = headers.get_all(TRANSFER_ENCODING).iter();
    let codings = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    for (at, coding) in codings.filter(|coding| !coding.is_empty()).enumerate() {
        if !coding.eq_ignore_ascii_case(b"chunked") {
            return Err(Error::UnknownTransferCoding);
        }
        if at > 0 {
            return Err(Error::InvalidMessage("The body is chunked more than once."));
        }
    }
    Ok(())
}
