//! Changing and removing rows: what a patch touches, what a replacement resets, what a soft delete hides.

use serde_json::json;
use user_tenant_store::record::InvalidRecord;
use user_tenant_store::record::Patch;
use user_tenant_store::scope::TenantScope;
use user_tenant_store::{Entity, StoreError};

use crate::family::{Account, Comment, Cover, Document};
use crate::fixture::{ACTOR, Fixture, Outcome, SYSTEM, column, patch, predicate};

on_both!(
    a_patch_changes_what_it_names,
    a_patch_of_many_counts_the_rows,
    a_patch_cannot_move_a_row,
    a_replacement_resets_what_it_leaves_out,
    a_soft_delete_hides_the_row,
    a_soft_delete_of_many_counts_the_live_rows,
    destroying_removes_the_row,
    a_row_that_is_referred_to_stays,
    changing_nothing_at_all_still_works,
);

async fn a_patch_changes_what_it_names(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let (scope, id) = (TenantScope(seed.ours.account), seed.ours.documents[0]);
    let before = fixture.find_only::<Document>(scope, &json!({"where": {"id": id}})).await?;
    fixture.wait_an_hour();
    let values = patch::<Document>(&json!({"body": "Once", "pages": 7, "createdOn": "2020-01-01"}))?;
    assert!(fixture.write(scope, async |session| session.repository().update_by_id(id, values).await).await?);

    let mut expected = before;
    expected["body"] = json!("Once");
    expected["pages"] = json!(7);
    expected["modifiedOn"] = json!("2024-05-01T11:00:00.123Z");
    expected["modifiedBy"] = json!(ACTOR.membership);
    assert_eq!(fixture.find_only::<Document>(scope, &json!({"where": {"id": id}})).await?, expected);

    let values = patch::<Document>(&json!({"body": null}))?;
    assert!(fixture.write(scope, async |session| session.repository().update_by_id(id, values).await).await?);
    expected["body"] = json!(null);
    assert_eq!(fixture.find_only::<Document>(scope, &json!({"where": {"id": id}})).await?, expected);
    Ok(())
}

async fn a_patch_of_many_counts_the_rows(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    let some = predicate::<Document>(&json!({"title": {"inq": ["Alpha", "Beta", "Delta"]}}))?;
    let values = patch::<Document>(&json!({"published": true}))?;
    let changed =
        fixture.write(scope, async |session| session.repository().update_all(some.as_ref(), values).await).await?;
    assert_eq!(changed, 2);
    let values = patch::<Document>(&json!({"pages": 9}))?;
    let changed = fixture.write(scope, async |session| session.repository().update_all(None, values).await).await?;
    assert_eq!(changed, 3);
    let rows = fixture.find::<Document>(scope, &json!({"order": "title", "fields": ["pages", "published"]})).await?;
    let expected = [true, true, false].map(|published| json!({"pages": 9, "published": published}));
    assert_eq!(rows, expected);
    let others = fixture.find::<Document>(TenantScope(seed.theirs.account), &json!({"where": {"pages": 9}})).await?;
    assert!(others.is_empty(), "{others:?}");
    Ok(())
}

async fn a_patch_cannot_move_a_row(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    for property in [Document::ACCOUNT_ID, Document::ID] {
        let refused = Patch::empty().with(property, seed.theirs.account).err();
        assert_eq!(refused, Some(InvalidRecord::NotSettable(property.name())));
    }
    let refused = Patch::empty().with(Document::DELETED, true).err();
    assert_eq!(refused, Some(InvalidRecord::NotSettable("deleted")));
    let unknown = patch::<Document>(&json!({"account_id": seed.theirs.account})).err().map(|error| error.to_string());
    assert!(unknown.is_some_and(|error| error.contains("account_id")));
    let (scope, id) = (TenantScope(seed.ours.account), seed.ours.documents[0]);
    let values = patch::<Document>(&json!({"title": "Moved", "accountId": seed.theirs.account}))?;
    assert!(fixture.write(scope, async |session| session.repository().update_by_id(id, values).await).await?);
    let row = fixture.find_only::<Document>(scope, &json!({"where": {"title": "Moved"}})).await?;
    assert_eq!(row["accountId"], json!(seed.ours.account), "accepted in a body, and ignored");
    Ok(())
}

async fn a_replacement_resets_what_it_leaves_out(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let (scope, id) = (TenantScope(seed.ours.account), seed.ours.documents[0]);
    let values = patch::<Document>(&json!({"body": "Once", "pages": 7, "published": true}))?;
    assert!(fixture.write(scope, async |session| session.repository().update_by_id(id, values).await).await?);
    fixture.wait_an_hour();
    let values = patch::<Document>(&json!({"title": "Replaced", "published": true}))?;
    assert!(fixture.write(scope, async |session| session.repository().replace_by_id(id, values).await).await?);
    let row = fixture.find_only::<Document>(scope, &json!({"where": {"id": id}})).await?;
    let expected = json!({
        "deleted": false, "deletedOn": null, "deletedBy": null,
        "createdOn": "2024-05-01T10:00:00.123Z", "modifiedOn": "2024-05-01T11:00:00.123Z",
        "createdBy": ACTOR.membership, "modifiedBy": ACTOR.membership,
        "id": id, "title": "Replaced", "body": null, "pages": 1, "published": true, "membershipId": null,
        "accountId": seed.ours.account,
    });
    assert_eq!(row, expected);
    Ok(())
}

async fn a_soft_delete_hides_the_row(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let (scope, id) = (TenantScope(seed.ours.account), seed.ours.documents[1]);
    fixture.wait_an_hour();
    let delete =
        async || fixture.write(scope, async |session| session.repository::<Document>().delete_by_id(id).await).await;
    assert!(delete().await?);
    assert!(!delete().await?, "it is gone already");

    let session = fixture.store.read(scope);
    let documents = session.repository::<Document>();
    assert_eq!(
        column(&fixture.find::<Document>(scope, &json!({"order": "title"})).await?, "title"),
        ["Alpha", "Gamma"]
    );
    assert_eq!(documents.count(None).await?, 2);
    assert!(!documents.exists(id).await?);
    assert!(documents.get(id).await?.is_none());
    for clause in
        [json!({"deleted": true}), json!({"or": [{"deleted": true}, {"id": id}, {"deletedOn": {"neq": null}}]})]
    {
        assert_eq!(documents.count(predicate::<Document>(&clause)?.as_ref()).await?, 0, "{clause}");
    }
    assert_eq!(session.repository::<Comment>().count(None).await?, 4, "nor are the comments of it to be seen");
    let values = patch::<Document>(&json!({"body": "Late"}))?;
    assert!(!fixture.write(scope, async |session| session.repository().update_by_id(id, values).await).await?);
    assert!(!fixture.store.read(SYSTEM).repository::<Document>().exists(id).await?, "not even past the wall");

    let sql = "SELECT deleted, deleted_by, modified_by, created_on < deleted_on, modified_on = deleted_on, body
               FROM documents WHERE id = ";
    let rows = fixture.database.rows(&format!("{sql}'{id}'")).await?;
    let yes = if fixture.database.is_postgres() { "t" } else { "1" };
    let author = ACTOR.membership.unwrap_or_default().to_string();
    let deleter = ACTOR.user.unwrap_or_default().to_string();
    assert_eq!(rows, [[yes, &deleter, &author, yes, yes, "null"]]);
    Ok(())
}

async fn a_soft_delete_of_many_counts_the_live_rows(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    let delete = async |clause: serde_json::Value| -> Outcome<u64> {
        let clause = predicate::<Comment>(&clause)?;
        let delete = async |session: &user_tenant_store::session::Session<_, _>| {
            session.repository::<Comment>().delete_all(clause.as_ref()).await
        };
        Ok(fixture.write(scope, delete).await?)
    };
    assert_eq!(delete(json!({"place": 0})).await?, 3);
    assert_eq!(delete(json!({"place": {"lte": 1}})).await?, 2);
    assert_eq!(delete(json!({})).await?, 1);
    assert_eq!(delete(json!({})).await?, 0);
    let theirs = fixture.find::<Comment>(TenantScope(seed.theirs.account), &json!({})).await?;
    assert_eq!(theirs.len(), 6);
    Ok(())
}

async fn destroying_removes_the_row(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    let comments = fixture.find::<Comment>(scope, &json!({})).await?;
    let first: uuid::Uuid = crate::fixture::text(&comments[0], "id").parse()?;
    let destroy =
        async || fixture.write(scope, async |session| session.repository::<Comment>().destroy_by_id(first).await).await;
    assert!(destroy().await?);
    assert!(!destroy().await?);
    assert_eq!(fixture.database.rows("SELECT count(*) FROM comments").await?, [["11"]]);

    // What carries no mark of deletion is removed by a delete too.
    assert!(!Cover::meta().soft_delete);
    let removed = fixture.write(scope, async |session| session.repository::<Cover>().delete_all(None).await).await?;
    assert_eq!(removed, 1);
    assert_eq!(fixture.database.rows("SELECT count(*) FROM covers").await?, [["1"]]);
    Ok(())
}

async fn a_row_that_is_referred_to_stays(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let (scope, id) = (TenantScope(seed.ours.account), seed.ours.documents[0]);
    let refused = fixture.write(scope, async |session| session.repository::<Document>().destroy_by_id(id).await).await;
    assert!(matches!(refused, Err(StoreError::StillReferenced)), "{refused:?}");
    assert!(fixture.store.read(scope).repository::<Document>().exists(id).await?);
    Ok(())
}

async fn changing_nothing_at_all_still_works(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    // No audit columns and no values: there is nothing to set.
    let cover = fixture.find_only::<Cover>(scope, &json!({})).await?;
    let id: uuid::Uuid = crate::fixture::text(&cover, "id").parse()?;
    let changed = fixture
        .write(scope, async |session| session.repository().update_by_id(id, Patch::<Cover>::empty()).await)
        .await?;
    assert!(changed);
    assert_eq!(fixture.find_only::<Cover>(scope, &json!({})).await?, cover);
    let changed = fixture
        .write(scope, async |session| {
            session.repository().update_by_id(seed.ours.account, Patch::<Account>::empty()).await
        })
        .await?;
    assert!(changed);
    Ok(())
}
