//! A purge that is cut off at any statement and begun anew ends the same: on both databases, at every statement that it has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Map, Value as Json};
use tokio::runtime::Runtime;
use user_tenant_service::store::StoreError;
use user_tenant_service::store::environment::Environment;
use user_tenant_service::store::session::{DatabaseOptions, PostgresOptions, SqliteOptions};
use user_tenant_service::{JobOptions, TenantStep, UserTenantService, Verifier};

use super::{contents, is_there, text, until_gone};
use crate::holes::A;
use crate::support::fixture::Database;
use crate::world::on_both;

/// The service in this process, whose database fails from some statement on.
struct Scene {
    database: Database,
    runtime: Runtime,
    service: UserTenantService,
    /// How many more statements succeed; none any more once it is zero.
    left: Arc<AtomicUsize>,
}

impl From<Database> for Scene {
    fn from(database: Database) -> Self {
        let runtime = Runtime::new().expect("a runtime can be made");
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let counted = left.clone();
        let options = match &database {
            Database::Postgres(_) => DatabaseOptions::Postgres(PostgresOptions::new(database.url())),
            Database::Sqlite(_) => {
                let file = database.url();
                DatabaseOptions::Sqlite(SqliteOptions::new(file.strip_prefix("sqlite:").expect("a file")))
            }
        };
        let interrupted = move || {
            let before = counted.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            match before {
                Ok(1) | Err(_) => Err(StoreError::Unavailable("interrupted".into())),
                Ok(_) => Ok(()),
            }
        };
        let service = UserTenantService::builder(options)
            .verifier(Verifier::Secret { secret: "0123456789abcdef0123456789abcdef".into(), issuer: None })
            .environment(Environment::system().interrupted_by(interrupted))
            .migrate(true);
        let service = runtime.block_on(service.build()).expect("the service can be built");
        Self { database, runtime, service, left }
    }
}

impl Scene {
    /// The fixture, with A archived and to be purged. What the periodic jobs have left is gone.
    fn begin(&self) {
        self.left.store(usize::MAX, Ordering::SeqCst);
        self.database.restore();
        self.database.run("DELETE FROM main.jobs; DELETE FROM main.idempotency_keys");
        let id = A.parse().expect("an id");
        self.runtime.block_on(async {
            self.service.step_tenant(id, TenantStep::Archive, Some("Alice asked")).await.expect("it is archived");
            self.service.purge_tenant(id, Some("They asked for it")).await.expect("it is to be purged");
        });
        let other = "a0000000-0000-4000-8000-0000000000f1";
        self.database.run(&format!(
            "INSERT INTO main.idempotency_keys
               (id, tenant_id, membership_id, fingerprint, status, headers, body, created_on)
             VALUES ('{other}', '{A}', '{other}', '', 200, '{{}}', 'Alice', '2999-01-02T03:04:05.678Z');
             INSERT INTO main.jobs (id, kind, tenant_id, payload, state, run_after, attempts, created_on)
             VALUES ('{other}', 'test.later', '{A}', '{{}}', 'queued', '2999-01-02T03:04:05.678Z', 0,
               '2024-01-02T03:04:05.678Z')"
        ));
    }

    /// A process that does jobs until the purge is over, or cut off.
    fn process(&self) {
        let is_over = || self.left.load(Ordering::SeqCst) == 0 || !is_there(&self.database, A);
        let mut options = JobOptions::default();
        options.interval = Duration::from_millis(5);
        options.grace = Duration::from_millis(50);
        let service = self.service.clone();
        let (tell, told) = tokio::sync::oneshot::channel::<()>();
        let process = self.runtime.spawn(async move { service.run_jobs(options, async { drop(told.await) }).await });
        let start = std::time::Instant::now();
        while !is_over() {
            assert!(start.elapsed() < super::PATIENCE, "{:?}", contents(&self.database)["jobs"]);
            std::thread::sleep(Duration::from_millis(2));
        }
        process.abort();
        let _ = self.runtime.block_on(process);
        drop(tell);
    }

    /// All that the database holds, but for times and what is new with each row. Periodic jobs come and go.
    fn end(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for (table, rows) in contents(&self.database) {
            if table == "schema_migrations" || table == "jwt_keys" || table == "audit_positions" {
                continue;
            }
            for row in rows.iter().filter(|row| row.get("kind").is_none_or(|kind| kind == "tenants.purge")) {
                all.push(format!("{table} {}", text(&timeless(row, table == "audit_logs"))));
            }
        }
        all.sort();
        all
    }
}

fn timeless(row: &Map<String, Json>, is_line: bool) -> Map<String, Json> {
    let differs = |name: &str| {
        let of_line = ["id", "position", "operation_time"].contains(&name);
        is_line && of_line || ["modified_on", "archived_on", "purging_on", "erased_on", "changed_on"].contains(&name)
    };
    let rows = row.iter().map(|(name, value)| {
        let value = match value {
            Json::Object(inner) => Json::Object(timeless(inner, false)),
            Json::Null => Json::Null,
            _ if differs(name) => "some".into(),
            other => other.clone(),
        };
        (name.clone(), value)
    });
    rows.collect()
}

on_both!(a_purge_that_is_cut_off_anywhere_ends_the_same);
fn a_purge_that_is_cut_off_anywhere_ends_the_same(scene: &Scene) {
    scene.begin();
    scene.process();
    let expected = scene.end();
    assert!(expected.iter().all(|row| row.starts_with("audit_logs") || !row.contains(A)), "{expected:#?}");
    let mut deepest = 0;
    for statement in 1.. {
        scene.begin();
        scene.left.store(statement, Ordering::SeqCst);
        scene.process();
        if scene.left.swap(usize::MAX, Ordering::SeqCst) > 0 {
            break;
        }
        deepest = statement;
        // Whoever had it says nothing more.
        scene.database.run(
            "UPDATE main.jobs SET state = 'queued', run_after = created_on, claimed_by = NULL WHERE kind = 'tenants.purge'",
        );
        scene.process();
        until_gone(&scene.database, A);
        let ended = scene.end();
        assert_eq!(ended, expected, "cut off at statement {statement}");
    }
    assert!(deepest > 60, "it has many more: {deepest}");
}
