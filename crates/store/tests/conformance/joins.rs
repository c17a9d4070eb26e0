//! What rules of a service need beside the filter language: rows read by a query of their own, names in any case, locks, narrowing.

use serde_json::json;
use user_tenant_store::filter::Filter;
use user_tenant_store::record::New;
use user_tenant_store::scope::TenantScope;

use crate::family::{Account, Authored, Document, Membership, Person};
use crate::fixture::{ACTOR, Fixture, Outcome, SYSTEM, column, filter, new, patch};

on_both!(
    a_query_is_read_like_a_table,
    what_a_query_withholds_is_withheld_from_conditions_too,
    a_name_is_found_in_any_case,
    a_filter_stays_within_what_a_rule_adds,
    a_locked_row_keeps_others_waiting,
    a_row_out_of_reach_cannot_be_locked,
    a_narrowed_session_is_the_same_transaction_within_the_wall,
    what_was_given_is_shown,
);

async fn a_query_is_read_like_a_table(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    let published = patch::<Document>(&json!({"published": true}))?;
    fixture.write(scope, async |session| session.repository().update_all(None, published).await).await?;
    let rows = fixture.find::<Authored>(scope, &json!({"order": "title DESC", "fields": ["title", "author"]})).await?;
    assert_eq!(
        rows,
        [json!({"title": "Beta", "author": "Guest"}), json!({"title": "Alpha", "author": "Member of ours"})]
    );
    let some = json!({"where": {"author": {"ilike": "guest"}}, "limit": 1});
    assert_eq!(column(&fixture.find::<Authored>(scope, &some).await?, "title"), ["Beta"]);
    assert_eq!(fixture.store.read(scope).repository::<Authored>().count(None).await?, 2);
    fixture.write(SYSTEM, async |session| session.repository::<Person>().delete_by_id(seed.guest).await).await?;
    assert_eq!(fixture.store.read(scope).repository::<Authored>().count(None).await?, 1, "the query's own condition");
    Ok(())
}

async fn what_a_query_withholds_is_withheld_from_conditions_too(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    for condition in [json!({"author": "Guest"}), json!({"author": {"like": "%"}}), json!({"author": {"neq": "x"}})] {
        assert!(fixture.find::<Authored>(scope, &json!({ "where": condition })).await?.is_empty(), "{condition}");
    }
    assert_eq!(fixture.find::<Authored>(scope, &json!({"where": {"author": null}})).await?.len(), 2);
    Ok(())
}

async fn a_name_is_found_in_any_case(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let repository = fixture.store.read(scope);
    let found =
        async |name: &str| repository.repository::<Document>().count(Some(&Document::TITLE.is_in_any_case(name))).await;
    for name in ["Alpha", "ALPHA", "alpha"] {
        assert_eq!(found(name).await?, 1, "{name}");
    }
    for name in ["Alph_", "%", "alph", ""] {
        assert_eq!(found(name).await?, 0, "{name}: no pattern");
    }
    Ok(())
}

async fn a_filter_stays_within_what_a_rule_adds(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let everything = filter::<Document>(&json!({"where": {"or": [{"title": "Alpha"}, {"title": {"neq": "Alpha"}}]}}))?;
    for own in [everything, Filter::default()] {
        let within = own.within(Document::TITLE.is("Beta"));
        let rows = fixture.store.read(scope).repository::<Document>().find(&within).await?;
        assert_eq!(rows.len(), 1);
    }
    Ok(())
}

async fn a_locked_row_keeps_others_waiting(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    // Each counts the documents and makes one of that number; were two to count at once, titles would meet.
    let writers: Vec<_> = (0..12)
        .map(|_| {
            let store = fixture.store.clone();
            tokio::spawn(async move {
                let session = store.write(scope, ACTOR).await?;
                assert!(session.repository::<Account>().lock_by_id(scope.0).await?);
                let count = session.repository::<Document>().count(None).await?;
                tokio::task::yield_now().await;
                session.repository::<Document>().create(new(&json!({"title": count.to_string()}))?).await?;
                session.commit(()).await?.into_inner();
                Outcome::Ok(())
            })
        })
        .collect();
    for writer in writers {
        writer.await??;
    }
    assert_eq!(fixture.store.read(scope).repository::<Document>().count(None).await?, 15);
    Ok(())
}

async fn a_row_out_of_reach_cannot_be_locked(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let session = fixture.store.write(TenantScope(seed.ours.account), ACTOR).await?;
    assert!(session.repository::<Account>().lock_by_id(seed.ours.account).await?);
    assert!(!session.repository::<Account>().lock_by_id(seed.theirs.account).await?);
    assert!(!session.repository::<Document>().lock_by_id(seed.theirs.documents[0]).await?);
    session.repository::<Document>().delete_by_id(seed.ours.documents[0]).await?;
    assert!(!session.repository::<Document>().lock_by_id(seed.ours.documents[0]).await?, "deleted");
    Ok(())
}

async fn a_narrowed_session_is_the_same_transaction_within_the_wall(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let session = fixture.store.write(SYSTEM, ACTOR).await?;
    let theirs =
        New::<Document>::empty().with(Document::TITLE, "Delta")?.with(Document::ACCOUNT_ID, seed.theirs.account)?;
    session.repository::<Document>().create(theirs).await?;
    assert_eq!(session.repository::<Document>().count(None).await?, 7);

    let session = session.narrow(TenantScope(seed.ours.account));
    assert_eq!(session.repository::<Document>().count(None).await?, 3);
    assert_eq!(
        session.repository::<Membership>().find_by_id(seed.theirs.membership, &Filter::default()).await?.map(drop),
        None
    );
    assert_eq!(fixture.store.read(SYSTEM).repository::<Document>().count(None).await?, 6, "nothing is committed yet");
    session.commit(()).await?.into_inner();
    assert_eq!(fixture.store.read(SYSTEM).repository::<Document>().count(None).await?, 7);
    Ok(())
}

async fn what_was_given_is_shown(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let given = new::<Document>(&json!({"pages": 3, "title": "Delta"}))?.into_record();
    assert_eq!(serde_json::to_string(&given)?, r#"{"title":"Delta","pages":3}"#, "in the order of the entity");
    let row = fixture
        .store
        .read(scope)
        .repository::<Document>()
        .find(&filter::<Document>(&json!({"order": "title"}))?)
        .await?;
    let first = row.into_iter().next().ok_or("no row")?;
    assert_eq!(serde_json::to_value(first.only(&[Document::TITLE.property()]))?, json!({"title": "Alpha"}));
    Ok(())
}
