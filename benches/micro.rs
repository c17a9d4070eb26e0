//! Parts of a request, each alone: `cargo bench`, or `cargo bench -- filter` for those whose name has that in it.
//!
//! Each runs without a network and on a database in a file; what the database does is in none of them but `a_page_of_roles`.
#![expect(clippy::expect_used, reason = "a benchmark that cannot be prepared has nothing to measure")]

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use divan::Bencher;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;
use user_tenant_service::host::{Bootstrap, Bootstrapped};
use user_tenant_service::model::{Role, Tenant, UserView};
use user_tenant_service::store::Entity;
use user_tenant_service::store::filter::Filter;
use user_tenant_service::store::filter::parse::{self, Bounds};
use user_tenant_service::store::record::{New, Record};
use user_tenant_service::store::scope::TenantScope;
use user_tenant_service::store::session::{DatabaseOptions, SqliteOptions};
use user_tenant_service::{Clock, TokenVerifier, UserTenantService, Verification, Verifier, permission};

fn main() {
    divan::main();
}

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime"));

/// Signs the tokens of the second service.
const SECRET: &str = "the secret of the micro-benchmarks";

/// A service with one tenant of 20 roles, and routes of its own behind the guard; and one that verifies JWTs.
struct Place {
    users: UserTenantService,
    verifying: UserTenantService,
    claims: Map<String, Value>,
    made: Bootstrapped,
    _directory: TempDir,
}

static PLACE: LazyLock<Place> = LazyLock::new(|| RUNTIME.block_on(place()));

/// Takes the one token there is, for the first member.
struct Known(std::sync::OnceLock<Map<String, Value>>);

impl TokenVerifier for Known {
    fn verify<'a>(&'a self, token: &'a str) -> Verification<'a> {
        Box::pin(async move { Ok(self.0.get().filter(|_| token == "known").cloned()) })
    }
}

async fn place() -> Place {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let known = Arc::new(Known(std::sync::OnceLock::new()));
    let database = DatabaseOptions::Sqlite(SqliteOptions::new(directory.path().join("micro.db")));
    let users = UserTenantService::builder(database.clone())
        .verifier(Verifier::Host(known.clone()))
        .routes(routes)
        .migrate(true)
        .build()
        .await
        .expect("a service");
    let text = |text: &str| text.to_owned();
    let made = users
        .bootstrap(Bootstrap {
            tenant_name: text("Bakery"),
            tenant_key: text("bakery"),
            username: text("ann"),
            email: text("ann@bakery.example"),
            first_name: text("Ann"),
            role_name: text("baker"),
            permissions: permission::ALL.iter().map(|permission| permission.name.to_owned()).collect(),
        })
        .await
        .expect("an empty database");
    let session = users.write().await.expect("a transaction").narrow(TenantScope(made.tenant));
    for number in 1..20 {
        let role = New::<Role>::empty().with(Role::NAME, format!("role {number}")).expect("a property");
        session.repository::<Role>().create(role).await.expect("a role");
    }
    session.commit(()).await.expect("a commit").into_inner();
    let exp = Clock::system().now().unix_timestamp() + 24 * 60 * 60;
    let claims = json!({
        "exp": exp, "id": made.user, "userTenantId": made.user_tenant, "tenantId": made.tenant,
        "permissions": permission::ALL.iter().map(|permission| permission.name).collect::<Vec<_>>(),
    });
    let claims = known.0.get_or_init(|| claims.as_object().cloned().unwrap_or_default()).clone();
    let verifier = Verifier::Secret { secret: SECRET.into(), issuer: None };
    let verifying =
        UserTenantService::builder(database).verifier(verifier).routes(routes).build().await.expect("another");
    Place { users, verifying, claims, made, _directory: directory }
}

impl Place {
    /// A JWT of the first member; each number has one of its own.
    fn sign(&self, number: u64) -> String {
        let mut claims = self.claims.clone();
        claims.insert("jti".to_owned(), number.into());
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        jsonwebtoken::encode(&Header::default(), &claims, &key).expect("a token")
    }
}

fn routes(users: &UserTenantService) -> Router {
    let open = users.guarded(&["ViewTenant"], Router::new().route("/open", get(|| async { "open" })));
    let closed = users.guarded(&["NobodyHasThis"], Router::new().route("/closed", get(|| async { "closed" })));
    open.merge(closed)
}

fn filter(json: &Value) -> Filter {
    parse::filter(UserView::meta(), json, Bounds { include_depth: 5 }).expect("a filter")
}

/// A filter as clients of LoopBack send it.
fn typical() -> Value {
    json!({
        "where": { "and": [{ "status": 1 }, { "or": [{ "firstName": { "like": "A%" } }, { "email": { "ilike": "%@acme.%" } }] }] },
        "order": ["lastName ASC", "firstName ASC"], "limit": 20, "skip": 40, "fields": { "phone": false },
    })
}

#[divan::bench]
fn filter_parsing(bencher: Bencher) {
    let json = typical();
    bencher.bench(|| filter(divan::black_box(&json)));
}

#[divan::bench]
fn filter_parsing_from_text(bencher: Bencher) {
    let text = typical().to_string();
    bencher.bench(|| filter(&serde_json::from_str(divan::black_box(&text)).expect("JSON")));
}

#[divan::bench]
fn statement_of_a_page_of_users(bencher: Bencher) {
    let within = PLACE.users.read().narrow(TenantScope(PLACE.made.tenant));
    let filter = filter(&json!({ "order": ["id ASC"], "limit": 20 }));
    bencher.bench_local(|| within.repository::<UserView>().statement(divan::black_box(&filter)));
}

#[divan::bench]
fn statement_of_a_filtered_page_of_users(bencher: Bencher) {
    let within = PLACE.users.read().narrow(TenantScope(PLACE.made.tenant));
    let filter = filter(&typical());
    bencher.bench_local(|| within.repository::<UserView>().statement(divan::black_box(&filter)));
}

#[divan::bench]
fn statement_of_a_tenant(bencher: Bencher) {
    let within = PLACE.users.read().narrow(TenantScope(PLACE.made.tenant));
    let filter = Filter { limit: Some(1), ..Filter::default() };
    bencher.bench_local(|| within.repository::<Tenant>().statement(divan::black_box(&filter)));
}

fn rows() -> Vec<Record> {
    let within = PLACE.users.read().narrow(TenantScope(PLACE.made.tenant));
    RUNTIME.block_on(within.repository::<Role>().find(&Filter::default())).expect("roles")
}

#[divan::bench]
fn rendering_of_20_rows(bencher: Bencher) {
    let rows = rows();
    assert_eq!(rows.len(), 20);
    bencher.bench(|| serde_json::to_vec(divan::black_box(&rows)).expect("JSON"));
}

/// One request to the router, in this process.
fn request(bencher: Bencher, path: &str, token: Option<&str>, status: StatusCode) {
    send(bencher, &PLACE.users, path, token, status);
}

fn send(bencher: Bencher, users: &UserTenantService, path: &str, token: Option<&str>, status: StatusCode) {
    let router = users.router();
    bencher.bench_local(|| {
        let request = Request::get(path);
        let request = match token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        let request = request.body(Body::empty()).expect("a request");
        let answer = RUNTIME.block_on(router.clone().oneshot(request)).expect("an answer");
        assert_eq!(answer.status(), status);
    });
}

#[divan::bench]
fn request_without_a_guard(bencher: Bencher) {
    request(bencher, "/health/live", None, StatusCode::OK);
}

/// Less [`request_without_a_guard`]: claims from the host's verifier to a caller with all permissions, the permission, and
/// who is active from memory.
#[divan::bench]
fn request_behind_the_guard(bencher: Bencher) {
    request(bencher, "/open", Some("known"), StatusCode::OK);
}

/// A JWT that was verified before, and is remembered with its caller.
#[divan::bench]
fn request_with_a_known_jwt(bencher: Bencher) {
    send(bencher, &PLACE.verifying, "/open", Some(&PLACE.sign(0)), StatusCode::OK);
}

/// Less [`request_with_a_known_jwt`]: signature (HS256), registered claims and caller of a JWT.
#[divan::bench]
fn request_with_a_new_jwt(bencher: Bencher) {
    let router = PLACE.verifying.router();
    let mut number = 0;
    let request = move || {
        number += 1;
        let request = Request::get("/open").header("authorization", format!("Bearer {}", PLACE.sign(number)));
        (router.clone(), request.body(Body::empty()).expect("a request"))
    };
    bencher.with_inputs(request).bench_local_values(|(router, request)| {
        let answer = RUNTIME.block_on(router.oneshot(request)).expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
    });
}

#[divan::bench]
fn request_without_the_permission(bencher: Bencher) {
    request(bencher, "/closed", Some("known"), StatusCode::FORBIDDEN);
}

#[divan::bench]
fn request_with_an_unknown_token(bencher: Bencher) {
    request(bencher, "/open", Some("unknown"), StatusCode::UNAUTHORIZED);
}

#[divan::bench]
fn request_for_a_page_of_roles(bencher: Bencher) {
    let path = format!("/tenants/{}/roles?filter[limit]=20", PLACE.made.tenant);
    request(bencher, &path, Some("known"), StatusCode::OK);
}
