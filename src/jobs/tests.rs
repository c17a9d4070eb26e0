//! Jobs on both databases: each is done once, by whoever takes it, whatever becomes of those who took it before.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use user_tenant_store::environment::Environment;
use user_tenant_store::filter::Filter;
use user_tenant_store::scope::{SystemReason, TenantScope};
use user_tenant_store::session::Limits;
use uuid::Uuid;

use super::*;
use crate::MIGRATIONS;
use crate::access::sessions::Sessions;
use crate::database::{Database, Outcome};
use crate::error::Error;
use crate::model::{IdempotencyKey, Job};
use crate::telemetry::metrics::Metrics;

/// Makes two tests of a function that takes a database with our schema.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => { $(
        mod $case {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() -> crate::database::Outcome {
                super::$case(&super::Scene::new(crate::database::Database::sqlite()?).await?).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() -> crate::database::Outcome {
                let database = crate::database::Database::postgres(concat!("jobs_", stringify!($case))).await?;
                super::$case(&super::Scene::new(database).await?).await
            }
        }
    )+ };
}

on_both!(
    what_is_queued_is_done_once_by_one_of_several,
    a_job_of_a_killed_process_is_taken_over,
    who_has_lost_a_job_commits_nothing,
    a_job_that_takes_longer_than_its_lease_is_kept,
    what_fails_is_tried_again_and_given_up_in_the_end,
    what_is_rolled_back_queues_nothing,
    a_tenant_leaves_work_of_its_own_only,
    a_kind_has_no_more_places_than_it_may,
    what_is_broken_off_leaves_its_place,
    what_is_cut_off_at_the_end_is_given_back,
    periodic_jobs_are_made_once_and_come_back,
    old_rows_are_forgotten_in_batches,
);

struct Scene {
    sessions: Sessions,
    // Dropped last.
    database: Database,
}

/// What the kinds of a test count and wait for; one a test.
struct Probe {
    steps: AtomicUsize,
    goes_on: Notify,
}

impl Probe {
    const fn new() -> Self {
        Self { steps: AtomicUsize::new(0), goes_on: Notify::const_new() }
    }

    fn steps(&self) -> usize {
        self.steps.load(Ordering::SeqCst)
    }
}

impl Scene {
    async fn new(database: Database) -> Outcome<Self> {
        let environment = Environment::system();
        let sessions = Sessions::open(&database.options, Limits::default(), environment, MIGRATIONS, true).await?;
        Ok(Self { sessions, database })
    }

    /// A process that does these kinds.
    fn process(&self, kinds: &'static [Kind], options: JobOptions) -> JoinHandle<()> {
        self.process_until(kinds, options, std::future::pending())
    }

    #[expect(clippy::expect_used, reason = "the names of metrics are names")]
    fn process_until(
        &self,
        kinds: &'static [Kind],
        options: JobOptions,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        let metrics = Arc::new(Metrics::new().expect("metrics have names"));
        let runner = Runner::new(self.sessions.clone(), Environment::system(), metrics, kinds, options);
        tokio::spawn(runner.run(stop))
    }

    async fn queue(&self, kind: &Kind) -> Outcome<Uuid> {
        let session = self.sessions.write_system(SystemReason::Jobs).await?;
        let id = enqueue(&session, kind, None, json!({}), None).await?.ok_or("a job has an id")?;
        session.commit(()).await?.into_inner();
        Ok(id)
    }

    async fn job(&self, id: Uuid) -> Outcome<Job> {
        let session = self.sessions.read_system(SystemReason::Jobs);
        Ok(session.repository::<Job>().get(id).await?.ok_or("the job is there")?)
    }

    async fn until(&self, id: Uuid, state: &str) -> Outcome<Job> {
        for _ in 0..600 {
            let job = self.job(id).await?;
            if job.state == state {
                return Ok(job);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(format!("it never is {state}, but {}", self.job(id).await?.state).into())
    }
}

fn now() -> OffsetDateTime {
    Environment::system().now()
}

fn quick() -> JobOptions {
    JobOptions { interval: Duration::from_millis(20), lease: Duration::from_millis(900), ..JobOptions::default() }
}

async fn until(holds: impl Fn() -> bool) -> Outcome {
    for _ in 0..1_000 {
        if holds() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err("it never holds".into())
}

/// A kind that is not periodic.
const fn once(name: &'static str, step: fn(Work) -> kind::Working) -> Kind {
    Kind { name, step, attempts: 3, at_once: Kind::ALL_PLACES, periodic: None }
}

async fn what_is_queued_is_done_once_by_one_of_several(scene: &Scene) -> Outcome {
    const KINDS: &[Kind] = &[once("test.note", |work| {
        Box::pin(async move {
            assert!(work.tenant().is_none() && work.read().repository::<Job>().count(None).await? > 0);
            let session = work.write().await?;
            // Seen by each step that were too many.
            let noted = once("test.noted", |_| unreachable!());
            let note = queue::new(&noted, work.payload().clone(), session.now(), session.now())?;
            session.repository::<Job>().create(note).await?;
            work.done(session).await
        })
    })];
    let processes: Vec<_> = (0..3).map(|_| scene.process(KINDS, quick())).collect();
    let mut queued = Vec::new();
    for _ in 0..30 {
        queued.push(scene.queue(&KINDS[0]).await?);
    }
    for id in queued {
        let job = scene.until(id, Job::DONE).await?;
        assert!(job.run_after.is_none() && job.claimed_by.is_none() && job.finished_on.is_some());
    }
    let noted = Job::KIND.is("test.noted");
    let noted = scene.sessions.read_system(SystemReason::Jobs).repository::<Job>().count(Some(&noted)).await?;
    assert_eq!(noted, 30);
    processes.iter().for_each(JoinHandle::abort);
    Ok(())
}

async fn a_job_of_a_killed_process_is_taken_over(scene: &Scene) -> Outcome {
    static SQLITE: Probe = Probe::new();
    static POSTGRES: Probe = Probe::new();
    const KINDS: &[Kind] = &[
        once("test.sqlite", |work| stuck_once(work, &SQLITE)),
        once("test.postgres", |work| stuck_once(work, &POSTGRES)),
    ];
    /// Begins a transaction the first time, and never ends it.
    fn stuck_once(work: Work, probe: &'static Probe) -> kind::Working {
        Box::pin(async move {
            let session = work.write().await?;
            if probe.steps.fetch_add(1, Ordering::SeqCst) == 0 {
                session.repository::<Job>().exists(Uuid::nil()).await?;
                probe.goes_on.notified().await;
            }
            work.done(session).await
        })
    }
    let (kind, probe) = if scene.database.is_postgres() { (&KINDS[1], &POSTGRES) } else { (&KINDS[0], &SQLITE) };
    let first = scene.process(KINDS, quick());
    let id = scene.queue(kind).await?;
    until(|| probe.steps() == 1).await?;
    let taken = scene.job(id).await?;
    assert_eq!((taken.state.as_str(), taken.attempts), (Job::RUNNING, 1));
    // It is gone at once, as a killed process is: nothing is given back.
    first.abort();
    assert!(first.await.is_err_and(|error| error.is_cancelled()));
    let second = scene.process(KINDS, quick());
    let done = scene.until(id, Job::DONE).await?;
    assert_eq!((probe.steps(), done.attempts), (2, 2));
    second.abort();
    Ok(())
}

async fn who_has_lost_a_job_commits_nothing(scene: &Scene) -> Outcome {
    static SQLITE: Probe = Probe::new();
    static POSTGRES: Probe = Probe::new();
    const KINDS: &[Kind] = &[
        once("test.sqlite", |work| note_late(work, &SQLITE)),
        once("test.postgres", |work| note_late(work, &POSTGRES)),
    ];
    fn note_late(work: Work, probe: &'static Probe) -> kind::Working {
        Box::pin(async move {
            probe.steps.fetch_add(1, Ordering::SeqCst);
            probe.goes_on.notified().await;
            let session = work.write().await?;
            let note = queue::new(&once("test.noted", |_| unreachable!()), json!({}), session.now(), session.now())?;
            session.repository::<Job>().create(note).await?;
            let finished = work.done(session).await?;
            assert_eq!(finished, Finished(work::Ending::Lost));
            probe.steps.fetch_add(1, Ordering::SeqCst);
            Ok(finished)
        })
    }
    let (kind, probe) = if scene.database.is_postgres() { (&KINDS[1], &POSTGRES) } else { (&KINDS[0], &SQLITE) };
    // It looks after its jobs too seldom to notice.
    let options = JobOptions { lease: Duration::from_mins(1), ..quick() };
    let process = scene.process(KINDS, options);
    let id = scene.queue(kind).await?;
    until(|| probe.steps() == 1).await?;
    let other = Uuid::from_u128(7);
    scene.database.execute(&format!("UPDATE jobs SET claimed_by = '{other}' WHERE id = '{id}'")).await?;
    probe.goes_on.notify_one();
    until(|| probe.steps() == 2).await?;
    let job = scene.job(id).await?;
    assert_eq!((job.state.as_str(), job.claimed_by), (Job::RUNNING, Some(other)));
    let noted = Job::KIND.is("test.noted");
    assert_eq!(scene.sessions.read_system(SystemReason::Jobs).repository::<Job>().count(Some(&noted)).await?, 0);
    process.abort();
    Ok(())
}

async fn a_job_that_takes_longer_than_its_lease_is_kept(scene: &Scene) -> Outcome {
    static SQLITE: Probe = Probe::new();
    static POSTGRES: Probe = Probe::new();
    const KINDS: &[Kind] =
        &[once("test.sqlite", |work| long(work, &SQLITE)), once("test.postgres", |work| long(work, &POSTGRES))];
    fn long(work: Work, probe: &'static Probe) -> kind::Working {
        Box::pin(async move {
            probe.steps.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(2_500)).await;
            let session = work.write().await?;
            work.done(session).await
        })
    }
    let (kind, probe) = if scene.database.is_postgres() { (&KINDS[1], &POSTGRES) } else { (&KINDS[0], &SQLITE) };
    let processes = [scene.process(KINDS, quick()), scene.process(KINDS, quick())];
    let id = scene.queue(kind).await?;
    assert_eq!(scene.until(id, Job::DONE).await?.attempts, 1);
    assert_eq!(probe.steps(), 1);
    processes.iter().for_each(JoinHandle::abort);
    Ok(())
}

async fn what_fails_is_tried_again_and_given_up_in_the_end(scene: &Scene) -> Outcome {
    const KINDS: &[Kind] = &[once("test.fails", |_| {
        let cause = "password=hunter2".into();
        Box::pin(async { Err(Error::Internal(cause)) })
    })];
    let process = scene.process(KINDS, quick());
    let id = scene.queue(&KINDS[0]).await?;
    for attempts in 1..3 {
        let mut job = scene.job(id).await?;
        while job.attempts < attempts || job.state == Job::RUNNING {
            tokio::time::sleep(Duration::from_millis(20)).await;
            job = scene.job(id).await?;
        }
        assert_eq!((job.state.as_str(), job.attempts), (Job::QUEUED, attempts));
        let pause = job.run_after.ok_or("it waits")? - now();
        assert!(pause > Duration::from_secs(1), "it waits {pause}");
        let error = job.last_error.ok_or("it says why")?;
        assert!(error.starts_with("INTERNAL: ") && !error.contains("hunter2"), "{error}");
        scene.database.execute("UPDATE jobs SET run_after = created_on").await?;
    }
    let job = scene.until(id, Job::FAILED).await?;
    assert_eq!((job.attempts, job.run_after, job.claimed_by), (3, None, None));
    assert!(job.finished_on.is_some() && job.last_error.is_some());
    process.abort();
    Ok(())
}

async fn what_is_rolled_back_queues_nothing(scene: &Scene) -> Outcome {
    const KIND: Kind = once("test.never", |_| unreachable!());
    let session = scene.sessions.write_system(SystemReason::Jobs).await?;
    enqueue(&session, &KIND, None, json!({}), None).await?;
    drop(session);
    assert_eq!(scene.sessions.read_system(SystemReason::Jobs).repository::<Job>().count(None).await?, 0);
    Ok(())
}

async fn a_tenant_leaves_work_of_its_own_only(scene: &Scene) -> Outcome {
    const KIND: Kind = once("test.never", |_| unreachable!());
    let (own, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let session = scene.sessions.write_system(SystemReason::Jobs).await?.narrow(TenantScope(own));
    assert!(enqueue(&session, &KIND, Some(other), json!({}), None).await.is_err());
    // Of no other tenant, and not of none.
    let id = enqueue(&session, &KIND, None, json!({ "a": 1 }), None).await?.ok_or("a job has an id")?;
    session.commit(()).await?.into_inner();
    let job = scene.job(id).await?;
    assert_eq!((job.tenant_id, job.payload), (Some(own), json!({ "a": 1 })));
    let seen = |tenant| scene.sessions.read_system(SystemReason::Jobs).narrow(TenantScope(tenant));
    assert_eq!(seen(own).repository::<Job>().count(None).await?, 1);
    assert_eq!(seen(other).repository::<Job>().count(None).await?, 0);
    Ok(())
}

async fn a_kind_has_no_more_places_than_it_may(scene: &Scene) -> Outcome {
    static SQLITE: Probe = Probe::new();
    static POSTGRES: Probe = Probe::new();
    const KINDS: &[Kind] = &[
        Kind { at_once: 2, ..once("test.sqlite", |work| waits(work, &SQLITE)) },
        Kind { at_once: 2, ..once("test.postgres", |work| waits(work, &POSTGRES)) },
        once("test.other", |work| {
            Box::pin(async move {
                let session = work.write().await?;
                work.done(session).await
            })
        }),
    ];
    fn waits(work: Work, probe: &'static Probe) -> kind::Working {
        Box::pin(async move {
            probe.steps.fetch_add(1, Ordering::SeqCst);
            probe.goes_on.notified().await;
            let session = work.write().await?;
            work.done(session).await
        })
    }
    let (kind, probe) = if scene.database.is_postgres() { (&KINDS[1], &POSTGRES) } else { (&KINDS[0], &SQLITE) };
    let mut waiting = Vec::new();
    for _ in 0..8 {
        waiting.push(scene.queue(kind).await?);
    }
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(scene.queue(&KINDS[2]).await?);
    }
    let process = scene.process(KINDS, quick());
    for id in others {
        scene.until(id, Job::DONE).await?;
    }
    assert_eq!(probe.steps(), 2);
    for id in waiting {
        while scene.job(id).await?.state != Job::DONE {
            probe.goes_on.notify_one();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    process.abort();
    Ok(())
}

async fn what_is_broken_off_leaves_its_place(scene: &Scene) -> Outcome {
    static SQLITE: Probe = Probe::new();
    static POSTGRES: Probe = Probe::new();
    const KINDS: &[Kind] = &[
        Kind { at_once: 1, ..once("test.sqlite", |work| breaks_once(work, &SQLITE)) },
        Kind { at_once: 1, ..once("test.postgres", |work| breaks_once(work, &POSTGRES)) },
    ];
    fn breaks_once(work: Work, probe: &'static Probe) -> kind::Working {
        Box::pin(async move {
            assert_ne!(probe.steps.fetch_add(1, Ordering::SeqCst), 0, "the first one is broken off");
            let session = work.write().await?;
            work.done(session).await
        })
    }
    let kind = if scene.database.is_postgres() { &KINDS[1] } else { &KINDS[0] };
    let broken = scene.queue(kind).await?;
    let next = scene.queue(kind).await?;
    // For so long that the first one is not taken again meanwhile.
    let process = scene.process(KINDS, JobOptions { lease: Duration::from_mins(1), ..quick() });
    scene.until(next, Job::DONE).await?;
    assert_eq!(scene.job(broken).await?.state, Job::RUNNING);
    process.abort();
    Ok(())
}

async fn what_is_cut_off_at_the_end_is_given_back(scene: &Scene) -> Outcome {
    static STUCK: Probe = Probe::new();
    const KINDS: &[Kind] = &[once("test.stuck", |_| {
        STUCK.steps.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::pending())
    })];
    let before = STUCK.steps();
    let (tell, told) = tokio::sync::oneshot::channel::<()>();
    let options = JobOptions { grace: Duration::from_millis(100), ..quick() };
    let process = scene.process_until(KINDS, options, async { drop(told.await) });
    let id = scene.queue(&KINDS[0]).await?;
    scene.until(id, Job::RUNNING).await?;
    until(|| STUCK.steps() > before).await?;
    drop(tell);
    process.await?;
    let job = scene.job(id).await?;
    assert_eq!((job.state.as_str(), job.attempts, job.claimed_by), (Job::QUEUED, 0, None));
    assert!(job.run_after.is_some_and(|after| after <= now()));
    Ok(())
}

async fn periodic_jobs_are_made_once_and_come_back(scene: &Scene) -> Outcome {
    const KINDS: &[Kind] = &[FORGET_JOBS, EXPIRE_KEYS];
    let processes: Vec<_> = (0..3).map(|_| scene.process(KINDS, quick())).collect();
    for kind in KINDS {
        let periodic = kind.periodic.as_ref().ok_or("it is periodic")?;
        let mut waits = Duration::ZERO;
        for _ in 0..500 {
            if let Ok(job) = scene.job(periodic.id).await
                && let Some(after) = job.run_after.filter(|_| job.state == Job::QUEUED)
            {
                waits = Duration::try_from(after - job.created_on)?;
            }
            if waits >= periodic.every {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(waits >= periodic.every, "{} waits {waits:?}", kind.name);
    }
    assert_eq!(scene.sessions.read_system(SystemReason::Jobs).repository::<Job>().count(None).await?, 2);
    processes.iter().for_each(JoinHandle::abort);
    Ok(())
}

async fn old_rows_are_forgotten_in_batches(scene: &Scene) -> Outcome {
    const KINDS: &[Kind] = &[FORGET_JOBS, EXPIRE_KEYS];
    let (old, new) = ("2024-01-02T03:04:05.678Z", now());
    let new = user_tenant_store::value::format_timestamp(new);
    let tenant = Uuid::from_u128(1);
    let rows = (0..1_203_u128).map(|number| {
        let (id, at) = (Uuid::from_u128(number + 1), if number < 3 { new.as_str() } else { old });
        format!(
            "INSERT INTO idempotency_keys (id, tenant_id, membership_id, fingerprint, status, headers, body, created_on)
             VALUES ('{id}', '{tenant}', '{tenant}', '', 200, '{{}}', '', '{at}');
             INSERT INTO jobs (id, kind, payload, state, attempts, created_on, finished_on)
             VALUES ('{id}', 'test.old', '{{}}', 'done', 1, '{at}', '{at}');"
        )
    });
    scene.database.execute(&rows.collect::<String>()).await?;
    let process = scene.process(KINDS, quick());
    let sessions = &scene.sessions;
    let left = || async move {
        let session = sessions.read_system(SystemReason::Jobs);
        let jobs = session.repository::<Job>().find(&Filter::matching(Job::KIND.is("test.old"))).await?.len();
        Outcome::Ok((jobs, session.repository::<IdempotencyKey>().count(None).await?))
    };
    for _ in 0..500 {
        if left().await? == (3, 3) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(left().await?, (3, 3));
    process.abort();
    Ok(())
}
