//! Inserting many rows at once, which may travel as one statement: what they hold, what they refer to, and all or none.

use serde_json::{Value as Json, json};
use user_tenant_store::repository::Prepared;
use user_tenant_store::scope::{Scope, Sees, TenantScope};
use user_tenant_store::session::{Session, Write};
use user_tenant_store::{Entity, StoreError, StoreResult};
use uuid::Uuid;

use crate::family::{Account, Comment, Document, Membership, Person, Sample};
use crate::fixture::{ACTOR, Fixture, Outcome, SYSTEM, column, new};

on_both!(
    rows_hold_what_they_were_given,
    rows_that_fill_other_columns_go_along,
    one_reference_outside_the_wall_refuses_all,
    rows_of_several_entities_are_there_or_none_is,
    rows_that_are_taken_refuse_all,
);

/// Makes rows of one entity ready.
fn ready<E: Entity, S: Scope + Sees<E>>(session: &Session<S, Write>, rows: &[Json]) -> Outcome<Vec<Prepared>> {
    rows.iter().map(|row| Ok(session.repository::<E>().prepare(new::<E>(row)?)?)).collect()
}

async fn rows_hold_what_they_were_given(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let full = |number: i64| {
        json!({
            "name": format!("{number:03}, \"quoted\" {{and}} braced, ü"), "note": "NULL", "number": number - 3,
            "flag": number % 2 == 0, "happenedOn": format!("2024-02-0{}T10:00:00.00{number}Z", number + 1),
            "day": format!("2024-02-0{}T00:00:00.000Z", number + 1), "data": { "a": [1, null] }, "tags": ["x", "y"],
            "codes": [1, 2],
        })
    };
    let empty = |number: i64| {
        let names = ["note", "number", "flag", "happenedOn", "day", "data", "tags", "codes"];
        let nulls = names.map(|name| (name.to_owned(), Json::Null));
        let name = [("name".to_owned(), json!(format!("{number:03}")))];
        Json::Object(name.into_iter().chain(nulls).collect())
    };
    // The lists and the document are alike, then not.
    let mut rows: Vec<Json> = (0..5).map(full).collect();
    rows.extend((5..8).map(empty));
    rows.push(full(8));
    rows[3]["data"] = json!("other");
    rows[4]["tags"] = json!([]);
    let session = fixture.store.write(scope, ACTOR).await?;
    let ready = ready::<Sample, _>(&session, &rows)?;
    let made = session.insert_and_commit(ready).await?.into_inner();
    let found = fixture.find::<Sample>(scope, &json!({"order": "name"})).await?;
    assert_eq!(found.len(), rows.len());
    for (found, (row, made)) in found.iter().zip(rows.iter().zip(made)) {
        let made = serde_json::to_value(made)?;
        assert_eq!(made["id"], found["id"], "each is answered in its order");
        for (name, value) in row.as_object().into_iter().flatten() {
            assert_eq!(found[name], *value, "{name} of {row}");
        }
    }
    Ok(())
}

async fn rows_that_fill_other_columns_go_along(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    let rows = [
        json!({"title": "Delta"}),
        json!({"title": "Epsilon"}),
        json!({"title": "Zeta", "body": "Once"}),
        json!({"title": "Eta", "body": "Twice"}),
        json!({"title": "Theta", "pages": 3}),
        json!({"title": "Iota"}),
    ];
    let session = fixture.store.write(scope, ACTOR).await?;
    let made = session.insert(ready::<Document, _>(&session, &rows)?).await?;
    assert_eq!(made.len(), rows.len());
    session.commit(()).await?.into_inner();
    for row in rows {
        let found = fixture.find_only::<Document>(scope, &json!({"where": {"title": row["title"]}})).await?;
        assert_eq!((&found["body"], &found["createdBy"]), (&row["body"], &json!(ACTOR.membership)));
        assert_eq!(found["pages"], if row["pages"].is_null() { json!(1) } else { row["pages"].clone() });
    }
    Ok(())
}

async fn one_reference_outside_the_wall_refuses_all(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    let comment = |place: i64, document: Uuid, membership: Uuid| {
        let wording = format!("New {place}");
        json!({"wording": wording, "place": place, "documentId": document, "membershipId": membership})
    };
    let [alpha, beta, gamma] = [0, 1, 2].map(|at| seed.ours.documents[at]);
    let good = [
        comment(1, alpha, seed.ours.membership),
        comment(2, beta, seed.ours.membership),
        comment(3, gamma, seed.ours.guest_membership),
    ];
    let bad = [
        comment(4, seed.theirs.documents[0], seed.ours.membership),
        comment(5, alpha, seed.theirs.membership),
        comment(6, alpha, seed.theirs.guest_membership),
        comment(7, Uuid::nil(), seed.ours.membership),
    ];
    let before = fixture.find::<Comment>(SYSTEM, &json!({})).await?.len();
    for bad in bad {
        for at in 0..=good.len() {
            let mut rows = good.to_vec();
            rows.insert(at, bad.clone());
            let session = fixture.store.write(scope, ACTOR).await?;
            let ready = ready::<Comment, _>(&session, &rows)?;
            let refused = session.insert_and_commit(ready).await;
            assert!(matches!(refused, Err(StoreError::MissingReference)), "{bad} at {at}: {refused:?}");
        }
    }
    assert_eq!(fixture.find::<Comment>(SYSTEM, &json!({})).await?.len(), before);

    // Null refers to nothing.
    let document = |title: &str, author: Option<Uuid>| json!({"title": title, "membershipId": author});
    let rows = |author| [document("Delta", None), document("Epsilon", Some(author)), document("Zeta", None)];
    for (author, is_ours) in [(seed.theirs.membership, false), (seed.ours.membership, true)] {
        let session = fixture.store.write(scope, ACTOR).await?;
        let ready = ready::<Document, _>(&session, &rows(author))?;
        let made: StoreResult<_> = session.insert_and_commit(ready).await.map(|made| made.into_inner().len());
        assert_eq!(made.ok(), is_ours.then_some(3));
    }
    let session = fixture.store.write(scope, ACTOR).await?;
    let ready = ready::<Comment, _>(&session, &good)?;
    session.insert_and_commit(ready).await?.into_inner();
    assert_eq!(fixture.find::<Comment>(SYSTEM, &json!({})).await?.len(), before + good.len());
    Ok(())
}

async fn rows_of_several_entities_are_there_or_none_is(fixture: &Fixture) -> Outcome {
    fixture.seed().await?;
    let [account, person, other, membership] = [1, 2, 3, 4].map(|number| Uuid::from_u128(0xfeed_0000 + number));
    let rows = |role: Option<Uuid>| -> Outcome<_> {
        let rows = (
            [json!({"id": account, "name": "New", "key": "new"})],
            [json!({"id": person, "name": "Ann"}), json!({"id": other, "name": "Ben"})],
            [json!({"id": membership, "role": "editor", "personId": role.unwrap_or(person), "accountId": account})],
        );
        Ok(rows)
    };
    for (member, is_there) in [(Some(Uuid::nil()), false), (None, true)] {
        let session = fixture.store.write(SYSTEM, ACTOR).await?;
        let (accounts, persons, memberships) = rows(member)?;
        // Children before their parents, too: all is looked at when all is there.
        let mut all = ready::<Account, _>(&session, &accounts)?;
        all.extend(ready::<Person, _>(&session, &persons)?);
        all.extend(ready::<Membership, _>(&session, &memberships)?);
        let made = session.insert_and_commit(all).await;
        assert_eq!(made.map(|made| made.into_inner().len()).ok(), is_there.then_some(4));
        let names = fixture
            .find::<Person>(SYSTEM, &json!({"where": {"id": {"inq": [person, other]}}, "order": "name"}))
            .await?;
        assert_eq!(column(&names, "name"), if is_there { vec!["Ann", "Ben"] } else { vec![] });
        let of_new = fixture.find::<Membership>(SYSTEM, &json!({"where": {"accountId": account}})).await?;
        assert_eq!(of_new.len(), usize::from(is_there));
        assert!(of_new.iter().all(|row| row["createdBy"] == json!(ACTOR.membership)));
    }
    Ok(())
}

async fn rows_that_are_taken_refuse_all(fixture: &Fixture) -> Outcome {
    let scope = TenantScope(fixture.seed().await?.ours.account);
    for titles in [["Delta", "Epsilon", "Alpha"], ["Delta", "Epsilon", "Delta"]] {
        let rows = titles.map(|title| json!({ "title": title }));
        let session = fixture.store.write(scope, ACTOR).await?;
        let ready = ready::<Document, _>(&session, &rows)?;
        let refused = session.insert_and_commit(ready).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    }
    assert_eq!(fixture.find::<Document>(scope, &json!({})).await?.len(), 3);
    Ok(())
}
