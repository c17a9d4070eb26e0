//! A transaction of `PostgreSQL` that could not begin: its `BEGIN` is spoilt on the way to the server, which then takes each
//! statement for a transaction of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::config::Host;
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{DatabaseOptions, PostgresOptions, Session, Store, TlsMode, Write};
use user_tenant_store::{StoreError, StoreResult};

use crate::family::Document;
use crate::fixture::{ACTOR, Database, Fixture, Outcome, column, new};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_written_without_a_transaction() -> Outcome {
    let fixture = Fixture::new(Database::postgres("nothing_is_written_without_a_transaction").await?).await?;
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let spoil = Arc::new(AtomicBool::new(false));
    let store = spoilt(&fixture, &spoil).await?;
    let session = async || -> StoreResult<Session<TenantScope, Write>> {
        spoil.store(true, Ordering::SeqCst);
        store.write(scope, ACTOR).await
    };
    let titled = |title: &str| new::<Document>(&json!({ "title": title }));

    // The first statement writes.
    let writer = session().await?;
    let made = writer.repository::<Document>().create(titled("Delta")?).await;
    assert!(matches!(made, Err(StoreError::Database(_))), "{made:?}");
    assert!(!spoil.load(Ordering::SeqCst), "no BEGIN came by");
    assert!(writer.commit(()).await.is_err());

    // Several last statements, each of which would be kept: rows that fill other columns are one each.
    let writer = session().await?;
    let longer = new::<Document>(&json!({ "title": "Epsilon", "body": "Once" }))?;
    let rows = [titled("Delta")?, longer].map(|row| writer.repository::<Document>().prepare(row));
    let rows = rows.into_iter().collect::<StoreResult<Vec<_>>>()?;
    assert!(writer.insert_and_commit(rows).await.is_err());

    // A write beside the read that `BEGIN` goes with.
    let writer = session().await?;
    let documents = writer.repository::<Document>();
    let (counted, made) = tokio::join!(biased; documents.count(None), documents.create(titled("Delta")?));
    assert!(counted.is_err());
    drop(made);
    assert!(writer.commit(()).await.is_err());

    // After a read that failed.
    let writer = session().await?;
    assert!(writer.repository::<Document>().count(None).await.is_err());
    drop(writer.repository::<Document>().create(titled("Delta")?).await);
    assert!(writer.commit(()).await.is_err());

    // The connections are good for more, and what begins is written.
    for title in ["Delta", "Epsilon", "Zeta"] {
        let writer = store.write(scope, ACTOR).await?;
        writer.repository::<Document>().create(titled(title)?).await?;
        writer.commit(()).await?.into_inner();
    }
    let found = column(&fixture.find::<Document>(scope, &json!({"order": "title"})).await?, "title").join(" ");
    assert_eq!(found, "Alpha Beta Delta Epsilon Gamma Zeta");
    Ok(())
}

#[tokio::test]
async fn a_lock_is_held_however_busy_its_task_was() -> Outcome {
    let fixture = Fixture::new(Database::postgres("a_lock_is_held_however_busy_its_task_was").await?).await?;
    let seed = fixture.seed().await?;
    let (scope, id) = (TenantScope(seed.ours.account), seed.ours.documents[0]);
    fixture.find::<Document>(scope, &json!({})).await?;
    // The runtime lets a task go on for so many steps before it must wait; one of them is in our way.
    for steps in 100..130 {
        let session = fixture.store.write(scope, ACTOR).await?;
        tokio::task::yield_now().await;
        for _ in 0..steps {
            tokio::task::consume_budget().await;
        }
        assert!(session.repository::<Document>().lock_by_id(id).await?);
        let free = format!("SELECT id FROM documents WHERE id = '{id}' FOR UPDATE SKIP LOCKED");
        let found = fixture.database.rows(&free).await?;
        assert!(found.is_empty(), "after {steps} steps it was not locked");
        session.commit(()).await?.into_inner();
    }
    Ok(())
}

/// A store that reaches the database by a relay.
async fn spoilt(fixture: &Fixture, spoil: &Arc<AtomicBool>) -> Outcome<Store> {
    let DatabaseOptions::Postgres(options) = &fixture.database.options else { return Err("not on PostgreSQL".into()) };
    let configuration: tokio_postgres::Config = options.url.expose_secret().parse()?;
    let (Some(Host::Tcp(host)), Some(port)) = (configuration.get_hosts().first(), configuration.get_ports().first())
    else {
        return Err("TEST_POSTGRES_URL must name a host, not a socket".into());
    };
    let server = (host.clone(), *port);
    let relay = TcpListener::bind("127.0.0.1:0").await?;
    // postgres://user:password@HOST:PORT/database?settings
    let (scheme, rest) = options.url.expose_secret().split_once("://").ok_or("no URL")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let start = rest[..end].rfind('@').map_or(0, |at| at + 1);
    let url = format!("{scheme}://{}{}{}", &rest[..start], relay.local_addr()?, &rest[end..]);
    let spoil = spoil.clone();
    tokio::spawn(async move {
        while let Ok((client, _)) = relay.accept().await {
            tokio::spawn(relayed(client, server.clone(), spoil.clone()));
        }
    });
    let options = PostgresOptions { url: url.into(), tls: TlsMode::Disable, ..options.clone() };
    Ok(fixture.through(&DatabaseOptions::Postgres(options))?)
}

/// Passes everything on in both ways, and the next `BEGIN` with a letter changed, when that is wanted.
async fn relayed(client: TcpStream, server: (String, u16), spoil: Arc<AtomicBool>) -> Outcome {
    let (mut from_server, mut to_server) = TcpStream::connect(server).await?.into_split();
    let (mut from_client, mut to_client) = client.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = from_client.read(&mut buffer).await?;
        let begin = buffer[..length].windows(6).position(|text| text == b"BEGIN\0");
        if let Some(at) = begin.filter(|_| spoil.swap(false, Ordering::SeqCst)) {
            buffer[at..at + 5].copy_from_slice(b"BEGUN");
        }
        if length == 0 {
            return Ok(());
        }
        to_server.write_all(&buffer[..length]).await?;
    }
}
