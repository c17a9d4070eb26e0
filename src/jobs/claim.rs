//! Taking jobs, keeping them while they are at work, and giving them back.

use std::time::Duration;

use time::OffsetDateTime;
use user_tenant_store::StoreError;
use user_tenant_store::environment::Environment;
use user_tenant_store::filter::{Comparison, Filter, Predicate};
use user_tenant_store::record::Patch;
use user_tenant_store::scope::{System, SystemReason};
use user_tenant_store::session::{Committed, Session, Write};

use super::backoff;
use super::kind::Kind;
use super::queue;
use super::work::Taken;
use crate::access::sessions::Sessions;
use crate::error::{Error, Result};
use crate::model::Job;

/// Among how many jobs one is looked for that nobody else is taking: those that have waited longest.
const CANDIDATES: u64 = 16;
/// Most letters that are kept of what went wrong.
const LONGEST_ERROR: usize = 500;

/// The jobs of the database, to one process that works on these kinds of them.
#[derive(Clone)]
pub(super) struct Claims {
    pub(super) sessions: Sessions,
    pub(super) environment: Environment,
    pub(super) kinds: &'static [Kind],
    /// How long a job is kept that its process says nothing more of.
    pub(super) lease: Duration,
}

impl Claims {
    /// Makes the jobs of the periodic kinds, where they are missing. Processes may do so at once.
    pub(super) async fn make_periodic(&self) -> Result<()> {
        for kind in self.kinds {
            let Some(periodic) = &kind.periodic else { continue };
            let session = self.sessions.read_system(SystemReason::Jobs);
            if session.repository::<Job>().exists(periodic.id).await? {
                continue;
            }
            let now = self.environment.now();
            let job = queue::new(kind, serde_json::json!({}), now, now)?.with_id(periodic.id)?;
            match self.write().await?.create_and_commit(job).await {
                Ok(made) => drop(made.into_inner()),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Takes a job of one of these kinds that is due; none where there is none that somebody else is not taking.
    pub(super) async fn take(&self, kinds: &[&'static Kind]) -> Result<Option<Taken>> {
        if kinds.is_empty() {
            return Ok(None);
        }
        let due = due(kinds, self.environment.now());
        // A look first, which costs little and holds nobody up: mostly there is nothing to do.
        let waiting = Filter {
            order: vec![Job::RUN_AFTER.ascending()],
            limit: Some(CANDIDATES),
            fields: Some(vec![Job::ID.position()]),
            ..Filter::matching(due.clone())
        };
        let waiting = self.sessions.read_system(SystemReason::Jobs).repository::<Job>().find(&waiting).await?;
        if waiting.is_empty() {
            return Ok(None);
        }
        let among = Job::ID.is_one_of(waiting.iter().filter_map(user_tenant_store::record::Record::id));
        let session = self.write().await?;
        let seized = session.repository::<Job>().seize(&among.and(Some(&due)), 1).await?.pop();
        let Some(id) = seized else { return Ok(None) };
        let Some(job) = session.repository::<Job>().get(id).await? else { return Ok(None) };
        let Some(kind) = kinds.iter().find(|kind| kind.name == job.kind) else { return Ok(None) };
        if job.state == Job::RUNNING && kind.gives_up(job.attempts) {
            tracing::error!(job = %id, kind = kind.name, "a job was given up: it was begun as often as it may, and never ended");
            let patch = Taken::over(Job::FAILED, self.environment.now())?
                .with(Job::LAST_ERROR, "Whoever began it did not come to its end.")?;
            session.update_by_id_and_commit(id, patch).await?.map(Committed::into_inner);
            return Ok(None);
        }
        let taken = Taken {
            kind,
            job: id,
            tenant: job.tenant_id,
            payload: job.payload,
            attempts: job.attempts.saturating_add(1),
            claim: self.environment.new_id(),
        };
        let patch = Patch::<Job>::empty()
            .with(Job::STATE, Job::RUNNING)?
            .with(Job::RUN_AFTER, self.environment.now() + self.lease)?
            .with(Job::ATTEMPTS, taken.attempts)?
            .with(Job::CLAIMED_BY, taken.claim)?;
        let committed = session.update_by_id_and_commit(id, patch).await?;
        Ok(committed.map(|committed| committed.map(|()| taken).into_inner()))
    }

    /// Keeps a job that is at work, until it is lost to somebody else.
    pub(super) async fn keep(&self, taken: &Taken) {
        loop {
            tokio::time::sleep(self.lease / 3).await;
            match self.prolong(taken).await {
                Ok(true) => {}
                Ok(false) => return,
                // Whoever is next finds out whose it is.
                Err(error) => tracing::warn!(job = %taken.job, %error, "a job at work could not be kept"),
            }
        }
    }

    async fn prolong(&self, taken: &Taken) -> Result<bool> {
        let patch = Patch::<Job>::empty().with(Job::RUN_AFTER, self.environment.now() + self.lease)?;
        self.change(taken, patch).await
    }

    /// Notes that a step failed: the job is tried again later, or given up, which is told.
    pub(super) async fn fail(&self, taken: &Taken, error: &Error) -> Result<bool> {
        let given_up = taken.kind.gives_up(taken.attempts);
        let now = self.environment.now();
        let patch = if given_up {
            Taken::over(Job::FAILED, now)?
        } else {
            Taken::queued(now + backoff::pause(taken.attempts, self.environment.new_id()), taken.attempts)?
        };
        // The public words, which hold no secret; what drivers say is in the log.
        let error = format!("{}: {error}", error.code().as_str()).chars().take(LONGEST_ERROR).collect::<String>();
        self.change(taken, patch.with(Job::LAST_ERROR, error)?).await?;
        Ok(given_up)
    }

    /// Gives a job back as it was before it was taken, so that another process takes it at once.
    pub(super) async fn give_back(&self, taken: &Taken) -> Result<()> {
        let patch = Taken::queued(self.environment.now(), taken.attempts.saturating_sub(1))?;
        self.change(taken, patch).await.map(drop)
    }

    /// Changes a job, if it is still the one that was taken.
    async fn change(&self, taken: &Taken, patch: Patch<Job>) -> Result<bool> {
        let session = self.write().await?;
        let changed = session.update_if_there_and_commit(&taken.is_ours(), patch).await?;
        Ok(changed.map(Committed::into_inner).is_some())
    }

    async fn write(&self) -> Result<Session<System, Write>> {
        Ok(self.sessions.write_system(SystemReason::Jobs).await?)
    }
}

/// That a job of these kinds is to be done now: it waits, or whoever had it says nothing more. Older programs leave later kinds alone.
fn due(kinds: &[&'static Kind], now: OffsetDateTime) -> Predicate {
    let kinds = Job::KIND.is_one_of(kinds.iter().map(|kind| kind.name));
    Job::RUN_AFTER.compare(Comparison::LessOrEqual(now.into())).and(Some(&kinds))
}
