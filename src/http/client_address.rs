//! From which address a request comes: the peer's, or what proxies that are trusted say of the one before them.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::header::FORWARDED;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request};
use trusted_proxies::{Config, Trusted};

use crate::error::BoxError;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// In which header the trusted proxies name their clients. The other one is ignored: a proxy that does not know it passes on
/// what the client wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The proxies whose word about the address of a client is taken; by default none.
#[derive(Debug, Clone)]
pub(crate) struct Proxies(Config);

impl Default for Proxies {
    fn default() -> Self {
        // The library's own default trusts private networks, where others may be too.
        Self(Config::new())
    }
}

impl Proxies {
    /// Trusts these addresses and networks (`10.0.0.0/8`).
    ///
    /// # Errors
    /// Names the first that is neither.
    pub(crate) fn new<'a>(
        networks: impl IntoIterator<Item = &'a str>,
        header: ForwardedHeader,
    ) -> Result<Self, BoxError> {
        let mut config = Config::new();
        match header {
            ForwardedHeader::XForwardedFor => config.trust_x_forwarded_for(),
            ForwardedHeader::Forwarded => config.trust_forwarded(),
        }
        for network in networks {
            config
                .add_trusted_ip(network)
                .map_err(|_| format!("{network:?} is neither an address nor a network like 10.0.0.0/8"))?;
        }
        Ok(Self(config))
    }

    /// Whether this is a proxy that is trusted.
    pub(crate) fn trust(&self, peer: IpAddr) -> bool {
        self.0.is_ip_trusted(&peer.to_canonical())
    }

    /// The address that a request comes from: going back from the peer, the first that is no trusted proxy. `None` where
    /// the server does not tell the peer.
    pub(super) fn client<B>(&self, request: &Request<B>) -> Option<IpAddr> {
        let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
        let peer = peer.ip().to_canonical();
        Some(if self.0.is_ip_trusted(&peer) { self.told(peer, request.headers()) } else { peer })
    }

    /// What a trusted proxy says of its client; the proxy itself, where it says nothing that is an address.
    fn told(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let lines = headers.get_all(X_FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok());
        let addresses: Vec<String> = lines.flat_map(|line| line.split(',')).map(|text| spelled(text.trim())).collect();
        let mut told = Request::new(());
        for line in headers.get_all(FORWARDED) {
            told.headers_mut().append(FORWARDED, line.clone());
        }
        told.headers_mut().extend(HeaderValue::try_from(addresses.join(",")).ok().map(|line| (X_FORWARDED_FOR, line)));
        Trusted::from(peer, &told, &self.0).ip().to_canonical()
    }
}

/// An element of `X-Forwarded-For` as the library reads it: an address of IPv6 in brackets, which proxies leave away.
fn spelled(text: &str) -> String {
    match text.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::extract::ConnectInfo;
    use axum::http::Request;

    use super::{ForwardedHeader, Proxies};

    /// The client of a request from this peer with these headers.
    fn client(proxies: &Proxies, peer: &str, headers: &[(&str, &str)]) -> String {
        let address: SocketAddr = (peer.parse::<std::net::IpAddr>().unwrap(), 4711).into();
        let request = headers.iter().fold(Request::builder(), |request, (name, value)| request.header(*name, *value));
        let request = request.extension(ConnectInfo(address)).body(()).unwrap();
        proxies.client(&request).unwrap().to_string()
    }

    const CLIENT: &str = "203.0.113.7";

    #[test]
    fn nobody_is_believed_by_default() {
        let headers = [("x-forwarded-for", CLIENT), ("forwarded", "for=203.0.113.7")];
        for peer in ["127.0.0.1", "10.0.0.1", "::1", "192.0.2.1"] {
            assert_eq!(client(&Proxies::default(), peer, &headers), peer);
        }
    }

    #[test]
    fn the_last_address_that_no_trusted_proxy_has_is_the_client() {
        let proxies = Proxies::new(["10.0.0.0/8", "2001:db8::1"], ForwardedHeader::XForwardedFor).unwrap();
        for (peer, sent, expected) in [
            ("10.0.0.1", "203.0.113.7", CLIENT),
            ("::ffff:10.0.0.1", "203.0.113.7", CLIENT),
            ("2001:db8::1", "203.0.113.7", CLIENT),
            // What the client itself wrote stands further left.
            ("10.0.0.1", "198.51.100.1, 203.0.113.7, 10.9.9.9", CLIENT),
            ("10.0.0.1", "203.0.113.7:50000", CLIENT),
            ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
            ("10.0.0.1", "[2001:db8::7]:50000", "2001:db8::7"),
            ("10.0.0.1", "203.0.113.7, ::ffff:10.9.9.9", CLIENT),
            ("10.0.0.1", "no address, 203.0.113.7", CLIENT),
            ("192.0.2.1", "203.0.113.7", "192.0.2.1"),
            ("10.0.0.1", "unknown", "10.0.0.1"),
            ("10.0.0.1", "", "10.0.0.1"),
        ] {
            assert_eq!(client(&proxies, peer, &[("x-forwarded-for", sent)]), expected, "{peer} {sent}");
        }
        // Lines of one header are one list.
        let lines = [("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", CLIENT)];
        assert_eq!(client(&proxies, "10.0.0.1", &lines), CLIENT);
    }

    #[test]
    fn the_header_that_the_proxies_do_not_write_is_ignored() {
        let (theirs, other) = (("forwarded", "for=203.0.113.7;proto=https"), ("x-forwarded-for", "198.51.100.1"));
        let forwarded = Proxies::new(["10.0.0.1"], ForwardedHeader::Forwarded).unwrap();
        assert_eq!(client(&forwarded, "10.0.0.1", &[theirs, other]), CLIENT);
        assert_eq!(client(&forwarded, "10.0.0.1", &[other]), "10.0.0.1");
        let quoted = ("forwarded", "for=198.51.100.1, for=\"[2001:db8::7]:4711\"");
        assert_eq!(client(&forwarded, "10.0.0.1", &[quoted]), "2001:db8::7");
        let x_forwarded_for = Proxies::new(["10.0.0.1"], ForwardedHeader::XForwardedFor).unwrap();
        assert_eq!(client(&x_forwarded_for, "10.0.0.1", &[theirs]), "10.0.0.1");
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in ["proxy.example", "10.0.0.0/33", ""] {
            let error = Proxies::new(["10.0.0.1", text], ForwardedHeader::Forwarded).unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }
}
