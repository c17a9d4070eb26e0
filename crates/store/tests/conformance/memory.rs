//! What is remembered outside the database: commits that change it are counted, and no others.

use serde_json::json;
use user_tenant_store::record::Patch;
use user_tenant_store::scope::TenantScope;
use uuid::Uuid;

use crate::family::{Account, Comment, Document, Person};
use crate::fixture::{ACTOR, Fixture, Outcome, SYSTEM, new, patch};

on_both!(
    commits_that_change_what_is_remembered_make_it_old,
    other_commits_leave_it_as_it_is,
    a_new_row_makes_old_what_is_remembered_of_its_parent_alone,
    commits_of_one_tenant_leave_what_is_remembered_of_others,
    what_is_rolled_back_or_not_committed_yet_makes_nothing_old,
);

async fn commits_that_change_what_is_remembered_make_it_old(fixture: &Fixture) -> Outcome {
    let account = fixture.seed().await?.ours.account;
    let memory = fixture.store.memory();
    let begin = || fixture.store.write(TenantScope(account), ACTOR);

    let mut age = memory.age(account);
    let mut grown = |what: &str| {
        assert!(memory.age(account) > age, "{what}");
        age = memory.age(account);
    };
    let session = begin().await?;
    let status: Patch<Account> = patch(&json!({ "status": 0 }))?;
    session.repository::<Account>().update_by_id(account, status).await?;
    let _ = session.commit(()).await?;
    grown("a change, then the commit");

    let _ = begin()
        .await?
        .update_by_id_and_commit::<Account>(account, patch(&json!({ "name": "N", "status": 1 }))?)
        .await?;
    grown("a change that is committed with its transaction");

    let _ = begin()
        .await?
        .update_by_id_and_commit::<Account>(
            account,
            patch::<Account>(&json!({ "name": "N", "key": "k" }))?.into_replacement(),
        )
        .await?;
    grown("a replacement, which sets all");

    let session = begin().await?;
    session.repository::<Account>().delete_by_id(account).await?;
    let _ = session.commit(()).await?;
    grown("a row that is marked as deleted");
    Ok(())
}

async fn other_commits_leave_it_as_it_is(fixture: &Fixture) -> Outcome {
    let account = fixture.seed().await?.ours.account;
    let memory = fixture.store.memory();
    let begin = || fixture.store.write(TenantScope(account), ACTOR);
    let age = memory.age(account);
    let _ = begin().await?.update_by_id_and_commit::<Account>(account, patch(&json!({ "name": "N" }))?).await?;
    let _ = begin().await?.create_and_commit::<Document>(new(&json!({ "title": "Delta" }))?).await?;
    let session = begin().await?;
    session.repository::<Document>().delete_all(None).await?;
    let _ = session.commit(()).await?;
    assert_eq!(memory.age(account), age);
    Ok(())
}

async fn what_is_rolled_back_or_not_committed_yet_makes_nothing_old(fixture: &Fixture) -> Outcome {
    let account = fixture.seed().await?.ours.account;
    let memory = fixture.store.memory();
    let age = memory.age(account);
    let session = fixture.store.write(TenantScope(account), ACTOR).await?;
    let status: Patch<Account> = patch(&json!({ "status": 0 }))?;
    session.repository::<Account>().update_by_id(account, status).await?;
    assert_eq!(memory.age(account), age);
    drop(session);
    assert_eq!(memory.age(account), age);
    Ok(())
}

async fn commits_of_one_tenant_leave_what_is_remembered_of_others(fixture: &Fixture) -> Outcome {
    let account = fixture.seed().await?.ours.account;
    let other = Uuid::from_u128(account.as_u128() ^ 1);
    let memory = fixture.store.memory();
    let ages = || (memory.age(account), memory.age(other));
    let (ours, theirs) = ages();
    let status = || patch::<Account>(&json!({ "status": 0 }));
    let session = fixture.store.write(TenantScope(account), ACTOR).await?;
    let _ = session.update_by_id_and_commit(account, status()?).await?;
    assert_eq!(ages(), (ours + 1, theirs));
    let session = fixture.store.write(SYSTEM, ACTOR).await?;
    let _ = session.update_by_id_and_commit(account, status()?).await?;
    assert_eq!(ages(), (ours + 2, theirs + 1), "who sees all may have changed any");
    Ok(())
}

async fn a_new_row_makes_old_what_is_remembered_of_its_parent_alone(fixture: &Fixture) -> Outcome {
    let ours = fixture.seed().await?.ours;
    let memory = fixture.store.memory();
    let age = memory.age(ours.account);
    let person = fixture.insert::<Person>(&json!({ "name": "Ann" })).await?;
    assert_eq!(memory.age(ours.account), age, "nothing is known of a new person, and they have no parent");
    let session = fixture.store.write(SYSTEM, ACTOR).await?;
    let _ = session.update_by_id_and_commit::<Person>(person, patch(&json!({ "phrase": "p" }))?).await?;
    assert_eq!(memory.age(ours.account), age + 1, "who is known may be a member anywhere");
    let comment =
        json!({ "wording": "W", "place": 1, "documentId": ours.documents[0], "membershipId": ours.membership });
    fixture.create::<Comment>(TenantScope(ours.account), &comment).await?;
    assert_eq!(memory.age(ours.account), age + 2, "what is remembered of the document");
    Ok(())
}
