//! Several queries as one: typed answers in their order, all of one session.

use std::time::Duration;

use serde_json::json;
use user_tenant_store::StoreError;
use user_tenant_store::filter::Filter;
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Committed, Mode, Session};

use crate::family::{Authored, Document, DocumentTitle, Person, Sample};
use crate::fixture::{ACTOR, Fixture, Outcome, new, patch};

on_both!(
    several_queries_are_one,
    together_the_answers_are_those_of_each_alone,
    what_is_read_behind_a_lock_is_read_under_it,
    a_session_asks_its_own_queries,
    a_list_of_many_pages_begins_together_with_others,
    one_that_fails_fails_all,
    who_waits_for_a_lock_is_not_slow,
);

async fn several_queries_are_one(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let (scope, id) = (TenantScope(seed.ours.account), seed.ours.documents[0]);
    let theirs = seed.theirs.documents[0];
    let session = fixture.store.write(scope, ACTOR).await?;
    let documents = session.repository::<Document>();
    let lock = session.serialize_on(&["a text".to_owned()]);
    let nested = session.ask((documents.find_one(Document::TITLE.is("Beta")), documents.exists(theirs)));
    let titled = nested.map(|(beta, is_there)| (beta.map(|beta| beta.title), is_there));
    let ((), is_there, titled, all) =
        session.ask((lock, documents.lock_by_id(id), titled, Some(documents.count(None)))).await?;
    assert_eq!((is_there, titled, all), (true, (Some("Beta".to_owned()), false), Some(3)));
    let none = Some(documents.get(id)).filter(|_| false);
    let (left_out, hidden) = session.ask((none, documents.hold_by_id(theirs))).await?;
    assert!(left_out.is_none() && !hidden);
    // What was written before is read.
    documents.create(new(&json!({ "title": "Delta" }))?).await?;
    assert_eq!(session.ask((documents.count(None), documents.count(None))).await?, (4, 4));
    session.commit(()).await?.into_inner();

    let session = fixture.store.read(scope);
    let (persons, documents) = (session.repository::<Person>(), session.repository::<Document>());
    let (person, document, all) =
        session.ask((persons.get(seed.ours.member), documents.get(id), documents.count(None))).await?;
    assert_eq!((person.is_some(), document.map(|one| one.title), all), (true, Some("Alpha".to_owned()), 4));
    Ok(())
}

async fn together_the_answers_are_those_of_each_alone(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let full = json!({
        "name": "$1 '$2' \"$3\" $$4$$ ?", "note": "", "number": -7, "flag": true, "happenedOn": "2024-02-01T10:00:00.001Z",
        "day": "2024-02-29T00:00:00.000Z", "data": { "$1": [1, null, "ü"] }, "tags": ["x", "", "NULL"], "codes": [1, -2],
    });
    fixture.create::<Sample>(scope, &full).await?;
    fixture.create::<Sample>(scope, &json!({ "name": "empty" })).await?;
    for transaction in [true, false] {
        if transaction {
            let session = fixture.store.write(scope, ACTOR).await?;
            alike(&session).await?;
            session.commit(()).await?.into_inner();
        } else {
            alike(&fixture.store.read(scope)).await?;
        }
    }
    Ok(())
}

/// Asks alone, and then together in each order.
async fn alike<M: Mode>(session: &Session<TenantScope, M>) -> Outcome {
    let (samples, titles, authored) =
        (session.repository::<Sample>(), session.repository::<DocumentTitle>(), session.repository::<Authored>());
    let named = |name: &str| samples.find_one(Sample::NAME.is(name));
    let full = || named("$1 '$2' \"$3\" $$4$$ ?");
    let alone = (full().await?, named("empty").await?, named("nobody").await?, titles.count(None).await?);
    assert!(
        alone.0.as_ref().is_some_and(|one| one.codes == Some(vec![1, -2])) && alone.1.is_some() && alone.2.is_none()
    );
    let alone = format!("{alone:?}");
    let first = session.ask((full(), named("empty"), named("nobody"), titles.count(None))).await?;
    assert_eq!(format!("{first:?}"), alone);
    let (count, nobody, empty, full) =
        session.ask((titles.count(None), named("nobody"), named("empty"), full())).await?;
    assert_eq!(format!("{:?}", (full, empty, nobody, count)), alone);

    let veiled = || authored.find_one(Authored::TITLE.is("Alpha"));
    let pages = || titles.pages(Filter::default()).begun();
    let (one, list) = session.ask((veiled(), pages())).await?;
    assert_eq!(format!("{one:?}"), format!("{:?}", veiled().await?));
    assert_eq!(format!("{:?}", list.typed().await?), format!("{:?}", pages().await?.typed().await?));
    Ok(())
}

async fn what_is_read_behind_a_lock_is_read_under_it(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let (scope, id) = (TenantScope(seed.ours.account), seed.ours.documents[0]);
    for round in 0..5 {
        let title = format!("Changed {round}");
        let first = fixture.store.write(scope, ACTOR).await?;
        assert!(first.repository::<Document>().lock_by_id(id).await?);
        let second = async {
            let session = fixture.store.write(scope, ACTOR).await?;
            let documents = session.repository::<Document>();
            let (held, found, count) =
                session.ask((documents.hold_by_id(id), documents.get(id), documents.count(None))).await?;
            session.commit((held, found.map(|found| found.title), count)).await.map(Committed::into_inner)
        };
        let change = async {
            // The other one waits by then, on PostgreSQL for the lock; where it does not yet, it reads the same.
            tokio::time::sleep(Duration::from_millis(50)).await;
            first.repository::<Document>().update_by_id(id, patch(&json!({ "title": title }))?).await?;
            first.commit(()).await?.into_inner();
            Outcome::Ok(())
        };
        let (read, changed) = tokio::join!(second, change);
        changed?;
        assert_eq!(read?, (true, Some(title), 3));
    }
    Ok(())
}

async fn a_session_asks_its_own_queries(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let [ours, theirs] = [&seed.ours, &seed.theirs].map(|tenant| fixture.store.read(TenantScope(tenant.account)));
    let foreign = || theirs.repository::<Document>().count(None);
    let answer = ours.ask(foreign()).await;
    assert!(matches!(answer, Err(StoreError::OutsideScope)), "{answer:?}");
    let answer = ours.ask((ours.repository::<Document>().count(None), Some(foreign()))).await;
    assert!(matches!(answer, Err(StoreError::OutsideScope)), "{answer:?}");
    Ok(())
}

async fn a_list_of_many_pages_begins_together_with_others(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let session = fixture.store.write(scope, ACTOR).await?;
    let documents = session.repository::<Document>();
    let rows = (0..450).map(|number| new::<Document>(&json!({ "title": format!("{number:03}") })));
    documents.create_all(rows.collect::<Outcome<_>>()?).await?;
    let all = documents.pages(Filter::default()).begun();
    let none = documents.pages(Filter::matching(Document::TITLE.is("nobody has it"))).begun();
    let (all, none) = session.ask((all, none)).await?;
    assert!(none.typed().await?.is_empty());
    let mut titles: Vec<_> = all.typed().await?.into_iter().map(|one| one.title).collect();
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), 453);
    Ok(())
}

async fn one_that_fails_fails_all(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let session = fixture.store.write(scope, ACTOR).await?;
    let documents = session.repository::<Document>();
    // No row has a title that is none, and PostgreSQL refuses the text.
    let refused = session.ask((documents.count(None), documents.find_one(Document::TITLE.is("\0")))).await;
    if fixture.database.is_postgres() {
        assert!(refused.is_err());
        let refused = session.commit(()).await;
        assert!(matches!(refused, Err(StoreError::Aborted)), "{refused:?}");
    } else {
        assert!(refused?.1.is_none());
    }
    Ok(())
}

/// Several writers of one caller wait longer than a slow read may go on.
async fn who_waits_for_a_lock_is_not_slow(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let (scope, id) = (TenantScope(seed.ours.account), seed.ours.documents[0]);
    let first = fixture.store.write(scope, ACTOR).await?;
    assert!(first.repository::<Document>().lock_by_id(id).await?);
    let waiting = |text: &str| {
        let (store, texts) = (fixture.store.clone(), [text.to_owned()]);
        tokio::spawn(async move {
            let session = store.write(scope, ACTOR).await?;
            let documents = session.repository::<Document>();
            let ((), is_there, all) =
                session.ask((session.serialize_on(&texts), documents.lock_by_id(id), documents.count(None))).await?;
            Ok::<_, StoreError>(session.commit((is_there, all)).await?.into_inner())
        })
    };
    let waiting = ["one", "one", "another", "another"].map(waiting);
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    first.commit(()).await?.into_inner();
    for one in waiting {
        assert_eq!(one.await??, (true, 3));
    }
    Ok(())
}
