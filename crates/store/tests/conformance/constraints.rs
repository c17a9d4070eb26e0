//! What the database refuses, as outcomes that a service can tell apart.

use serde_json::json;
use user_tenant_store::StoreError;
use user_tenant_store::scope::TenantScope;
use uuid::Uuid;

use crate::family::{Account, Comment, Document};
use crate::fixture::{Fixture, Outcome, SYSTEM, new, patch, text};

on_both!(
    a_duplicate_is_a_conflict_that_names_its_values,
    a_duplicate_made_by_a_patch_is_a_conflict_too,
    a_duplicate_id_is_a_conflict,
    a_deleted_row_is_no_duplicate,
    a_reference_to_nothing_is_missing,
    a_value_that_the_column_refuses_is_invalid,
);

async fn a_duplicate_is_a_conflict_that_names_its_values(fixture: &Fixture) -> Outcome {
    fixture.insert::<Account>(&json!({"name": "One", "key": "one"})).await?;
    let second = new::<Account>(&json!({"name": "Two", "key": "one"}))?;
    let refused = fixture.write(SYSTEM, async |session| session.repository().create(second).await).await;
    let Err(StoreError::Conflict { constraint, attempted, columns }) = refused else {
        return Err(format!("{refused:?}").into());
    };
    assert!(constraint == "uq_accounts_key" || columns == ["key"], "{constraint} {columns:?}");
    for (column, value) in [("key", "one"), ("name", "Two"), ("status", "1"), ("deleted", "false")] {
        assert!(attempted.contains(&(column, value.to_owned())), "{attempted:?}");
    }
    Ok(())
}

async fn a_duplicate_made_by_a_patch_is_a_conflict_too(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let values = patch::<Document>(&json!({"title": "Beta"}))?;
    let refused = fixture
        .write(TenantScope(seed.ours.account), async |session| {
            session.repository().update_by_id(seed.ours.documents[0], values).await
        })
        .await;
    let Err(StoreError::Conflict { constraint, attempted, columns }) = refused else {
        return Err(format!("{refused:?}").into());
    };
    assert!(constraint == "uq_documents_title" || columns == ["account_id", "title"], "{constraint} {columns:?}");
    assert!(attempted.contains(&("title", "Beta".to_owned())), "{attempted:?}");
    Ok(())
}

async fn a_duplicate_id_is_a_conflict(fixture: &Fixture) -> Outcome {
    let id = fixture.insert::<Account>(&json!({"name": "One", "key": "one"})).await?;
    let second = new::<Account>(&json!({"name": "Two", "key": "two", "id": id}))?;
    let refused = fixture.write(SYSTEM, async |session| session.repository().create(second).await).await;
    let Err(StoreError::Conflict { constraint, attempted, columns }) = refused else {
        return Err(format!("{refused:?}").into());
    };
    assert!(constraint == "accounts_pkey" || columns == ["id"], "{constraint} {columns:?}");
    assert!(attempted.contains(&("id", id.to_string())), "{attempted:?}");
    Ok(())
}

async fn a_deleted_row_is_no_duplicate(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    let old = seed.ours.documents[0];
    assert!(fixture.write(scope, async |session| session.repository::<Document>().delete_by_id(old).await).await?);
    let made = fixture.create::<Document>(scope, &json!({"title": "Alpha"})).await?;
    assert_ne!(text(&made, "id"), old.to_string());
    Ok(())
}

async fn a_reference_to_nothing_is_missing(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let (scope, nobody) = (TenantScope(seed.ours.account), Uuid::from_u128(1));
    let comment = |document: Uuid, membership: Uuid| {
        new::<Comment>(&json!({"wording": "Hm", "place": 0, "documentId": document, "membershipId": membership}))
    };
    for (document, membership) in [(nobody, seed.ours.membership), (seed.ours.documents[0], nobody)] {
        let row = comment(document, membership)?;
        let refused = fixture.write(SYSTEM, async |session| session.repository().create(row).await).await;
        assert!(matches!(refused, Err(StoreError::MissingReference)), "by the key: {refused:?}");
        let row = comment(document, membership)?;
        let refused = fixture.write(scope, async |session| session.repository().create(row).await).await;
        assert!(matches!(refused, Err(StoreError::MissingReference)), "by the wall: {refused:?}");
    }
    // A deleted row is nothing, for a scope with a wall.
    let document = seed.ours.documents[0];
    assert!(fixture.write(scope, async |session| session.repository::<Document>().delete_by_id(document).await).await?);
    let row = comment(document, seed.ours.membership)?;
    let refused = fixture.write(scope, async |session| session.repository().create(row).await).await;
    assert!(matches!(refused, Err(StoreError::MissingReference)), "{refused:?}");
    Ok(())
}

async fn a_value_that_the_column_refuses_is_invalid(fixture: &Fixture) -> Outcome {
    for values in [
        json!({"name": "x".repeat(51), "key": "one"}),
        json!({"name": null, "key": "one"}),
        json!({"key": "one"}),
        json!({"name": "One", "key": "one", "status": 4}),
    ] {
        let row = new::<Account>(&values)?;
        let refused = fixture.write(SYSTEM, async |session| session.repository().create(row).await).await;
        assert!(matches!(refused, Err(StoreError::InvalidValue(_))), "{values}: {refused:?}");
    }
    assert_eq!(fixture.find::<Account>(SYSTEM, &json!({})).await?.len(), 0);
    Ok(())
}
