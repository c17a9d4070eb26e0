//! The library in somebody's program: mounted under a prefix, and its repositories without HTTP.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use user_tenant_service::model::{Role, Tenant, TenantStatus, User, UserStatus, UserTenant};
use user_tenant_service::store::Entity;
use user_tenant_service::store::filter::Predicate;
use user_tenant_service::store::record::{New, Record};
use user_tenant_service::store::session::{DatabaseOptions, PostgresOptions, SqliteOptions};
use user_tenant_service::store::value::{Value, parse_uuid};
use user_tenant_service::{UserTenantService, Verifier};
use uuid::Uuid;

use crate::program::Workplace;
use crate::request::{Request, json, text};
use crate::support::fixture::Database;

const SECRET: &str = "a secret of the library tests, long enough";

/// A program that ends with the test.
struct Example(Child);

impl Drop for Example {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An example, beside the program. Cargo has built it with all tests, but not where only this test was asked for.
fn example(name: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_user-tenant-service"));
    let directory = program.parent().expect("the program lies in a directory");
    let profile = directory.file_name().and_then(|name| name.to_str()).expect("the directory is a profile's");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline", "--workspace", "--example", name])
        .args(["--profile", if profile == "debug" { "dev" } else { profile }])
        .arg("--target-dir")
        .arg(directory.parent().expect("a profile's directory lies in one of cargo's"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo can be started");
    assert!(built.success(), "the example {name} does not build");
    directory.join("examples").join(name)
}

#[test]
fn the_example_mounts_the_service_under_a_prefix() {
    let workplace = Workplace::with(&[("JWT_SECRET", SECRET), ("JWT_VERIFIER", "secret")]);
    let mut mounted = Example(
        Command::new(example("mount"))
            .env_clear()
            .envs([("JWT_SECRET", SECRET), ("PORT", "0")])
            .env("DATA_DIR", workplace.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the example can be started"),
    );
    let mut line = String::new();
    BufReader::new(mounted.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address: SocketAddr = line.trim().rsplit('/').next().unwrap().parse().unwrap();
    let database = format!("sqlite:{}", workplace.path().join("mount.db").display());
    workplace.ok(&["bootstrap", "--database-url", &database]);
    let token = workplace.ok(&["token", "--database-url", &database]);

    let listed = Request::new(address, "GET /user-tenants/tenants").bearer(token.trim()).send();
    assert_eq!(listed.status, 200, "{}", text(&listed));
    assert_eq!(json(&listed)[0]["key"], "default");
    let trailing = Request::new(address, "GET /user-tenants//tenants/count/").bearer(token.trim()).send();
    assert_eq!(json(&trailing)["count"], 1);
    let own = Request::new(address, "GET /").send();
    assert_eq!(json(&own)["tenants"], 1);
    assert_eq!(Request::new(address, "GET /user-tenants/openapi.json").send().status, 200);
    assert_eq!(Request::new(address, "GET /user-tenants/explorer/").send().status, 200);
    assert_eq!(Request::new(address, "GET /tenants").bearer(token.trim()).send().status, 404);
}

fn id(record: &Record) -> Uuid {
    record.get("id").and_then(Value::to_key).and_then(|id| parse_uuid(&id).ok()).expect("a new row has an id")
}

async fn repositories_work_without_http(database: DatabaseOptions) {
    let service = UserTenantService::builder(database)
        .verifier(Verifier::Secret { secret: SECRET.to_owned(), issuer: None })
        .migrate(true)
        .build()
        .await
        .unwrap();
    let session = service.write().await.unwrap();
    let tenant = New::<Tenant>::empty().with("name", "Acme").unwrap().with("key", "acme").unwrap();
    let tenant = tenant.with("status", i32::from(TenantStatus::Inactive)).unwrap();
    let tenant = id(&session.repository().create(tenant).await.unwrap());
    let role = New::<Role>::empty().with("name", "reader").unwrap().with("tenantId", tenant).unwrap();
    let role = role.with("permissions", vec!["ViewTenant".to_owned()]).unwrap();
    let role = id(&session.repository().create(role).await.unwrap());
    let user = New::<User>::empty().with("username", "ann").unwrap().with("firstName", "Ann").unwrap();
    let user = user.with("email", "ann@acme.example").unwrap().with("defaultTenantId", tenant).unwrap();
    let user = id(&session.repository().create(user).await.unwrap());
    let membership = New::<UserTenant>::empty().with("userId", user).unwrap().with("tenantId", tenant).unwrap();
    let membership =
        membership.with("roleId", role).unwrap().with("status", i32::from(UserStatus::PasswordChangeNeeded)).unwrap();
    let membership = id(&session.repository().create(membership).await.unwrap());

    // Nothing is seen before the commit, everything after it.
    assert!(service.read().repository::<Tenant>().get(tenant).await.unwrap().is_none());
    session.commit(()).await.unwrap().into_inner();
    let read = service.read();
    let tenant_row: Tenant = read.repository().get(tenant).await.unwrap().unwrap();
    assert_eq!((tenant_row.key.as_str(), tenant_row.status), ("acme", 0));
    let by_user = Predicate::equals(UserTenant::meta().property("userId").unwrap(), user.into());
    let found: Vec<UserTenant> = read.repository().find_typed(by_user).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].id, found[0].tenant_id, found[0].role_id), (membership, tenant, role));
    assert_eq!(found[0].status, 3);

    // A session that is dropped has written nothing.
    let dropped = service.write().await.unwrap();
    dropped.repository::<Tenant>().delete_by_id(tenant).await.unwrap();
    drop(dropped);
    assert!(read.repository::<Tenant>().exists(tenant).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_work_without_http_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("library.db");
    repositories_work_without_http(DatabaseOptions::Sqlite(SqliteOptions::new(file))).await;
}

#[test]
fn repositories_work_without_http_on_postgres() {
    let database = Database::postgres();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(repositories_work_without_http(DatabaseOptions::Postgres(PostgresOptions::new(database.url()))));
}
