//! What an answer may take in bytes: alone, with what it includes and repeats, as text, and together with all others.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use user_tenant_store::record::Record;
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::Limits;
use user_tenant_store::{StoreError, StoreResult};
use uuid::Uuid;

use crate::family::{Account, Document, Sample};
use crate::fixture::{ACTOR, Fixture, Outcome, filter};

on_both!(
    long_answers_are_refused_while_they_are_read,
    every_kind_of_value_counts,
    repeated_rows_count_each_time,
    what_json_escapes_counts_as_it_is_written,
    answers_share_what_all_of_them_may_take,
);

const SCOPE: TenantScope = TenantScope(Uuid::from_u128(7));
const LIMITS: Limits = Limits {
    max_rows: 10_000,
    max_changed_rows: 2_000,
    max_changed_bytes: 8 << 20,
    max_bytes: 100_000,
    max_bytes_together: 150_000,
};

async fn samples(fixture: &Fixture, count: usize, mut values: Value) -> Outcome {
    for at in 0..count {
        values["name"] = json!(format!("sample {at:03}"));
        fixture.create::<Sample>(SCOPE, &values).await?;
    }
    Ok(())
}

fn is_refused(answer: &StoreResult<Vec<Record>>) -> bool {
    matches!(answer, Err(StoreError::TooManyBytes { limit: 100_000 }))
}

async fn long_answers_are_refused_while_they_are_read(fixture: &Fixture) -> Outcome {
    samples(fixture, 30, json!({"note": "n".repeat(8_000)})).await?;
    let store = fixture.limited(LIMITS)?;
    for (json, allowed) in [
        (json!({}), false),
        (json!({"limit": 30}), false),
        (json!({"limit": 10}), true),
        (json!({"limit": 10, "skip": 25}), true),
        (json!({"fields": {"note": false}}), true),
        (json!({"where": {"name": {"lt": "sample 010"}}}), true),
    ] {
        let wanted = filter::<Sample>(&json)?;
        let read = store.read(SCOPE).repository::<Sample>().find(&wanted).await;
        assert_eq!((read.is_ok(), is_refused(&read)), (allowed, !allowed), "{json}: {read:?}");
        drop(read);
        let session = store.write(SCOPE, ACTOR).await?;
        let in_transaction = session.repository::<Sample>().find(&wanted).await;
        assert_eq!((in_transaction.is_ok(), is_refused(&in_transaction)), (allowed, !allowed), "{json}");
    }
    // Who is refused leaves nothing behind: the next one is answered.
    assert_eq!(store.read(SCOPE).repository::<Sample>().count(None).await?, 30);
    Ok(())
}

async fn every_kind_of_value_counts(fixture: &Fixture) -> Outcome {
    let small: Vec<_> = (0..2_000).map(|at| json!({"a": at})).collect();
    for long in [
        json!({"note": "é".repeat(9_000)}),
        json!({"data": {"text": "n".repeat(16_000)}}),
        json!({"data": {"many": small}}),
        json!({"tags": vec!["t"; 600]}),
        json!({"tags": ["t".repeat(18_000)]}),
        json!({"codes": vec![1; 2_000]}),
    ] {
        samples(fixture, 7, long.clone()).await?;
        let store = fixture.limited(LIMITS)?;
        let samples = store.read(SCOPE);
        let samples = samples.repository::<Sample>();
        assert!(is_refused(&samples.find(&filter::<Sample>(&json!({}))?).await), "{long}");
        assert!(samples.find(&filter::<Sample>(&json!({"limit": 2}))?).await.is_ok(), "{long}");
        fixture.write(SCOPE, async |session| session.repository::<Sample>().delete_all(None).await).await?;
    }
    Ok(())
}

async fn repeated_rows_count_each_time(fixture: &Fixture) -> Outcome {
    let account = fixture.insert::<Account>(&json!({"name": "a", "key": "a", "website": "w".repeat(30_000)})).await?;
    for title in ["one", "two", "three", "four"] {
        fixture.insert::<Document>(&json!({"title": title, "accountId": account})).await?;
    }
    let store = fixture.limited(LIMITS)?;
    let session = store.read(TenantScope(account));
    for (limit, json, allowed) in [
        (2, json!({"include": ["account"]}), true),
        (4, json!({"include": ["account"]}), false),
        (4, json!({"include": [{"relation": "account", "scope": {"fields": {"website": false}}}]}), true),
    ] {
        let mut json = json;
        json["limit"] = json!(limit);
        let read = session.repository::<Document>().find(&filter::<Document>(&json)?).await;
        assert_eq!((read.is_ok(), is_refused(&read)), (allowed, !allowed), "{json}");
    }
    Ok(())
}

async fn what_json_escapes_counts_as_it_is_written(fixture: &Fixture) -> Outcome {
    for (note, allowed) in [("n", true), ("\n", true), ("\u{1}", false)] {
        samples(fixture, 1, json!({"note": note.repeat(20_000)})).await?;
        let read =
            fixture.limited(LIMITS)?.read(SCOPE).repository::<Sample>().find(&filter::<Sample>(&json!({}))?).await;
        assert_eq!((read.is_ok(), is_refused(&read)), (allowed, !allowed), "{note:?}");
        fixture.write(SCOPE, async |session| session.repository::<Sample>().delete_all(None).await).await?;
    }
    Ok(())
}

async fn answers_share_what_all_of_them_may_take(fixture: &Fixture) -> Outcome {
    samples(fixture, 10, json!({"note": "n".repeat(8_000)})).await?;
    let store = fixture.limited(LIMITS)?;
    let session = store.read(SCOPE);
    let samples = session.repository::<Sample>();
    let all = filter::<Sample>(&json!({}))?;
    let first = samples.find(&all).await?;
    let second = samples.find(&all).await;
    assert!(matches!(second, Err(StoreError::Unavailable(_))), "{second:?}");
    let small = samples.find(&filter::<Sample>(&json!({"limit": 1}))?).await?;
    assert!(small[0].reservation().is_none(), "a small answer needs no reservation");
    // One row of an answer keeps the place of all.
    let last = first.into_iter().next_back().ok_or("no row")?;
    assert!(samples.find(&all).await.is_err());
    let reservation = last.reservation().ok_or("a long answer has a reservation")?;
    assert!((80_000..100_000).contains(&reservation.bytes()), "{reservation:?}");
    drop(last);
    assert!(samples.find(&all).await.is_err());
    drop(reservation);
    // Who found no room waits a moment; then there is room, again and again.
    let begun = Instant::now();
    while samples.find(&all).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the room is never given back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(samples.find(&all).await?);
    Ok(())
}
