//! How a connection comes back to the pool: once the server has answered all that is under way on it. A statement that nobody waits
//! for is cancelled.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Object;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, copy_bidirectional, duplex};
use tokio::net::{TcpStream, UnixStream};
use tokio_postgres::config::Host;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{CancelToken, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connect;
use crate::error::{StoreError, StoreResult};
use crate::kept::Kept;
use crate::options::PostgresOptions;

/// The way back to the pool.
pub(super) struct Returns {
    /// How to reach a server that is asked to cancel.
    server: Arc<Server>,
    /// How long the server may take for all that is under way, before the connection is closed.
    patience: Duration,
}

impl Returns {
    /// For connections with these options.
    pub(super) fn new(options: &PostgresOptions) -> StoreResult<Self> {
        let patience = options.statement_timeout.saturating_add(options.connection_timeout);
        let server = Server { configuration: connect::configuration(options)?, tls: connect::tls(options.tls)? };
        Ok(Self { server: Arc::new(server), patience })
    }

    /// Gives a connection back once the server has answered all that is under way, and this statement, if any. One that has
    /// not in time is closed. Until then it counts as what is kept says.
    pub(super) fn give_back(
        &self,
        connection: Object,
        statement: Option<&'static str>,
        is_under_way: bool,
        kept: Kept,
    ) {
        let runtime = tokio::runtime::Handle::try_current().ok().filter(|_| !connection.is_closed());
        let Some(runtime) = runtime else { return drop(Object::take(connection)) };
        let cancel = is_under_way.then(|| (connection.cancel_token(), self.server.clone()));
        let patience = self.patience;
        runtime.spawn(async move {
            let over = async {
                let is_settled = match cancel {
                    Some((token, server)) => server.cancel(token).await,
                    None => true,
                };
                let answered = match statement {
                    Some(statement) => connection.batch_execute(statement).await,
                    None => connection.check_connection().await,
                };
                answered.is_ok() && is_settled
            };
            if !matches!(tokio::time::timeout(patience, over).await, Ok(true)) {
                drop(Object::take(connection));
            }
            drop(kept);
        });
    }
}

/// How to reach the server on a connection of its own.
struct Server {
    configuration: Config,
    tls: MakeRustlsConnect,
}

impl Server {
    /// Asks the server to cancel the statement under way, and tells whether the server has done so. If that is not known, the
    /// signal may still come, and would end the next statement on this connection: the caller closes the connection then. A
    /// server that cannot be asked ends the statement when its time is up.
    async fn cancel(&self, token: CancelToken) -> bool {
        let ([host], [] | [_]) = (self.configuration.get_hosts(), self.configuration.get_hostaddrs()) else {
            // Of several servers nothing tells which one it is.
            let _ = token.cancel_query(self.tls.clone()).await;
            return false;
        };
        let port = self.configuration.get_ports().first().copied().unwrap_or(5432);
        let asked = match (host, self.configuration.get_hostaddrs()) {
            (Host::Unix(folder), _) => match UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await {
                Ok(stream) => self.ask(token, "", stream).await,
                Err(error) => Err(error),
            },
            (Host::Tcp(name), addresses) => {
                let address = addresses.first().map_or_else(|| name.clone(), ToString::to_string);
                match TcpStream::connect((address.as_str(), port)).await {
                    Ok(stream) => self.ask(token, name, stream).await,
                    Err(error) => Err(error),
                }
            }
        };
        if let Err(error) = &asked {
            tracing::debug!(%error, "a statement could not be cancelled");
        }
        asked.is_ok()
    }

    /// Sends the request, and waits for the server to close the connection, which it does when the signal is sent. The driver
    /// does not wait; it gets one end of a pipe, whose other end is copied to the server and back until both are done.
    async fn ask(
        &self,
        token: CancelToken,
        name: &str,
        mut server: impl AsyncRead + AsyncWrite + Unpin,
    ) -> io::Result<()> {
        let mut tls = self.tls.clone();
        let tls = MakeTlsConnect::<DuplexStream>::make_tls_connect(&mut tls, name).map_err(io::Error::other)?;
        let (driver, mut other) = duplex(1024);
        let asked = async { token.cancel_query_raw(driver, tls).await.map_err(io::Error::other) };
        let (asked, copied) = tokio::join!(asked, copy_bidirectional(&mut other, &mut server));
        asked.and(copied.map(drop))
    }
}

/// Whether the server may still be at work on a statement that ended so: it has gone away, or what it says became too much.
pub(super) fn is_owed(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_) | StoreError::TooManyBytes { .. })
}

/// A connection for one statement. Unless that was answered, it is cancelled when this is dropped.
pub(super) struct Lent {
    connection: Option<Object>,
    returns: Arc<Returns>,
    kept: Kept,
}

impl Lent {
    /// Nothing is sent on it yet.
    pub(super) fn new(connection: Object, returns: &Arc<Returns>, kept: Kept) -> Self {
        Self { connection: Some(connection), returns: returns.clone(), kept }
    }

    /// What to send the statement on.
    pub(super) fn get(&self) -> StoreResult<&Object> {
        self.connection.as_ref().ok_or(StoreError::Aborted)
    }

    /// Gives the connection back, on which nothing is under way.
    pub(super) fn answered(mut self) {
        self.connection = None;
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.returns.give_back(connection, None, true, std::mem::take(&mut self.kept));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use tokio::io::AsyncReadExt as _;
    use tokio::time::{sleep, timeout};

    use super::*;
    use crate::options::TlsMode;

    /// A time limit that only a request exceeds which never ends.
    const PATIENCE: Duration = Duration::from_mins(1);

    // If the connection is lent on before the signal comes, the signal ends the next caller's statement.
    #[tokio::test]
    async fn a_statement_is_cancelled_once_the_server_has_closed_the_request()
    -> Result<(), Box<dyn Error + Send + Sync>> {
        let url = std::env::var("TEST_POSTGRES_URL").map_err(|_| "TEST_POSTGRES_URL is not set: run ./test.sh")?;
        let options = PostgresOptions { tls: TlsMode::Disable, ..PostgresOptions::new(url) };
        let client = connect::client(&options).await?;
        let asks = Server { configuration: connect::configuration(&options)?, tls: connect::tls(options.tls)? };
        let (server, mut other) = duplex(1024);
        let mut asked = std::pin::pin!(asks.ask(client.cancel_token(), "localhost", server));
        tokio::select! {
            asked = asked.as_mut() => return Err(format!("it does not wait: {asked:?}").into()),
            () = sleep(Duration::from_millis(100)) => {}
        }
        let mut request = [0; 16];
        other.read_exact(&mut request).await?;
        assert_eq!(request[..8], [0, 0, 0, 16, 0x04, 0xd2, 0x16, 0x2e], "CancelRequest, with 80877102");
        drop(other);
        timeout(PATIENCE, asked).await??;
        assert!(timeout(PATIENCE, asks.cancel(client.cancel_token())).await?, "the real server closes it too");
        Ok(())
    }
}
