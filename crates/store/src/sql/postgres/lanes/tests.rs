//! Lanes on a real server: one that is held up, one that was given up, and the opening of the first.

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

fn lanes(connections: usize) -> Outcome<Lanes> {
    Ok(Lanes::new(connections, Arc::new(Returns::new(&options(connections)?)?)))
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
    async fn wanted_on(&self, place: Place) -> Outcome {
        place.connection()?.batch_execute(&format!("SELECT pg_advisory_xact_lock({})", self.key)).await?;
        place.answered();
        Ok(())
    }

    async fn release(&self) -> Outcome {
        Ok(self.holder.batch_execute(&format!("SELECT pg_advisory_unlock({})", self.key)).await?)
    }
}

async fn place(lanes: &Lanes, pool: &Pool) -> Outcome<Place> {
    Ok(timeout(PATIENCE, lanes.place(pool)).await??.ok_or("no lane")?)
}

async fn read(place: Place) -> Outcome {
    timeout(PATIENCE, place.connection()?.batch_execute("SELECT 1")).await??;
    place.answered();
    Ok(())
}

async fn until_held_up(lane: &Lane) {
    while !lane.load().0 {
        sleep(HALT).await;
    }
}

#[tokio::test]
async fn a_lane_that_is_held_up_is_avoided_until_it_moves() -> Outcome {
    let (lanes, pool, lock) = (lanes(16)?, pool(16)?, Lock::take(1).await?);
    let held = place(&lanes, &pool).await?;
    let lane = held.lane.clone();
    let mut waiting = pin!(lock.wanted_on(held));
    assert!(poll!(waiting.as_mut()).is_pending());
    until_held_up(&lane).await;

    let other = place(&lanes, &pool).await?;
    assert!(!Arc::ptr_eq(&other.lane, &lane), "a second one is opened");
    let chosen = loop {
        other.lane.moves();
        let (Choice::Take(chosen) | Choice::Open(Some(chosen))) = lanes.choose() else { return Err("no lane".into()) };
        // A busy machine may have kept us so long that the other one seems to be held up too.
        if !other.lane.load().0 {
            break chosen;
        }
        chosen.unused();
    };
    assert!(Arc::ptr_eq(&chosen.lane, &other.lane), "both have one read under way, and this one moves");
    read(chosen).await?;
    read(other).await?;
    assert!(poll!(waiting.as_mut()).is_pending());

    lock.release().await?;
    timeout(PATIENCE, waiting).await??;
    assert_eq!(lane.load(), (false, 0));
    let again = place(&lanes, &pool).await?;
    assert!(Arc::ptr_eq(&again.lane, &lane), "it moves again");
    read(again).await
}

#[tokio::test]
async fn nobody_waits_behind_a_read_that_was_given_up() -> Outcome {
    let (lanes, pool, lock) = (lanes(2)?, pool(2)?, Lock::take(2).await?);
    let held = place(&lanes, &pool).await?;
    let lane = held.lane.clone();
    let mut waiting = Box::pin(lock.wanted_on(held));
    assert!(poll!(waiting.as_mut()).is_pending());
    until_held_up(&lane).await;
    drop(waiting);
    assert!(lane.is_given_up.load(Ordering::Relaxed));
    drop(lane);

    let next = place(&lanes, &pool).await?;
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
async fn who_gives_up_at_once_leaves_the_lane_to_others() -> Outcome {
    let (lanes, pool) = (lanes(2)?, pool(2)?);
    let first = place(&lanes, &pool).await?;
    let lane = first.lane.clone();
    lane.moves();
    // Unless the machine kept us so long that it seemed to be held up.
    drop(first);
    if !lane.is_given_up.load(Ordering::Relaxed) {
        let next = place(&lanes, &pool).await?;
        assert!(Arc::ptr_eq(&next.lane, &lane));
        read(next).await?;
    }
    Ok(())
}

#[tokio::test]
async fn who_comes_while_the_first_lane_is_opened_does_not_wait_for_it() -> Outcome {
    let (lanes, pool) = (lanes(16)?, pool(16)?);
    {
        let mut opening = pin!(lanes.place(&pool));
        assert!(poll!(opening.as_mut()).is_pending());
        assert!(lanes.place(&pool).await?.is_none(), "a second reader is told to take a connection of their own");
    }
    // A reader that gave up while the lane was opened leaves the opening to the next reader.
    let (first, second) = tokio::join!(biased; lanes.place(&pool), lanes.place(&pool));
    assert!(second?.is_none());
    read(first?.ok_or("no lane")?).await?;
    assert_eq!(lanes.all.lock().unwrap_or_else(PoisonError::into_inner).len(), 1);
    read(place(&lanes, &pool).await?).await
}
