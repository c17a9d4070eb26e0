//! Slow reads: who goes on and who waits, and on both databases that a statement ends which nobody waits for.

use std::error::Error;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::*;
use crate::audit::Actor;
use crate::environment::Environment;
use crate::error::StoreError;
use crate::options::{DatabaseOptions, Limits, PostgresOptions, SqliteOptions};
use crate::scope::TenantScope;
use crate::session::{Mode, Session, Store};
use crate::sql::{CommitPolicy, Confined, Effort};
use crate::value::Value;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const TABLE: &str = "configurations";
const OURS: Option<Uuid> = Some(Uuid::from_u128(1));
const THEIRS: Option<Uuid> = Some(Uuid::from_u128(2));
/// A time limit that only a statement exceeds which never ends.
const PATIENCE: Duration = Duration::from_mins(2);

#[tokio::test(start_paused = true)]
async fn of_one_reader_one_goes_on_and_of_all_half_of_the_connections() -> Outcome {
    let slow = SlowReads::new(4);
    let begun = Instant::now();
    let watch = |reader, table| slow.watch((None, reader), table).ok_or("not watched");
    let (mut first, mut second) = (watch(OURS, TABLE)?, watch(OURS, TABLE)?);
    assert!(!first.is_held_up() && first.may_go_on(begun) && first.may_go_on(begun));
    assert!(second.is_held_up() && !second.may_go_on(begun), "one at a time");
    let (mut third, mut fourth) = (watch(THEIRS, TABLE)?, watch(THEIRS, "users")?);
    assert!(third.may_go_on(begun));
    assert!(!fourth.is_held_up() && !fourth.may_go_on(begun), "two connections are left to those that are quick");
    assert_eq!(slow.state(), SlowReadsState { under_way: 2, waiting: 0 });
    let ending = async {
        sleep(SLOW).await;
        drop(first);
    };
    let (waited, ()) = tokio::join!(fourth.wait(), ending);
    waited?;
    assert!(fourth.permit.is_some());
    assert!(second.is_held_up(), "the reader of the first one rests");
    assert!(slow.watch((None, None), TABLE).is_none(), "the service's own reads are not watched");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn half_of_the_permits_are_left_to_other_tenants() -> Outcome {
    let slow = SlowReads::new(8);
    let begun = Instant::now();
    let watch = |tenant: u128, reader: u128| {
        slow.watch((Some(Uuid::from_u128(tenant)), Some(Uuid::from_u128(reader))), TABLE).ok_or("not watched")
    };
    let (mut first, mut second, mut third) = (watch(1, 1)?, watch(1, 2)?, watch(1, 3)?);
    assert!(first.may_go_on(begun) && second.may_go_on(begun) && !third.may_go_on(begun));
    let mut waiting = Box::pin(third.wait());
    assert!(futures_util::poll!(&mut waiting).is_pending(), "two of four are the tenant's");
    let (mut theirs, mut others) = (watch(2, 4)?, watch(2, 5)?);
    assert!(theirs.may_go_on(begun) && others.may_go_on(begun), "who waits takes nothing of the others");
    drop(first);
    waiting.await?;
    assert!(third.has_permit());
    drop((third, second, theirs, others));
    assert_eq!(slow.state().under_way, 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_has_had_no_slow_read_waits_for_nobody() -> Outcome {
    let slow = SlowReads::new(1);
    let mut watch = slow.watch((None, OURS), TABLE).ok_or("not watched")?;
    watch.wait().await?;
    assert!(watch.permit.is_none());
    Ok(())
}

/// A database whose statements have so much time, on so many connections.
struct Database {
    store: Store,
    endless: &'static str,
    /// One that takes longer than [`SLOW`], or somewhat less.
    slow: &'static str,
    folder: Option<tempfile::TempDir>,
}

impl Database {
    fn sqlite(connections: usize, statement_timeout: Duration) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let options = SqliteOptions {
            readers: connections,
            statement_timeout,
            ..SqliteOptions::new(folder.path().join("slow.db"))
        };
        Ok(Self {
            store: Store::open(&DatabaseOptions::Sqlite(options), Limits::default(), Environment::system())?,
            endless: "WITH RECURSIVE endless(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM endless) \
                      SELECT max(n) FROM endless",
            slow: "WITH RECURSIVE some(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM some LIMIT 5000000) \
                   SELECT min(n) FROM some",
            folder: Some(folder),
        })
    }

    fn postgres(connections: usize, statement_timeout: Duration) -> Outcome<Self> {
        let url = std::env::var("TEST_POSTGRES_URL").map_err(|_| "TEST_POSTGRES_URL is not set: run ./test.sh")?;
        let options = PostgresOptions {
            max_connections: connections,
            connection_timeout: PATIENCE,
            statement_timeout,
            ..PostgresOptions::new(url)
        };
        Ok(Self {
            store: Store::open(&DatabaseOptions::Postgres(options), Limits::default(), Environment::system())?,
            endless: "SELECT count(*) FROM generate_series(1, 1000000000000)",
            slow: "SELECT 1 FROM pg_sleep(0.4)",
            folder: None,
        })
    }

    /// Whether it is `PostgreSQL`: a file lies in a folder of its own.
    fn has_server(&self) -> bool {
        self.folder.is_none()
    }

    fn endless(&self) -> Confined {
        Confined::by_hand(self.endless, TABLE)
    }

    async fn read(&self, reader: Option<Uuid>, statement: Confined) -> StoreResult<Vec<Vec<Value>>> {
        let actor = Actor { user: reader, ..Actor::SYSTEM };
        self.store.read_for(TenantScope(Uuid::nil()), actor).query(statement).await
    }
}

/// One that is done at once.
fn quick() -> Confined {
    Confined::by_hand("SELECT 1", TABLE)
}

async fn answers<M: Mode>(session: Session<TenantScope, M>) -> Outcome {
    let rows = timeout(PATIENCE, session.query(quick())).await??;
    assert_eq!(rows, [[Value::Integer(1)]]);
    Ok(())
}

/// Each test on each database.
macro_rules! on_both {
    ($($test:ident),+) => {$(
        mod $test {
            #[tokio::test]
            async fn on_sqlite() -> super::Outcome {
                super::$test(super::Database::sqlite).await
            }

            #[tokio::test]
            async fn on_postgres() -> super::Outcome {
                super::$test(super::Database::postgres).await
            }
        }
    )+};
}

on_both!(
    what_nobody_waits_for_ends,
    a_statement_ends_when_its_time_is_up,
    a_reader_leaves_connections_to_others,
    a_tenant_has_a_share_of_the_connections,
    all_slow_reads_are_answered,
    a_transaction_that_is_dropped_ends_its_statement,
    a_transaction_does_not_search
);

/// Of one table and of two, at once and one after the other.
async fn all_slow_reads_are_answered(open: Open) -> Outcome {
    let database = open(4, 10 * PATIENCE)?;
    let slow = |table| database.read(OURS, Confined::by_hand(database.slow, table));
    for _ in 0..2 {
        let answers = tokio::join!(slow(TABLE), slow(TABLE), slow("users"));
        for answer in [answers.0, answers.1, answers.2] {
            assert_eq!(answer?, [[Value::Integer(1)]]);
        }
    }
    Ok(())
}

type Open = fn(usize, Duration) -> Outcome<Database>;

async fn what_nobody_waits_for_ends(open: Open) -> Outcome {
    let database = open(1, 10 * PATIENCE)?;
    for _ in 0..3 {
        assert!(timeout(SLOW / 10, database.read(OURS, database.endless())).await.is_err());
    }
    answers(database.store.read(TenantScope(Uuid::nil()))).await
}

async fn a_transaction_that_is_dropped_ends_its_statement(open: Open) -> Outcome {
    let database = open(1, 10 * PATIENCE)?;
    let scope = TenantScope(Uuid::nil());
    let transaction = database.store.write(scope, Actor::SYSTEM).await?;
    answers_within(&transaction).await?;
    assert!(timeout(SLOW / 10, transaction.query(database.endless())).await.is_err());
    drop(transaction);
    answers(database.store.write(scope, Actor::SYSTEM).await?).await
}

async fn answers_within<M: Mode>(session: &Session<TenantScope, M>) -> Outcome {
    timeout(PATIENCE, session.query(quick())).await??;
    Ok(())
}

async fn a_statement_ends_when_its_time_is_up(open: Open) -> Outcome {
    let database = open(1, SLOW / 2)?;
    let ended = timeout(PATIENCE, database.read(OURS, database.endless())).await?;
    assert!(matches!(ended, Err(StoreError::Timeout(_))), "{ended:?}");
    Ok(())
}

async fn a_reader_leaves_connections_to_others(open: Open) -> Outcome {
    let database = Arc::new(open(4, 10 * PATIENCE)?);
    let mut reads = JoinSet::new();
    for _ in 0..12 {
        let database = database.clone();
        reads.spawn(async move { database.read(OURS, database.endless()).await.map(drop) });
    }
    // Until they fill all connections, or would.
    sleep(SLOW / 5).await;
    timeout(PATIENCE, database.read(THEIRS, quick())).await??;
    let by_id = Confined { effort: Effort::One, ..quick() };
    timeout(PATIENCE, database.read(OURS, by_id)).await??;
    assert!(reads.try_join_next().is_none(), "they go on, or wait");
    reads.abort_all();
    while reads.join_next().await.is_some() {}
    timeout(PATIENCE, database.read(OURS, quick())).await??;
    Ok(())
}

/// Long reads wait for it, and on `PostgreSQL` transactions, which have a connection as long as they last.
async fn a_tenant_has_a_share_of_the_connections(open: Open) -> Outcome {
    let database = open(4, 10 * PATIENCE)?;
    let connections = database.store.together.connections.clone();
    let held = [connections.wait(OURS).await, connections.wait(OURS).await];
    let scope = TenantScope(Uuid::nil());
    let of = |tenant| Actor { user: tenant, tenant, ..Actor::SYSTEM };
    let read = |tenant, effort| {
        let session = database.store.read_for(scope, of(tenant));
        async move { session.query(Confined { effort, ..quick() }).await }
    };
    assert!(timeout(SLOW / 5, read(OURS, Effort::Many)).await.is_err(), "it waits");
    timeout(PATIENCE, read(OURS, Effort::Few)).await??;
    timeout(PATIENCE, read(THEIRS, Effort::Many)).await??;
    let waits = timeout(SLOW / 5, database.store.write(scope, of(OURS))).await.is_err();
    assert_eq!(waits, database.has_server(), "one writer, which has a queue of its own");
    answers_within(&database.store.write(scope, of(THEIRS)).await?).await?;
    drop(held);
    timeout(PATIENCE, read(OURS, Effort::Many)).await??;
    Ok(())
}

/// On `SQLite`, whose writer does not stop for whoever hangs up.
#[tokio::test]
async fn a_turn_lasts_as_long_as_the_writer_is_at_work() -> Outcome {
    let database = Database::sqlite(1, 10 * PATIENCE)?;
    let turns = Turns::new(TURNS);
    let turn = Arc::new(turns.enter(OURS, TABLE).await?);
    let scope = TenantScope(Uuid::nil());
    let transaction = database.store.write_in_turn(scope, Actor::SYSTEM, Some(turn)).await?;
    answers_within(&transaction).await?;
    let slow = Confined::by_hand(database.slow, TABLE);
    assert!(timeout(SLOW / 25, transaction.execute(vec![slow])).await.is_err());
    drop(transaction);
    assert!(turns.are_taken(OURS, TABLE), "it is at work still");
    drop(timeout(PATIENCE, turns.enter(OURS, TABLE)).await??);
    Ok(())
}

async fn a_transaction_does_not_search(open: Open) -> Outcome {
    let database = open(1, 10 * PATIENCE)?;
    let scope = TenantScope(Uuid::nil());
    let heavy = || Confined { effort: Effort::Heavy, ..quick() };
    for step in 0..3 {
        let transaction = database.store.write(scope, Actor::SYSTEM).await?;
        let refused = match step {
            0 => transaction.query(heavy()).await.map(drop),
            1 => transaction.execute(vec![heavy()]).await.map(drop),
            _ => transaction.finish(vec![heavy()], CommitPolicy::Commit).await.map(drop),
        };
        assert!(matches!(refused, Err(StoreError::Database(_))), "{step}: {refused:?}");
    }
    answers(database.store.write(scope, Actor::SYSTEM).await?).await
}
