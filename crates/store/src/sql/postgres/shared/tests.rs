//! Shared connections on a real server: one that is held up, one that was given up, and the opening of the first.

use std::error::Error;
use std::pin::pin;

use futures_util::poll;
use tokio::time::{sleep, timeout};

use super::super::connect;
use super::*;
use crate::options::PostgresOptions;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// A time limit that only a read exceeds which never ends.
const PATIENCE: Duration = Duration::from_mins(2);

/// On which no statement ends before its time.
fn options(connections: usize) -> Outcome<PostgresOptions> {
    let url = std::env::var("TEST_POSTGRES_URL").map_err(|_| "TEST_POSTGRES_URL is not set: run ./test.sh")?;
    let mut options = PostgresOptions::new(url);
    options.max_connections = connections;
    options.connection_timeout = PATIENCE;
    options.statement_timeout = 10 * PATIENCE;
    Ok(options)
}

fn pool(connections: usize) -> Outcome<Pool> {
    Ok(connect::pool(&options(connections)?)?)
}

fn all(connections: usize) -> Outcome<SharedConnections> {
    Ok(SharedConnections::new(connections, Arc::new(Returns::new(&options(connections)?)?)))
}

/// Keeps a statement waiting.
struct Lock {
    holder: Object,
    key: u32,
}

impl Lock {
    /// `number`: which one of this process.
    async fn take(number: u32) -> Outcome<Self> {
        let holder = pool(1)?.get().await?;
        let key = std::process::id().wrapping_mul(16) + number;
        holder.batch_execute(&format!("SELECT pg_advisory_lock({key})")).await?;
        Ok(Self { holder, key })
    }

    /// A read that waits for the lock. It is sent when this is first polled.
    async fn wanted_on(&self, lease: Lease) -> Outcome {
        lease.connection()?.batch_execute(&format!("SELECT pg_advisory_xact_lock({})", self.key)).await?;
        lease.answered();
        Ok(())
    }

    async fn release(&self) -> Outcome {
        Ok(self.holder.batch_execute(&format!("SELECT pg_advisory_unlock({})", self.key)).await?)
    }
}

async fn lease(all: &SharedConnections, pool: &Pool) -> Outcome<Lease> {
    Ok(timeout(PATIENCE, all.lease(pool)).await??.ok_or("no shared connection")?)
}

async fn read(lease: Lease) -> Outcome {
    timeout(PATIENCE, lease.connection()?.batch_execute("SELECT 1")).await??;
    lease.answered();
    Ok(())
}

async fn until_held_up(shared: &SharedConnection) {
    while !shared.load().0 {
        sleep(HALT).await;
    }
}

#[tokio::test]
async fn a_shared_connection_that_is_held_up_is_avoided_until_it_moves() -> Outcome {
    let (all, pool, lock) = (all(16)?, pool(16)?, Lock::take(1).await?);
    let held = lease(&all, &pool).await?;
    let shared = held.shared.clone();
    let mut waiting = pin!(lock.wanted_on(held));
    assert!(poll!(waiting.as_mut()).is_pending());
    until_held_up(&shared).await;

    let other = lease(&all, &pool).await?;
    assert!(!Arc::ptr_eq(&other.shared, &shared), "a second one is opened");
    let chosen = loop {
        other.shared.moves();
        let (Choice::Take(chosen) | Choice::Open(Some(chosen))) = all.choose() else {
            return Err("no shared connection".into());
        };
        // A busy machine may have kept us so long that the other one seems to be held up too.
        if !other.shared.load().0 {
            break chosen;
        }
        chosen.unused();
    };
    assert!(Arc::ptr_eq(&chosen.shared, &other.shared), "both have one read under way, and this one moves");
    read(chosen).await?;
    read(other).await?;
    assert!(poll!(waiting.as_mut()).is_pending());

    lock.release().await?;
    timeout(PATIENCE, waiting).await??;
    assert_eq!(shared.load(), (false, 0));
    let again = lease(&all, &pool).await?;
    assert!(Arc::ptr_eq(&again.shared, &shared), "it moves again");
    read(again).await
}

#[tokio::test]
async fn nobody_waits_behind_a_read_that_was_given_up() -> Outcome {
    let (all, pool, lock) = (all(2)?, pool(2)?, Lock::take(2).await?);
    let held = lease(&all, &pool).await?;
    let shared = held.shared.clone();
    let mut waiting = Box::pin(lock.wanted_on(held));
    assert!(poll!(waiting.as_mut()).is_pending());
    until_held_up(&shared).await;
    drop(waiting);
    assert!(shared.is_given_up.load(Ordering::Relaxed));
    drop(shared);

    let next = lease(&all, &pool).await?;
    timeout(PATIENCE, next.connection()?.batch_execute("SELECT 1")).await??;
    // The other connection is kept from everybody until the server has cancelled the read, and good for more then.
    let last = timeout(PATIENCE, pool.get()).await??;
    timeout(PATIENCE, last.batch_execute("SELECT 1")).await??;
    assert_eq!(pool.status().size, 2);
    lock.release().await?;
    next.answered();
    Ok(())
}

#[tokio::test]
async fn who_gives_up_at_once_leaves_the_shared_connection_to_others() -> Outcome {
    let (all, pool) = (all(2)?, pool(2)?);
    let first = lease(&all, &pool).await?;
    let shared = first.shared.clone();
    shared.moves();
    // Unless the machine kept us so long that it seemed to be held up.
    drop(first);
    if !shared.is_given_up.load(Ordering::Relaxed) {
        let next = lease(&all, &pool).await?;
        assert!(Arc::ptr_eq(&next.shared, &shared));
        read(next).await?;
    }
    Ok(())
}

#[tokio::test]
async fn who_comes_while_the_first_shared_connection_is_opened_does_not_wait_for_it() -> Outcome {
    let (all, pool) = (all(16)?, pool(16)?);
    {
        let mut opening = pin!(all.lease(&pool));
        assert!(poll!(opening.as_mut()).is_pending());
        assert!(all.lease(&pool).await?.is_none(), "a second reader is told to take a connection of their own");
    }
    // A reader that gave up while the shared connection was opened leaves the opening to the next reader.
    let (first, second) = tokio::join!(biased; all.lease(&pool), all.lease(&pool));
    assert!(second?.is_none());
    read(first?.ok_or("no shared connection")?).await?;
    assert_eq!(all.all.lock().unwrap_or_else(PoisonError::into_inner).len(), 1);
    read(lease(&all, &pool).await?).await
}
