//! How requests leave this process: over HTTP/1.1, encrypted where the address says so, and with a bound on what is read.

use axum::body::{Body, HttpBody};
use axum::http::{Request, Response, Uri};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, ResponseFuture};
use hyper_util::rt::TokioExecutor;

use crate::error::BoxError;

/// Sends requests to addresses of one scheme. No redirect is followed and no proxy asked.
#[derive(Clone)]
pub(crate) enum Outgoing {
    /// `http`, which works on a machine without certificates of authorities too.
    Plain(Client<HttpConnector, Body>),
    /// `https`, with the authorities that the machine trusts.
    Encrypted(Client<HttpsConnector<HttpConnector>, Body>),
}

impl Outgoing {
    /// A client for addresses like this one.
    ///
    /// # Errors
    /// When it is neither `http` nor `https`, and for `https` on a machine without certificates of authorities.
    pub(crate) fn to(address: &Uri) -> Result<Self, BoxError> {
        let builder = Client::builder(TokioExecutor::new());
        match address.scheme_str() {
            Some("http") => Ok(Self::Plain(builder.build_http())),
            Some("https") => {
                let provider = rustls::crypto::aws_lc_rs::default_provider();
                let tls = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider)?;
                Ok(Self::Encrypted(builder.build(tls.https_only().enable_http1().build())))
            }
            _ => Err("it is neither http nor https".into()),
        }
    }

    /// Sends a request; the head of the answer comes back. Whoever asks decides how long that may take.
    pub(crate) fn send(&self, request: Request<Body>) -> ResponseFuture {
        match self {
            Self::Plain(client) => client.request(request),
            Self::Encrypted(client) => client.request(request),
        }
    }
}

/// The whole body of an answer.
///
/// # Errors
/// When it has more bytes than `longest`, or breaks off.
pub(crate) async fn read<B>(response: Response<B>, longest: usize) -> Result<Bytes, BoxError>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    Ok(Limited::new(response.into_body(), longest).collect().await?.to_bytes())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Response, Uri};

    use super::{Outgoing, read};

    #[test]
    fn only_addresses_of_the_web_are_asked() {
        assert!(matches!(Outgoing::to(&Uri::from_static("http://id.example/keys")), Ok(Outgoing::Plain(_))));
        for address in ["ftp://id.example/keys", "id.example", "/keys"] {
            assert!(Outgoing::to(&Uri::from_static(address)).is_err(), "{address}");
        }
    }

    #[tokio::test]
    async fn an_answer_is_read_up_to_its_bound() {
        let answer = || Response::new(Body::from("12345"));
        assert_eq!(read(answer(), 5).await.unwrap(), "12345");
        assert!(read(answer(), 4).await.is_err());
    }
}
