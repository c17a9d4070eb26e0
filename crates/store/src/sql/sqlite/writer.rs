//! The writer's work: transactions one after the other, those that wait together made durable by one `COMMIT`.
//!
//! To sync the disk takes longer than all else of a write. So each transaction is a savepoint, and while others are
//! queued its answer waits for the commit of all; whoever rolls back takes nobody along (ADR 18).

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::actor::Shown;
use super::codec;
use super::errors::classify;
use super::interrupts::Interrupts;
use super::{Queued, Step};
use crate::error::{StoreError, StoreResult, chain};
use crate::sql::Confined;

/// A transaction that asks for nothing so long is rolled back, since it keeps all other writers waiting.
const IDLE_TRANSACTION: Duration = Duration::from_secs(10);
/// How long a group may take before it is committed, however few its transactions are.
const LONGEST_GROUP: Duration = Duration::from_millis(50);
/// Most transactions of one group, those that roll back included, which bounds how long the first waits for its answer.
const LARGEST_GROUP: usize = 32;

/// A transaction that has done all but to become durable: how many rows its last statements touched, and who waits.
type Waiting = (Vec<u64>, oneshot::Sender<StoreResult<Vec<u64>>>);

/// What became of a transaction.
enum Outcome {
    /// It is to be committed.
    Kept(Waiting),
    /// Nothing of it is left.
    TakenBack,
    /// It could not be taken back by itself, so that all of the group must be.
    Stuck,
}

/// Carries out transactions until the queue says to end, or until all senders of the queue are gone.
pub(super) fn run(connection: &Connection, shown: &Shown, interrupts: &Interrupts, queue: &Receiver<Option<Queued>>) {
    let mut next = queue.recv().ok().flatten();
    while let Some(first) = next {
        let ends = group(connection, shown, interrupts, first, queue);
        next = if ends { None } else { queue.recv().ok().flatten() };
    }
}

/// Carries out a transaction and those that are queued behind it, and commits all. True where it came upon the end.
fn group(
    connection: &Connection,
    shown: &Shown,
    interrupts: &Interrupts,
    first: Queued,
    queue: &Receiver<Option<Queued>>,
) -> bool {
    let begun = Instant::now();
    let mut ends = false;
    if let Err(error) = execute(connection, "BEGIN IMMEDIATE") {
        if let Ok(step) = first.steps.recv() {
            refuse(step, error);
        }
        return ends;
    }
    let mut waiting = Vec::new();
    // Until readers see what was written in them.
    let mut kept = Vec::new();
    let mut done = 0;
    let mut next = Some(first);
    while let Some(queued) = next {
        shown.show(queued.said);
        queued.kept.begins();
        let outcome = transaction(connection, shown, interrupts, &queued.steps);
        kept.push(queued.kept);
        done += 1;
        let stuck = matches!(outcome, Outcome::Stuck);
        if let Outcome::Kept(waits) = outcome {
            waiting.push(waits);
        }
        if stuck || connection.is_autocommit() {
            // The database gave up on all of it, or must: memory or disk is full, or fails.
            if !connection.is_autocommit() {
                undo(connection, "ROLLBACK");
            }
            answer(waiting, Some(&StoreError::Unavailable("the transactions were rolled back".into())));
            return ends;
        }
        next = None;
        if done < LARGEST_GROUP
            && begun.elapsed() < LONGEST_GROUP
            && let Ok(queued) = queue.try_recv()
        {
            ends = queued.is_none();
            next = queued;
        }
    }
    let failure = execute(connection, "COMMIT").err();
    if let Some(error) = &failure {
        tracing::error!(error = chain(error), transactions = waiting.len(), "transactions could not be committed");
        // A full disk ends the transaction itself.
        if !connection.is_autocommit() {
            undo(connection, "ROLLBACK");
        }
    }
    answer(waiting, failure.as_ref());
    ends
}

/// Tells everyone how the commit ended. The driver's error cannot be copied, only what it says.
fn answer(waiting: Vec<Waiting>, failure: Option<&StoreError>) {
    for (touched, reply) in waiting {
        let _ = reply.send(match failure {
            None => Ok(touched),
            Some(error) if error.is_transient() => Err(StoreError::Unavailable(chain(error).into())),
            Some(error) => Err(StoreError::Database(chain(error).into())),
        });
    }
}

/// Runs the steps of one transaction until it commits, its holder goes away, or it idles too long.
fn transaction(connection: &Connection, shown: &Shown, interrupts: &Interrupts, steps: &Receiver<Step>) -> Outcome {
    let Ok(first) = steps.recv() else { return Outcome::TakenBack };
    if let Err(error) = execute(connection, "SAVEPOINT one") {
        refuse(first, error);
        return Outcome::TakenBack;
    }
    let mut next = Ok(first);
    loop {
        match next {
            Ok(Step::Say(said)) => shown.show(said),
            Ok(Step::Query(read)) => read.answer_within(connection, interrupts),
            Ok(Step::Execute(statements, reply)) => drop(reply.send(execute_all(connection, &statements))),
            Ok(Step::Finish(statements, policy, reply)) => {
                // Whoever has gone away while it was queued wants nothing written any more.
                let done =
                    if reply.is_closed() { Err(StoreError::Aborted) } else { execute_all(connection, &statements) };
                match done {
                    Ok(touched) if reply.is_closed() || !policy.commits(&touched) => drop(reply.send(Ok(touched))),
                    Ok(touched) => match execute(connection, "RELEASE one") {
                        Ok(()) => return Outcome::Kept((touched, reply)),
                        Err(error) => drop(reply.send(Err(error))),
                    },
                    Err(error) => drop(reply.send(Err(error))),
                }
                break;
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                tracing::warn!("a transaction was rolled back because it asked for nothing for {IDLE_TRANSACTION:?}");
                break;
            }
        }
        if connection.is_autocommit() {
            // The database has given up on all of it; a further step would be a transaction of its own.
            break;
        }
        next = steps.recv_timeout(IDLE_TRANSACTION);
    }
    // To release what was not taken back would keep it.
    let taken_back =
        connection.is_autocommit() || undo(connection, "ROLLBACK TO one") && undo(connection, "RELEASE one");
    if taken_back { Outcome::TakenBack } else { Outcome::Stuck }
}

fn execute_all(connection: &Connection, statements: &[Confined]) -> StoreResult<Vec<u64>> {
    statements.iter().map(|statement| codec::execute(connection, statement)).collect()
}

fn execute(connection: &Connection, sql: &str) -> StoreResult<()> {
    connection.prepare_cached(sql).and_then(|mut statement| statement.raw_execute()).map(drop).map_err(classify)
}

/// Whether it was done; if not, that is logged.
fn undo(connection: &Connection, sql: &str) -> bool {
    let done = execute(connection, sql);
    if let Err(error) = &done {
        tracing::error!(error = chain(error), "a transaction could not be rolled back");
    }
    done.is_ok()
}

fn refuse(step: Step, error: StoreError) {
    match step {
        Step::Say(_) => {}
        Step::Query(read) => drop(read.reply.send(Err(error))),
        Step::Execute(_, reply) | Step::Finish(_, _, reply) => drop(reply.send(Err(error))),
    }
}
