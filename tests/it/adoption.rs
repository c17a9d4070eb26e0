//! A database of the original, made by its own migration and filled, becomes ours: nothing is lost, and the original goes on.

mod authentication;
mod defects;
mod elsewhere;
mod original;
mod refusals;
mod side_by_side;

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::program::{Outcome, Workplace};
use crate::request::leak;
use crate::support::fixture::Database;
use crate::support::postgres::PostgresDatabase;
use crate::support::token;

const SCHEMA_NOT_READY: i32 = 5;

/// A database that the original has made, with the fixture in it, and the program beside it.
struct Legacy {
    database: Database,
    workplace: Workplace,
}

impl Legacy {
    fn new() -> Self {
        let legacy = Self::empty();
        legacy.run(&original::migration());
        // This table is made by the authentication service, which the original relies on.
        legacy.run(
            "CREATE TABLE main.jwt_keys (id serial PRIMARY KEY, key_id varchar(100) NOT NULL UNIQUE,
             public_key text, private_key text, created_on timestamp DEFAULT now())",
        );
        legacy.database.restore();
        legacy
    }

    /// A database that nobody has written to yet.
    fn empty() -> Self {
        let database = Database::postgres();
        let workplace = Workplace::with(&[
            ("DATABASE_URL", &database.url()),
            ("JWT_VERIFIER", "jwt-keys"),
            ("JWT_ISSUER", token::ISSUER),
            ("CALLER_CACHE_MILLISECONDS", "0"),
        ]);
        Self { database, workplace }
    }

    fn server(&self) -> &PostgresDatabase {
        match &self.database {
            Database::Postgres(server) => server,
            Database::Sqlite(_) => unreachable!("the original runs on PostgreSQL"),
        }
    }

    fn run(&self, sql: &str) {
        self.server().run(sql);
    }

    /// One text of one row.
    fn text(&self, sql: &str) -> String {
        self.server().query(sql)[0].get(0)
    }

    fn migrate(&self, arguments: &[&str]) -> Outcome {
        self.workplace.run(&[&["migrate"], arguments].concat())
    }

    fn migrated(&self, arguments: &[&str]) -> String {
        self.workplace.ok(&[&["migrate"], arguments].concat())
    }

    /// That nothing happens to schema and rows, but this refusal, in words that hold all of these.
    #[track_caller]
    fn assert_refuses(&self, arguments: &[&str], words: &[&str]) {
        let before = (catalog(self.server()), self.database.tables());
        let outcome = self.migrate(arguments);
        assert_eq!(outcome.code, SCHEMA_NOT_READY, "{outcome:?}");
        for word in words {
            assert!(outcome.stderr.contains(word), "no {word:?} in {}", outcome.stderr);
        }
        assert_eq!(leak(&outcome.stderr), None, "{outcome:?}");
        assert!(before == (catalog(self.server()), self.database.tables()), "{arguments:?} changed the database");
    }
}

/// All that the two schemas consist of, a definition a line.
fn catalog(database: &PostgresDatabase) -> BTreeSet<String> {
    let rows = database.query(
        "WITH ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('main', 'logs'))
         SELECT concat_ws(' ', 'column', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
                          a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
         FROM pg_attribute a
         JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'v')
         JOIN ours ON ours.oid = c.relnamespace
         LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attnum > 0 AND NOT a.attisdropped
         UNION ALL
         SELECT concat_ws(' ', 'index', indexdef) FROM pg_indexes WHERE schemaname IN ('main', 'logs')
         UNION ALL
         SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(k.oid))
         FROM pg_constraint k JOIN ours ON ours.oid = k.connamespace
         UNION ALL
         SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(g.oid))
         FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN ours ON ours.oid = c.relnamespace
         WHERE NOT g.tgisinternal
         UNION ALL
         SELECT concat_ws(' ', 'function', pg_get_functiondef(p.oid)) FROM pg_proc p JOIN ours ON ours.oid = p.pronamespace
         UNION ALL
         SELECT concat_ws(' ', 'view', viewname, definition) FROM pg_views WHERE schemaname IN ('main', 'logs')",
    );
    rows.iter().map(|row| row.get(0)).collect()
}

/// What separates one catalog from another: what is gone, and what is new.
fn difference(before: &BTreeSet<String>, after: &BTreeSet<String>) -> (Vec<String>, Vec<String>) {
    (before.difference(after).cloned().collect(), after.difference(before).cloned().collect())
}

/// The definitions of a catalog that begin so.
fn of_kind<'a>(catalog: &'a BTreeSet<String>, kinds: &[&str]) -> BTreeSet<&'a str> {
    catalog.iter().map(String::as_str).filter(|line| kinds.iter().any(|kind| line.starts_with(kind))).collect()
}

/// What an adopted database must have as a new one has it, and lacks: indexes, constraints, the functions and triggers of the
/// log, and the columns and the view that adoption may have made.
fn lacking(adopted: &BTreeSet<String>) -> Vec<String> {
    let new = Database::postgres();
    let Database::Postgres(server) = &new else { unreachable!("made on PostgreSQL") };
    crate::support::server::Server::migrate(&new.url());
    let fresh = catalog(server);
    let same = ["index CREATE", "constraint main", "constraint logs", "function CREATE OR REPLACE FUNCTION logs"];
    // The keys' table is the authentication service's.
    let of_keys = |line: &&str| line.contains("jwt_keys");
    let mut lacking: Vec<_> =
        of_kind(&fresh, &same).into_iter().filter(|line| !adopted.contains(*line) && !of_keys(line)).collect();
    let audited = |catalog: &BTreeSet<String>| {
        of_kind(catalog, &["trigger"])
            .into_iter()
            .filter(|line| line.contains("_audit_"))
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(audited(&fresh), audited(adopted));
    // A column is there with its name, whatever its default.
    let named = |line: &str| line.split(' ').take(3).collect::<Vec<_>>().join(" ");
    let columns: BTreeSet<_> = of_kind(adopted, &["column"]).into_iter().map(named).collect();
    lacking.extend(of_kind(&fresh, &["column"]).into_iter().filter(|line| !columns.contains(&named(line))));
    lacking.into_iter().map(str::to_owned).collect()
}

#[test]
fn an_adopted_database_has_what_a_new_one_has_and_keeps_every_row() {
    let legacy = Legacy::new();
    let rows = legacy.database.tables().rows;
    legacy.assert_refuses(&["check"], &["can be adopted", "No row stands in the way", "migrate up"]);
    let before = catalog(legacy.server());

    assert!(legacy.migrated(&["up"]).contains("applied 0001"));
    let after = catalog(legacy.server());
    assert_eq!(legacy.migrated(&["up"]).lines().next(), Some("nothing to do"));
    assert!(legacy.migrated(&["status"]).contains("by adoption"));
    legacy.migrated(&["check"]);

    assert_eq!(lacking(&after), [""; 0]);

    // The closed list: beside what is added, two columns, one function and the triggers that log insertions are other
    // than they were.
    let (gone, _) = difference(&before, &after);
    let gone: Vec<_> = gone.iter().map(|line| line.split(['(', '\n']).next().unwrap_or_default().trim()).collect();
    let trigger = |table: &str| {
        format!(
            "trigger CREATE TRIGGER {table}_audit_trigger AFTER INSERT OR DELETE OR UPDATE ON main.{table} \
             FOR EACH ROW EXECUTE FUNCTION logs.audit_trigger"
        )
    };
    let mut others = vec![
        "column main.tenant_configs created_by integer f".to_owned(),
        "column main.tenant_configs modified_by integer f".to_owned(),
        "function CREATE OR REPLACE FUNCTION logs.audit_trigger".to_owned(),
    ];
    others.extend(["roles", "tenant_configs", "tenants", "user_permissions", "users"].map(trigger));
    assert_eq!(gone, others);
    let mut expected = rows;
    // Later migrations add columns to tables of the original.
    for ((table, _), row) in &mut expected {
        let added: &[&str] = match table.as_str() {
            "tenants" => {
                &["archived_on", "archived_from", "retention_days", "max_members", "max_invitations", "purging_on"]
            }
            "roles" => &["template_name", "template_version"],
            "users" => &["deactivated_on"],
            "user_tenants" => &["introduction", "suspended_from"],
            "auth_clients" => &["tenant_id"],
            _ => &[],
        };
        row.extend(added.iter().map(|column| ((*column).to_owned(), Json::Null)));
    }
    for (_, row) in expected.iter_mut().filter(|((table, _), _)| table == "tenant_configs") {
        for column in ["created_by", "modified_by"] {
            if let Some(number) = row[column].as_i64() {
                row.insert(column.to_owned(), number.to_string().into());
            }
        }
    }
    let mut rows = legacy.database.tables().rows;
    rows.retain(|(table, _), _| table != "role_templates");
    assert_eq!(rows, expected);
}

#[test]
fn an_adopted_database_takes_permissions_of_products() {
    let mut legacy = Legacy::new();
    legacy.migrated(&["up"]);
    let grants = "permissions=[\"OfAProduct\"]";
    let tenant = "a0000000-0000-4000-8000-000000000001";
    let create = ["role", "create", "--tenant", tenant, "--set", "name=own", "--set", grants];
    legacy.workplace.ok(&create);
    legacy.workplace.set("PERMISSIONS_OPEN", "false");
    let refused = legacy.workplace.run(&["role", "create", "--tenant", tenant, "--set", "name=other", "--set", grants]);
    assert!(refused.stderr.contains("\"OfAProduct\" is unknown"), "{refused:?}");
}

#[test]
fn the_way_back_takes_only_what_adoption_added() {
    let legacy = Legacy::new();
    let before = catalog(legacy.server());
    legacy.migrated(&["up"]);
    legacy.migrated(&["down", "--to", "1"]);
    let rows = legacy.database.tables();
    let refusal = legacy.migrate(&["down"]);
    assert!(refusal.stderr.contains("but no row"), "{refusal:?}");
    assert!(legacy.migrated(&["down", "--yes"]).contains("undone 0001"));
    assert!(legacy.database.tables() == rows, "down changed rows");
    let (gone, new) = difference(&before, &catalog(legacy.server()));
    let mended = |lines: &[String]| {
        lines.iter().all(|line| line.contains("main.tenant_configs") || line.contains("logs.audit_trigger"))
    };
    assert!(gone.len() == 3 && new.len() == 3 && mended(&gone) && mended(&new), "{gone:#?} {new:#?}");

    legacy.assert_refuses(&["check"], &["can be adopted"]);
    legacy.migrated(&["up"]);
    legacy.migrated(&["check"]);
}

#[test]
fn several_may_adopt_at_once() {
    let legacy = Legacy::new();
    let outcomes = std::thread::scope(|scope| {
        let runs = [(); 4].map(|()| scope.spawn(|| legacy.workplace.run(&["migrate", "up"])));
        runs.map(|run| run.join().unwrap())
    });
    assert!(outcomes.iter().all(|outcome| outcome.code == 0), "{outcomes:?}");
    // They may share the steps, each of which is done once.
    let lines = outcomes.iter().flat_map(|outcome| outcome.stdout.lines());
    let mut applied: Vec<_> = lines.filter_map(|line| line.strip_prefix("applied ")).collect();
    applied.sort_unstable();
    let steps = [
        "0001 initial",
        "0002 introductions",
        "0003 audit_actor",
        "0004 audit_triggers",
        "0005 names_beyond_ascii",
        "0006 audit_secrets",
        "0007 events",
        "0008 lifecycle",
        "0009 jobs",
        "0010 groups",
        "0011 role_templates",
        "0012 provisioning",
        "0013 purge",
        "0014 passwords",
        "0015 others_touches",
        "0016 mail",
        "0017 invitations",
        "0018 address_proofs",
        "0019 set_passwords",
    ];
    assert_eq!(applied, steps);
    legacy.migrated(&["check"]);
}

#[test]
fn the_audit_log_names_ids_as_they_are() {
    let legacy = Legacy::new();
    legacy.migrated(&["up"]);
    let log = |table: &str| {
        legacy.text(&format!(
            "SELECT concat_ws(' ', operation_name, entity_id, user_id) FROM logs.audit_logs WHERE table_name = '{table}'"
        ))
    };
    legacy.run(
        "SELECT set_config('logs.actor', 'a0000000-0000-4000-8000-000000000021', true);
         UPDATE main.tenants SET name = 'Renamed' WHERE key = 'tenant-a';
         SELECT set_config('logs.actor', 'a0000000-0000-4000-8000-000000000031', true);
         UPDATE main.user_tenants SET locale = 'de' WHERE id = 'a0000000-0000-4000-8000-000000000032'",
    );
    assert_eq!(log("tenants"), "UPDATE a0000000-0000-4000-8000-000000000001 a0000000-0000-4000-8000-000000000021");
    assert_eq!(log("user_tenants"), "UPDATE a0000000-0000-4000-8000-000000000032 a0000000-0000-4000-8000-000000000031");
}
