//! The one connection to Redis: all questions are sent over it without waiting for each other, and it is made anew when it breaks.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, ConnectionInfo, FromRedisValue, cmd};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::error::BoxError;

/// How long an answer may take, with all that a new connection needs.
const PATIENCE: Duration = Duration::from_secs(1);

/// A connection to Redis, or the way to one.
///
/// The library has a manager of connections too. Of an answer like `LOADING` to the first command of a new connection, it never
/// recovers.
pub(super) struct Link {
    client: Client,
    connection: Mutex<Option<MultiplexedConnection>>,
}

impl Link {
    /// To this server. Nothing is connected yet.
    pub(super) fn to(server: ConnectionInfo) -> Result<Self, BoxError> {
        Ok(Self { client: Client::open(server)?, connection: Mutex::default() })
    }

    /// Whether there is something under this key, whatever it is.
    pub(super) async fn exists(&self, key: &str) -> Result<bool, BoxError> {
        self.ask::<i64>(cmd("EXISTS").arg(key)).await.map(|count| count > 0)
    }

    /// That the server answers.
    pub(super) async fn ping(&self) -> Result<(), BoxError> {
        self.ask::<String>(&cmd("PING")).await.map(|_| ())
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, BoxError> {
        let answered = timeout(PATIENCE, self.ask_twice(command)).await;
        if !matches!(answered, Ok(Ok(_))) {
            *self.connection.lock().await = None;
        }
        answered?
    }

    /// A connection that was there may have ended since, as the server's idle time or its restart make it: a new one tells.
    async fn ask_twice<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, BoxError> {
        let (mut connection, is_new) = self.connection().await?;
        match command.query_async(&mut connection).await {
            Err(_) if !is_new => {
                *self.connection.lock().await = None;
                let (mut connection, _) = self.connection().await?;
                Ok(command.query_async(&mut connection).await?)
            }
            answered => Ok(answered?),
        }
    }

    /// The connection, and whether it was made just now.
    async fn connection(&self) -> Result<(MultiplexedConnection, bool), BoxError> {
        let mut place = self.connection.lock().await;
        if let Some(connection) = &*place {
            return Ok((connection.clone(), false));
        }
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        *place = Some(connection.clone());
        Ok((connection, true))
    }
}
