//! Two schemas of one `PostgreSQL` database, each with the tables: what is done in one is not seen, and not waited for, in the other.

use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::time::timeout;
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{DatabaseOptions, SchemaName, Store};
use user_tenant_store::{Entity, StoreResult};
use uuid::Uuid;

use crate::family::{Account, Authored, Document, make_tables};
use crate::fixture::{ACTOR, Database, Fixture, Outcome, SYSTEM, filter, new};

/// A word of SQL, which stands in no statement without quotes.
const OTHER: &str = "order";

const OURS: TenantScope = TenantScope(Uuid::from_u128(7));

/// The tables in both schemas, and a store on the other one.
async fn both(case: &str) -> Outcome<(Fixture, Store)> {
    let fixture = Fixture::new(Database::postgres(case).await?).await?;
    let mut options = fixture.database.options.clone();
    if let DatabaseOptions::Postgres(options) = &mut options {
        options.schema = SchemaName::new(if options.schema.as_str() == OTHER { "main" } else { OTHER })?;
    }
    make_tables(&fixture.database, &options).await?;
    let other = fixture.through(&options)?;
    Ok((fixture, other))
}

async fn create<E: Entity>(store: &Store, values: &Json) -> Outcome {
    let session = store.write(SYSTEM, ACTOR).await?;
    session.repository::<E>().create(new(values)?).await?;
    session.commit(()).await?.into_inner();
    Ok(())
}

async fn titles<E: Entity>(store: &Store, selection: &Json) -> Outcome<String> {
    let rows = store.read(SYSTEM).repository::<E>().find(&filter::<E>(selection)?).await?;
    let rows = rows.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>()?;
    Ok(rows.iter().filter_map(|row| row["title"].as_str()).collect::<Vec<_>>().join(" "))
}

#[tokio::test]
async fn neither_store_sees_what_the_other_writes() -> Outcome {
    let (fixture, other) = both("neither_store_sees_what_the_other_writes").await?;
    let seed = fixture.seed().await?;
    let account = json!({"id": seed.ours.account, "name": "ours", "key": "ours"});
    assert_eq!(other.read(SYSTEM).repository::<Account>().count(None).await?, 0);
    // The same id and the same names are free.
    create::<Account>(&other, &account).await?;
    create::<Document>(&other, &json!({"title": "Alpha", "accountId": seed.ours.account})).await?;
    create::<Document>(&other, &json!({"title": "Delta", "accountId": seed.ours.account})).await?;

    let selection = json!({"where": {"accountId": seed.ours.account}, "order": "title"});
    assert_eq!(titles::<Document>(&fixture.store, &selection).await?, "Alpha Beta Gamma");
    assert_eq!(titles::<Document>(&other, &selection).await?, "Alpha Delta");
    // What is read by a query of its own: both name the schema.
    assert_eq!(titles::<Authored>(&fixture.store, &selection).await?, "Alpha Beta");
    assert_eq!(titles::<Authored>(&other, &selection).await?, "");

    // A reference must be to a row of the same schema.
    let foreign = json!({"title": "Zeta", "membershipId": seed.ours.membership, "accountId": seed.ours.account});
    assert!(create::<Document>(&other, &foreign).await.is_err());

    let session = other.write(TenantScope(seed.ours.account), ACTOR).await?;
    session.repository::<Document>().delete_all(None).await?;
    session.commit(()).await?.into_inner();
    assert_eq!(titles::<Document>(&other, &selection).await?, "");
    assert_eq!(titles::<Document>(&fixture.store, &selection).await?, "Alpha Beta Gamma");
    Ok(())
}

#[tokio::test]
async fn who_names_a_text_in_one_schema_keeps_nobody_waiting_in_the_other() -> Outcome {
    let (fixture, other) = both("who_names_a_text_keeps_nobody_waiting").await?;
    let texts = ["ann@a.example".to_owned()];
    let holder = fixture.store.write(OURS, ACTOR).await?;
    holder.serialize_on(&texts).await?;
    let named = async |store: &Store| -> StoreResult<()> { store.write(OURS, ACTOR).await?.serialize_on(&texts).await };
    named(&other).await?;
    assert!(timeout(Duration::from_millis(300), named(&fixture.store)).await.is_err(), "nobody waited");
    Ok(())
}
