//! A step of a job, as its function sees it: what to do, ways to the rows, and the two ways in which it ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use time::OffsetDateTime;
use user_tenant_store::EntityMeta;
use user_tenant_store::audit::{Actor, Context};
use user_tenant_store::filter::Predicate;
use user_tenant_store::record::Patch;
use user_tenant_store::scope::{Scope, Sees, System, SystemReason};
use user_tenant_store::session::{Read, Session, Write};
use uuid::Uuid;

use super::Kind;
use crate::access::sessions::Sessions;
use crate::error::Result;
use crate::mail::Room;
use crate::model::Job;
use crate::telemetry::metrics::Metrics;

/// A job that was taken.
#[derive(Clone)]
pub(super) struct Taken {
    pub(super) kind: &'static Kind,
    pub(super) job: Uuid,
    pub(super) tenant: Option<Uuid>,
    pub(super) payload: Json,
    /// How often it was begun, this time included.
    pub(super) attempts: i32,
    /// By which this time is told from all others.
    pub(super) claim: Uuid,
}

impl Taken {
    /// That the job is still the one that was taken.
    pub(super) fn is_ours(&self) -> Predicate {
        Job::ID.is(self.job).and(Some(&Job::CLAIMED_BY.is(self.claim)))
    }

    /// The job, to be taken again from then on.
    pub(super) fn queued(after: OffsetDateTime, attempts: i32) -> Result<Patch<Job>> {
        let patch = Patch::<Job>::empty()
            .with(Job::STATE, Job::QUEUED)?
            .with(Job::RUN_AFTER, after)?
            .with(Job::ATTEMPTS, attempts)?
            .with(Job::CLAIMED_BY, None::<Uuid>)?;
        Ok(patch)
    }

    /// The job, over.
    pub(super) fn over(state: &str, now: OffsetDateTime) -> Result<Patch<Job>> {
        let patch = Patch::<Job>::empty()
            .with(Job::STATE, state)?
            .with(Job::RUN_AFTER, None::<OffsetDateTime>)?
            .with(Job::CLAIMED_BY, None::<Uuid>)?
            .with(Job::FINISHED_ON, now)?;
        Ok(patch)
    }
}

/// One step of a job.
pub(crate) struct Work {
    pub(super) taken: Taken,
    /// When the step began.
    pub(super) since: Instant,
    pub(super) sessions: Sessions,
    pub(super) mail: Option<Arc<Room>>,
    pub(super) metrics: Arc<Metrics>,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Finished(pub(super) Ending);

impl Finished {
    /// Somebody else has the job, and nothing was written.
    pub(crate) const LOST: Self = Self(Ending::Lost);
}

/// The ways in which a step ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The job is done.
    Done,
    /// There is more to do.
    Again,
    /// Somebody else has the job, and nothing was written.
    Lost,
}

impl Work {
    /// Id of the tenant that the job is for.
    pub(crate) fn tenant(&self) -> Option<Uuid> {
        self.taken.tenant
    }

    /// Id of the job.
    pub(crate) fn id(&self) -> Uuid {
        self.taken.job
    }

    /// For how many days an archived tenant is kept, where it does not say so itself.
    pub(crate) fn retention_days(&self) -> u16 {
        self.sessions.retention_days()
    }

    /// Whether whoever writes keeps all others from writing.
    pub(crate) fn has_one_writer(&self) -> bool {
        self.sessions.has_one_writer()
    }

    /// All entities of the deployment.
    pub(crate) fn entities(&self) -> impl Iterator<Item = &'static EntityMeta> + Clone + use<> {
        self.sessions.entities()
    }

    /// What mails are made and sent with, where this process sends any.
    pub(crate) fn mail(&self) -> Option<Arc<Room>> {
        self.mail.clone()
    }

    /// Counts what became of a mail.
    pub(crate) fn mailed(&self, kind: &'static str, outcome: &'static str) {
        self.metrics.mailed(kind, outcome);
    }

    /// Whether the job is given up if this step fails.
    pub(crate) fn is_last_attempt(&self) -> bool {
        self.taken.kind.gives_up(self.taken.attempts)
    }

    /// What it is done with.
    pub(crate) fn payload(&self) -> &Json {
        &self.taken.payload
    }

    /// Reads past the wall. Narrow it to the tenant that the job is for, if it is for one.
    pub(crate) fn read(&self) -> Session<System, Read> {
        self.sessions.read_system(SystemReason::Jobs)
    }
}

impl Work {
    /// The step's transaction, past the wall. Narrow it to the tenant that the job is for, if it is for one.
    pub(crate) async fn write(&self) -> Result<Session<System, Write>> {
        Ok(self.sessions.write_system(SystemReason::Jobs).await?)
    }

    /// The same for a reason of its own, in the name of whoever asked for it.
    pub(crate) async fn write_as(
        &self,
        reason: SystemReason,
        actor: Actor,
        context: Context,
    ) -> Result<Session<System, Write>> {
        Ok(self.sessions.write_system_as(reason, actor, context).await?)
    }

    /// Commits the last step: the job is done, or comes back when its time has come again.
    pub(crate) async fn done<S: Scope + Sees<Job>>(self, session: Session<S, Write>) -> Result<Finished> {
        let now = session.now();
        let patch = match &self.taken.kind.periodic {
            Some(periodic) => Taken::queued(now + periodic.every, 0)?,
            None => Taken::over(Job::DONE, now)?,
        };
        self.end(session, patch, Ending::Done).await
    }

    /// Commits a step after which there is more to do. The next one comes behind other jobs that wait.
    pub(crate) async fn again<S: Scope + Sees<Job>>(self, session: Session<S, Write>) -> Result<Finished> {
        let patch = Taken::queued(session.now(), 0)?;
        self.end(session, patch, Ending::Again).await
    }

    /// The same as [`Self::again`]; the next step is done with this. Where one writer serves all, the writer is left to others for as
    /// long as the step took: whoever waits for it in another process looks now and then, and would hardly find it free.
    pub(crate) async fn again_with<S: Scope + Sees<Job>>(
        self,
        session: Session<S, Write>,
        payload: Json,
    ) -> Result<Finished> {
        let patch = Taken::queued(session.now(), 0)?.with(Job::PAYLOAD, payload)?;
        let since = Some(self.since).filter(|_| self.has_one_writer());
        let ended = self.end(session, patch, Ending::Again).await;
        if let Some(since) = since {
            tokio::time::sleep(since.elapsed()).await;
        }
        ended
    }

    /// Commits the first half of a step whose second half is outside the database, and hands the step back; nothing where another process
    /// has the job by now.
    pub(crate) async fn committed<S: Scope + Sees<Job>>(self, session: Session<S, Write>) -> Result<Option<Self>> {
        let still_ours = Patch::<Job>::empty().with(Job::CLAIMED_BY, self.taken.claim)?;
        let committed = session.update_if_there_and_commit(&self.taken.is_ours(), still_ours).await?;
        Ok(committed.map(user_tenant_store::session::Committed::into_inner).map(|()| self))
    }

    /// Commits the last step of a job that leaves nothing behind, not even itself.
    pub(crate) async fn gone<S: Scope + Sees<Job>>(self, session: Session<S, Write>) -> Result<Finished> {
        let gone = session.destroy_if_there_and_commit::<Job>(&self.taken.is_ours()).await?;
        let gone = gone.map(user_tenant_store::session::Committed::into_inner);
        Ok(Finished(if gone.is_some() { Ending::Done } else { Ending::Lost }))
    }

    async fn end<S: Scope + Sees<Job>>(
        self,
        session: Session<S, Write>,
        patch: Patch<Job>,
        ending: Ending,
    ) -> Result<Finished> {
        let patch = patch.with(Job::LAST_ERROR, None::<String>)?;
        let ended = session.update_if_there_and_commit(&self.taken.is_ours(), patch).await?;
        let ended = ended.map(user_tenant_store::session::Committed::into_inner);
        Ok(Finished(if ended.is_some() { ending } else { Ending::Lost }))
    }
}

/// How long a step may take; one that takes longer is cut off, and tried again.
pub(super) const LONGEST_STEP: Duration = Duration::from_mins(5);
