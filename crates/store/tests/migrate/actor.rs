//! Whose doing the audit log says a change was: that of whoever a session writes for, and nobody's where nobody is named.

use serde::Deserialize;
use user_tenant_store::audit::{Actor, ActorKind, Context};
use user_tenant_store::environment::Environment;
use user_tenant_store::record::{New, Patch};
use user_tenant_store::scope::{System, SystemReason};
use user_tenant_store::session::{DatabaseOptions, Limits, Session, Store, Write};
use user_tenant_store::{Entity, StoreResult};
use uuid::Uuid;

use super::database::{Database, Outcome};
use super::{Migrator, SCHEMA, on_both};

const ANN: Actor = Actor { membership: Some(Uuid::from_u128(0xa)), user: Some(Uuid::from_u128(0xaa)), tenant: None };
const BEN: Actor = Actor { user: Some(Uuid::from_u128(0xb)), ..Actor::SYSTEM };

#[expect(dead_code, reason = "its rows are written, and read from the log")]
#[derive(Debug, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(table = "tenants", tenancy(itself))]
struct Tenant {
    #[property(id)]
    id: Uuid,
    name: String,
    key: String,
    city: Option<String>,
}

/// A store with one connection that writes, so that who wrote before could be taken for who writes now.
async fn store(database: &Database) -> Outcome<Store> {
    Migrator::connect(&database.options, SCHEMA).await?.up().await?;
    let mut options = database.options.clone();
    if let DatabaseOptions::Postgres(options) = &mut options {
        options.max_connections = 1;
    }
    Ok(Store::open(&options, Limits::default(), Environment::system())?)
}

async fn writer(store: &Store, actor: Actor) -> StoreResult<Session<System, Write>> {
    store.write(System(SystemReason::CommandLine), actor).await
}

fn named(name: &str) -> Outcome<New<Tenant>> {
    Ok(New::empty().with(Tenant::NAME, name.to_owned())?.with(Tenant::KEY, name.to_owned())?)
}

fn moved(city: &str) -> Outcome<Patch<Tenant>> {
    Ok(Patch::empty().with(Tenant::CITY, city.to_owned())?)
}

/// What was done to a tenant and who did it, in order.
async fn log_of(database: &Database, name: &str) -> Outcome<Vec<String>> {
    let rows = database
        .rows(&format!(
            "SELECT l.operation_name, l.user_id FROM audit_logs l JOIN tenants t ON l.entity_id = {} WHERE t.name = '{name}'
             ORDER BY l.{}",
            if database.is_postgres() { "t.id::text" } else { "t.id" },
            if database.is_postgres() { "ctid" } else { "rowid" },
        ))
        .await?;
    Ok(rows.into_iter().map(|row| row.join(" ")).collect())
}

fn by(operation: &str, who: Actor) -> String {
    let who = who.membership.or(who.user).map_or_else(|| "null".to_owned(), |id| id.to_string());
    format!("{operation} {who}")
}

on_both!(each_change_is_logged_as_that_of_whom_the_session_writes_for);
async fn each_change_is_logged_as_that_of_whom_the_session_writes_for(database: &Database) -> Outcome {
    let store = store(database).await?;
    // Statements that are all of their transaction.
    let made = writer(&store, ANN).await?.create_and_commit(named("one")?).await?;
    let id = made.get().id().ok_or("no id")?;
    let by_id = Tenant::ID.is(id);
    let _ = writer(&store, Actor::SYSTEM).await?.update_and_commit(Some(&by_id), moved("Ulm")?).await?;
    let _ = writer(&store, BEN).await?.update_by_id_and_commit::<Tenant>(id, moved("Bonn")?).await?;
    let _ = writer(&store, Actor::SYSTEM).await?.update_and_commit(Some(&by_id), moved("Kiel")?).await?;
    // Several, some of which touch nothing.
    let session = writer(&store, ANN).await?;
    let tenants = session.repository::<Tenant>();
    assert!(!tenants.update_by_id(Uuid::from_u128(1), moved("Nowhere")?).await?);
    assert!(tenants.update_by_id(id, moved("Jena")?).await?);
    assert_eq!(tenants.update_all(None, moved("Trier")?).await?, 1);
    let _ = session.commit(()).await?;
    // What is taken back leaves no name behind.
    let session = writer(&store, ANN).await?;
    assert!(session.repository::<Tenant>().update_by_id(id, moved("Gera")?).await?);
    drop(session);
    let _ = writer(&store, Actor::SYSTEM).await?.update_and_commit(Some(&by_id), moved("Halle")?).await?;
    let session = writer(&store, BEN).await?;
    assert!(session.repository::<Tenant>().delete_by_id(id).await?);
    let _ = session.commit(()).await?;

    let expected = [
        by("INSERT", ANN),
        by("UPDATE", Actor::SYSTEM),
        by("UPDATE", BEN),
        by("UPDATE", Actor::SYSTEM),
        by("UPDATE", ANN),
        by("UPDATE", ANN),
        by("UPDATE", Actor::SYSTEM),
        by("UPDATE", BEN),
    ];
    assert_eq!(log_of(database, "one").await?, expected);
    Ok(())
}

on_both!(what_a_transaction_says_of_itself_is_in_each_of_its_lines);
async fn what_a_transaction_says_of_itself_is_in_each_of_its_lines(database: &Database) -> Outcome {
    let store = store(database).await?;
    let said = Context {
        kind: Some(ActorKind::Member),
        tenant: Some(Uuid::from_u128(7)),
        request: Some("r-1".into()),
        address: Some("::ffff:192.0.2.1".parse()?),
        reason: None,
    };
    let scope = System(SystemReason::CommandLine);
    let session = store.write_about(scope, ANN, said.clone(), None).await?.because(Some("unpaid\u{1f}\0 since\nMay"));
    let made = session.create_and_commit(named("one")?).await?;
    let id = made.get().id().ok_or("no id")?;
    // The reason of one statement is not that of the next, nor that of the next transaction.
    let session = store.write_about(scope, BEN, said, None).await?;
    assert!(session.repository::<Tenant>().update_by_id(id, moved("Ulm")?).await?);
    let session = session.because(Some("moved"));
    assert!(session.repository::<Tenant>().update_by_id(id, moved("Bonn")?).await?);
    let _ = session
        .because(None)
        .in_name_of(Uuid::from_u128(8))
        .update_and_commit(Some(&Tenant::ID.is(id)), moved("Jena")?)
        .await?;
    database.execute("UPDATE tenants SET city = 'Kiel'").await?;
    let lines = database
        .rows(
            "SELECT position, tenant_id, actor_kind, request_id, client_address, reason FROM audit_logs ORDER BY position",
        )
        .await?;
    let (tenant, nobody) = (id.to_string(), "null");
    let said = |position: &str, reason: &str| {
        [position, &tenant, "member", "r-1", "192.0.2.1", reason].map(ToOwned::to_owned).to_vec()
    };
    let unpaid = if database.is_postgres() { "unpaid   since\nMay" } else { "unpaid\u{1f}\0 since\nMay" };
    assert_eq!(
        lines,
        [
            said("1", unpaid),
            said("2", nobody),
            said("3", "moved"),
            said("4", nobody),
            ["5", &tenant, nobody, nobody, nobody, nobody].map(ToOwned::to_owned).to_vec(),
        ]
    );
    Ok(())
}

on_both!(what_others_do_to_a_row_is_not_the_doing_of_whoever_changed_it_last);
async fn what_others_do_to_a_row_is_not_the_doing_of_whoever_changed_it_last(database: &Database) -> Outcome {
    let store = store(database).await?;
    let _ = writer(&store, ANN).await?.create_and_commit(named("one")?).await?;
    database.execute("UPDATE tenants SET city = 'Ulm'").await?;
    // Nor that of whom they say, in a column that anybody can fill or leave as it was.
    database.execute(&format!("UPDATE tenants SET modified_by = '{}'", Uuid::from_u128(0xb))).await?;
    let _ = writer(&store, BEN).await?.update_and_commit::<Tenant>(None, moved("Bonn")?).await?;
    let expected = [by("INSERT", ANN), by("UPDATE", Actor::SYSTEM), by("UPDATE", Actor::SYSTEM), by("UPDATE", BEN)];
    assert_eq!(log_of(database, "one").await?, expected);
    database.execute("DELETE FROM tenants").await?;
    let removed = database.rows("SELECT user_id FROM audit_logs WHERE operation_name = 'DELETE'").await?;
    assert_eq!(removed, [["null"]]);
    Ok(())
}

on_both!(a_line_is_of_the_tenant_that_its_row_names);
async fn a_line_is_of_the_tenant_that_its_row_names(database: &Database) -> Outcome {
    super::schema::filled(database).await?;
    let rows = database
        .rows(
            "SELECT DISTINCT l.table_name FROM audit_logs l JOIN tenants t ON t.id = l.tenant_id ORDER BY l.table_name",
        )
        .await?;
    let own = ["groups", "roles", "tenant_configs", "tenants", "user_tenants"];
    // Whoever writes beside us there says nothing; the tenant of a row that names its membership is looked up.
    let looked_up = ["user_groups", "user_invitations", "user_permissions", "user_tenant_prefs"];
    let mut expected = own.to_vec();
    expected.extend(looked_up.iter().filter(|_| database.is_postgres()));
    expected.sort_unstable();
    assert_eq!(rows.concat(), expected);
    Ok(())
}

#[tokio::test]
async fn who_names_itself_as_programs_before_did_is_named() -> Outcome {
    let database = Database::postgres("named_as_before").await?;
    let store = store(&database).await?;
    let _ = writer(&store, ANN).await?.create_and_commit(named("one")?).await?;
    let id = Uuid::from_u128(0xb);
    database
        .execute(&format!(
            "BEGIN; SELECT set_config('logs.actor', '{id}', true); UPDATE tenants SET city = 'Ulm'; COMMIT"
        ))
        .await?;
    assert_eq!(log_of(&database, "one").await?, [by("INSERT", ANN), by("UPDATE", BEN)]);
    let said = "SELECT count(*) FROM audit_logs WHERE position IS NULL OR tenant_id IS NULL OR request_id IS NOT NULL";
    assert_eq!(database.rows(said).await?, [["0"]]);
    Ok(())
}

on_both!(writers_that_wait_together_are_told_apart);
async fn writers_that_wait_together_are_told_apart(database: &Database) -> Outcome {
    let store = store(database).await?;
    let actors: Vec<_> = (1..=40_u128)
        .map(|number| match number % 4 {
            0 => Actor::SYSTEM,
            _ => Actor { membership: Some(Uuid::from_u128(number)), ..Actor::SYSTEM },
        })
        .collect();
    let writes = actors.iter().enumerate().map(async |(number, actor)| -> Outcome {
        let name = format!("t{number}");
        let _ = writer(&store, *actor).await?.create_and_commit(named(&name)?).await?;
        Ok(())
    });
    futures_util::future::try_join_all(writes).await?;
    for (number, actor) in actors.into_iter().enumerate() {
        assert_eq!(log_of(database, &format!("t{number}")).await?, [by("INSERT", actor)]);
    }
    Ok(())
}

on_both!(of_secrets_the_log_names_those_that_changed);
async fn of_secrets_the_log_names_those_that_changed(database: &Database) -> Outcome {
    super::schema::filled(database).await?;
    for change in [
        "UPDATE user_credentials SET password = 'hush-new'",
        "UPDATE user_credentials SET auth_token = NULL, secret_key = 'hush-other'",
        "UPDATE user_credentials SET auth_provider = 'other', password = 'hush-new'",
        "DELETE FROM user_credentials",
        "UPDATE user_invitations SET token = 'hush-again'",
        "UPDATE users SET last_name = 'Lee'",
    ] {
        database.execute(change).await?;
    }
    let log = database
        .rows(&format!(
            "SELECT table_name, operation_name, changed_secrets, before, after FROM audit_logs
             WHERE table_name IN ('user_credentials', 'user_invitations', 'users') ORDER BY {}",
            if database.is_postgres() { "ctid" } else { "rowid" }
        ))
        .await?;
    let said = log.iter().map(|line| {
        // A list of PostgreSQL in braces, one of JSON in brackets.
        let names = line[2].replace(['{', '}', '[', ']', '"'], "");
        format!("{} {} {names}", line[0], line[1])
    });
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            "users INSERT null",
            "user_credentials INSERT auth_token,password,secret_key",
            "user_invitations INSERT token",
            "user_credentials UPDATE password",
            "user_credentials UPDATE auth_token,secret_key",
            "user_credentials UPDATE null",
            "user_credentials DELETE password,secret_key",
            "user_invitations UPDATE token",
            "users UPDATE null",
        ]
    );
    assert!(!log.concat().concat().contains("hush"), "{log:?}");
    Ok(())
}
