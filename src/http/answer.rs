//! Writes the answer of a handler: short ones as one piece, long ones piece by piece as the connection takes them.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body::{Frame, SizeHint};
use serde_json::json;
use user_tenant_store::json::Pieces;
use user_tenant_store::record::{Record, Reservation};

use super::query;
use super::route::Reply;
use crate::error::{Error, Result};

/// The longest link to a next page, in bytes; proxies take no more than some thousand of all headers. A list whose link
/// would be longer goes on by `skip`.
const LONGEST_LINK: usize = 2048;

/// How many rows the whole list has, where the request asks for it.
pub(crate) const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// The answer to a request with this query string.
pub(super) fn render(reply: Reply, query: &str) -> Result<Response> {
    match reply {
        Reply::One(row) if Pieces::suit(&row) => in_pieces(Pieces::of_row(row)),
        Reply::One(row) => at_once(row.to_json(), row.reservation()),
        Reply::Many(rows) => list(rows),
        Reply::Page(page) => {
            let mut response = list(page.rows)?;
            response.headers_mut().extend(page.total.map(|total| (TOTAL, HeaderValue::from(total))));
            if let Some(cursor) = page.next {
                // Relative to the address of the request, so that it holds behind any proxy (RFC 8288).
                let link = format!("<?{}>; rel=\"next\"", query::next_page(query, &cursor));
                let link = HeaderValue::try_from(link).ok().filter(|link| link.len() <= LONGEST_LINK);
                response.headers_mut().extend(link.map(|link| (header::LINK, link)));
            }
            Ok(response)
        }
        Reply::Count(count) => at_once(serde_json::to_vec(&json!({ "count": count })), None),
        Reply::Plain(status, headers, text, reservation) => {
            let mut response = at_once(text, reservation)?;
            *response.status_mut() = status;
            response.headers_mut().extend(headers);
            Ok(response)
        }
        Reply::Empty => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

fn list(rows: Vec<Record>) -> Result<Response> {
    match rows.first() {
        Some(first) if Pieces::suit(first) => in_pieces(Pieces::of_rows(rows)),
        first => at_once(Record::to_json_array(&rows), first.and_then(Record::reservation)),
    }
}

/// A whole text, which keeps the reservation of the answer, if it has one, until it is written.
fn at_once(text: serde_json::Result<Vec<u8>>, reservation: Option<Reservation>) -> Result<Response> {
    let text = text.map_err(broken)?;
    let bytes = match reservation {
        Some(reservation) => Bytes::from_owner(Placed { text, _reservation: reservation }),
        None => Bytes::from(text),
    };
    Ok(json_response(Body::from(bytes)))
}

fn in_pieces(pieces: serde_json::Result<Pieces>) -> Result<Response> {
    Ok(json_response(Body::new(LongText(pieces.map_err(broken)?))))
}

fn json_response(body: Body) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

fn broken(error: serde_json::Error) -> Error {
    Error::Internal(Box::new(error))
}

struct Placed {
    text: Vec<u8>,
    _reservation: Reservation,
}

impl AsRef<[u8]> for Placed {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

/// A body that is written as it is sent. Its length is known before, so that clients are told it as of any other.
struct LongText(Pieces);

impl HttpBody for LongText {
    type Data = Bytes;
    type Error = serde_json::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, serde_json::Error>>> {
        Poll::Ready(self.0.next().map(|piece| piece.map(|text| Frame::data(text.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.length() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.length())
    }
}
