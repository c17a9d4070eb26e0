//! Takes jobs and does them, some at once, until it is told to stop.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use user_tenant_store::environment::Environment;
use uuid::Uuid;

use super::claim::Claims;
use super::kind::Kind;
use super::queue::QUEUED;
use super::work::{Ending, Finished, LONGEST_STEP, Taken, Work};
use crate::access::sessions::Sessions;
use crate::error::{BoxError, Error};
use crate::mail::Room;
use crate::telemetry::metrics::Metrics;

/// Most jobs at work in one process.
const AT_ONCE: usize = 4;
/// How long jobs that are cut off may take to be given back.
const GIVING_BACK: Duration = Duration::from_secs(1);

/// How jobs are done.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct JobOptions {
    /// How often a process looks for jobs that others have queued, or that have come due; its own it does at once.
    pub interval: Duration,
    /// How long a job is kept for a process that says nothing more of it. Then another one takes it.
    pub lease: Duration,
    /// How long steps at work may take once the process is told to stop.
    pub grace: Duration,
}

impl Default for JobOptions {
    /// As of the settings.
    fn default() -> Self {
        Self { interval: Duration::from_secs(5), lease: Duration::from_secs(30), grace: Duration::from_secs(5) }
    }
}

/// Does the jobs of a database.
#[derive(Clone)]
pub(crate) struct Runner {
    claims: Claims,
    metrics: Arc<Metrics>,
    options: JobOptions,
    mail: Option<Arc<Room>>,
    /// The jobs that are at work here.
    taken: Arc<Mutex<HashMap<Uuid, Taken>>>,
}

impl Runner {
    /// One that does these kinds.
    pub(crate) fn new(
        sessions: Sessions,
        environment: Environment,
        metrics: Arc<Metrics>,
        kinds: &'static [Kind],
        options: JobOptions,
    ) -> Self {
        let claims = Claims { sessions, environment, kinds, lease: options.lease };
        Self { claims, metrics, options, mail: None, taken: Arc::default() }
    }

    /// The same, which sends mails in this way.
    pub(crate) fn mailing(self, mail: Arc<Room>) -> Self {
        Self { mail: Some(mail), ..self }
    }

    /// Does jobs until `stop` is done; then those at work may end within the grace. What is cut off is given back.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut at_work = JoinSet::new();
        let mut has_periodic = false;
        loop {
            let mut queued = pin!(QUEUED.notified());
            queued.as_mut().enable();
            tokio::select! {
                () = self.look(&mut at_work, &mut has_periodic) => {}
                () = &mut stop => break,
            }
            tokio::select! {
                () = &mut stop => break,
                Some(ended) = at_work.join_next() => self.note(&ended),
                () = queued => {}
                () = sleep(self.options.interval) => {}
            }
        }
        let ends = async {
            while let Some(ended) = at_work.join_next().await {
                self.note(&ended);
            }
        };
        // The rest of the grace is for giving back.
        if timeout(self.options.grace * 4 / 5, ends).await.is_err() {
            at_work.shutdown().await;
            self.give_back().await;
        }
    }

    /// Begins what is due, as far as there is room.
    async fn look(&self, at_work: &mut JoinSet<()>, has_periodic: &mut bool) {
        if !*has_periodic {
            match self.claims.make_periodic().await {
                Ok(()) => *has_periodic = true,
                Err(error) => unavailable(&error),
            }
        }
        while at_work.len() < AT_ONCE {
            match self.claims.take().await {
                Ok(Some(taken)) => {
                    self.keep(taken.clone());
                    at_work.spawn(self.clone().carry_out(taken));
                }
                Ok(None) => break,
                Err(error) => {
                    unavailable(&error);
                    break;
                }
            }
        }
    }

    /// Does a step of a job, and notes how it ended.
    async fn carry_out(self, taken: Taken) {
        let _at_work = self.metrics.job_started();
        let outcome = self.step(&taken).await;
        self.metrics.job_stepped(taken.kind.name, outcome);
        self.forget(taken.job);
    }

    async fn step(&self, taken: &Taken) -> &'static str {
        let work = Work {
            taken: taken.clone(),
            since: Instant::now(),
            sessions: self.claims.sessions.clone(),
            mail: self.mail.clone(),
            metrics: self.metrics.clone(),
        };
        let step = timeout(LONGEST_STEP, (taken.kind.step)(work));
        // Both at once: on SQLite the one may wait for the other.
        let ended = tokio::select! {
            ended = step => ended.unwrap_or_else(|elapsed| Err(Error::TookTooLong(Box::new(elapsed)))),
            () = self.claims.keep(taken) => Ok(Finished(Ending::Lost)),
        };
        match ended {
            Ok(Finished(Ending::Done)) => "done",
            Ok(Finished(Ending::Again)) => "again",
            Ok(Finished(Ending::Lost)) => {
                tracing::warn!(job = %taken.job, kind = taken.kind.name, "a job was taken by another process meanwhile");
                "lost"
            }
            Err(error) => self.failed(taken, &error).await,
        }
    }

    async fn failed(&self, taken: &Taken, error: &Error) -> &'static str {
        let (job, kind, attempts) = (taken.job, taken.kind.name, taken.attempts);
        let cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
        tracing::warn!(%job, kind, attempts, %error, cause = cause.map(tracing::field::display), "a job failed");
        match self.claims.fail(taken, error).await {
            Ok(true) => {
                tracing::error!(%job, kind, attempts, "a job was given up: `jobs retry` tries it again");
                "given_up"
            }
            Ok(false) => "failed",
            Err(error) => {
                unavailable(&error);
                "failed"
            }
        }
    }

    fn keep(&self, taken: Taken) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(taken.job, taken);
    }

    fn forget(&self, job: Uuid) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).remove(&job);
    }

    /// A defect in a step leaves the job at work; it is taken again when its time is over.
    fn note(&self, ended: &Result<(), tokio::task::JoinError>) {
        if let Err(error) = ended.as_ref().map_err(|error| BoxError::from(error.to_string())) {
            tracing::error!(%error, "a job was broken off");
            self.metrics.job_stepped("unknown", "broken_off");
        }
    }

    async fn give_back(&self) {
        let left: Vec<_> = self.taken.lock().unwrap_or_else(PoisonError::into_inner).drain().collect();
        tracing::warn!(jobs = left.len(), "jobs still at work after the grace period were cut off");
        let given_back = async {
            for (_, taken) in &left {
                if let Err(error) = self.claims.give_back(taken).await {
                    unavailable(&error);
                }
            }
        };
        // What is not, is taken over when its time is over.
        let _ = timeout(GIVING_BACK, given_back).await;
    }
}

fn unavailable(error: &Error) {
    tracing::warn!(%error, "jobs could not be looked for, or noted: the next look tries again");
}
