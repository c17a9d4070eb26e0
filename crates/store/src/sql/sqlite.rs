//! `SQLite`: reader threads that share a queue, others for reads that are slow, and one writer thread ([`writer`]) that runs one transaction at a time.
//!
//! Connections never leave their thread, so a slow disk blocks no task of the runtime. An answer
//! to a write leaves only after its `COMMIT`.

mod actor;
mod checkpoint;
mod codec;
mod connect;
mod errors;
mod functions;
mod interrupts;
mod priority;
mod writer;

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};
use futures_util::future::try_join_all;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

pub(crate) use self::checkpoint::checkpoint;
pub(crate) use self::connect::open as connection;
use self::interrupts::{Asked, Interrupts, Slow, Watched};
use super::{CommitPolicy, Confined, Counted, Queried, Question};
use crate::audit::Said;
use crate::error::{StoreError, StoreResult};
use crate::kept::Kept;
use crate::meter::Meter;
use crate::options::{PoolState, SqliteOptions};
use crate::slow::{self, Watch};

/// A statement that reads, and who waits for its rows.
struct Read {
    statement: Arc<Confined>,
    meter: Meter,
    watch: Option<Watch>,
    asked: Asked,
    reply: oneshot::Sender<StoreResult<Queried>>,
    /// Until it is answered, or found to be given up.
    _kept: Kept,
}

enum Step {
    /// What the audit log says of the steps that follow.
    Say(Said),
    Query(Box<Read>),
    Execute(Vec<Confined>, oneshot::Sender<StoreResult<Vec<u64>>>),
    /// The last statements, and what comes of the transaction.
    Finish(Vec<Confined>, CommitPolicy, oneshot::Sender<StoreResult<Vec<u64>>>),
}

/// The threads of one database file. `None` in a queue tells a thread to end.
pub(crate) struct Backend {
    reads: Sender<Option<Read>>,
    /// Reads that are slow.
    slow_reads: Sender<Option<Read>>,
    writes: Sender<Option<Queued>>,
    readers: usize,
    /// Closed once the threads that read have closed their connections.
    reading: AtWork,
    /// Closed once the thread that writes has.
    writing: AtWork,
}

/// Closed once all are gone who hold the other end.
type AtWork = tokio::sync::Mutex<mpsc::Receiver<Infallible>>;

impl Backend {
    /// Opens the file and starts the threads; they end when the backend is dropped.
    pub(crate) fn open(options: &SqliteOptions) -> StoreResult<Self> {
        let (reads, read_queue) = unbounded();
        let (slow_reads, slow_queue) = unbounded();
        let (writes, write_queue) = unbounded::<Option<Queued>>();
        let (reads_on, reading) = mpsc::channel(1);
        let (writes_on, writing) = mpsc::channel(1);
        // The writer first: it creates the file and sets the journal mode.
        let (mut connection, actor) = connect::open_writer(options)?;
        let interrupts = watch_over(&mut connection, options, Slow::GoesOn)?;
        spawn("sqlite-writer", writes_on, move || {
            writer::run(&connection, &actor, &interrupts, &write_queue);
            checkpoint(&connection);
        })?;
        for number in 0..options.readers {
            let work = reader(options, Slow::Moves, read_queue.clone())?;
            spawn(&format!("sqlite-reader-{number}"), reads_on.clone(), work)?;
        }
        for number in 0..slow::permits(options.readers) {
            let work = reader(options, Slow::GoesOn, slow_queue.clone())?;
            spawn(&format!("sqlite-slow-{number}"), reads_on.clone(), move || {
                priority::lower();
                work();
            })?;
        }
        Ok(Self {
            reads,
            slow_reads,
            writes,
            readers: options.readers,
            reading: reading.into(),
            writing: writing.into(),
        })
    }

    /// Carries out what is queued, and closes all connections: that of the writer last, which moves what the write-ahead log
    /// holds to the file. Later statements are refused.
    pub(crate) async fn close(&self) {
        for _ in 0..self.readers {
            let _ = self.reads.send(None);
            let _ = self.slow_reads.send(None);
        }
        // Nothing of ours is in the way then.
        let _: Option<Infallible> = self.reading.lock().await.recv().await;
        let _ = self.writes.send(None);
        let _: Option<Infallible> = self.writing.lock().await.recv().await;
    }

    /// Runs one statement on a reader and returns its rows. Dropping the future ends the statement.
    pub(crate) async fn query(
        &self,
        statement: Arc<Confined>,
        meter: Meter,
        watch: Option<Watch>,
        kept: Kept,
    ) -> StoreResult<Queried> {
        let (reply, answer) = oneshot::channel();
        let (asked, _asking) = Asked::new();
        let is_slow = watch.as_ref().is_some_and(Watch::has_permit);
        let queue = if is_slow { &self.slow_reads } else { &self.reads };
        queue.send(Some(Read { statement, meter, watch, asked, reply, _kept: kept })).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Runs several statements at once on readers and returns the rows of each.
    pub(crate) async fn query_all(&self, questions: Vec<Question>) -> StoreResult<Vec<Counted>> {
        let asked = questions.into_iter().map(|Question { statement, meter }| async move {
            match self.query(statement, meter, None, Kept::default()).await? {
                Queried::Rows(counted) => Ok(counted),
                Queried::Ended(..) => Err(StoreError::Aborted),
            }
        });
        try_join_all(asked).await
    }

    /// Begins a transaction; it takes its place in the queue of writers with its first statement.
    pub(crate) fn begin(&self, kept: Kept) -> Transaction {
        let (steps, queue) = unbounded();
        let unqueued =
            Unqueued { writes: self.writes.clone(), queued: Queued { said: Said::default(), steps: queue, kept } };
        Transaction { steps, unqueued: Mutex::new(Some(unqueued)), unfinished: AtomicUsize::new(0) }
    }

    /// How busy the threads are.
    pub(crate) fn state(&self) -> PoolState {
        let waiting = self.reads.len() + self.slow_reads.len() + self.writes.len();
        let size = self.readers + slow::permits(self.readers) + 1;
        PoolState { size, available: size.saturating_sub(waiting), waiting }
    }
}

impl Read {
    /// Runs the statement on a connection that has no transaction.
    fn answer(self, connection: &Connection, interrupts: &Interrupts) {
        let Self { statement, mut meter, watch, asked, reply, _kept } = self;
        if asked.is_over() {
            return;
        }
        if watch.as_ref().is_some_and(Watch::is_held_up) {
            let _ = reply.send(watch.map(|watch| Queried::Ended(meter, watch)).ok_or(StoreError::Aborted));
            return;
        }
        let watched = interrupts.over(asked, watch, || codec::query(connection, &statement, &mut meter));
        let _ = reply.send(match watched {
            Watched::Done(rows) => rows.map(|rows| Queried::Rows((rows, meter))),
            Watched::HeldUp(watch) => {
                meter.begin_again();
                Ok(Queried::Ended(meter, watch))
            }
        });
    }

    /// Runs the statement within a transaction.
    fn answer_within(self, connection: &Connection, interrupts: &Interrupts) {
        let Self { statement, mut meter, asked, reply, .. } = self;
        let watched = interrupts.over(asked, None, || codec::query(connection, &statement, &mut meter));
        let _ = reply.send(match watched {
            Watched::Done(rows) => rows.map(|rows| Queried::Rows((rows, meter))),
            // Nothing of a transaction is watched.
            Watched::HeldUp(_) => Err(StoreError::Aborted),
        });
    }
}

/// An open transaction; dropping it rolls it back.
pub(crate) struct Transaction {
    steps: Sender<Step>,
    /// Until the first step.
    unqueued: Mutex<Option<Unqueued>>,
    /// Steps that have failed, or whose answer nobody has waited for. With any, nothing is committed.
    unfinished: AtomicUsize,
}

/// A transaction that the writer does not know of yet.
struct Unqueued {
    writes: Sender<Option<Queued>>,
    queued: Queued,
}

/// A transaction in the queue of the writer.
struct Queued {
    /// What the audit log says of it.
    said: Said,
    steps: Receiver<Step>,
    /// Until it is committed or taken back, whether or not somebody waits for it.
    kept: Kept,
}

impl Transaction {
    async fn step<T>(&self, make: impl FnOnce(oneshot::Sender<StoreResult<T>>) -> Step) -> StoreResult<T> {
        self.unfinished.fetch_add(1, Ordering::Relaxed);
        let (reply, answer) = oneshot::channel();
        let sent = self.steps.send(make(reply)).is_ok() && self.queue();
        let result =
            if sent { answer.await.unwrap_or_else(|_| Err(StoreError::Aborted)) } else { Err(StoreError::Aborted) };
        if result.is_ok() {
            self.unfinished.fetch_sub(1, Ordering::Relaxed);
        }
        result
    }

    /// Says what the audit log is told of the steps that follow.
    pub(crate) fn say(&self, said: Said) {
        match &mut *self.unqueued.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(unqueued) => unqueued.queued.said = said,
            // Where the writer has ended, the next step is told.
            None => drop(self.steps.send(Step::Say(said))),
        }
    }

    /// Takes a place in the queue of writers, at the first step; false when the writer has ended.
    fn queue(&self) -> bool {
        let unqueued = self.unqueued.lock().unwrap_or_else(PoisonError::into_inner).take();
        unqueued.is_none_or(|unqueued| unqueued.writes.send(Some(unqueued.queued)).is_ok())
    }

    /// Asks several questions, which are answered in their order. The writer need not wait for us in between.
    pub(crate) async fn ask(&self, questions: Vec<Question>) -> StoreResult<Vec<Counted>> {
        // Each is queued when it is first polled.
        try_join_all(questions.into_iter().map(|question| self.query(question))).await
    }

    async fn query(&self, question: Question) -> StoreResult<Counted> {
        let Question { statement, meter } = question;
        let (asked, _asking) = Asked::new();
        let read = |reply| Read { statement, meter, watch: None, asked, reply, _kept: Kept::default() };
        match self.step(|reply| Step::Query(Box::new(read(reply)))).await? {
            Queried::Rows(counted) => Ok(counted),
            Queried::Ended(..) => Err(StoreError::Aborted),
        }
    }

    /// Runs statements, one after the other, and returns how many rows each touched.
    pub(crate) async fn execute(&self, statements: Vec<Confined>) -> StoreResult<Vec<u64>> {
        self.step(|reply| Step::Execute(statements, reply)).await
    }

    /// Runs the last statements, if any, and ends the transaction, unless a statement failed before. The writer need not
    /// wait for us in between.
    pub(crate) async fn finish(self, statements: Vec<Confined>, policy: CommitPolicy) -> StoreResult<Vec<u64>> {
        if self.unfinished.load(Ordering::Relaxed) > 0 {
            return Err(StoreError::Aborted);
        }
        self.step(|reply| Step::Finish(statements, policy, reply)).await
    }
}

/// Starts a thread, which counts as one at work until the work and all that it holds is gone.
fn spawn(name: &str, at_work: mpsc::Sender<Infallible>, work: impl FnOnce() + Send + 'static) -> StoreResult<()> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            work();
            drop(at_work);
        })
        .map(drop)
        .map_err(|error| StoreError::Unavailable(Box::new(error)))
}

/// What a thread does that reads.
fn reader(
    options: &SqliteOptions,
    slow: Slow,
    queue: Receiver<Option<Read>>,
) -> StoreResult<impl FnOnce() + Send + 'static> {
    let mut connection = connect::open_reader(options)?;
    let interrupts = watch_over(&mut connection, options, slow)?;
    Ok(move || {
        while let Ok(Some(read)) = queue.recv() {
            read.answer(&connection, &interrupts);
        }
    })
}

/// What ends statements on this connection.
fn watch_over(connection: &mut Connection, options: &SqliteOptions, slow: Slow) -> StoreResult<Interrupts> {
    Interrupts::on(connection, options.statement_timeout, slow).map_err(errors::classify)
}

fn gone() -> StoreError {
    StoreError::Unavailable("the database's threads have ended".into())
}
