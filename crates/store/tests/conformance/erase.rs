//! What a purge does to rows: it reaches deleted ones, and no other tenant's, whatever ids it is given; and nobody else can do it.

use serde_json::json;
use user_tenant_store::Entity as _;
use user_tenant_store::StoreError;
use user_tenant_store::erase::Doomed;
use user_tenant_store::scope::{System, SystemReason};
use user_tenant_store::session::{Session, Write};
use user_tenant_store::value::Value;
use uuid::Uuid;

use crate::family::{Account, Comment, Cover, Document, Membership, Person, Secret};
use crate::fixture::{ACTOR, Fixture, Outcome, SYSTEM, Seed, predicate};

on_both!(
    only_a_purge_erases,
    deleted_rows_and_rows_of_deleted_parents_are_doomed,
    rows_of_another_tenant_stay_whatever_ids_are_named,
    a_shared_row_stays_while_anything_holds_it,
    what_is_still_referred_to_stays,
    a_row_names_the_tenant_no_more,
    what_is_kept_of_lines_is_no_text,
);

const PURGE: System = System(SystemReason::PurgeTenant);

async fn purge(fixture: &Fixture) -> Outcome<Session<System, Write>> {
    Ok(fixture.store.write(PURGE, ACTOR).await?)
}

fn ids(rows: &[(Value, Value)]) -> Vec<Value> {
    rows.iter().map(|(id, _)| id.clone()).collect()
}

fn values(ids: &[Uuid]) -> Vec<Value> {
    ids.iter().copied().map(Value::Uuid).collect()
}

/// How many rows there are past the wall, deleted ones too.
async fn count(fixture: &Fixture, meta: &'static user_tenant_store::EntityMeta, ids: &[Value]) -> Outcome<usize> {
    let session = purge(fixture).await?;
    Ok(session.eraser(Uuid::nil())?.doomed(meta, Doomed::Holding(meta.id(), ids), None, u64::MAX).await?.len())
}

async fn only_a_purge_erases(fixture: &Fixture) -> Outcome {
    for reason in [SystemReason::HostApplication, SystemReason::Jobs, SystemReason::CommandLine] {
        let session = fixture.store.write(System(reason), ACTOR).await?;
        assert!(matches!(session.eraser(Uuid::nil()), Err(StoreError::OutsideScope)), "{reason:?}");
    }
    Ok(())
}

async fn deleted_rows_and_rows_of_deleted_parents_are_doomed(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let (ours, theirs) = (&seed.ours, &seed.theirs);
    let document = ours.documents[0];
    fixture
        .write(SYSTEM, async |session| {
            session
                .repository::<Comment>()
                .delete_all(predicate::<Comment>(&json!({ "place": 0 })).ok().flatten().as_ref())
                .await?;
            session.repository::<Document>().delete_by_id(document).await
        })
        .await?;
    let session = purge(fixture).await?;
    let eraser = session.eraser(ours.account)?;
    let doomed = async |meta| eraser.doomed(meta, Doomed::OfTenant, None, u64::MAX).await;
    for (meta, rows) in [
        (Account::meta(), 1),
        (Membership::meta(), 2),
        (Document::meta(), 3),
        (Comment::meta(), 6),
        (Cover::meta(), 1),
        (Person::meta(), 2),
        (Secret::meta(), 0),
    ] {
        assert_eq!(doomed(meta).await?.len(), rows, "{}", meta.name);
    }
    assert_eq!(eraser.doomed(Comment::meta(), Doomed::OfTenant, None, 4).await?.len(), 4);
    let person = Membership::PERSON_ID.property();
    let held = eraser.doomed(Membership::meta(), Doomed::OfTenant, Some(person), u64::MAX).await?;
    let people: Vec<Value> = held.into_iter().map(|(_, person)| person).collect();
    assert!(people.contains(&Value::Uuid(ours.member)) && !people.contains(&Value::Uuid(theirs.member)));
    Ok(())
}

async fn rows_of_another_tenant_stay_whatever_ids_are_named(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let (ours, theirs) = (&seed.ours, &seed.theirs);
    let session = purge(fixture).await?;
    let theirs_only = session.eraser(theirs.account)?;
    let of_theirs = theirs_only.doomed(Comment::meta(), Doomed::OfTenant, None, u64::MAX).await?;
    let covers = theirs_only.doomed(Cover::meta(), Doomed::OfTenant, None, u64::MAX).await?;
    let eraser = session.eraser(ours.account)?;
    for (meta, foreign) in [
        (Comment::meta(), ids(&of_theirs)),
        (Cover::meta(), ids(&covers)),
        (Document::meta(), values(&theirs.documents)),
        (Membership::meta(), values(&[theirs.membership, theirs.guest_membership])),
        (Account::meta(), values(&[theirs.account])),
    ] {
        assert!(!foreign.is_empty(), "{}", meta.name);
        let holding = Doomed::Holding(meta.id(), &foreign);
        for which in [Doomed::OfTenant, holding] {
            assert_eq!(eraser.erase(meta, which, &foreign).await?, 0, "{}", meta.name);
        }
    }
    // A row of ours that is not among those named stays as well.
    let own = ids(&eraser.doomed(Comment::meta(), Doomed::OfTenant, None, u64::MAX).await?);
    assert_eq!(eraser.erase(Comment::meta(), Doomed::OfTenant, &own[..2]).await?, 2);
    session.commit(()).await?.into_inner();
    assert_eq!(count(fixture, Comment::meta(), &own).await?, own.len() - 2);
    assert_eq!(count(fixture, Comment::meta(), &ids(&of_theirs)).await?, of_theirs.len());
    Ok(())
}

/// Removes all that refers to memberships of ours.
async fn without_memberships(fixture: &Fixture, seed: &Seed, memberships: &[Uuid]) -> Outcome<Session<System, Write>> {
    let session = purge(fixture).await?;
    let eraser = session.eraser(seed.ours.account)?;
    for meta in [Comment::meta(), Cover::meta(), Document::meta(), crate::family::Bookmark::meta()] {
        let rows = ids(&eraser.doomed(meta, Doomed::OfTenant, None, u64::MAX).await?);
        assert_eq!(eraser.erase(meta, Doomed::OfTenant, &rows).await?, rows.len() as u64);
    }
    let memberships = values(memberships);
    assert_eq!(eraser.erase(Membership::meta(), Doomed::OfTenant, &memberships).await?, memberships.len() as u64);
    Ok(session)
}

async fn a_shared_row_stays_while_anything_holds_it(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let ours = &seed.ours;
    // The guest's other membership is deleted: a row all the same.
    let other = seed.theirs.guest_membership;
    fixture.write(SYSTEM, async |session| session.repository::<Membership>().delete_by_id(other).await).await?;
    let session = without_memberships(fixture, &seed, &[ours.membership, ours.guest_membership]).await?;
    let eraser = session.eraser(ours.account)?;
    let people = values(&[ours.member, seed.guest]);
    let beside = values(&[ours.membership, ours.guest_membership]);
    assert_eq!(eraser.held(Person::meta(), &people, &beside).await?, values(&[seed.guest]));
    let refused = eraser.held(Document::meta(), &people, &beside).await;
    assert!(matches!(refused, Err(StoreError::OutsideScope)), "{refused:?}");
    let which = Doomed::Holding(Person::meta().id(), &people);
    assert_eq!(eraser.erase(Person::meta(), which, &people).await?, 1);
    session.commit(()).await?.into_inner();
    assert_eq!(count(fixture, Person::meta(), &people).await?, 1);
    Ok(())
}

async fn what_is_still_referred_to_stays(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let session = purge(fixture).await?;
    let documents = values(&seed.ours.documents);
    let erased = session.eraser(seed.ours.account)?.erase(Document::meta(), Doomed::OfTenant, &documents).await;
    assert!(matches!(erased, Err(StoreError::StillReferenced)), "{erased:?}");
    Ok(())
}

async fn a_row_names_the_tenant_no_more(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let (ours, theirs) = (&seed.ours, &seed.theirs);
    fixture
        .write(SYSTEM, async |session| session.repository::<Document>().delete_by_id(ours.documents[0]).await)
        .await?;
    // Of rows that hold something else, nothing changes.
    let session = purge(fixture).await?;
    let eraser = session.eraser(ours.membership)?;
    let named = Document::MEMBERSHIP_ID.property();
    let all = values(&[ours.documents[0], ours.documents[1], theirs.documents[0]]);
    assert_eq!(eraser.release(Document::meta(), named, &all).await?, 1, "a deleted row too, and no other");
    session.commit(()).await?.into_inner();
    Ok(())
}

async fn what_is_kept_of_lines_is_no_text(_: &Fixture) -> Outcome {
    use user_tenant_store::erase::Kept;
    let kept = format!("{:?}", Kept::of([Account::meta(), Person::meta(), Document::meta()]));
    for column in ["status", "created_on", "membership_id", "pages", "published"] {
        assert!(kept.contains(&format!("\"{column}\"")), "{column}: {kept}");
    }
    for column in ["name", "website", "key", "title", "body", "phrase"] {
        assert!(!kept.contains(&format!("\"{column}\"")), "{column}: {kept}");
    }
    Ok(())
}
