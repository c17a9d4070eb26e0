//! Related rows: each kind of relation, nested, filtered, ordered, and cut for each parent.

use serde_json::{Value, json};
use user_tenant_store::filter::FilterError;
use user_tenant_store::scope::TenantScope;

use crate::family::{Account, Comment, Cover, Document, Membership};
use crate::fixture::{Fixture, Outcome, column, filter, related, text};

on_both!(
    each_kind_of_relation,
    relations_of_relations,
    a_scope_filters_and_orders_the_related_rows,
    limit_and_skip_count_for_each_parent,
    rows_that_are_deleted_are_not_included,
    a_relation_brings_the_keys_that_it_needs,
    the_last_of_two_equal_entries_counts,
    entries_that_are_wrong_are_named,
    an_include_does_not_go_on_from_where_it_came_from,
);

async fn each_kind_of_relation(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    let rows = fixture
        .find::<Document>(scope, &json!({"order": "title", "include": ["comments", {"relation": "cover"}, "author"]}))
        .await?;
    let counts: Vec<_> = rows.iter().map(|row| related(row, "comments").len()).collect();
    assert_eq!(counts, [3, 2, 1]);
    let alpha = seed.ours.documents[0].to_string();
    assert!(related(&rows[0], "comments").iter().all(|comment| text(comment, "documentId") == alpha));
    assert_eq!(text(&rows[0]["cover"], "picture"), "sea.png");
    assert_eq!(text(&rows[0]["author"], "id"), seed.ours.membership.to_string());
    assert_eq!(text(&rows[1]["author"], "id"), seed.ours.guest_membership.to_string());
    // What is related to nothing has no such property.
    assert!(rows[1].get("cover").is_none() && rows[2].get("author").is_none(), "{rows:?}");

    let rows = fixture.find::<Account>(scope, &json!({"include": ["documents"]})).await?;
    assert_eq!(column(related(&rows[0], "documents"), "title"), ["Alpha", "Beta", "Gamma"]);
    let gamma = json!({"where": {"title": "Gamma"}, "fields": ["id", "title"], "include": ["cover"]});
    let gamma = fixture.find_only::<Document>(scope, &gamma).await?;
    assert_eq!(gamma, json!({"id": seed.ours.documents[2], "title": "Gamma"}));
    Ok(())
}

async fn relations_of_relations(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let include = json!({"include": [
        {"relation": "documents", "scope": {"fields": ["id", "title", "accountId"], "order": "title DESC", "include": [
            {"relation": "comments", "scope": {"fields": ["wording", "documentId", "membershipId"], "include": [
                {"relation": "author", "scope": {"fields": {"id": true, "personId": true}}},
            ]}},
        ]}},
    ], "fields": ["id", "name"]});
    let row = fixture.find_only::<Account>(TenantScope(seed.ours.account), &include).await?;
    let comment = |at: usize, wording: &str| {
        let (membership, person) = match at {
            0 => (seed.ours.membership, seed.ours.member),
            _ => (seed.ours.guest_membership, seed.guest),
        };
        json!({"wording": wording, "documentId": seed.ours.documents[at], "membershipId": membership,
            "author": {"id": membership, "personId": person}})
    };
    let document = |at: usize, title: &str, comments: Vec<Value>| json!({"id": seed.ours.documents[at], "title": title, "accountId": seed.ours.account, "comments": comments});
    let expected = json!({"id": seed.ours.account, "name": "ours", "documents": [
        document(2, "Gamma", vec![comment(2, "Gamma 0")]),
        document(1, "Beta", vec![comment(1, "Beta 0"), comment(1, "Beta 1")]),
        document(0, "Alpha", vec![comment(0, "Alpha 0"), comment(0, "Alpha 1"), comment(0, "Alpha 2")]),
    ]});
    assert_eq!(row, expected);
    Ok(())
}

/// The wordings of the comments included with each document.
async fn comments(fixture: &Fixture, account: uuid::Uuid, scope: &Value) -> Outcome<Vec<String>> {
    let filter = json!({"order": "title", "include": [{"relation": "comments", "scope": scope}]});
    let rows = fixture.find::<Document>(TenantScope(account), &filter).await?;
    Ok(rows.iter().map(|row| column(related(row, "comments"), "wording").join(", ")).collect())
}

async fn a_scope_filters_and_orders_the_related_rows(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    for (scope, expected) in [
        (json!({"where": {"place": {"gte": 1}}}), ["Alpha 1, Alpha 2", "Beta 1", ""]),
        (json!({"where": {"wording": {"ilike": "%a 0"}}}), ["Alpha 0", "Beta 0", "Gamma 0"]),
        (json!({"order": "place DESC"}), ["Alpha 2, Alpha 1, Alpha 0", "Beta 1, Beta 0", "Gamma 0"]),
        (json!({"where": {"or": [{"place": 2}, {"documentId": seed.theirs.documents[0]}]}}), ["Alpha 2", "", ""]),
        (json!(null), ["Alpha 0, Alpha 1, Alpha 2", "Beta 0, Beta 1", "Gamma 0"]),
    ] {
        assert_eq!(comments(fixture, seed.ours.account, &scope).await?, expected, "{scope}");
    }
    Ok(())
}

async fn limit_and_skip_count_for_each_parent(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    for (scope, expected) in [
        (json!({"limit": 1}), ["Alpha 0", "Beta 0", "Gamma 0"]),
        (json!({"limit": 2, "order": "place DESC"}), ["Alpha 2, Alpha 1", "Beta 1, Beta 0", "Gamma 0"]),
        (json!({"skip": 1}), ["Alpha 1, Alpha 2", "Beta 1", ""]),
        (json!({"skip": 1, "limit": 1, "fields": ["wording", "documentId"]}), ["Alpha 1", "Beta 1", ""]),
        (json!({"offset": 2, "limit": 5}), ["Alpha 2", "", ""]),
        (json!({"limit": 1, "where": {"place": {"gt": 0}}}), ["Alpha 1", "Beta 1", ""]),
        (json!({"skip": 9_000_000_000_000_000_000_u64, "limit": 9000}), ["", "", ""]),
    ] {
        assert_eq!(comments(fixture, seed.ours.account, &scope).await?, expected, "{scope}");
    }
    Ok(())
}

async fn rows_that_are_deleted_are_not_included(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    let first = fixture.find::<Comment>(scope, &json!({"where": {"wording": "Alpha 0"}})).await?;
    let first: uuid::Uuid = text(&first[0], "id").parse()?;
    fixture.write(scope, async |session| session.repository::<Comment>().delete_by_id(first).await).await?;
    assert_eq!(comments(fixture, seed.ours.account, &json!({})).await?[0], "Alpha 1, Alpha 2");
    assert_eq!(comments(fixture, seed.ours.account, &json!({"limit": 1})).await?[0], "Alpha 1");

    let author = seed.ours.membership;
    fixture.write(scope, async |session| session.repository::<Membership>().delete_by_id(author).await).await?;
    let alpha =
        fixture.find_only::<Document>(scope, &json!({"where": {"title": "Alpha"}, "include": ["author"]})).await?;
    assert_eq!(alpha["membershipId"], json!(author));
    assert!(alpha.get("author").is_none(), "{alpha}");
    Ok(())
}

async fn a_relation_brings_the_keys_that_it_needs(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let scope = TenantScope(seed.ours.account);
    let json = json!({"where": {"title": "Alpha"}, "fields": ["title"], "include": ["comments", "author"]});
    let alpha = fixture.find_only::<Document>(scope, &json).await?;
    let names: Vec<_> = alpha.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["title", "comments", "author"], "the keys are not shown: {alpha}");
    assert!(!related(&alpha, "comments").is_empty());
    // So it is at the other end.
    for (fields, cover) in [
        (json!(["picture"]), json!({"picture": "sea.png"})),
        (json!(["picture", "documentId"]), json!({"picture": "sea.png", "documentId": seed.ours.documents[0]})),
    ] {
        let json =
            json!({"where": {"title": "Alpha"}, "include": [{"relation": "cover", "scope": {"fields": fields}}]});
        assert_eq!(fixture.find_only::<Document>(scope, &json).await?["cover"], cover, "{fields}");
    }
    let json = json!({"fields": {"id": false}, "include": ["document"]});
    let cover = fixture.find_only::<Cover>(scope, &json).await?;
    assert_eq!(text(&cover["document"], "title"), "Alpha");
    Ok(())
}

async fn the_last_of_two_equal_entries_counts(fixture: &Fixture) -> Outcome {
    let seed = fixture.seed().await?;
    let json =
        json!({"where": {"title": "Alpha"}, "include": ["comments", {"relation": "comments", "scope": {"limit": 1}}]});
    let alpha = fixture.find_only::<Document>(TenantScope(seed.ours.account), &json).await?;
    assert_eq!(column(related(&alpha, "comments"), "wording"), ["Alpha 0"]);
    Ok(())
}

async fn an_include_does_not_go_on_from_where_it_came_from(fixture: &Fixture) -> Outcome {
    let nested = |path: &[&str]| {
        path.iter()
            .rev()
            .fold(json!({}), |inner, relation| json!({"include": [{"relation": relation, "scope": inner}]}))
    };
    for (path, refused) in [
        (&["comments", "document"][..], None),
        (&["comments", "author", "documents"], None),
        (&["author", "documents", "comments"], None),
        (&["comments", "author", "comments"], None),
        // To the row that they all came from, and on from there.
        (&["comments", "document", "author"], Some("document")),
        (&["account", "documents", "account"], Some("account")),
        (&["author", "comments", "author"], None),
    ] {
        let refusal = match filter::<Document>(&nested(path)) {
            Ok(_) => None,
            Err(FilterError::GoesBack { relation }) => Some(relation),
            Err(error) => return Err(error.into()),
        };
        assert_eq!(refusal, refused, "{path:?}");
    }
    let seed = fixture.seed().await?;
    let with_document =
        json!({"where": {"title": "Beta"}, "include": [{"relation": "comments", "scope": {"include": ["document"]}}]});
    let beta = fixture.find_only::<Document>(TenantScope(seed.ours.account), &with_document).await?;
    let titles: Vec<_> = related(&beta, "comments").iter().map(|comment| text(&comment["document"], "title")).collect();
    assert_eq!(titles, ["Beta", "Beta"]);
    Ok(())
}

async fn entries_that_are_wrong_are_named(_: &Fixture) -> Outcome {
    let wrong = json!({"include": ["comments", "bogus", {"relation": "none"}]});
    assert_eq!(
        filter::<Document>(&wrong).err(),
        Some(FilterError::Inclusion("\"bogus\"; {\"relation\":\"none\"}".to_owned()))
    );
    let nested = json!({"include": [{"relation": "comments", "scope": {"where": {"bogus": 1}}}]});
    let Err(FilterError::Invalid { path, .. }) = filter::<Document>(&nested) else {
        return Err("an unknown property was accepted".into());
    };
    assert_eq!(path, "/include/0/scope/where/bogus");
    let deep = ["document", "author", "person", "memberships"]
        .iter()
        .rev()
        .fold(json!({}), |inner, relation| json!({"include": [{"relation": relation, "scope": inner}]}));
    assert!(matches!(filter::<Comment>(&deep), Err(FilterError::Clause(_))));
    Ok(())
}
