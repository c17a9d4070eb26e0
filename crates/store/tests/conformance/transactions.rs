//! One session, one transaction: all of it or nothing, and one writer after the other.

use serde_json::json;
use user_tenant_store::filter::Predicate;
use user_tenant_store::record::{New, Patch};
use user_tenant_store::repository::Prepared;
use user_tenant_store::scope::{Scope, Sees, TenantScope};
use user_tenant_store::session::{DatabaseOptions, Session, Write};
use user_tenant_store::{StoreError, StoreResult};

use crate::family::{Comment, Document, Secret};
use crate::fixture::{ACTOR, Fixture, Outcome, SYSTEM, column, new, patch};

on_both!(
    a_session_sees_its_own_writes_and_others_do_not,
    a_dropped_session_leaves_nothing,
    nothing_is_committed_after_a_failed_statement,
    writers_of_one_row_come_one_after_the_other,
    an_idle_session_keeps_nobody_waiting,
    many_writers_at_once,
    who_rolls_back_takes_nobody_along,
    nothing_is_committed_after_a_statement_that_nobody_waited_for,
    the_last_statement_of_a_transaction_ends_it,
    a_last_statement_that_fails_takes_all_with_it,
    many_last_statements_are_all_written_or_none,
    who_goes_away_leaves_nothing_queued,
);

async fn titles(fixture: &Fixture, scope: TenantScope) -> Outcome<String> {
    Ok(column(&fixture.find::<Document>(scope, &json!({"order": "title"})).await?, "title").join(" "))
}

async fn make(session: &Session<TenantScope, Write>, title: &str) -> Outcome {
    session.repository::<Document>().create(new(&json!({ "title": title }))?).await?;
    Ok(())
}

async fn a_session_sees_its_own_writes_and_others_do_not(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let session = fixture.store.write(scope, ACTOR).await?;
    make(&session, "Delta").await?;
    assert_eq!(session.repository::<Document>().count(None).await?, 4);
    assert_eq!(titles(fixture, scope).await?, "Alpha Beta Gamma");
    let answer = session.commit("done").await?;
    assert_eq!(answer.into_inner(), "done");
    assert_eq!(titles(fixture, scope).await?, "Alpha Beta Delta Gamma");
    Ok(())
}

async fn a_dropped_session_leaves_nothing(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    // More often than there are connections: each must come back.
    for _ in 0..20 {
        let session = fixture.store.write(scope, ACTOR).await?;
        make(&session, "Delta").await?;
        drop(session);
    }
    assert_eq!(titles(fixture, scope).await?, "Alpha Beta Gamma");
    let session = fixture.store.write(scope, ACTOR).await?;
    make(&session, "Delta").await?;
    session.commit(()).await?.into_inner();
    assert_eq!(titles(fixture, scope).await?, "Alpha Beta Delta Gamma");
    Ok(())
}

async fn nothing_is_committed_after_a_failed_statement(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let session = fixture.store.write(scope, ACTOR).await?;
    make(&session, "Delta").await?;
    assert!(make(&session, "Alpha").await.is_err());
    // Whatever becomes of statements after it.
    let _ = make(&session, "Epsilon").await;
    let refused = session.commit(()).await;
    assert!(matches!(refused, Err(StoreError::Aborted)), "{refused:?}");
    assert_eq!(titles(fixture, scope).await?, "Alpha Beta Gamma");
    Ok(())
}

async fn writers_of_one_row_come_one_after_the_other(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let (scope, id) = (TenantScope(seed.ours.account), seed.ours.documents[0]);
    let first = fixture.store.write(scope, ACTOR).await?;
    assert!(first.repository::<Document>().update_by_id(id, patch(&json!({"body": "first", "pages": 2}))?).await?);
    let store = fixture.store.clone();
    let values = patch::<Document>(&json!({"body": "second"}))?;
    let second = tokio::spawn(async move {
        let session = store.write(scope, ACTOR).await?;
        let changed = session.repository().update_by_id(id, values).await?;
        StoreResult::Ok(session.commit(changed).await?.into_inner())
    });
    tokio::task::yield_now().await;
    first.commit(()).await?.into_inner();
    assert!(second.await??);
    let row = fixture.find_only::<Document>(scope, &json!({"where": {"id": id}})).await?;
    assert_eq!((&row["body"], &row["pages"]), (&json!("second"), &json!(2)));
    Ok(())
}

async fn an_idle_session_keeps_nobody_waiting(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let idle = fixture.store.write(scope, ACTOR).await?;
    let busy = fixture.store.write(scope, ACTOR).await?;
    make(&busy, "Delta").await?;
    busy.commit(()).await?.into_inner();
    make(&idle, "Epsilon").await?;
    idle.commit(()).await?.into_inner();
    assert_eq!(titles(fixture, scope).await?, "Alpha Beta Delta Epsilon Gamma");

    let unused = fixture.store.write(scope, ACTOR).await?;
    unused.commit(()).await?.into_inner();
    Ok(())
}

async fn many_writers_at_once(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let writers: Vec<_> = (0..12)
        .map(|number: u32| {
            let store = fixture.store.clone();
            tokio::spawn(async move {
                let session = store.write(scope, ACTOR).await?;
                make(&session, &format!("{:02}", number % 6)).await?;
                session.commit(()).await?.into_inner();
                Outcome::Ok(())
            })
        })
        .collect();
    let mut made = 0;
    for writer in writers {
        match writer.await? {
            Ok(()) => made += 1,
            Err(error) => {
                let error = error.downcast::<StoreError>()?;
                assert!(matches!(*error, StoreError::Conflict { .. }), "{error:?}");
            }
        }
    }
    assert_eq!(made, 6, "one of each title");
    assert_eq!(titles(fixture, scope).await?, "00 01 02 03 04 05 Alpha Beta Gamma");
    Ok(())
}

/// Writers that wait together may become durable together; each still ends by itself.
async fn who_rolls_back_takes_nobody_along(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let writers: Vec<_> = (0..90)
        .map(|number: u32| {
            let store = fixture.store.clone();
            tokio::spawn(async move {
                let session = store.write(scope, ACTOR).await?;
                make(&session, &format!("{number:02} begun")).await?;
                match number % 3 {
                    0 => make(&session, "Alpha").await?, // is there already
                    1 => return Outcome::Ok(()),
                    _ => make(&session, &format!("{number:02} done")).await?,
                }
                session.commit(()).await?.into_inner();
                // What is acknowledged is there for whoever looks next.
                let found = store.read(scope).repository::<Document>().count(None).await?;
                assert!(found >= 5, "{found}");
                Ok(())
            })
        })
        .collect();
    let mut refused = 0;
    for writer in writers {
        refused += usize::from(writer.await?.is_err());
    }
    assert_eq!(refused, 30);
    let expected: Vec<_> =
        (0..90).filter(|number| number % 3 == 2).map(|number| format!("{number:02} begun {number:02} done")).collect();
    assert_eq!(titles(fixture, scope).await?, format!("{} Alpha Beta Gamma", expected.join(" ")));
    Ok(())
}

async fn nothing_is_committed_after_a_statement_that_nobody_waited_for(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let mut left = None;
    // On a busy machine the answer may be there at the first look.
    for _ in 0..100 {
        let session = fixture.store.write(scope, ACTOR).await?;
        make(&session, "Delta").await?;
        // Polled once and then dropped, as by a timeout.
        let answered = tokio::select! {
            biased;
            made = make(&session, "Alpha") => Some(made),
            () = std::future::ready(()) => None,
        };
        if answered.is_none() {
            left = Some(session);
            break;
        }
    }
    let session = left.ok_or("no statement was left")?;
    let refused = session.commit(()).await;
    assert!(matches!(refused, Err(StoreError::Aborted)), "{refused:?}");
    assert_eq!(titles(fixture, scope).await?, "Alpha Beta Gamma");
    Ok(())
}

async fn the_last_statement_of_a_transaction_ends_it(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    // All of the transaction.
    let made = fixture.store.write(scope, ACTOR).await?.create_and_commit(titled("Delta")?).await?.into_inner();
    let id = made.id().ok_or("no id")?;
    assert_eq!(titles(fixture, scope).await?, "Alpha Beta Delta Gamma");
    let renamed = fixture.store.write(scope, ACTOR).await?.update_by_id_and_commit(id, retitled("Zeta")?).await?;
    assert!(renamed.is_some());
    assert_eq!(titles(fixture, scope).await?, "Alpha Beta Gamma Zeta");

    // The end of one.
    let session = fixture.store.write(scope, ACTOR).await?;
    make(&session, "Eta").await?;
    let renamed = session.update_and_commit(Some(&by_title("Zeta")), retitled("Theta")?).await?;
    assert_eq!(renamed.into_inner(), 1);
    assert_eq!(titles(fixture, scope).await?, "Alpha Beta Eta Gamma Theta");

    // To change nothing is no reason to lose what was written before.
    let session = fixture.store.write(scope, ACTOR).await?;
    make(&session, "Iota").await?;
    let renamed = session.update_and_commit(Some(&by_title("nothing is named so")), retitled("Kappa")?).await?;
    assert_eq!(renamed.into_inner(), 0);
    assert_eq!(titles(fixture, scope).await?, "Alpha Beta Eta Gamma Iota Theta");
    Ok(())
}

async fn a_last_statement_that_fails_takes_all_with_it(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    let refused = begun(fixture, scope).await?.create_and_commit(titled("Alpha")?).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    let (document, author) = (seed.theirs.documents[0], seed.ours.membership);
    let comment = json!({"wording": "Hm", "place": 0, "documentId": document, "membershipId": author});
    let comment = new::<Comment>(&comment)?;
    let refused = begun(fixture, scope).await?.create_and_commit(comment).await;
    assert!(matches!(refused, Err(StoreError::MissingReference)), "{refused:?}");
    let foreign =
        begun(fixture, scope).await?.update_by_id_and_commit(seed.theirs.documents[0], retitled("Ours")?).await?;
    assert!(foreign.is_none());
    let session = begun(fixture, scope).await?;
    assert!(make(&session, "Alpha").await.is_err());
    let refused = session.create_and_commit(titled("Epsilon")?).await;
    assert!(matches!(refused, Err(StoreError::Aborted)), "{refused:?}");
    assert_eq!(titles(fixture, scope).await?, "Alpha Beta Gamma");
    // Where it is all of the transaction.
    let refused = fixture.store.write(scope, ACTOR).await?.create_and_commit(titled("Alpha")?).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    let alone = fixture.store.write(scope, ACTOR).await?;
    let foreign = alone.update_by_id_and_commit(seed.theirs.documents[0], retitled("Ours")?).await?;
    assert!(foreign.is_none());
    assert_eq!(titles(fixture, scope).await?, "Alpha Beta Gamma");
    Ok(())
}

/// More than any machinery of futures sends in one go, as a whole transaction and as the end of one. Without a wall it is
/// known beforehand that each row is written or fails, so that the commit does not wait for the answers.
async fn many_last_statements_are_all_written_or_none(fixture: &Fixture) -> Outcome {
    let account = fixture.seed().await?.ours.account;
    let scope = TenantScope(account);
    let named = |title: &str| -> Outcome<_> { Ok(titled(title)?.with(Document::ACCOUNT_ID, account)?) };
    for begins in [true, false] {
        for taken in [0, 39] {
            let title = |number| if number == taken { "Alpha".to_owned() } else { format!("{number:02}") };
            let session = fixture.store.write(scope, ACTOR).await?;
            let rows = prepared(&session, (0..40).map(|number| titled(&title(number))))?;
            if begins {
                make(&session, "begun").await?;
            }
            let refused = session.insert_and_commit(rows).await;
            assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");

            let session = fixture.store.write(SYSTEM, ACTOR).await?;
            let rows = prepared(&session, (0..40).map(|number| named(&title(number))))?;
            if begins {
                session.repository().create(named("begun")?).await?;
            }
            let refused = session.insert_and_commit(rows).await;
            assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
        }
    }
    assert_eq!(titles(fixture, scope).await?, "Alpha Beta Gamma");

    for begins in [true, false] {
        let session = fixture.store.write(scope, ACTOR).await?;
        let rows = prepared(&session, (0..40).map(|number| titled(&format!("{begins} {number}"))))?;
        if begins {
            make(&session, "begun").await?;
        }
        assert_eq!(session.insert_and_commit(rows).await?.into_inner().len(), 40);

        let session = fixture.store.write(SYSTEM, ACTOR).await?;
        let rows = prepared(&session, (40..80).map(|number| named(&format!("{begins} {number}"))))?;
        if begins {
            session.repository().create(named("begun too")?).await?;
        }
        assert_eq!(session.insert_and_commit(rows).await?.into_inner().len(), 40);
    }
    assert_eq!(fixture.find::<Document>(scope, &json!({})).await?.len(), 3 + 2 + 160);

    // Nothing at all to write, or to change.
    let session = fixture.store.write(scope, ACTOR).await?;
    assert!(session.insert_and_commit([]).await?.into_inner().is_empty());
    let session = fixture.store.write(SYSTEM, ACTOR).await?;
    assert!(session.update_by_id_and_commit(4711, Patch::<Secret>::empty()).await?.is_none());
    Ok(())
}

async fn who_goes_away_leaves_nothing_queued(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let (scope, id) = (TenantScope(seed.ours.account), seed.ours.documents[0]);
    let first = fixture.store.write(scope, ACTOR).await?;
    assert!(first.repository::<Document>().update_by_id(id, retitled("First")?).await?);
    // On PostgreSQL they wait for the row, and keep their connections; on SQLite they wait for the writer.
    for _ in 0..3 {
        let session = fixture.store.write(scope, ACTOR).await?;
        let patience = std::time::Duration::from_millis(20);
        let left = tokio::time::timeout(patience, session.update_by_id_and_commit(id, retitled("Second")?)).await;
        assert!(left.is_err(), "{left:?}");
        let others = fixture.store.read(scope).repository::<Document>().count(None).await?;
        assert_eq!(others, 3);
    }
    first.commit(()).await?.into_inner();
    // More often than there are connections: each has come back.
    for number in 0..20 {
        let session = fixture.store.write(scope, ACTOR).await?;
        session.update_by_id_and_commit(seed.ours.documents[1], retitled(&format!("Beta {number}"))?).await?;
    }
    fixture.store.write(scope, ACTOR).await?.create_and_commit(titled("Third")?).await?.into_inner();
    let found = titles(fixture, scope).await?;
    match fixture.database.options {
        DatabaseOptions::Sqlite(_) => assert_eq!(found, "Beta 19 First Gamma Third"),
        // What had reached the server may be carried out, as a COMMIT may that nobody waits for.
        DatabaseOptions::Postgres(_) => assert!(found.ends_with("Third"), "{found}"),
    }
    Ok(())
}

fn prepared<S: Scope + Sees<Document>>(
    session: &Session<S, Write>,
    rows: impl Iterator<Item = Outcome<New<Document>>>,
) -> Outcome<Vec<Prepared>> {
    rows.map(|row| Ok(session.repository().prepare(row?)?)).collect()
}

/// A transaction that has written something.
async fn begun(fixture: &Fixture, scope: TenantScope) -> Outcome<Session<TenantScope, Write>> {
    let session = fixture.store.write(scope, ACTOR).await?;
    make(&session, "Delta").await?;
    Ok(session)
}

fn titled(title: &str) -> Outcome<New<Document>> {
    new(&json!({ "title": title }))
}

fn by_title(title: &str) -> Predicate {
    Document::TITLE.is(title)
}

fn retitled(title: &str) -> Outcome<Patch<Document>> {
    patch(&json!({ "title": title }))
}
