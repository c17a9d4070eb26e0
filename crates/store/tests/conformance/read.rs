//! Reading: by id, typed, counted, ordered, in pages, with chosen fields, and never more rows than allowed.

use serde_json::{Value, json};
use user_tenant_store::StoreError;
use user_tenant_store::cursor::{Cursor, InvalidCursor};
use user_tenant_store::entity::Entity;
use user_tenant_store::filter::{Filter, FilterError, Predicate};
use user_tenant_store::record::Record;
use user_tenant_store::scope::{AllTenants, CallerScope, OwnScope, TenantScope};
use user_tenant_store::session::Limits;
use uuid::Uuid;

use crate::family::{Account, Comment, Document, Membership, Person, Sample};
use crate::fixture::{Fixture, Outcome, SYSTEM, column, filter, predicate};

on_both!(
    by_id_the_filter_counts_too,
    one_row_is_read_in_no_order,
    typed_rows_are_whole,
    counting_and_existence,
    counting_by_a_property,
    each_scope_sees_its_rows,
    without_an_order_rows_come_by_id,
    orders_and_the_place_of_nulls,
    pages,
    pages_by_cursor,
    chosen_fields,
    what_is_hidden_cannot_be_asked_for,
    more_rows_than_allowed_are_refused,
);

/// Six samples of one tenant, told apart by their names.
async fn samples(fixture: &Fixture) -> Outcome<TenantScope> {
    let account = Uuid::from_u128(7);
    for (name, note, number, day) in [
        ("f", json!("x"), json!(2), json!("2024-02-29")),
        ("b", json!("X"), json!(null), json!(null)),
        ("e", json!(null), json!(10), json!("1999-12-31")),
        ("a", json!("é"), json!(-1), json!("2024-03-01")),
        ("d", json!(""), json!(null), json!("2024-02-29")),
        ("c", json!("z"), json!(2), json!(null)),
    ] {
        let values = json!({"name": name, "note": note, "number": number, "day": day, "accountId": account});
        fixture.insert::<Sample>(&values).await?;
    }
    Ok(TenantScope(account))
}

async fn by_id_the_filter_counts_too(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let session = fixture.store.read(TenantScope(seed.ours.account));
    let documents = session.repository::<Document>();
    let (alpha, beta) = (seed.ours.documents[0], seed.ours.documents[1]);
    for (id, json, expected) in [
        (alpha, json!({}), Some(alpha)),
        (alpha, json!({"where": {"title": "Alpha"}}), Some(alpha)),
        (alpha, json!({"where": {"title": "Beta"}}), None),
        (alpha, json!({"where": {"or": [{"title": "Beta"}, {"id": beta}]}}), None),
        (beta, json!({"limit": 5, "order": "title DESC"}), Some(beta)),
        (beta, json!({"skip": 1}), None),
        (seed.theirs.documents[0], json!({}), None),
        (Uuid::from_u128(1), json!({}), None),
    ] {
        let found = documents.find_by_id(id, &filter::<Document>(&json)?).await?;
        let id = found.map(|row| serde_json::to_value(row).map(|row| row["id"].clone())).transpose()?;
        assert_eq!(id, expected.map(|id| json!(id)), "{json}");
    }
    let found = documents.find_by_id(alpha, &filter::<Document>(&json!({"fields": ["title"]}))?).await?;
    assert_eq!(serde_json::to_value(found)?, json!({"title": "Alpha"}));
    Ok(())
}

async fn one_row_is_read_in_no_order(fixture: &Fixture) -> Outcome {
    let session = fixture.store.read(TenantScope(fixture.seed().await?.ours.account));
    let documents = session.repository::<Document>();
    let id = Uuid::nil();
    for (json, has_order) in [
        (json!({"where": {"id": id}}), false),
        (json!({"where": {"and": [{"title": "Alpha"}, {"or": [{"id": id}]}]}, "limit": 1}), false),
        (json!({"where": {"id": id}, "order": "title"}), true),
        (json!({"where": {"or": [{"id": id}, {"title": "Alpha"}]}}), true),
        (json!({"where": {"id": {"inq": [id]}}}), true),
        (json!({"where": {"membershipId": id}}), true),
        (json!({}), true),
    ] {
        let sql = documents.statement(&filter::<Document>(&json)?);
        assert_eq!(sql.contains("ORDER BY"), has_order, "{json}: {sql}");
    }
    Ok(())
}

async fn typed_rows_are_whole(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let session = fixture.store.read(TenantScope(seed.ours.account));
    let person = session.repository::<Person>().get(seed.ours.member).await?.ok_or("not found")?;
    assert_eq!((person.name.as_str(), person.phrase.as_deref()), ("Member of ours", Some("sesame")));

    let title = |title: &str| {
        let property = Document::meta().property("title").ok_or("no title")?;
        Ok::<_, &str>(Predicate::equals(property, title.into()))
    };
    let documents = session.repository::<Document>();
    let beta = documents.find_one(title("Beta")?).await?.ok_or("not found")?;
    assert_eq!((beta.id, beta.pages, beta.published, beta.body), (seed.ours.documents[1], 1, false, None));
    assert!(documents.find_one(title("Delta")?).await?.is_none());
    let found = documents.find_typed(Predicate::Or(vec![title("Alpha")?, title("Beta")?])).await?;
    assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), seed.ours.documents[..2]);
    Ok(())
}

async fn counting_and_existence(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let session = fixture.store.read(TenantScope(seed.ours.account));
    let documents = session.repository::<Document>();
    assert_eq!(documents.count(None).await?, 3);
    let some = predicate::<Document>(&json!({"title": {"gt": "Alpha"}}))?;
    assert_eq!(documents.count(some.as_ref()).await?, 2);
    assert_eq!(documents.count(predicate::<Document>(&json!({}))?.as_ref()).await?, 3);
    assert!(documents.exists(seed.ours.documents[0]).await?);
    assert!(!documents.exists(seed.theirs.documents[0]).await?);
    Ok(())
}

async fn counting_by_a_property(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let ours = fixture.store.read(TenantScope(seed.ours.account));
    let titles = ours.repository::<Document>().count_by(Document::TITLE).await?;
    assert_eq!(titles.len(), 3);
    assert!(titles.contains(&("Alpha".into(), 1)), "{titles:?}");
    let accounts = fixture.store.read(AllTenants).repository::<Document>().count_by(Document::ACCOUNT_ID).await?;
    assert_eq!(accounts.len(), 2);
    for account in [seed.ours.account, seed.theirs.account] {
        let count = accounts.iter().find(|(held, _)| held.to_key() == Some(account.to_string()));
        assert_eq!(count.map(|(_, count)| *count), Some(3), "{accounts:?}");
    }
    Ok(())
}

async fn each_scope_sees_its_rows(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let one = TenantScope(seed.ours.account);
    let count = async |scope| fixture.store.read(scope).repository::<Comment>().count(None).await;
    assert_eq!(fixture.store.read(one).repository::<Comment>().count(None).await?, 6);
    assert_eq!(count(CallerScope::One(one)).await?, 6);
    assert_eq!(count(CallerScope::All(AllTenants)).await?, 12);
    assert_eq!(fixture.store.read(AllTenants).repository::<Account>().count(None).await?, 2);
    assert_eq!(fixture.store.read(SYSTEM).repository::<Comment>().count(None).await?, 12);
    let own = fixture.store.read(OwnScope(seed.guest));
    assert_eq!(own.repository::<Comment>().count(None).await?, 6);
    assert_eq!(own.repository::<Membership>().count(None).await?, 2);
    assert_eq!(own.repository::<Person>().count(None).await?, 1);
    let nobody = TenantScope(Uuid::from_u128(1));
    assert_eq!(fixture.store.read(nobody).repository::<Comment>().count(None).await?, 0);
    assert_eq!(own.scope().0, seed.guest);
    Ok(())
}

async fn without_an_order_rows_come_by_id(fixture: &Fixture) -> Outcome {
    let scope = samples(fixture).await?;
    let rows = fixture.find::<Sample>(scope, &json!({})).await?;
    assert_eq!(column(&rows, "name"), ["f", "b", "e", "a", "d", "c"], "the order in which they were made");
    assert!(column(&rows, "id").is_sorted());
    Ok(())
}

async fn orders_and_the_place_of_nulls(fixture: &Fixture) -> Outcome {
    let scope = samples(fixture).await?;
    for (order, expected) in [
        (json!("name"), "abcdef"),
        (json!("name DESC"), "fedcba"),
        (json!("  name   desc "), "fedcba"),
        (json!("number"), "afcebd"),
        (json!("number DESC"), "bdefca"),
        (json!("number ASC, name DESC"), "afcedb"),
        (json!(["number DESC", "name DESC"]), "dbefca"),
        (json!(["number", "name"]), "acfebd"),
        (json!({"0": "number", "1": "name"}), "acfebd"),
        (json!("note"), "dbfcae"),
        (json!("note DESC"), "eacfbd"),
        (json!("day"), "efdabc"),
        (json!("id DESC"), "cdaebf"),
        (json!([]), "fbeadc"),
        (json!(""), "fbeadc"),
        (json!(null), "fbeadc"),
    ] {
        let rows = fixture.find::<Sample>(scope, &json!({ "order": order })).await?;
        assert_eq!(column(&rows, "name").concat(), expected, "order {order}");
    }
    Ok(())
}

async fn pages(fixture: &Fixture) -> Outcome {
    let scope = samples(fixture).await?;
    for (page, expected) in [
        (json!({"limit": 2}), "ab"),
        (json!({"limit": 0}), "abcdef"),
        (json!({"limit": "2", "skip": "1"}), "bc"),
        (json!({"limit": 2, "skip": 5}), "f"),
        (json!({"limit": 2, "skip": 6}), ""),
        (json!({"skip": 4}), "ef"),
        (json!({"offset": 4}), "ef"),
        (json!({"skip": 3, "offset": 4}), "def"),
        (json!({"skip": 0, "offset": 4}), "ef"),
        (json!({"skip": "0", "offset": "4", "limit": 1.0}), "e"),
        (json!({"skip": 9_000_000_000_000_000_000_u64}), ""),
        (json!({"limit": null, "skip": null}), "abcdef"),
    ] {
        let mut filter = page.clone();
        filter["order"] = json!("name");
        let rows = fixture.find::<Sample>(scope, &filter).await?;
        assert_eq!(column(&rows, "name").concat(), expected, "{page}");
    }

    // With a skip alone, a hundred rows come.
    for number in 0..100 {
        let values = json!({"name": "g", "number": number, "accountId": scope.0});
        fixture.insert::<Sample>(&values).await?;
    }
    assert_eq!(fixture.find::<Sample>(scope, &json!({"skip": 1})).await?.len(), 100);
    for nothing in [json!({"skip": 0}), json!({"offset": 0}), json!({"skip": "0"}), json!({"skip": "", "limit": ""})] {
        assert_eq!(fixture.find::<Sample>(scope, &nothing).await?.len(), 106, "{nothing}");
    }
    assert_eq!(fixture.find::<Sample>(scope, &json!({})).await?.len(), 106);
    Ok(())
}

/// However the list is ordered, the pages behind each other's cursors are the whole list, whatever comes in between.
async fn pages_by_cursor(fixture: &Fixture) -> Outcome {
    let tenant = samples(fixture).await?;
    let session = fixture.store.read(tenant);
    let samples = session.repository::<Sample>();
    let rest = |text: &str, wanted: &Filter| {
        Ok::<_, InvalidCursor>(Cursor::parse(Sample::meta(), wanted, text)?.rest(Sample::meta(), wanted.clone()))
    };
    let names = |rows: &[Record]| rows.iter().filter_map(|row| row.get(Sample::NAME)).cloned().collect::<Vec<_>>();
    for order in [
        json!([]),
        json!(["id DESC"]),
        json!(["name"]),
        json!(["number"]),
        json!(["number DESC"]),
        json!(["day DESC", "number"]),
        json!(["day", "number DESC", "name DESC"]),
        json!(["note", "day"]),
        json!(["createdOn DESC"]),
    ] {
        let whole = samples.find(&filter::<Sample>(&json!({"order": order}))?).await?;
        for size in [1, 2, 3, 6, 7] {
            let wanted = filter::<Sample>(&json!({"order": order, "limit": size, "skip": 0, "fields": ["name"]}))?;
            let mut page = samples.find_page(&wanted).await?;
            let mut read = names(&page.rows);
            while let Some(cursor) = page.next {
                page = samples.find_page(&rest(&cursor.to_string(), &wanted)?).await?;
                read.extend(names(&page.rows));
            }
            assert_eq!(read, names(&whole), "{order} by {size}");
        }
    }
    // The cursor stands for what was skipped before it.
    let second = filter::<Sample>(&json!({"limit": 2, "skip": 2, "order": "name"}))?;
    let cursor = samples.find_page(&second).await?.next.ok_or("there are more")?;
    let third = samples.find_page(&rest(&cursor.to_string(), &second)?).await?;
    assert_eq!(names(&third.rows), ["e".into(), "f".into()]);
    // A list without a limit is whole; a cursor of another order, or made up, is none.
    assert!(samples.find_page(&filter::<Sample>(&json!({}))?).await?.next.is_none());
    for other in [json!({"order": ["name", "day"]}), json!({})] {
        assert_eq!(rest(&cursor.to_string(), &filter::<Sample>(&other)?).err(), Some(InvalidCursor), "{other}");
    }
    for text in ["", "x", "WzFd", "bnVsbA", "W10"] {
        assert_eq!(rest(text, &second).err(), Some(InvalidCursor), "{text}");
    }
    Ok(())
}

async fn chosen_fields(fixture: &Fixture) -> Outcome {
    let scope = samples(fixture).await?;
    let all = "deleted deletedOn deletedBy createdOn modifiedOn \
               id name note number flag happenedOn day data tags codes accountId";
    for (fields, expected) in [
        (json!(["number", "name"]), "name number"),
        (json!({"number": true, "name": true}), "name number"),
        (json!({"number": "true", "name": false}), "number"),
        (json!(["bogus", "name"]), "name"),
        (json!({"deleted": false, "deletedOn": false, "data": "false"}), {
            "deletedBy createdOn modifiedOn id name note number flag happenedOn day tags codes accountId"
        }),
        (json!([]), all),
        (json!({}), all),
        (json!(null), all),
    ] {
        let row = fixture.find_only::<Sample>(scope, &json!({"where": {"name": "a"}, "fields": fields})).await?;
        let names: Vec<_> = row.as_object().ok_or("no object")?.keys().map(String::as_str).collect();
        assert_eq!(names.join(" "), expected, "fields {fields}");
    }
    Ok(())
}

async fn what_is_hidden_cannot_be_asked_for(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    for json in [
        json!({"where": {"phrase": {"like": "s%"}}}),
        json!({"where": {"or": [{"name": "x"}, {"phrase": "sesame"}]}}),
        json!({"order": "phrase"}),
    ] {
        let refused = filter::<Person>(&json);
        assert!(matches!(refused, Err(FilterError::Invalid { code: "unknownProperty", .. })), "{json}: {refused:?}");
    }
    for fields in [json!({}), json!(["phrase"]), json!({"phrase": true}), json!({"name": false})] {
        let rows = fixture.find::<Person>(scope, &json!({ "fields": fields })).await?;
        assert!(rows.iter().all(|row| row.get("phrase").is_none()), "fields {fields}: {rows:?}");
    }
    let refused = filter::<Account>(&json!({"include": ["secretMemberships"]}));
    assert!(matches!(refused, Err(FilterError::Inclusion(_))), "{refused:?}");
    Ok(())
}

async fn more_rows_than_allowed_are_refused(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let ask = async |max_rows: u64, json: Value| {
        let store = fixture.limited(Limits { max_rows, ..Limits::default() })?;
        let session = store.read(TenantScope(seed.ours.account));
        session.repository::<Document>().find(&filter::<Document>(&json)?).await
    };
    let comments = json!({"include": ["comments"]});
    let authors = json!({"include": ["author", {"relation": "comments", "scope": {"include": ["author"]}}]});
    for (max_rows, json, allowed) in [
        (3, json!({}), true),
        (2, json!({}), false),
        (2, json!({"limit": 2}), true),
        (2, json!({"limit": 3}), false),
        (2, json!({"where": {"title": "Alpha"}}), true),
        // Three documents and six comments.
        (9, comments.clone(), true),
        (8, comments.clone(), false),
        (3, comments, false),
        // And an author for each document and comment that has one, also where it is the same one.
        (17, authors.clone(), true),
        (16, authors, false),
    ] {
        let answer = ask(max_rows, json.clone()).await;
        match answer {
            Ok(_) => assert!(allowed, "{json} within {max_rows}"),
            Err(StoreError::TooManyRows { limit }) => {
                assert!(!allowed, "{json} within {max_rows}");
                assert_eq!(limit, max_rows);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
