//! Tokens that were ended before their time, as the authentication service writes them into Redis: `_kvModel:<token>`, any value.

mod link;
mod shared;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::sync::Cache;
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, RedisConnectionInfo};
use tokio::sync::{Mutex, MutexGuard};

use self::link::Link;
use self::shared::Shared;
use super::token::TokenError;
use crate::error::{BoxError, BuildError};
use crate::telemetry::metrics::Metrics;

/// For how long it counts that a token was not revoked.
const LIFE: Duration = Duration::from_secs(1);
/// How long nothing is asked after a question has failed: requests would wait for a silent server one after the other.
const AFTER_A_FAILURE: Duration = Duration::from_millis(250);
/// Tokens remembered.
const REMEMBERED: u64 = 100_000;
/// The longest time for which it is remembered that a token is revoked.
const LONGEST_MEMORY: Duration = Duration::from_hours(24);

/// Where it is looked up which tokens were revoked.
///
/// ```
/// use user_tenant_service::Revocations;
///
/// # fn main() -> Result<(), user_tenant_service::BuildError> {
/// let revocations = Revocations::redis("redis://:password@cache.example:6379/0")?.fail_open(false);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Revocations {
    server: ConnectionInfo,
    fail_open: bool,
}

impl Revocations {
    /// The Redis at this address: `redis://user:password@host:port/database`, or `rediss://` with TLS.
    ///
    /// # Errors
    /// [`BuildError::Options`] where it is no such address.
    pub fn redis(url: &str) -> Result<Self, BuildError> {
        let server = url.into_connection_info().map_err(|error| BuildError::Options(error.into()))?;
        let is_reached_by_network =
            matches!(server.addr(), ConnectionAddr::Tcp(..) | ConnectionAddr::TcpTls { insecure: false, .. });
        if !is_reached_by_network {
            return Err(BuildError::Options(
                "neither redis:// nor rediss://, or without a check of certificates".into(),
            ));
        }
        Ok(Self { server, fail_open: false })
    }

    /// The Redis at this host, with a password and a database where it has several.
    pub(crate) fn at(host: &str, port: u16, password: Option<&str>, database: i64) -> Result<Self, BuildError> {
        let server = ConnectionAddr::Tcp(host.to_owned(), port).into_connection_info();
        let mut settings = RedisConnectionInfo::default().set_db(database);
        if let Some(password) = password {
            settings = settings.set_password(password);
        }
        let server = server.map_err(|error| BuildError::Options(error.into()))?.set_redis_settings(settings);
        Ok(Self { server, fail_open: false })
    }

    /// Whether tokens are taken as they are while Redis does not answer. By default all requests are a 503 then.
    #[must_use]
    pub fn fail_open(self, fail_open: bool) -> Self {
        Self { fail_open, ..self }
    }
}

/// The address holds a password.
impl std::fmt::Debug for Revocations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Revocations").field("fail_open", &self.fail_open).finish_non_exhaustive()
    }
}

/// What is known of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// It was not revoked a moment ago, and that counts for so long.
    Good(Duration),
    /// It is revoked, and ends in so long.
    Revoked(Duration),
}

/// Which tokens were revoked.
pub(crate) struct RevokedTokens {
    link: Link,
    fail_open: bool,
    known: Cache<[u8; 32], Known>,
    /// Questions that are under way, by token.
    asking: Shared<[u8; 32], Result<Known, Arc<str>>>,
    /// Milliseconds from `began` to when a question failed last; 0 where the last one did not.
    failed: AtomicU64,
    asking_again: Mutex<()>,
    began: Instant,
    metrics: Arc<Metrics>,
}

impl RevokedTokens {
    /// Asks the server of `options`. Nothing is connected yet.
    pub(crate) fn new(options: Revocations, metrics: Arc<Metrics>) -> Result<Self, BoxError> {
        let known = Cache::builder().max_capacity(REMEMBERED).expire_after(AsLongAsItCounts).build();
        Ok(Self {
            link: Link::to(options.server)?,
            fail_open: options.fail_open,
            known,
            asking: Shared::default(),
            failed: AtomicU64::default(),
            asking_again: Mutex::default(),
            began: Instant::now(),
            metrics,
        })
    }

    /// Refuses a token that was revoked; one whose signature holds, and that has `left` to live. `hash` is its SHA-256.
    pub(crate) async fn check(&self, token: &str, hash: [u8; 32], left: Duration) -> Result<(), TokenError> {
        let known = match self.known.get(&hash) {
            Some(known) => known,
            // Boxed, since requests of which it is remembered would have room for it too.
            None => match Box::pin(self.asking.once(hash, || self.ask(token, hash, left))).await {
                Ok(known) => known,
                Err(_) if self.fail_open => return Ok(()),
                Err(error) => return Err(TokenError::RevocationsUnavailable(error.as_ref().into())),
            },
        };
        if matches!(known, Known::Revoked(_)) { Err(TokenError::Revoked) } else { Ok(()) }
    }

    /// Whether Redis answers.
    pub(crate) async fn is_up(&self) -> bool {
        let answered = self.link.ping().await;
        self.note(answered.as_ref().err());
        answered.is_ok()
    }

    /// Whether requests go on while Redis does not answer.
    pub(crate) fn fails_open(&self) -> bool {
        self.fail_open
    }

    async fn ask(&self, token: &str, hash: [u8; 32], left: Duration) -> Result<Known, Arc<str>> {
        let _turn = self.turn()?;
        let asked = Instant::now();
        let answered = self.link.exists(&format!("_kvModel:{token}")).await;
        self.note(answered.as_ref().err());
        let known = match answered {
            Ok(true) => Known::Revoked(left.min(LONGEST_MEMORY)),
            // From the question on: what is written behind it counts within the same time.
            Ok(false) => Known::Good(LIFE.saturating_sub(asked.elapsed())),
            Err(error) => {
                self.metrics.revocation_asked("failed");
                return Err(error.to_string().into());
            }
        };
        self.metrics.revocation_asked(if matches!(known, Known::Good(_)) { "not_revoked" } else { "revoked" });
        self.known.insert(hash, known);
        Ok(known)
    }

    /// The leave to ask. Once a question has failed, one at a time finds out whether Redis is back, and nobody else waits.
    fn turn(&self) -> Result<Option<MutexGuard<'_, ()>>, Arc<str>> {
        let failed = self.failed.load(Ordering::Relaxed);
        if failed == 0 {
            return Ok(None);
        }
        if self.began.elapsed() < Duration::from_millis(failed) + AFTER_A_FAILURE {
            return Err("Redis did not answer a moment ago".into());
        }
        self.asking_again.try_lock().map(Some).map_err(|_| "Redis is being asked whether it is back".into())
    }

    /// Notes how a question went; the log has the first of several that fail, and the first that does not again.
    fn note(&self, error: Option<&BoxError>) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let failed = if error.is_some() { now.max(1) } else { 0 };
        let before = self.failed.swap(failed, Ordering::Relaxed);
        self.metrics.redis_is_up(error.is_none());
        match error {
            Some(error) if before == 0 => {
                let fail_open = self.fail_open;
                tracing::warn!(error, fail_open, "Redis does not answer: which tokens were revoked is not known");
            }
            None if before > 0 => tracing::info!("Redis answers again"),
            _ => {}
        }
    }
}

/// Lets the cache forget a token when what is known of it counts no longer.
struct AsLongAsItCounts;

impl Expiry<[u8; 32], Known> for AsLongAsItCounts {
    fn expire_after_create(&self, _: &[u8; 32], known: &Known, _: Instant) -> Option<Duration> {
        let (Known::Good(life) | Known::Revoked(life)) = known;
        Some(*life)
    }

    fn expire_after_update(
        &self,
        hash: &[u8; 32],
        known: &Known,
        now: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(hash, known, now)
    }
}

#[cfg(test)]
mod tests;
