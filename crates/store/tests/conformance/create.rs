//! Making rows: defaults, ids, audit columns, and the tenant that the scope puts them in.

use serde_json::json;
use user_tenant_store::StoreError;
use user_tenant_store::audit::Actor;
use user_tenant_store::scope::TenantScope;
use uuid::Uuid;

use crate::family::{Account, Document, DocumentTitle, Membership, Secret};
use crate::fixture::{ACTOR, Fixture, Outcome, SYSTEM, new, text};

on_both!(
    fills_id_defaults_tenant_and_audit_columns,
    answers_what_it_was_given,
    ignores_audit_properties_and_ids_of_clients,
    takes_the_user_as_author_where_there_is_no_membership,
    makes_all_rows_or_none,
    leaves_ids_that_are_numbers_to_the_database,
    refuses_to_write_views,
);

async fn fills_id_defaults_tenant_and_audit_columns(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    let made = fixture.create::<Document>(scope, &json!({"title": "New"})).await?;
    let id: Uuid = text(&made, "id").parse()?;
    assert_eq!(id.get_version_num(), 7);

    let row = fixture.find_only::<Document>(scope, &json!({"where": {"id": id}})).await?;
    let expected = json!({
        "deleted": false, "deletedOn": null, "deletedBy": null,
        "createdOn": "2024-05-01T10:00:00.123Z", "modifiedOn": "2024-05-01T10:00:00.123Z",
        "createdBy": ACTOR.membership, "modifiedBy": ACTOR.membership,
        "id": id, "title": "New", "body": null, "pages": 1, "published": false, "membershipId": null,
        "accountId": seed.ours.account,
    });
    assert_eq!(row, expected);
    let names = |json: &serde_json::Value| json.as_object().map(|row| row.keys().cloned().collect::<Vec<_>>());
    assert_eq!(names(&row), names(&expected), "in the order of the entity");
    Ok(())
}

async fn answers_what_it_was_given(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let made = fixture
        .create::<Document>(TenantScope(seed.ours.account), &json!({"published": true, "title": "New", "body": null}))
        .await?;
    assert_eq!(
        made,
        json!({
            "deleted": false, "createdOn": "2024-05-01T10:00:00.123Z", "modifiedOn": "2024-05-01T10:00:00.123Z",
            "createdBy": ACTOR.membership, "modifiedBy": ACTOR.membership,
            "id": made["id"], "title": "New", "body": null, "pages": 1, "published": true,
            "accountId": seed.ours.account,
        })
    );
    Ok(())
}

async fn ignores_audit_properties_and_ids_of_clients(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let values = json!({"id": seed.theirs.documents[0], "title": "New", "deleted": true, "deletedOn": "2020-01-01",
        "createdOn": "2020-01-01", "modifiedOn": "2020-01-01", "createdBy": seed.guest, "modifiedBy": seed.guest});
    let body = values.as_object().ok_or("no object")?;
    let new = user_tenant_store::record::New::<Document>::from_json(body)?;
    assert!(new.get(Document::ID).is_none() && new.get(Document::CREATED_ON).is_none());
    let scope = TenantScope(seed.ours.account);
    fixture.write(scope, async |session| session.repository::<Document>().create(new).await).await?;
    let row = fixture.find_only::<Document>(scope, &json!({"where": {"title": "New"}})).await?;
    assert_ne!(row["id"], json!(seed.theirs.documents[0]));
    assert_eq!(row["deleted"], json!(false));
    assert_eq!(row["createdOn"], json!("2024-05-01T10:00:00.123Z"));
    assert_eq!(row["modifiedBy"], json!(ACTOR.membership));
    Ok(())
}

async fn takes_the_user_as_author_where_there_is_no_membership(fixture: &Fixture) -> Outcome {
    let user = Uuid::from_u128(0xbea7);
    for (actor, author) in
        [(Actor { user: Some(user), ..Actor::SYSTEM }, Some(user)), (ACTOR, ACTOR.membership), (Actor::SYSTEM, None)]
    {
        let session = fixture.store.write(SYSTEM, actor).await?;
        let key = fixture.store.environment().new_id();
        let made = session.repository::<Account>().create(new(&json!({"name": "One", "key": key}))?).await?;
        session.commit(made).await?.into_inner();
        let row = fixture.find_only::<Account>(SYSTEM, &json!({"where": {"key": key}})).await?;
        assert_eq!(row["createdBy"], json!(author));
    }
    Ok(())
}

async fn makes_all_rows_or_none(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    let titles = |titles: [&str; 3]| {
        titles.iter().map(|title| new::<Document>(&json!({ "title": title }))).collect::<Outcome<Vec<_>>>()
    };
    let rows = titles(["One", "Two", "Alpha"])?;
    let refused = fixture.write(scope, async |session| session.repository().create_all(rows).await).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    assert_eq!(fixture.find::<Document>(scope, &json!({})).await?.len(), 3);

    let rows = titles(["One", "Two", "Three"])?;
    let made = fixture.write(scope, async |session| session.repository().create_all(rows).await).await?;
    assert_eq!(made.len(), 3);
    assert_eq!(fixture.find::<Document>(scope, &json!({})).await?.len(), 6);
    Ok(())
}

async fn leaves_ids_that_are_numbers_to_the_database(fixture: &Fixture) -> Outcome {
    for (hint, id) in [("first", 1), ("second", 2)] {
        let made = fixture.create::<Secret>(SYSTEM, &json!({"hint": hint, "words": "open sesame"})).await?;
        assert_eq!(made, json!({ "hint": hint }), "what is hidden is not answered");
        let row = fixture.find_only::<Secret>(SYSTEM, &json!({"where": {"hint": hint}})).await?;
        assert_eq!(row, json!({"id": id, "hint": hint}));
    }
    let typed = fixture.store.read(SYSTEM).repository::<Secret>().get(2).await?.ok_or("not found")?;
    assert_eq!((typed.id, typed.words.as_str()), (2, "open sesame"), "but the service's own code reads it");
    Ok(())
}

async fn refuses_to_write_views(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    let titles = fixture.find::<DocumentTitle>(scope, &json!({"order": "title"})).await?;
    assert_eq!(titles.len(), 3);
    assert_eq!(titles[0], json!({"id": seed.ours.documents[0], "title": "Alpha", "accountId": seed.ours.account}));
    let new = new::<DocumentTitle>(&json!({"title": "New"}))?;
    let refused = fixture.write(scope, async |session| session.repository().create(new).await).await;
    assert!(matches!(refused, Err(StoreError::Database(_))), "{refused:?}");
    let refused =
        fixture.write(scope, async |session| session.repository::<DocumentTitle>().delete_all(None).await).await;
    assert!(matches!(refused, Err(StoreError::Database(_))), "{refused:?}");
    assert_eq!(fixture.find::<Membership>(scope, &json!({})).await?.len(), 2);
    Ok(())
}
