//! Tables of an application: those of its entities are purged with their tenant, without another word; others stop it.

use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::runtime::Runtime;
use user_tenant_service::store::Entity;
use user_tenant_service::store::migrate::{Migration, Migrations};
use user_tenant_service::store::session::{DatabaseOptions, PostgresOptions, SqliteOptions};
use user_tenant_service::{JobOptions, MIGRATIONS, TenantStep, UserTenantService, Verifier};
use uuid::Uuid;

use super::{contents, until_gone};
use crate::holes::{A, B};
use crate::support::fixture::Database;
use crate::world::on_both;

/// A note of a tenant.
#[derive(Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(table = "notes", audit = "none", unlogged = "a sample", tenancy(column = "tenantId"))]
#[expect(dead_code, reason = "it is read by its metadata")]
struct Note {
    #[property(id)]
    id: Uuid,
    #[property(parent)]
    tenant_id: Uuid,
}

/// A line of a note.
#[derive(Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "note_lines",
    audit = "none",
    unlogged = "a sample",
    tenancy(through(local = "noteId", foreign = "id", via = Note))
)]
#[expect(dead_code, reason = "it is read by its metadata")]
struct NoteLine {
    #[property(id)]
    id: Uuid,
    #[property(parent)]
    note_id: Uuid,
}

const fn notes(up: &'static str) -> Migration {
    Migration { version: 1001, name: "notes", up, down: "DROP TABLE note_lines; DROP TABLE notes", additive: true }
}

const NOTES: Migrations = Migrations {
    postgres: &[notes(
        "CREATE TABLE main.notes (id uuid PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES main.tenants);
         CREATE TABLE main.note_lines (id uuid PRIMARY KEY, note_id uuid NOT NULL REFERENCES main.notes)",
    )],
    sqlite: &[notes(
        "CREATE TABLE notes (id TEXT PRIMARY KEY, tenant_id TEXT NOT NULL REFERENCES tenants (id));
         CREATE TABLE note_lines (id TEXT PRIMARY KEY, note_id TEXT NOT NULL REFERENCES notes (id))",
    )],
    adoption: None,
    audit: None,
};

fn options(database: &Database) -> DatabaseOptions {
    match database {
        Database::Postgres(_) => DatabaseOptions::Postgres(PostgresOptions::new(database.url())),
        Database::Sqlite(_) => {
            let file = database.url();
            DatabaseOptions::Sqlite(SqliteOptions::new(file.strip_prefix("sqlite:").expect("a file")))
        }
    }
}

on_both!(tables_of_an_application_are_purged_by_its_entities_alone);
fn tables_of_an_application_are_purged_by_its_entities_alone(database: &Database) {
    let runtime = Runtime::new().expect("a runtime can be made");
    let verifier = || Verifier::Secret { secret: "0123456789abcdef0123456789abcdef".into(), issuer: None };
    let service = |entities| {
        let builder =
            UserTenantService::builder(options(database)).verifier(verifier()).migrations(MIGRATIONS.and(&NOTES));
        runtime.block_on(builder.entities(entities).migrate(true).build()).expect("the service can be built")
    };
    let without = service(&[]);
    database.restore();
    for (tenant, at) in [(A, 1), (B, 2)] {
        database.run(&format!(
            "INSERT INTO main.notes (id, tenant_id) VALUES ('c0000000-0000-4000-8000-00000000001{at}', '{tenant}');
             INSERT INTO main.note_lines (id, note_id)
             VALUES ('c0000000-0000-4000-8000-00000000002{at}', 'c0000000-0000-4000-8000-00000000001{at}')"
        ));
    }
    let id = B.parse().expect("an id");
    runtime.block_on(async {
        without.step_tenant(id, TenantStep::Archive, None).await.expect("it is archived");
        without.purge_tenant(id, None).await.expect("it is to be purged");
    });
    let jobs = || {
        let mut options = JobOptions::default();
        options.interval = Duration::from_millis(10);
        options
    };
    let process = runtime.spawn(async move { without.run_jobs(jobs(), std::future::pending()).await });
    let start = Instant::now();
    let stopped = || {
        let rows = contents(database);
        let job = rows["jobs"].iter().find(|job| job["kind"] == "tenants.purge").cloned();
        job.and_then(|job| job["last_error"].as_str().map(ToOwned::to_owned))
    };
    let error = loop {
        if let Some(error) = stopped() {
            break error;
        }
        assert!(start.elapsed() < super::PATIENCE, "nothing stops it");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(error.starts_with("STILL_REFERENCED"), "{error}");
    assert!(contents(database)["tenants"].iter().any(|row| row["id"] == *B));
    process.abort();

    let with = service(&[Note::meta, NoteLine::meta]);
    database.run("UPDATE main.jobs SET run_after = created_on WHERE kind = 'tenants.purge'");
    let process = runtime.spawn(async move { with.run_jobs(jobs(), std::future::pending()).await });
    until_gone(database, B);
    process.abort();
    let rows = contents(database);
    assert_eq!((rows["notes"].len(), rows["note_lines"].len()), (1, 1), "those of A");
}
