//! How a connection comes back to the pool: once the server has answered all that is under way on it. A statement that nobody waits
//! for is cancelled.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Object;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connect;
use crate::error::{StoreError, StoreResult};
use crate::options::PostgresOptions;

/// The way back to the pool.
pub(super) struct Returns {
    /// Of the connections that ask the server to cancel.
    tls: MakeRustlsConnect,
    /// How long the server may take for all that is under way, before the connection is closed.
    patience: Duration,
}

impl Returns {
    /// For connections with these options.
    pub(super) fn new(options: &PostgresOptions) -> StoreResult<Self> {
        let patience = options.statement_timeout.saturating_add(options.connection_timeout);
        Ok(Self { tls: connect::tls(options.tls)?, patience })
    }

    /// Gives a connection back once the server has answered all that is under way, and this statement, if any. One that has
    /// not in time is closed.
    pub(super) fn give_back(&self, connection: Object, statement: Option<&'static str>, is_under_way: bool) {
        let runtime = tokio::runtime::Handle::try_current().ok().filter(|_| !connection.is_closed());
        let Some(runtime) = runtime else { return drop(Object::take(connection)) };
        let cancel = is_under_way.then(|| (connection.cancel_token(), self.tls.clone()));
        let patience = self.patience;
        runtime.spawn(async move {
            let over = async {
                // A server that cannot be asked now ends the statement when its time is up.
                if let Some((token, tls)) = cancel
                    && let Err(error) = token.cancel_query(tls).await
                {
                    tracing::debug!(%error, "a statement could not be cancelled");
                }
                match statement {
                    Some(statement) => connection.batch_execute(statement).await,
                    None => connection.check_connection().await,
                }
            };
            if !matches!(tokio::time::timeout(patience, over).await, Ok(Ok(()))) {
                drop(Object::take(connection));
            }
        });
    }
}

/// A connection for one statement. Unless that was answered, it is cancelled when this is dropped.
pub(super) struct Lent {
    connection: Option<Object>,
    returns: Arc<Returns>,
}

impl Lent {
    /// Nothing is sent on it yet.
    pub(super) fn new(connection: Object, returns: &Arc<Returns>) -> Self {
        Self { connection: Some(connection), returns: returns.clone() }
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
            self.returns.give_back(connection, None, true);
        }
    }
}
