//! Where a transaction stands after what can happen to it, on a real server with one connection.

use std::error::Error;
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::time::{sleep, timeout};

use super::super::connect;
use super::*;
use crate::meter::{Meter, Together};
use crate::options::{Limits, PostgresOptions};
use crate::scope::Wall;
use crate::slow::SLOW;
use crate::value::Value;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// A time limit that only a statement exceeds which never ends.
const PATIENCE: Duration = Duration::from_mins(2);
const ENDLESS: &str = "SELECT count(pg_sleep(10000))";
const TABLE: &str = "notes";
/// No statement by itself: it cannot be prepared.
const NONSENSE: &str = "SELECT FROM WHERE";

/// A pool of one connection, whose own table all transactions on it share.
struct Server {
    pool: Pool,
    returns: Arc<Returns>,
}

impl Server {
    async fn new() -> Outcome<Self> {
        let url = std::env::var("TEST_POSTGRES_URL").map_err(|_| "TEST_POSTGRES_URL is not set: run ./test.sh")?;
        let mut options = PostgresOptions::new(url);
        options.max_connections = 1;
        options.connection_timeout = PATIENCE;
        options.statement_timeout = 10 * PATIENCE;
        let server = Self { pool: connect::pool(&options)?, returns: Arc::new(Returns::new(&options)?) };
        server.pool.get().await?.batch_execute("CREATE TEMPORARY TABLE notes (id integer PRIMARY KEY)").await?;
        Ok(server)
    }

    async fn begin(&self) -> Outcome<Transaction> {
        Ok(Transaction::on(timeout(PATIENCE, self.pool.get()).await??, &self.returns, Kept::default()))
    }

    /// Whether the connection is to be had without anything that is waited for.
    fn is_free(&self) -> bool {
        self.pool.status().available == 1
    }

    /// The notes that were committed; the connection is in no transaction, and nothing is under way on it.
    async fn notes(&self) -> Outcome<i64> {
        let connection = timeout(PATIENCE, self.pool.get()).await??;
        let savepoint = timeout(PATIENCE, connection.batch_execute("SAVEPOINT outside")).await?;
        assert!(savepoint.is_err(), "it is still in a transaction");
        Ok(connection.query_one("SELECT count(*) FROM notes", &[]).await?.try_get(0)?)
    }
}

impl Transaction {
    async fn state(&self) -> State {
        self.0.lock().await.state
    }
}

fn statement(sql: &str) -> Confined {
    Confined::by_hand(sql, TABLE)
}

fn note(id: u32) -> Confined {
    statement(&format!("INSERT INTO notes VALUES ({id})"))
}

/// Of an answer with so many bytes at most.
fn bounded(sql: &str, max_bytes: u64) -> Question {
    let limits = Limits { max_bytes, ..Limits::default() };
    let meter = Meter::new(&Together::new(&limits, 2), &limits, Wall::Open, None);
    Question { statement: Arc::new(statement(sql)), meter }
}

fn question(sql: &str) -> Question {
    bounded(sql, u64::MAX)
}

fn questions<const N: usize>(sql: [&str; N]) -> Vec<Question> {
    sql.into_iter().map(question).collect()
}

/// Polls it once, as does who gives up at once.
async fn give_up<T>(work: impl Future<Output = T>) -> bool {
    poll!(pin!(work)).is_pending()
}

#[tokio::test]
async fn it_begins_with_the_first_batch_and_ends_with_the_last() -> Outcome {
    let server = Server::new().await?;
    let unused = server.begin().await?;
    assert_eq!(unused.state().await, State::Idle);
    drop(unused);
    assert!(server.is_free(), "the server has never heard of it");

    let transaction = server.begin().await?;
    // A lock holds for what is read behind it.
    let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()";
    let batch = questions([held, "SELECT count(pg_advisory_xact_lock(4711))", held]);
    let rows: Vec<_> = transaction.ask(batch).await?.into_iter().map(|(rows, _)| rows).collect();
    assert_eq!(rows, [0, 1, 1].map(|count| vec![vec![Value::Integer(count)]]));
    assert_eq!(transaction.state().await, State::Open);
    assert_eq!(transaction.execute(&[note(1), note(2)]).await?, [1, 1]);
    assert_eq!(transaction.state().await, State::Open);
    assert_eq!(transaction.finish(&[note(3)], CommitPolicy::Commit).await?, [1]);
    assert!(server.is_free(), "all is answered");
    assert_eq!(server.notes().await?, 3);

    for (last, more) in [(vec![], 0), (vec![note(4)], 1), (vec![note(5), note(6)], 2)] {
        let before = server.notes().await?;
        server.begin().await?.finish(&last, CommitPolicy::CommitIfEachTouches).await?;
        assert!(server.is_free());
        assert_eq!(server.notes().await?, before + more);
    }
    let nothing = [note(7), statement("DELETE FROM notes WHERE id = 4711")];
    assert_eq!(server.begin().await?.finish(&nothing, CommitPolicy::CommitIfEachTouches).await?, [1, 0]);
    assert_eq!(server.notes().await?, 6, "it was rolled back");
    Ok(())
}

#[tokio::test]
async fn dropped_it_is_rolled_back_before_others_get_the_connection() -> Outcome {
    let server = Server::new().await?;
    let transaction = server.begin().await?;
    transaction.execute(&[note(1)]).await?;
    drop(transaction);
    assert!(!server.is_free());
    assert_eq!(server.notes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn after_a_statement_that_failed_nothing_goes_on() -> Outcome {
    let server = Server::new().await?;
    let divided = "SELECT 1 / (count(*) - count(*))::integer FROM notes";
    // The first statement of the transaction, and a later one; the last column is where that leaves it.
    for (begins, sql, state) in [
        (false, NONSENSE, State::Over),
        (true, NONSENSE, State::Failed),
        (false, divided, State::Failed),
        (true, divided, State::Failed),
    ] {
        let transaction = server.begin().await?;
        if begins {
            transaction.execute(&[note(1)]).await?;
        }
        assert!(transaction.ask(questions(["SELECT 1", sql, "SELECT 2"])).await.is_err());
        assert_eq!(transaction.state().await, state, "{sql}");
        assert!(matches!(transaction.ask(questions(["SELECT 1"])).await, Err(StoreError::Aborted)));
        assert!(matches!(transaction.execute(&[note(2)]).await, Err(StoreError::Aborted)));
        assert!(matches!(transaction.finish(&[note(3)], CommitPolicy::Commit).await, Err(StoreError::Aborted)));
        assert_eq!(server.is_free(), state == State::Over, "{sql}");
        assert_eq!(server.notes().await?, 0, "{sql}");
    }
    for last in [vec![note(1), note(1)], vec![note(1), statement(NONSENSE)], vec![statement(NONSENSE)]] {
        assert!(server.begin().await?.finish(&last, CommitPolicy::Commit).await.is_err());
        assert_eq!(server.notes().await?, 0, "{last:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_first_error_of_a_batch_counts() -> Outcome {
    let server = Server::new().await?;
    let transaction = server.begin().await?;
    let twice = [note(1), note(1), statement("SELECT 1 / (count(*) - count(*))::integer FROM notes")];
    assert!(matches!(transaction.execute(&twice).await, Err(StoreError::Conflict { .. })));
    assert_eq!(transaction.state().await, State::Failed);
    Ok(())
}

#[tokio::test]
async fn what_nobody_waits_for_is_neither_continued_nor_committed() -> Outcome {
    let server = Server::new().await?;
    for begins in [false, true] {
        let transaction = server.begin().await?;
        if begins {
            transaction.execute(&[note(1)]).await?;
        }
        // Prepared before, so that it is sent at once.
        let prepared = async || -> StoreResult<()> {
            let mut work = transaction.0.lock().await;
            let (connection, state) = work.parts()?;
            state.prepares(connection, [ENDLESS, "SELECT 1"].map(statement).iter()).await.map(drop)
        };
        prepared().await?;
        assert!(give_up(transaction.ask(questions([ENDLESS, "SELECT 1"]))).await);
        assert_eq!(transaction.state().await, State::Owed);
        // Until the server has begun with it: what comes before that cancels nothing.
        sleep(SLOW).await;
        assert!(matches!(transaction.ask(questions(["SELECT 1"])).await, Err(StoreError::Aborted)));
        assert!(matches!(transaction.finish(&[], CommitPolicy::Commit).await, Err(StoreError::Aborted)));
        assert!(!server.is_free());
        assert_eq!(server.notes().await?, 0, "the statement was cancelled");
    }

    // While a statement is prepared, and while one that is all of it is carried out.
    let transaction = server.begin().await?;
    assert!(give_up(transaction.ask(questions(["SELECT 4711"]))).await);
    assert_eq!(transaction.state().await, State::OwedOutside);
    drop(transaction);
    assert!(!server.is_free());
    assert_eq!(server.notes().await?, 0);
    let alone = statement("INSERT INTO notes SELECT 1 FROM pg_sleep(10000)");
    assert!(timeout(SLOW, server.begin().await?.finish(&[alone], CommitPolicy::Commit)).await.is_err());
    assert!(!server.is_free());
    assert_eq!(server.notes().await?, 0, "the statement was cancelled");
    Ok(())
}

#[tokio::test]
async fn rows_that_are_too_many_are_not_waited_for() -> Outcome {
    let server = Server::new().await?;
    let transaction = server.begin().await?;
    let rows = bounded("SELECT generate_series(1, 100000000)", 1000);
    let refused = timeout(PATIENCE, transaction.ask(vec![rows])).await?;
    assert!(matches!(refused, Err(StoreError::TooManyBytes { .. })), "{:?}", refused.err());
    assert_eq!(transaction.state().await, State::Owed);
    drop(transaction);
    assert_eq!(server.notes().await?, 0);
    Ok(())
}

#[tokio::test]
async fn batches_that_are_asked_at_once_come_one_after_the_other() -> Outcome {
    let server = Server::new().await?;
    let transaction = server.begin().await?;
    let (notes, written) = ("SELECT count(*) FROM notes", [note(1)]);
    let (first, written, second) = tokio::join!(
        biased;
        transaction.ask(questions([notes, "SELECT count(pg_sleep(0.1))"])),
        transaction.execute(&written),
        transaction.ask(questions([notes])),
    );
    let count = |answers: StoreResult<Vec<Counted>>| answers.map(|answers| answers[0].0.clone());
    assert_eq!((count(first)?, written?), (vec![vec![Value::Integer(0)]], vec![1]));
    assert_eq!(count(second)?, [[Value::Integer(1)]]);
    Ok(())
}

#[tokio::test]
async fn who_gives_up_before_its_turn_has_asked_nothing() -> Outcome {
    let server = Server::new().await?;
    let transaction = server.begin().await?;
    let mut first = Box::pin(transaction.ask(questions(["SELECT count(pg_sleep(0.1))"])));
    assert!(poll!(first.as_mut()).is_pending());
    assert!(give_up(transaction.execute(&[note(1)])).await);
    assert_eq!(first.await?.len(), 1);
    assert_eq!(transaction.finish(&[note(2)], CommitPolicy::Commit).await?, [1]);
    assert_eq!(server.notes().await?, 1);
    Ok(())
}
