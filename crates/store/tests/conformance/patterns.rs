//! `like`, `ilike` and `regexp`: the same text rules on every database, and no others.

use serde_json::json;
use user_tenant_store::filter::Filter;
use user_tenant_store::scope::TenantScope;
use uuid::Uuid;

use crate::family::Sample;
use crate::fixture::{Fixture, Outcome, column, filter};

on_both!(
    wildcards_escapes_and_case,
    regular_expressions,
    characters_outside_ascii,
    patterns_that_databases_read_differently_are_refused
);

const SCOPE: TenantScope = TenantScope(Uuid::from_u128(7));

/// The names of the notes that a test selects.
async fn selected(fixture: &Fixture, test: &serde_json::Value) -> Outcome<String> {
    let rows = fixture.find::<Sample>(SCOPE, &json!({"where": {"note": test}, "order": "name"})).await?;
    Ok(column(&rows, "name").concat())
}

async fn notes(fixture: &Fixture) -> Outcome {
    for (name, note) in [
        ("a", json!("Alpha")),
        ("b", json!("ALPHA")),
        ("c", json!("50%_off\\")),
        ("d", json!("500 off")),
        ("e", json!("Élan")),
        ("f", json!("line\nfeed")),
        ("g", json!("")),
        ("h", json!(null)),
        ("i", json!("😀(")),
    ] {
        fixture.create::<Sample>(SCOPE, &json!({"name": name, "note": note})).await?;
    }
    Ok(())
}

async fn wildcards_escapes_and_case(fixture: &Fixture) -> Outcome {
    notes(fixture).await?;
    for (test, expected) in [
        (json!({"like": "Alpha"}), "a"),
        (json!({"like": "alpha"}), ""),
        (json!({"ilike": "aLPHa"}), "ab"),
        (json!({"like": "A%"}), "ab"),
        (json!({"like": "%lph%"}), "a"),
        (json!({"like": "_lpha"}), "a"),
        (json!({"like": "alph"}), ""),
        (json!({"nlike": "A%"}), "cdefgi"),
        (json!({"nilike": "%a"}), "cdefgi"),
        (json!({"like": "50\\%%"}), "c"),
        (json!({"like": "50%off%"}), "cd"),
        (json!({"like": "50_\\_off_"}), "c"),
        (json!({"like": "%\\\\"}), "c"),
        (json!({"like": "%\\"}), "c"),
        (json!({"like": "\\Alpha"}), "a"),
        (json!({"ilike": "éLAN"}), "e"),
        (json!({"like": "_lan"}), "e"),
        (json!({"like": "line%"}), "f"),
        (json!({"like": "line_feed"}), "f"),
        (json!({"like": ""}), "g"),
        (json!({"like": "%"}), "abcdefgi"),
        (json!({"like": "_("}), "i"),
        (json!({"ilike": "500 OFF"}), "d"),
    ] {
        assert_eq!(selected(fixture, &test).await?, expected, "{test}");
    }
    let made = fixture.create::<Sample>(SCOPE, &json!({"name": "z"})).await?;
    let id = crate::fixture::text(&made, "id");
    let by_id = json!({"where": {"id": {"like": format!("%{}", &id[20..])}}});
    assert_eq!(crate::fixture::text(&fixture.find_only::<Sample>(SCOPE, &by_id).await?, "name"), "z");
    Ok(())
}

async fn regular_expressions(fixture: &Fixture) -> Outcome {
    notes(fixture).await?;
    for (test, expected) in [
        (json!({"regexp": "lph"}), "a"),
        (json!({"regexp": "^A"}), "ab"),
        (json!({"regexp": "/^al/i"}), "ab"),
        (json!({"regexp": "/LPH/gm"}), "b"),
        (json!({"regexp": "/é/i"}), "e"),
        (json!({"regexp": "^\\d{2,3}\\D"}), "cd"),
        (json!({"regexp": "e.f"}), "f"),
        (json!({"regexp": "^line$"}), ""),
        (json!({"regexp": "(?:Alp|feed)"}), "af"),
        (json!({"regexp": "[%é]|^$"}), "cg"),
        (json!({"regexp": "^.\\($"}), "i"),
        // What is no regular expression is meant literally.
        (json!({"regexp": "("}), "i"),
        (json!({"regexp": ""}), "abcdefgi"),
    ] {
        assert_eq!(selected(fixture, &test).await?, expected, "{test}");
    }
    Ok(())
}

async fn characters_outside_ascii(fixture: &Fixture) -> Outcome {
    notes(fixture).await?;
    for (name, note) in
        [("j", "\u{1}\t~\u{7f}"), ("k", "\u{80}"), ("l", "of a \u{17f}"), ("m", "e\u{301}"), ("n", "\u{10ffff}")]
    {
        fixture.create::<Sample>(SCOPE, &json!({"name": name, "note": note})).await?;
    }
    let order = vec![Sample::NAME.ascending()];
    let filter = Filter { order, ..Filter::matching(Sample::NOTE.is_beyond_ascii()) };
    let rows = fixture.store.read(SCOPE).repository::<Sample>().find(&filter).await?;
    let names: Vec<_> = rows.iter().filter_map(|row| row.get(Sample::NAME)?.as_text()).collect();
    assert_eq!(names.concat(), "eiklmn");
    Ok(())
}

async fn patterns_that_databases_read_differently_are_refused(_: &Fixture) -> Outcome {
    for test in [
        json!({"regexp": "a(?=b)"}),
        json!({"regexp": "(a)\\1"}),
        json!({"regexp": "\\bword"}),
        json!({"regexp": "a{256}"}),
        json!({"regexp": "a*?"}),
        json!({"regexp": "(?i)a"}),
        json!({"regexp": "(?P<x>a)"}),
        json!({"regexp": "\\p{L}"}),
        json!({"regexp": "[[:alpha:]]"}),
        json!({"regexp": "[a&&b]"}),
        json!({"regexp": "\\x41"}),
        json!({"regexp": "/a/x"}),
        json!({"regexp": "a".repeat(1001)}),
        json!({"regexp": "a\u{0}"}),
        json!({"regexp": 5}),
        json!({"like": "a\u{0}"}),
        json!({"like": ["a"]}),
    ] {
        let refused = filter::<Sample>(&json!({"where": {"note": test}}));
        assert!(refused.is_err(), "{test}: {refused:?}");
    }
    for property in ["number", "flag", "day", "happenedOn", "tags", "data"] {
        let refused = filter::<Sample>(&json!({"where": {property: {"like": "1%"}}}));
        assert!(refused.is_err(), "{property}: {refused:?}");
    }
    Ok(())
}
