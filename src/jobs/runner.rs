//! Takes jobs and does them, some at once, until it is told to stop.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinError;
use tokio::time::{sleep, timeout};
use user_tenant_store::environment::Environment;

use super::at_work::AtWork;
use super::claim::Claims;
use super::kind::Kind;
use super::queue::QUEUED;
use super::work::{Ending, Finished, LONGEST_STEP, Taken, Work};
use crate::access::sessions::Sessions;
use crate::error::Error;
use crate::mail::Room;
use crate::telemetry::metrics::Metrics;

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
        Self { claims, metrics, options, mail: None }
    }

    /// The same, which sends mails in this way.
    pub(crate) fn mailing(self, mail: Arc<Room>) -> Self {
        Self { mail: Some(mail), ..self }
    }

    /// Does jobs until `stop` is done; then those at work may end within the grace. What is cut off is given back.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut at_work = AtWork::default();
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
                Some((_, broken_off)) = at_work.ended() => self.note(broken_off),
                () = queued => {}
                () = sleep(self.options.interval) => {}
            }
        }
        let ends = async {
            while let Some((_, broken_off)) = at_work.ended().await {
                self.note(broken_off);
            }
        };
        // The rest of the grace is for giving back.
        if timeout(self.options.grace * 4 / 5, ends).await.is_err() {
            let left = at_work.cut_off().await;
            self.give_back(&left).await;
        }
    }

    /// Begins what is due, as far as there is room.
    async fn look(&self, at_work: &mut AtWork, has_periodic: &mut bool) {
        if !*has_periodic {
            match self.claims.make_periodic().await {
                Ok(()) => *has_periodic = true,
                Err(error) => unavailable(&error),
            }
        }
        loop {
            match self.claims.take(&at_work.room(self.claims.kinds)).await {
                Ok(Some(taken)) => at_work.begin(taken.clone(), self.clone().carry_out(taken)),
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

    /// A defect in a step leaves the job at work; it is taken again when its time is over.
    fn note(&self, broken_off: Option<JoinError>) {
        if let Some(error) = broken_off {
            tracing::error!(%error, "a job was broken off");
            self.metrics.job_stepped("unknown", "broken_off");
        }
    }

    async fn give_back(&self, left: &[Taken]) {
        tracing::warn!(jobs = left.len(), "jobs still at work after the grace period were cut off");
        let given_back = async {
            for taken in left {
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
