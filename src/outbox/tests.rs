//! The outbox on both databases: what is committed is sent once, whatever becomes of the mail server meanwhile.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;
use tokio::task::JoinHandle;
use user_tenant_store::Entity as _;
use user_tenant_store::environment::Environment;
use user_tenant_store::record::Patch;
use user_tenant_store::scope::{System, SystemReason};
use user_tenant_store::session::{Limits, Session, Write};
use uuid::Uuid;

use super::*;
use crate::MIGRATIONS;
use crate::access::sessions::Sessions;
use crate::database::{Database, Outcome};
use crate::jobs::{JobOptions, Runner, retry};
use crate::mail::{Delivery, MailKind, MailOptions, Mailer, Message, Room, Sending, Unsent, Values};
use crate::model::{Job, Mail};
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
                let database = crate::database::Database::postgres(concat!("outbox_", stringify!($case))).await?;
                super::$case(&super::Scene::new(database).await?).await
            }
        }
    )+ };
}

on_both!(
    a_mail_is_sent_once_with_what_was_made_for_it,
    what_is_rolled_back_is_not_sent,
    a_server_that_is_down_loses_nothing,
    a_refused_address_is_tried_no_more,
    what_was_tried_often_enough_is_refused,
    what_nobody_wants_any_more_is_not_sent,
    who_has_lost_the_job_sends_nothing,
    what_cannot_be_told_is_told_later_and_not_sent_again,
    mails_that_are_over_are_forgotten,
    a_server_that_says_nothing_holds_up_mails_alone,
);

/// One that takes what it is told to, and keeps it.
#[derive(Clone, Default)]
struct Postman {
    answers: Arc<Mutex<VecDeque<Unsent>>>,
    asked: Arc<AtomicUsize>,
    taken: Arc<Mutex<Vec<Message>>>,
    /// Whether it says nothing at all.
    is_silent: Arc<AtomicBool>,
}

impl Mailer for Postman {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.is_silent.load(Ordering::SeqCst) {
            return Box::pin(std::future::pending());
        }
        let refused = locked(&self.answers).pop_front();
        if refused.is_none() {
            locked(&self.taken).push(message.clone());
        }
        Box::pin(std::future::ready(refused.map_or(Ok(()), Err)))
    }
}

/// Everything that kinds were told, with what it was about.
static TOLD: Mutex<Vec<(Uuid, Delivery)>> = Mutex::new(Vec::new());
/// How many tokens were made.
static TOKENS: AtomicUsize = AtomicUsize::new(0);

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn told(about: Uuid) -> Vec<Delivery> {
    locked(&TOLD).iter().filter(|(of, _)| *of == about).map(|(_, delivery)| delivery.clone()).collect()
}

/// As an invitation: each time it is tried, it has another token.
const INVITES: MailKind = MailKind {
    name: "invitation",
    link: |links| links.invitation.as_deref(),
    fresh: |_, _| {
        let token = format!("token-{}", TOKENS.fetch_add(1, Ordering::SeqCst));
        let values = Values { tenant: Some("Bakery".to_owned()), token: Some(token.into()), ..Values::default() };
        Box::pin(std::future::ready(Ok(Some(values))))
    },
    ended: |_, about, delivery| {
        locked(&TOLD).push((about, delivery.clone()));
        Box::pin(std::future::ready(Ok(())))
    },
};
const UNWANTED: MailKind =
    MailKind { name: "unwanted", fresh: |_, _| Box::pin(std::future::ready(Ok(None))), ..INVITES };
/// Of which another process takes the job meanwhile.
const LOST: MailKind = MailKind { name: "lost", fresh: |session, _| Box::pin(lose(session)), ..TRIAL };
/// Which hears nothing the first time that it is told of a mail.
const DEAF: MailKind = MailKind {
    name: "deaf",
    ended: |_, about, delivery| {
        let is_first = told(about).is_empty();
        locked(&TOLD).push((about, delivery.clone()));
        let heard = if is_first { Err(crate::Error::Internal("nobody is there".into())) } else { Ok(()) };
        Box::pin(std::future::ready(heard))
    },
    ..TRIAL
};

async fn lose(session: &Session<System, Write>) -> crate::Result<Option<Values>> {
    let patch = Patch::<Job>::empty().with(Job::CLAIMED_BY, Uuid::max())?;
    session.repository::<Job>().update_all(Some(&Job::KIND.is("mails.send")), patch).await?;
    Ok(Some(Values::default()))
}

struct Scene {
    sessions: Sessions,
    postman: Postman,
    templates: tempfile::TempDir,
    // Dropped last.
    database: Database,
}

impl Scene {
    async fn new(database: Database) -> Outcome<Self> {
        let environment = Environment::system();
        let sessions = Sessions::open(&database.options, Limits::default(), environment, MIGRATIONS, true).await?;
        let templates = tempfile::tempdir()?;
        for kind in ["unwanted", "lost", "deaf"] {
            std::fs::write(templates.path().join(format!("{kind}.en.subject")), kind)?;
            std::fs::write(templates.path().join(format!("{kind}.en.txt")), "{{ token }}")?;
        }
        Ok(Self { sessions, postman: Postman::default(), templates, database })
    }

    fn process(&self) -> Outcome<JoinHandle<()>> {
        const KINDS: &[&MailKind] = &[&TRIAL, &INVITES, &UNWANTED, &LOST, &DEAF];
        let options = MailOptions {
            templates: Some(self.templates.path().to_owned()),
            invitation_url: Some("https://app.example/join?token={token}".to_owned()),
            password_reset_url: None,
        };
        let room = Room::new(Arc::new(self.postman.clone()), &options, KINDS)?;
        let metrics = Arc::new(Metrics::new()?);
        let jobs = JobOptions { interval: Duration::from_millis(20), ..JobOptions::default() };
        let kinds = &[SEND, FORGET_MAILS];
        let runner = Runner::new(self.sessions.clone(), Environment::system(), metrics, kinds, jobs);
        Ok(tokio::spawn(runner.mailing(Arc::new(room)).run(std::future::pending())))
    }

    async fn write(&self) -> Outcome<Session<System, Write>> {
        Ok(self.sessions.write_system(SystemReason::Jobs).await?)
    }

    /// Leaves a mail; its id.
    async fn post(&self, kind: &'static MailKind, about: Uuid) -> Outcome<Uuid> {
        let session = self.write().await?;
        let id =
            post(&session, Post { kind, tenant: None, about, recipient: "amelie@example.com", locale: Some("de-AT") });
        let id = id.await?;
        Ok(session.commit(id).await?.into_inner())
    }

    async fn mail(&self, id: Uuid) -> Outcome<Mail> {
        let session = self.sessions.read_system(SystemReason::Jobs);
        Ok(session.repository::<Mail>().get(id).await?.ok_or("the mail is there")?)
    }

    async fn job(&self) -> Outcome<Job> {
        let session = self.sessions.read_system(SystemReason::Jobs);
        let jobs = session.repository::<Job>().find_typed(Job::KIND.is("mails.send")).await?;
        Ok(jobs.into_iter().next().ok_or("there is a job")?)
    }

    /// Forgets which jobs there were.
    async fn clear_jobs(&self) -> Outcome {
        let session = self.write().await?;
        session.repository::<Job>().delete_all(Some(&Job::KIND.is("mails.send"))).await?;
        session.commit(()).await?.into_inner();
        Ok(())
    }

    async fn until(&self, id: Uuid, state: &str) -> Outcome<Mail> {
        for _ in 0..600 {
            let mail = self.mail(id).await?;
            if mail.state == state {
                return Ok(mail);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(format!("it never is {state}, but {}", self.mail(id).await?.state).into())
    }

    /// Waits until the job waits for its next attempt, after so many.
    async fn failed(&self, attempts: i32) -> Outcome<Job> {
        for _ in 0..600 {
            let job = self.job().await?;
            if job.state == Job::QUEUED && job.attempts == attempts {
                return Ok(job);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(format!("it is tried no more than {} times", self.job().await?.attempts).into())
    }
}

async fn a_mail_is_sent_once_with_what_was_made_for_it(scene: &Scene) -> Outcome {
    let about = Environment::system().new_id();
    let (one, other) = (scene.process()?, scene.process()?);
    let id = scene.post(&INVITES, about).await?;
    let mail = scene.until(id, Mail::SENT).await?;
    assert!(mail.finished_on.is_some() && mail.reason.is_none());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let taken = locked(&scene.postman.taken).clone();
    let [message] = &taken[..] else { return Err(format!("{} mails were sent", taken.len()).into()) };
    assert_eq!((&*message.to, &*message.subject), ("amelie@example.com", "You are invited to Bakery"));
    assert!(message.text.contains("https://app.example/join?token=token-"), "{}", message.text);
    assert_eq!(told(about), [Delivery::Sent]);
    one.abort();
    other.abort();
    Ok(())
}

async fn what_is_rolled_back_is_not_sent(scene: &Scene) -> Outcome {
    let process = scene.process()?;
    let session = scene.write().await?;
    let mail = Post { kind: &TRIAL, tenant: None, about: Uuid::nil(), recipient: "amelie@example.com", locale: None };
    post(&session, mail).await?;
    drop(session);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(scene.postman.asked.load(Ordering::SeqCst), 0);
    assert!(scene.job().await.is_err(), "no job is left behind");
    process.abort();
    Ok(())
}

async fn a_server_that_is_down_loses_nothing(scene: &Scene) -> Outcome {
    let about = Environment::system().new_id();
    let down = || Unsent::Later("421 4.3.2 down for a moment".to_owned());
    locked(&scene.postman.answers).extend([down(), down()]);
    let id = scene.post(&INVITES, about).await?;
    let process = scene.process()?;
    for _ in 0..2 {
        // Once more each time, since a retry counts anew.
        let job = scene.failed(1).await?;
        let said = job.last_error.unwrap_or_default();
        assert!(said.starts_with("MAIL_NOT_SENT") && said.contains("421 4.3.2"), "{said}");
        assert_eq!((&*scene.mail(id).await?.state, told(about)), (Mail::WAITING, Vec::new()));
        assert!(retry(scene.write().await?, job.id).await?, "it waits");
    }
    scene.until(id, Mail::SENT).await?;
    assert_eq!(told(about), [Delivery::Sent]);
    assert_eq!((locked(&scene.postman.taken).len(), scene.postman.asked.load(Ordering::SeqCst)), (1, 3));
    assert!(TOKENS.load(Ordering::SeqCst) >= 3, "each attempt has a token of its own");
    process.abort();
    Ok(())
}

async fn a_refused_address_is_tried_no_more(scene: &Scene) -> Outcome {
    let about = Environment::system().new_id();
    let reason = "550 5.1.1 no such user";
    locked(&scene.postman.answers).push_back(Unsent::Refused(reason.to_owned()));
    let id = scene.post(&INVITES, about).await?;
    let process = scene.process()?;
    assert_eq!(scene.until(id, Mail::REFUSED).await?.reason.as_deref(), Some(reason));
    assert_eq!(told(about), [Delivery::Refused(reason.to_owned())]);
    assert_eq!(scene.job().await?.state, Job::DONE);
    process.abort();
    Ok(())
}

async fn what_was_tried_often_enough_is_refused(scene: &Scene) -> Outcome {
    let about = Environment::system().new_id();
    locked(&scene.postman.answers).push_back(Unsent::Later("no answer".to_owned()));
    let id = scene.post(&INVITES, about).await?;
    let session = scene.write().await?;
    let patch = Patch::<Job>::empty().with(Job::ATTEMPTS, SEND.attempts - 1)?;
    session.repository::<Job>().update_by_id(scene.job().await?.id, patch).await?;
    session.commit(()).await?.into_inner();
    let process = scene.process()?;
    assert_eq!(scene.until(id, Mail::REFUSED).await?.reason.as_deref(), Some("no answer"));
    assert_eq!(told(about), [Delivery::Refused("no answer".to_owned())]);
    process.abort();
    Ok(())
}

async fn what_nobody_wants_any_more_is_not_sent(scene: &Scene) -> Outcome {
    let id = scene.post(&UNWANTED, Environment::system().new_id()).await?;
    let process = scene.process()?;
    scene.until(id, Mail::UNWANTED).await?;
    assert_eq!(scene.postman.asked.load(Ordering::SeqCst), 0);
    process.abort();
    Ok(())
}

async fn who_has_lost_the_job_sends_nothing(scene: &Scene) -> Outcome {
    let id = scene.post(&LOST, Environment::system().new_id()).await?;
    let process = scene.process()?;
    while scene.job().await?.attempts == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(scene.postman.asked.load(Ordering::SeqCst), 0);
    assert_eq!(scene.mail(id).await?.state, Mail::WAITING, "whoever has it sends it");
    process.abort();
    Ok(())
}

async fn what_cannot_be_told_is_told_later_and_not_sent_again(scene: &Scene) -> Outcome {
    let reason = "550 5.1.1 no such user";
    for (state, expected) in [(Mail::SENT, Delivery::Sent), (Mail::REFUSED, Delivery::Refused(reason.to_owned()))] {
        let about = Environment::system().new_id();
        scene.clear_jobs().await?;
        let asked = scene.postman.asked.load(Ordering::SeqCst);
        if state == Mail::REFUSED {
            locked(&scene.postman.answers).push_back(Unsent::Refused(reason.to_owned()));
        }
        let id = scene.post(&DEAF, about).await?;
        let process = scene.process()?;
        let job = scene.failed(1).await?;
        let mail = scene.mail(id).await?;
        assert_eq!((&*mail.state, told(about)), (state, vec![expected.clone()]), "what became of it is noted before");
        assert!(job.last_error.is_some_and(|error| error.starts_with("INTERNAL")), "it says that something failed");
        assert!(retry(scene.write().await?, job.id).await?, "it waits");
        while scene.job().await?.state != Job::DONE {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(told(about), [expected.clone(), expected]);
        assert_eq!(scene.mail(id).await?.finished_on, mail.finished_on);
        assert_eq!(scene.postman.asked.load(Ordering::SeqCst), asked + 1);
        process.abort();
    }
    Ok(())
}

async fn mails_that_are_over_are_forgotten(scene: &Scene) -> Outcome {
    let (old, new, waiting) = (
        scene.post(&INVITES, Environment::system().new_id()).await?,
        scene.post(&INVITES, Environment::system().new_id()).await?,
        scene.post(&INVITES, Environment::system().new_id()).await?,
    );
    let session = scene.write().await?;
    let later = session.now() + Duration::from_hours(1);
    session.repository::<Job>().update_all(None, Patch::<Job>::empty().with(Job::RUN_AFTER, later)?).await?;
    for (id, days) in [(old, 8), (new, 6)] {
        let patch = Patch::<Mail>::empty()
            .with(Mail::STATE, Mail::SENT)?
            .with(Mail::FINISHED_ON, session.now() - Duration::from_hours(24 * days))?;
        session.repository::<Mail>().update_by_id(id, patch).await?;
    }
    session.commit(()).await?.into_inner();
    let process = scene.process()?;
    for _ in 0..600 {
        if scene.mail(old).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(scene.mail(old).await.is_err(), "it is forgotten");
    assert!(scene.mail(new).await.is_ok() && scene.mail(waiting).await.is_ok(), "these are not");
    process.abort();
    let _ = &scene.database;
    Ok(())
}

async fn a_server_that_says_nothing_holds_up_mails_alone(scene: &Scene) -> Outcome {
    scene.postman.is_silent.store(true, Ordering::SeqCst);
    let session = scene.write().await?;
    let mut last = Uuid::nil();
    for _ in 0..1_000 {
        let about = Uuid::nil();
        last =
            post(&session, Post { kind: &TRIAL, tenant: None, about, recipient: "amelie@example.com", locale: None })
                .await?;
    }
    // Which the job that forgets has to find: it is queued last, when the process begins.
    let over = Patch::<Mail>::empty()
        .with(Mail::STATE, Mail::SENT)?
        .with(Mail::FINISHED_ON, session.now() - Duration::from_hours(8 * 24))?;
    session.repository::<Mail>().update_by_id(last, over).await?;
    session.commit(()).await?.into_inner();
    let process = scene.process()?;
    for _ in 0..600 {
        if scene.mail(last).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(scene.mail(last).await.is_err(), "another kind's job is done meanwhile");
    assert_eq!(scene.postman.asked.load(Ordering::SeqCst), SEND.at_once);
    process.abort();
    Ok(())
}

#[test]
fn nothing_rests_in_the_outbox_that_lets_anybody_in() {
    let names: Vec<Json> = Mail::meta().properties.iter().map(|property| property.name.into()).collect();
    assert!(names.iter().all(|name| !name.to_string().to_lowercase().contains("token")), "{names:?}");
}
