//! What several writers do beside each other: rows that others keep are passed over, a text is held by one, and a transaction waits
//! for its commit.

use serde_json::json;
use user_tenant_store::StoreError;
use user_tenant_store::filter::Predicate;
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::Held;

use crate::family::Document;
use crate::fixture::{ACTOR, Fixture, Outcome, SYSTEM, new};

on_both!(
    rows_that_others_keep_are_passed_over,
    a_row_that_is_read_and_held_is_kept_from_those_who_change_it,
    a_text_is_held_by_one_transaction_at_a_time,
    a_transaction_waits_for_what_is_written_last,
    a_transaction_that_waits_is_taken_up_within_what_it_reached,
    what_is_said_is_called_after_the_commit_only,
);

async fn a_row_that_is_read_and_held_is_kept_from_those_who_change_it(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let (scope, id) = (TenantScope(seed.ours.account), seed.ours.documents[0]);
    let title = |document: Option<Document>| document.map(|document| document.title);
    let first = fixture.store.write(SYSTEM, ACTOR).await?;
    assert_eq!(title(first.repository().hold(id).await?).as_deref(), Some("Alpha"));
    assert_eq!(title(first.repository().hold(seed.ours.account).await?), None, "no document has this id");
    if fixture.database.is_postgres() {
        let second = fixture.store.write(SYSTEM, ACTOR).await?;
        assert_eq!(title(second.repository().hold(id).await?).as_deref(), Some("Alpha"), "others may hold it, too");
        let third = fixture.store.write(scope, ACTOR).await?;
        let free = third.repository::<Document>().seize(&Predicate::And(Vec::new()), 10).await?;
        assert_eq!((free.len(), free.contains(&id)), (2, false), "the others of the tenant");
    }
    Ok(())
}

async fn rows_that_others_keep_are_passed_over(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    let all = Predicate::And(Vec::new());
    let first = fixture.store.write(scope, ACTOR).await?;
    let one = first.repository::<Document>().seize(&all, 1).await?;
    assert_eq!(one.len(), 1);
    if fixture.database.is_postgres() {
        let second = fixture.store.write(scope, ACTOR).await?;
        let others = second.repository::<Document>().seize(&all, 10).await?;
        assert_eq!((others.len(), others.contains(&one[0])), (2, false), "the others of the tenant");
    }
    drop(first);
    // The server rolls back behind our back.
    let mut seized = 0;
    for _ in 0..200 {
        let third = fixture.store.write(scope, ACTOR).await?;
        seized = third.repository::<Document>().seize(&all, 10).await?.len();
        if seized == 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(seized, 3, "behind the wall, all of them");
    Ok(())
}

async fn a_text_is_held_by_one_transaction_at_a_time(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let first = fixture.store.write(scope, ACTOR).await?;
    assert!(first.try_serialize_on("a text").await?);
    assert!(first.try_serialize_on("a text").await?, "it is its own");
    if fixture.database.is_postgres() {
        let second = fixture.store.write(scope, ACTOR).await?;
        let (held, other) = second.ask((second.try_serialize_on("a text"), second.try_serialize_on("another"))).await?;
        assert_eq!((held, other), (false, true));
    }
    first.commit(()).await?.into_inner();
    let third = fixture.store.write(scope, ACTOR).await?;
    assert!(third.try_serialize_on("a text").await?);
    Ok(())
}

async fn a_transaction_waits_for_what_is_written_last(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let count = || async { fixture.store.read(scope).repository::<Document>().count(None).await };
    for commits in [false, true] {
        let held = Held::default();
        let session = fixture.store.write(scope, ACTOR).await?.held_in(&held);
        session.create_and_commit::<Document>(new(&json!({ "title": "Delta" }))?).await?.into_inner();
        assert_eq!(count().await?, 3, "nobody sees it yet");
        let session = held.take(scope)?.ok_or("it waits")?;
        assert!(held.take(scope)?.is_none());
        assert_eq!(session.repository::<Document>().count(None).await?, 4);
        if commits {
            session.create_and_commit::<Document>(new(&json!({ "title": "Epsilon" }))?).await?.into_inner();
        }
    }
    assert_eq!(count().await?, 5, "all of the second, and nothing of the first");
    // What would have been rolled back does not wait.
    let held = Held::default();
    let session = fixture.store.write(scope, ACTOR).await?.held_in(&held);
    let nobody = uuid::Uuid::nil();
    let changed = session.update_by_id_and_commit::<Document>(nobody, crate::fixture::patch(&json!({ "pages": 1 }))?);
    assert!(changed.await?.is_none() && held.take(scope)?.is_none());
    Ok(())
}

async fn a_transaction_that_waits_is_taken_up_within_what_it_reached(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let [ours, theirs] = [seed.ours.account, seed.theirs.account].map(TenantScope);
    let held = Held::default();
    fixture.store.write(ours, ACTOR).await?.held_in(&held).commit(()).await?.into_inner();
    assert!(matches!(held.take(theirs), Err(StoreError::OutsideScope)));
    fixture.store.write(SYSTEM, ACTOR).await?.held_in(&held).commit(()).await?.into_inner();
    let session = held.take(theirs)?.ok_or("it waits")?;
    assert!(!session.repository::<Document>().exists(seed.ours.documents[0]).await?);
    Ok(())
}

async fn what_is_said_is_called_after_the_commit_only(fixture: &Fixture) -> Outcome {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static OF_SQLITE: AtomicUsize = AtomicUsize::new(0);
    static OF_POSTGRES: AtomicUsize = AtomicUsize::new(0);
    fn count(calls: &AtomicUsize) {
        calls.fetch_add(1, Ordering::SeqCst);
    }
    let (calls, call): (_, fn()) = if fixture.database.is_postgres() {
        (&OF_POSTGRES, || count(&OF_POSTGRES))
    } else {
        (&OF_SQLITE, || count(&OF_SQLITE))
    };
    let scope = TenantScope(fixture.seed().await?.ours.account);
    for (commits, expected) in [(false, 0), (true, 1)] {
        let session = fixture.store.write(scope, ACTOR).await?;
        session.repository::<Document>().create(new(&json!({ "title": "Delta" }))?).await?;
        session.then(call);
        assert_eq!(calls.load(Ordering::SeqCst), 0);
        if commits {
            session.commit(()).await?.into_inner();
        }
        assert_eq!(calls.load(Ordering::SeqCst), expected);
    }
    Ok(())
}
