//! `Idempotency-Key` on a route of the tests' own, on both databases, with two processes and one that is interrupted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;
use serde_json::json;
use tower::ServiceExt as _;
use user_tenant_store::StoreError;
use user_tenant_store::environment::Environment;
use user_tenant_store::scope::{SystemReason, TenantScope};
use uuid::Uuid;

use super::key::HEADER;
use super::*;
use crate::database::{Database, Outcome};
use crate::domain::bootstrap::{Entry, let_in};
use crate::host::Bootstrap;
use crate::http::dispatch;
use crate::http::layers::HttpOptions;
use crate::http::route::{Described, Document, Form, Sent, Told};
use crate::http::surface::Surface;
use crate::model::Group;
use crate::{UserTenantService, Verifier};

const SECRET: &str = "a secret of the tests of keys, long enough for it";

/// Makes two tests of a function that takes a scene.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => { $(
        mod $case {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() -> crate::database::Outcome {
                super::$case(&super::Scene::new(crate::database::Database::sqlite()?).await?).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() -> crate::database::Outcome {
                let database = crate::database::Database::postgres(concat!("keys_", stringify!($case))).await?;
                super::$case(&super::Scene::new(database).await?).await
            }
        }
    )+ };
}

on_both!(
    the_same_request_is_answered_byte_for_byte,
    another_request_with_the_same_key_is_refused,
    of_many_at_once_one_is_carried_out,
    a_refusal_is_an_answer_and_an_accident_is_none,
    who_is_interrupted_at_any_statement_may_ask_again,
    a_key_is_its_callers_and_its_tenants,
    an_answer_is_kept_for_a_day,
    what_is_no_key_is_refused,
    who_may_not_ask_gets_no_answer_of_before,
    an_answer_that_is_too_long_changes_nothing,
    a_caller_has_so_many_answers_at_most,
);

struct Note;

impl Document for Note {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        json!({
            "title": "Note",
            "type": "object",
            "additionalProperties": false,
            "required": ["name"],
            "properties": { "name": { "type": "string" } },
        })
    }
}

#[derive(Serialize)]
struct Made {
    id: Option<Uuid>,
    padding: String,
}

impl Described for Made {
    const STATUS: StatusCode = StatusCode::CREATED;
    const HEADERS: &'static [(&'static str, &'static str)] = &[("location", "Where it is.")];

    fn schema() -> Json {
        json!({ "title": "Made", "type": "object" })
    }

    fn headers(&self) -> HeaderMap {
        HeaderMap::from_iter([(axum::http::header::LOCATION, HeaderValue::from_static("/notes/1"))])
    }
}

/// Makes a group. How it goes follows from the name.
async fn create(sessions: CallerSessions, body: Sent<Note>) -> Result<Told<Made>> {
    let name = body.0.get("name").and_then(Json::as_str).unwrap_or_default();
    if name == "refused at once" {
        return Err(Error::LastAdministrator);
    }
    let session = sessions.write_tenant().await?;
    let is_there = session.repository::<Group>().find_one(Group::NAME.is("there")).await?.is_some();
    let made = session.repository::<Group>().create(New::empty().with(Group::NAME, name)?).await?;
    match name {
        "refused late" => return Err(Error::LastAdministrator),
        "away" if !is_there => return Err(Error::Unavailable(None)),
        "slow" => tokio::time::sleep(Duration::from_millis(200)).await,
        _ => {}
    }
    let id = session.commit(made.id()).await?.into_inner();
    let padding = if name == "long" { "x".repeat(LONGEST_ANSWER) } else { "\u{e9}\0".to_owned() };
    Ok(Told(Made { id, padding }))
}

fn routes() -> Vec<Route> {
    let route = Route::new(Method::POST, "/notes", "NoteController.create", "Make a note.", create);
    vec![route.any_of(&["ViewTenant"]).idempotent().surface(Surface::Problem)]
}

/// Two processes on a database, one whose statements fail, and callers.
struct Scene {
    processes: [Router; 2],
    interrupted: Router,
    /// Which statement of that one fails, counted from one.
    left: Arc<AtomicUsize>,
    told: Arc<AtomicUsize>,
    users: UserTenantService,
    tenant: Uuid,
    membership: Uuid,
    admin: String,
    colleague: String,
    other_tenant: String,
    powerless: String,
    // Dropped last.
    database: Database,
}

/// An answer as a client sees it.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    status: u16,
    replayed: bool,
    headers: Vec<(String, String)>,
    body: String,
}

impl Seen {
    fn code(&self) -> String {
        let body: Json = serde_json::from_str(&self.body).unwrap_or_default();
        body["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The same, said again.
    fn again(&self) -> Self {
        Self { replayed: true, ..self.clone() }
    }
}

fn token(tenant: Uuid, user: Uuid, user_tenant: Uuid, permissions: &[&str]) -> Outcome<String> {
    let claims = json!({
        "id": user, "userTenantId": user_tenant, "tenantId": tenant, "permissions": permissions, "exp": 4_102_444_800_u64,
    });
    Ok(jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes()))?)
}

fn wanted(name: &str) -> Bootstrap {
    Bootstrap {
        tenant_name: name.to_owned(),
        tenant_key: name.to_owned(),
        username: name.to_owned(),
        email: format!("{name}@a.example"),
        first_name: name.to_owned(),
        role_name: "admin".to_owned(),
        permissions: vec!["ViewTenant".to_owned()],
    }
}

impl Scene {
    async fn new(database: Database) -> Outcome<Self> {
        let told = Arc::new(AtomicUsize::new(0));
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let service = |environment: Environment, migrate: bool| {
            let told = told.clone();
            UserTenantService::builder(database.options.clone())
                .verifier(Verifier::Secret { secret: SECRET.into(), issuer: None })
                .environment(environment)
                .on_change(move |_| {
                    told.fetch_add(1, Ordering::SeqCst);
                })
                .migrate(migrate)
                .build()
        };
        let asked = left.clone();
        let interruption = move || {
            let before = asked.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            match before {
                Ok(1) | Err(_) => Err(StoreError::Unavailable("interrupted".into())),
                Ok(_) => Ok(()),
            }
        };
        let users = service(Environment::system(), true).await?;
        let second = service(Environment::system(), false).await?;
        let third = service(Environment::system().interrupted_by(interruption), false).await?;
        let router = |users: &UserTenantService| dispatch::router(users.service(), routes(), &HttpOptions::default());
        let admin = users.bootstrap(wanted("one")).await?;
        let session = users.sessions().write_system(SystemReason::Bootstrap).await?;
        let colleague = let_in(session, admin.tenant, wanted("colleague"), Entry::default()).await?.into_inner().0;
        let other = users.bootstrap(wanted("two")).await?;
        let may = ["ViewTenant"];
        Ok(Self {
            processes: [router(&users), router(&second)],
            interrupted: router(&third),
            left,
            told,
            tenant: admin.tenant,
            membership: admin.user_tenant,
            admin: token(admin.tenant, admin.user, admin.user_tenant, &may)?,
            colleague: token(colleague.tenant, colleague.user, colleague.user_tenant, &may)?,
            other_tenant: token(other.tenant, other.user, other.user_tenant, &may)?,
            powerless: token(admin.tenant, admin.user, admin.user_tenant, &["ViewRoles"])?,
            users,
            database,
        })
    }

    async fn send(&self, router: &Router, token: &str, key: Option<&str>, name: &str) -> Outcome<Seen> {
        let mut request = Request::post("/notes")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header(HEADER, key);
        }
        let answer = router.clone().oneshot(request.body(Body::from(json!({ "name": name }).to_string()))?).await?;
        let (head, body) = answer.into_parts();
        let body = String::from_utf8(to_bytes(body, usize::MAX).await?.to_vec())?;
        let is_replayed = |name: &HeaderName| *name == REPLAYED;
        let replayed = head.headers.keys().any(is_replayed);
        let mut headers: Vec<_> = head
            .headers
            .iter()
            .filter(|(name, _)| !is_replayed(name))
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect();
        headers.sort();
        Ok(Seen { status: head.status.as_u16(), replayed, headers, body })
    }

    /// A request of the administrator to one of the two.
    async fn ask(&self, process: usize, key: &str, name: &str) -> Outcome<Seen> {
        self.send(&self.processes[process], &self.admin, Some(key), name).await
    }

    async fn groups(&self) -> Outcome<u64> {
        let session = self.users.read().narrow(TenantScope(self.tenant));
        Ok(session.repository::<Group>().count(None).await?)
    }
}

async fn the_same_request_is_answered_byte_for_byte(scene: &Scene) -> Outcome {
    let first = scene.ask(0, "\"k1\"", "sales").await?;
    assert_eq!((first.status, first.replayed), (201, false));
    assert!(first.headers.contains(&("location".to_owned(), "/notes/1".to_owned())), "{first:?}");
    // By whatever process, however the key is written.
    for (process, key) in [(0, "\"k1\""), (1, "\"k1\""), (1, "k1")] {
        assert_eq!(scene.ask(process, key, "sales").await?, first.again());
    }
    assert_eq!((scene.groups().await?, scene.told.load(Ordering::SeqCst)), (1, 1));
    // Without a key, or with another one, it is another request.
    let refused = scene.send(&scene.processes[0], &scene.admin, None, "sales").await?;
    assert_eq!((refused.status, refused.code().as_str(), refused.replayed), (409, "TAKEN", false));
    assert_eq!(scene.ask(0, "k2", "sales").await?.code(), "TAKEN");
    assert_eq!(scene.ask(0, "k3", "support").await?.status, 201);
    Ok(())
}

async fn another_request_with_the_same_key_is_refused(scene: &Scene) -> Outcome {
    assert_eq!(scene.ask(0, "k1", "sales").await?.status, 201);
    let refused = scene.ask(1, "k1", "support").await?;
    assert_eq!((refused.status, refused.code().as_str()), (422, "IDEMPOTENCY_KEY_REUSED"));
    assert_eq!((scene.groups().await?, scene.ask(1, "k1", "sales").await?.status), (1, 201));
    Ok(())
}

async fn of_many_at_once_one_is_carried_out(scene: &Scene) -> Outcome {
    let asking = (0..50).map(|number: usize| scene.ask(number % 2, "k1", "slow"));
    let answers = futures(asking).await?;
    let carried_out: Vec<_> = answers.iter().filter(|answer| answer.status == 201 && !answer.replayed).collect();
    assert_eq!((carried_out.len(), scene.groups().await?), (1, 1), "{answers:?}");
    let mut at_work = 0;
    for answer in &answers {
        if answer.status == 201 {
            assert_eq!(answer.again(), carried_out[0].again());
        } else {
            assert_eq!((answer.status, answer.code().as_str()), (409, "IDEMPOTENCY_KEY_AT_WORK"));
            at_work += 1;
        }
    }
    assert!(at_work > 0, "{answers:?}");
    assert_eq!(scene.ask(0, "k1", "slow").await?, carried_out[0].again());
    Ok(())
}

/// All at once.
async fn futures(all: impl Iterator<Item = impl Future<Output = Outcome<Seen>>>) -> Outcome<Vec<Seen>> {
    let mut waiting: Vec<_> = all.map(Box::pin).map(|one| (one, None)).collect();
    std::future::poll_fn(|context| {
        for (one, answer) in waiting.iter_mut().filter(|(_, answer)| answer.is_none()) {
            if let std::task::Poll::Ready(ready) = one.as_mut().poll(context) {
                *answer = Some(ready);
            }
        }
        if waiting.iter().all(|(_, answer)| answer.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    waiting.into_iter().filter_map(|(_, answer)| answer).collect()
}

async fn a_refusal_is_an_answer_and_an_accident_is_none(scene: &Scene) -> Outcome {
    for name in ["refused at once", "refused late"] {
        let first = scene.ask(0, name.split(' ').next_back().unwrap_or_default(), name).await?;
        assert_eq!((first.status, first.code().as_str(), first.replayed), (409, "LAST_ADMINISTRATOR", false));
        assert_eq!(scene.ask(1, name.split(' ').next_back().unwrap_or_default(), name).await?, first.again());
    }
    assert_eq!((scene.ask(0, "k1", "away").await?.status, scene.groups().await?), (503, 0));
    assert_eq!(scene.ask(0, "k2", "there").await?.status, 201);
    let second = scene.ask(1, "k1", "away").await?;
    assert_eq!((second.status, second.replayed, scene.groups().await?), (201, false, 2));
    Ok(())
}

async fn who_is_interrupted_at_any_statement_may_ask_again(scene: &Scene) -> Outcome {
    let mut deepest = 0;
    for statement in 1..20 {
        let (key, name) = (format!("k{statement}"), format!("group {statement}"));
        let before = scene.groups().await?;
        scene.left.store(statement, Ordering::SeqCst);
        let interrupted = scene.send(&scene.interrupted, &scene.admin, Some(&key), &name).await?;
        let came = scene.left.load(Ordering::SeqCst) == 0;
        scene.left.store(usize::MAX, Ordering::SeqCst);
        if came {
            assert_eq!((interrupted.status, scene.groups().await?), (503, before), "at statement {statement}");
        } else {
            assert_eq!((interrupted.status, interrupted.replayed), (201, false));
        }
        let mut answer = scene.ask(0, &key, &name).await?;
        // Until PostgreSQL has rolled back.
        while answer.code() == "IDEMPOTENCY_KEY_AT_WORK" {
            tokio::time::sleep(Duration::from_millis(10)).await;
            answer = scene.ask(0, &key, &name).await?;
        }
        assert_eq!((answer.status, answer.replayed), (201, !came), "at statement {statement}: {answer:?}");
        assert_eq!(scene.groups().await?, before + 1);
        assert_eq!(scene.ask(1, &key, &name).await?, answer.again());
        if !came {
            deepest = statement;
            break;
        }
    }
    // The lock, what is known, what is kept, the look, the group, the answer, and the commit.
    assert!(deepest > 6, "{deepest}");
    Ok(())
}

async fn a_key_is_its_callers_and_its_tenants(scene: &Scene) -> Outcome {
    let first = scene.ask(0, "k1", "sales").await?;
    let of = async |token: &str, name: &str| scene.send(&scene.processes[0], token, Some("k1"), name).await;
    let colleague = of(&scene.colleague, "support").await?;
    assert_eq!((colleague.status, colleague.replayed), (201, false));
    let other = of(&scene.other_tenant, "sales").await?;
    assert_eq!((other.status, other.replayed), (201, false));
    assert!(first.body != other.body && scene.groups().await? == 2);
    assert_eq!(of(&scene.admin, "sales").await?, first.again());
    assert_eq!(of(&scene.other_tenant, "sales").await?, other.again());
    Ok(())
}

async fn an_answer_is_kept_for_a_day(scene: &Scene) -> Outcome {
    assert_eq!(scene.ask(0, "k1", "sales").await?.status, 201);
    let made = Environment::system().now() - Duration::from_hours(24) + Duration::from_mins(1);
    let age = async |at| {
        let at = user_tenant_store::value::format_timestamp(at);
        scene.database.execute(&format!("UPDATE idempotency_keys SET created_on = '{at}'")).await
    };
    age(made).await?;
    assert!(scene.ask(0, "k1", "sales").await?.replayed);
    age(made - Duration::from_mins(2)).await?;
    // Another request by now, with an answer of its own.
    let second = scene.ask(0, "k1", "support").await?;
    assert_eq!((second.status, second.replayed), (201, false));
    assert_eq!(scene.ask(1, "k1", "support").await?, second.again());
    Ok(())
}

async fn what_is_no_key_is_refused(scene: &Scene) -> Outcome {
    for key in ["\"\"", "", "\"a", &"k".repeat(256)] {
        let refused = scene.ask(0, key, "sales").await?;
        assert_eq!((refused.status, refused.code().as_str()), (400, "INVALID_IDEMPOTENCY_KEY"), "{key}");
    }
    assert_eq!(scene.groups().await?, 0);
    Ok(())
}

async fn who_may_not_ask_gets_no_answer_of_before(scene: &Scene) -> Outcome {
    assert_eq!(scene.ask(0, "k1", "sales").await?.status, 201);
    let refused = scene.send(&scene.processes[0], &scene.powerless, Some("k1"), "sales").await?;
    assert_eq!((refused.status, refused.replayed), (403, false));
    Ok(())
}

async fn an_answer_that_is_too_long_changes_nothing(scene: &Scene) -> Outcome {
    let refused = scene.ask(0, "k1", "long").await?;
    assert_eq!((refused.status, refused.code().as_str(), scene.groups().await?), (400, "ANSWER_TOO_LARGE", 0));
    let without = scene.send(&scene.processes[0], &scene.admin, None, "long").await?;
    assert_eq!((without.status, scene.groups().await?), (201, 1));
    Ok(())
}

async fn a_caller_has_so_many_answers_at_most(scene: &Scene) -> Outcome {
    let (tenant, membership) = (scene.tenant, scene.membership);
    let now = user_tenant_store::value::format_timestamp(Environment::system().now());
    let rows: Vec<_> = (0..MOST)
        .map(|number| {
            format!("('{}', '{tenant}', '{membership}', '', 201, '{{}}', '', '{now}')", Uuid::from_u128(number.into()))
        })
        .collect();
    for rows in rows.chunks(1_000) {
        let statement = format!(
            "INSERT INTO idempotency_keys (id, tenant_id, membership_id, fingerprint, status, headers, body, created_on)
             VALUES {}",
            rows.join(", ")
        );
        scene.database.execute(&statement).await?;
    }
    let refused = scene.ask(0, "k1", "sales").await?;
    assert_eq!((refused.status, refused.code().as_str(), scene.groups().await?), (409, "QUOTA_EXCEEDED", 0));
    // Others have their own, and a request without a key needs none.
    assert_eq!(scene.send(&scene.processes[0], &scene.colleague, Some("k1"), "sales").await?.status, 201);
    assert_eq!(scene.send(&scene.processes[0], &scene.admin, None, "support").await?.status, 201);
    // What is too old does not count.
    scene.database.execute("UPDATE idempotency_keys SET created_on = '2024-01-02T03:04:05.678Z'").await?;
    assert_eq!(scene.ask(0, "k1", "sales three").await?.status, 201);
    Ok(())
}

#[test]
fn every_post_of_ours_that_writes_is_carried_out_once() {
    // Each password that is tried counts. Of who comes by a token nobody knows whose answer it was.
    let told_once = ["PasswordController.verify"];
    let ours = crate::features::routes().filter(|route| route.method == Method::POST && route.writes);
    for route in ours.filter(|route| route.entrance.is_none()) {
        assert_ne!(route.idempotent, told_once.contains(&route.operation), "{}", route.operation);
    }
}
