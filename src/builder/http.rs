//! What a service may take of its host on the HTTP side, and whose word about clients it takes.

use super::Builder;
use crate::error::BuildError;
use crate::http::{ForwardedHeader, HttpOptions, Proxies};

impl Builder {
    /// Bounds of the HTTP side.
    #[must_use]
    pub(crate) fn http(self, http: HttpOptions) -> Self {
        Self { http, ..self }
    }

    /// Leaves `/metrics` out of [`crate::UserTenantService::router`], where
    /// [`crate::UserTenantService::operators_router`] serves it.
    #[must_use]
    pub fn metrics_apart(mut self, apart: bool) -> Self {
        self.http.metrics_apart = apart;
        self
    }

    /// How much memory the bodies of all requests at work may take together, parsed ones included, in bytes: 64 MB by
    /// default. Beyond, requests are answered with 503, but for the smallest.
    ///
    /// ```
    /// use user_tenant_service::Builder;
    ///
    /// fn frugal(builder: Builder) -> Builder {
    ///     builder.max_bodies_bytes(8 * 1024 * 1024)
    /// }
    /// ```
    #[must_use]
    pub fn max_bodies_bytes(self, bytes: usize) -> Self {
        Self { http: HttpOptions { max_bodies_bytes: bytes, ..self.http }, ..self }
    }

    /// Takes the word of these proxies, addresses and networks, about the address of a client, which they write to `header`.
    /// Where the host tells nobody's address (axum's `into_make_service_with_connect_info`), there is none to take.
    ///
    /// ```
    /// use user_tenant_service::{Builder, BuildError, ForwardedHeader};
    ///
    /// fn behind_a_proxy(builder: Builder) -> Result<Builder, BuildError> {
    ///     builder.trusted_proxies(["10.0.0.0/8", "2001:db8::1"], ForwardedHeader::XForwardedFor)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`BuildError::Options`] names what is neither an address nor a network.
    pub fn trusted_proxies<'a>(
        self,
        networks: impl IntoIterator<Item = &'a str>,
        header: ForwardedHeader,
    ) -> Result<Self, BuildError> {
        let proxies = Proxies::new(networks, header).map_err(BuildError::Options)?;
        Ok(Self { http: HttpOptions { proxies, ..self.http }, ..self })
    }
}
