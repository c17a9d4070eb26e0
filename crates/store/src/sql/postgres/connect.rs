//! How to reach `PostgreSQL`: options to a pool, with TLS as `sslmode` of `libpq` defines it.

use std::sync::Arc;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use secrecy::ExposeSecret as _;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::errors::classify;
use crate::error::{StoreError, StoreResult};
use crate::options::{PostgresOptions, TlsMode};

/// A pool that opens connections when they are needed.
pub(super) fn pool(options: &PostgresOptions) -> StoreResult<Pool> {
    let manager = Manager::from_config(
        configuration(options)?,
        tls(options.tls)?,
        ManagerConfig { recycling_method: RecyclingMethod::Fast },
    );
    // A plan is made once for tenants of all sizes (ADR 19): it must not count on reading a whole table in order.
    let settings = format!(
        "SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {}; SET timezone = 'UTC'; \
         SET default_transaction_isolation = 'read committed'; SET enable_mergejoin = off; \
         SET max_parallel_workers_per_gather = 0; SET jit = off; SET plan_cache_mode = force_generic_plan",
        options.statement_timeout.as_millis(),
        options.statement_timeout.as_millis().saturating_mul(2),
    );
    let hook = Hook::async_fn(move |connection: &mut deadpool_postgres::ClientWrapper, _| {
        let settings = settings.clone();
        Box::pin(async move { connection.batch_execute(&settings).await.map_err(HookError::Backend) })
    });
    Pool::builder(manager)
        .max_size(options.max_connections)
        .wait_timeout(Some(options.connection_timeout))
        .create_timeout(Some(options.connection_timeout))
        .runtime(Runtime::Tokio1)
        .post_create(hook)
        .build()
        .map_err(|error| StoreError::Database(Box::new(error)))
}

/// One connection outside any pool, for migrations; it lives as long as the client is kept. The driver bounds how long it waits
/// for the network, and not how long for a server that says nothing.
pub(crate) async fn client(options: &PostgresOptions) -> StoreResult<tokio_postgres::Client> {
    let configuration = configuration(options)?;
    let connected = timeout(options.connection_timeout, configuration.connect(tls(options.tls)?)).await;
    let (client, connection) =
        connected.map_err(|error| StoreError::Unavailable(Box::new(error)))?.map_err(classify)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the connection for migrations ended");
        }
    });
    Ok(client)
}

pub(super) fn configuration(options: &PostgresOptions) -> StoreResult<tokio_postgres::Config> {
    let mut configuration: tokio_postgres::Config = options
        .url
        .expose_secret()
        .parse()
        .map_err(|error: tokio_postgres::Error| StoreError::Database(Box::new(error)))?;
    configuration.application_name("user-tenant-service").connect_timeout(options.connection_timeout).ssl_mode(
        match options.tls {
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            TlsMode::Require | TlsMode::VerifyFull => SslMode::Require,
        },
    );
    Ok(configuration)
}

/// What encrypts a connection, of this kind.
pub(super) fn tls(mode: TlsMode) -> StoreResult<MakeRustlsConnect> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Database(Box::new(error)))?;
    let configuration = if mode == TlsMode::VerifyFull {
        let mut roots = rustls::RootCertStore::empty();
        let native = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(native.certs);
        builder.with_root_certificates(roots).with_no_client_auth()
    } else {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Unverified(provider))).with_no_client_auth()
    };
    Ok(MakeRustlsConnect::new(configuration))
}

/// Encrypts without checking whose certificate it is: what `sslmode=prefer` and `require` mean in `libpq`.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
