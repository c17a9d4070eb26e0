//! Searches before changes: what was found is kept where it is as it was, and only there.

use std::time::Duration;

use futures_util::future::Either;
use serde_json::json;
use tokio::time::{sleep, timeout};
use user_tenant_store::StoreError;
use user_tenant_store::filter::Predicate;
use user_tenant_store::repository::Found;
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::Limits;

use crate::family::Document;
use crate::fixture::{ACTOR, Fixture, Outcome, patch, predicate};

/// A time limit that only who waits for ever exceeds.
const PATIENCE: Duration = Duration::from_mins(1);

on_both!(
    what_was_found_is_changed_by_its_ids,
    what_has_changed_meanwhile_is_not_kept,
    who_keeps_rows_waits_for_those_who_change_them,
    more_rows_than_may_be_changed_are_not_found,
);

fn patterns() -> Outcome<Predicate> {
    let patterns = predicate::<Document>(&json!({ "title": { "like": "%a%" }, "body": null }))?;
    Ok(patterns.ok_or("no condition")?)
}

async fn search(fixture: &Fixture, scope: TenantScope) -> Outcome<Found<Document>> {
    Ok(fixture.store.read(scope).repository::<Document>().search(Some(&patterns()?)).await?)
}

async fn keeps(fixture: &Fixture, scope: TenantScope, found: &Found<Document>) -> Outcome<bool> {
    let session = fixture.store.write(scope, ACTOR).await?;
    Ok(timeout(PATIENCE, session.repository().keep(found)).await??)
}

async fn what_was_found_is_changed_by_its_ids(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    let found = search(fixture, scope).await?;
    assert!(!patterns()?.is_light() && found.predicate().is_light());
    let session = fixture.store.write(scope, ACTOR).await?;
    let documents = session.repository::<Document>();
    assert!(documents.keep(&found).await?);
    let all = documents.count(None).await?;
    let changed = documents.update_all(Some(&found.predicate()), patch(&json!({ "pages": 77 }))?).await?;
    assert!(0 < changed && changed <= all, "{changed} of {all}");
    assert_eq!(documents.count(Some(&Document::PAGES.is(77))).await?, changed);
    session.commit(()).await?.into_inner();

    // In another scope these are not there.
    assert!(!keeps(fixture, TenantScope(seed.theirs.account), &search(fixture, scope).await?).await?);
    Ok(())
}

async fn what_has_changed_meanwhile_is_not_kept(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    let found = search(fixture, scope).await?;
    assert!(keeps(fixture, scope, &found).await? && keeps(fixture, scope, &found).await?);

    let named = Document::TITLE.is("Alpha");
    let change = |body| async move {
        let session = fixture.store.write(scope, ACTOR).await?;
        session.repository::<Document>().update_all(Some(&Document::TITLE.is("Alpha")), body).await?;
        session.commit(()).await?.into_inner();
        Outcome::Ok(())
    };
    change(patch(&json!({ "body": "What the search looked at" }))?).await?;
    assert!(!keeps(fixture, scope, &found).await?);
    change(patch(&json!({ "body": null }))?).await?;
    let found = search(fixture, scope).await?;
    assert!(keeps(fixture, scope, &found).await?);

    let session = fixture.store.write(scope, ACTOR).await?;
    assert_eq!(session.repository::<Document>().delete_all(Some(&named)).await?, 1);
    session.commit(()).await?.into_inner();
    assert!(!keeps(fixture, scope, &found).await?);
    Ok(())
}

async fn who_keeps_rows_waits_for_those_who_change_them(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    for commits in [false, true] {
        let found = search(fixture, scope).await?;
        let other = fixture.store.write(scope, ACTOR).await?;
        let body = patch(&json!({ "body": "Of another transaction" }))?;
        assert!(other.repository::<Document>().update_all(Some(&Document::TITLE.is("Alpha")), body).await? > 0);
        let waits = Box::pin(keeps(fixture, scope, &found));
        let Either::Right(((), waits)) = futures_util::future::select(waits, Box::pin(sleep(PATIENCE / 600))).await
        else {
            return Err("nobody was waited for".into());
        };
        if commits {
            other.commit(()).await?.into_inner();
        } else {
            drop(other);
        }
        assert_eq!(waits.await?, !commits);
    }
    Ok(())
}

async fn more_rows_than_may_be_changed_are_not_found(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    for (max_changed_rows, allowed) in [(3, true), (2, false)] {
        let store = fixture.limited(Limits { max_changed_rows, ..Limits::default() })?;
        let session = store.read(scope);
        for condition in [Some(patterns()?), Some(Document::PAGES.is(1)), None] {
            match session.repository::<Document>().search(condition.as_ref()).await {
                Ok(_) => assert!(allowed, "{condition:?}"),
                Err(StoreError::TooManyToChange { limit: 2 }) => assert!(!allowed, "{condition:?}"),
                Err(other) => return Err(other.into()),
            }
        }
    }
    Ok(())
}
