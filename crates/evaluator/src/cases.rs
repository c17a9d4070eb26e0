//! Cases of the evaluator worked out by hand: what each filter must select, and what must be refused.

use serde_json::{Value, json};

use super::{Row, Schema, Type, evaluate};

fn schema() -> Schema {
    Schema {
        properties: vec![
            ("id", Type::Uuid),
            ("name", Type::Text),
            ("note", Type::Text),
            ("number", Type::Integer),
            ("flag", Type::Boolean),
            ("at", Type::Timestamp),
            ("day", Type::Date),
            ("data", Type::Json),
            ("tags", Type::TextArray),
            ("codes", Type::IntegerArray),
        ],
    }
}

fn row(value: &Value) -> Row {
    value.as_object().cloned().unwrap_or_default()
}

/// Four rows, called a, b, c and d after the first digit of their ids.
fn rows() -> Vec<Row> {
    [
        json!({"id": "a0000000-0000-4000-8000-000000000000", "name": "Alpha", "note": "50%_off\\", "number": 1,
               "flag": true, "at": "2024-01-01T00:00:00.000Z", "day": "2024-01-01T00:00:00.000Z",
               "data": {"k": "x", "n": 2, "b": true, "o": {"p": "q"}}, "tags": ["x", "y"], "codes": [1, 2]}),
        json!({"id": "b0000000-0000-4000-8000-000000000000", "name": "beta", "note": null, "number": 2,
               "flag": false, "at": "2024-01-01T00:00:00.500Z", "day": "2024-02-29T00:00:00.000Z",
               "data": {"k": null, "n": 10}, "tags": ["y", "x"], "codes": null}),
        json!({"id": "c0000000-0000-4000-8000-000000000000", "name": "ÉΣ", "note": "line\nfeed", "number": null,
               "flag": null, "at": null, "day": null, "data": null, "tags": null, "codes": []}),
        json!({"id": "d0000000-0000-4000-8000-000000000000", "name": "Alpha", "note": "505off", "number": 10,
               "flag": true, "at": "1969-12-31T23:59:59.999Z", "day": "1969-12-31T00:00:00.000Z",
               "data": {}, "tags": [], "codes": [1]}),
    ]
    .iter()
    .map(row)
    .collect()
}

/// The first digits of the ids that the filter selects, in order.
fn selected(filter: &Value) -> Result<String, String> {
    let found = evaluate(&schema(), &rows(), filter)?;
    Ok(found.iter().filter_map(|row| row.get("id")?.as_str()?.chars().next()).collect())
}

fn check_where(cases: &[(Value, &str)]) {
    for (clause, expected) in cases {
        assert_eq!(selected(&json!({ "where": clause })).as_deref(), Ok(*expected), "where {clause}");
    }
}

#[test]
fn equality_order_and_null() {
    check_where(&[
        (json!({}), "abcd"),
        (json!({"name": "Alpha"}), "ad"),
        (json!({"name": {"eq": "alpha"}}), ""),
        (json!({"name": ["Alpha"]}), "ad"),
        (json!({"name": ["Alpha", "beta"]}), ""),
        (json!({"name": {"gt": "Alpha"}}), "bc"),
        (json!({"name": {"lt": "a"}}), "ad"),
        (json!({"note": null}), "b"),
        (json!({"note": {"eq": null}}), "b"),
        (json!({"note": {"neq": null}}), "acd"),
        (json!({"note": {"exists": false}}), "b"),
        (json!({"note": {"exists": true}}), "acd"),
        (json!({"number": {"neq": 1}}), "bd"),
        (json!({"number": {"gt": null}}), ""),
        (json!({"number": {"gte": 2, "lt": 10}}), "b"),
        (json!({"number": {"gte": 2, "neq": 2}}), "d"),
        (json!({"number": {"between": [1, 2]}}), "ab"),
        (json!({"number": {"between": [2, 1]}}), ""),
        (json!({"number": {"between": [1, null]}}), ""),
        (json!({"number": "10"}), "d"),
        (json!({"flag": "true"}), "ad"),
        (json!({"flag": 0}), "b"),
        (json!({"flag": {"lt": true}}), "b"),
        (json!({"id": {"gt": "B0000000-0000-4000-8000-000000000000"}}), "cd"),
        (json!({"at": "2024-01-01T01:00:00+01:00"}), "a"),
        (json!({"at": {"gt": "2024-01-01"}}), "b"),
        (json!({"at": {"lt": 0}}), "d"),
        (json!({"at": {"lte": "2023-12-31T23:00:00.500-01:00"}}), "abd"),
        (json!({"day": "2024-02-29"}), "b"),
        (json!({"day": {"lt": "1970-01-01T12:00:00Z"}}), "d"),
        (json!({"tags": ["x", "y"]}), "a"),
        (json!({"tags": []}), "d"),
        (json!({"tags": {"neq": ["x", "y"]}}), "bd"),
        (json!({"codes": {"eq": [1]}}), "d"),
        (json!({"codes": []}), "c"),
    ]);
}

#[test]
fn lists_follow_three_valued_logic() {
    check_where(&[
        (json!({"number": {"inq": []}}), ""),
        (json!({"number": {"inq": [1, 10, 99]}}), "ad"),
        (json!({"number": {"inq": [null]}}), ""),
        (json!({"number": {"inq": [1, null]}}), "a"),
        (json!({"number": {"inq": {"0": 1, "1": 2}}}), "ab"),
        (json!({"number": {"nin": []}}), "abcd"),
        (json!({"number": {"nin": [1]}}), "bd"),
        (json!({"number": {"nin": [1, null]}}), ""),
    ]);
}

#[test]
fn branches() {
    check_where(&[
        (json!({"or": [{"number": 1}, {"note": null}]}), "ab"),
        // Unknown for c, whose number is NULL: true wins in `or`, and nothing but true in `and`.
        (json!({"or": [{"number": {"neq": 1}}, {"name": "ÉΣ"}]}), "bcd"),
        (json!({"or": [{"number": {"nin": [1, null]}}, {"name": "Alpha"}]}), "ad"),
        (json!({"and": [{"number": {"neq": 1}}, {"note": {"neq": null}}]}), "d"),
        (json!({"name": "Alpha", "or": [{"number": 1}, {"number": 2}]}), "a"),
        (json!({"and": []}), "abcd"),
        (json!({"or": []}), "abcd"),
        (json!({"or": [{}, {"and": [{}]}]}), "abcd"),
        (json!({"or": [{}, {"number": 1}]}), "a"),
        (json!({"id": "a0000000-0000-4000-8000-000000000000", "or": [{}]}), "a"),
        (json!({"and": [{}, {"or": [{"flag": false}, {"and": [{"flag": true}, {"number": 10}]}]}]}), "bd"),
    ]);
}

#[test]
fn patterns() {
    check_where(&[
        (json!({"note": {"like": "50%"}}), "ad"),
        (json!({"note": {"like": "50\\%%"}}), "a"),
        (json!({"note": {"like": "50\\%\\_off\\\\"}}), "a"),
        (json!({"note": {"like": "50_off"}}), "d"),
        (json!({"note": {"like": "\\5%"}}), "ad"),
        (json!({"note": {"nlike": "50%"}}), "c"),
        (json!({"note": {"like": "line%feed"}}), "c"),
        (json!({"name": {"like": "alpha"}}), ""),
        (json!({"name": {"ilike": "aLP_a"}}), "ad"),
        (json!({"name": {"ilike": "éσ"}}), "c"),
        (json!({"name": {"like": "__"}}), "c"),
        (json!({"name": {"nilike": "%A"}}), "c"),
        (json!({"id": {"like": "a%"}}), "a"),
        (json!({"note": {"regexp": "^50.off$"}}), "d"),
        (json!({"note": {"regexp": "e.f"}}), "c"),
        (json!({"note": {"regexp": "[%5]_?o"}}), "ad"),
        (json!({"name": {"regexp": "a"}}), "abd"),
        (json!({"name": {"regexp": "/^(?:AL|be)/i"}}), "abd"),
        (json!({"name": {"regexp": "/^\\w{2}$/gm"}}), "c"),
        (json!({"id": {"regexp": "^[a-b]\\d+-"}}), "ab"),
    ]);
}

#[test]
fn json_paths_are_text() {
    check_where(&[
        (json!({"data": null}), "c"),
        (json!({"data.k": "x"}), "a"),
        (json!({"data.k": null}), "bcd"),
        (json!({"data.k": {"exists": true}}), "a"),
        (json!({"data.n": 10}), "b"),
        (json!({"data.n": {"lt": "2"}}), "b"),
        (json!({"data.n": {"neq": "10"}}), "a"),
        (json!({"data.b": true}), "a"),
        (json!({"data.b": "true"}), "a"),
        (json!({"data.o.p": {"ilike": "Q"}}), "a"),
        (json!({"data.k.p": {"exists": true}}), ""),
    ]);
}

#[test]
fn order_and_pages() {
    for (filter, expected) in [
        (json!({}), "abcd"),
        (json!({"order": "number"}), "abdc"),
        (json!({"order": "number desc"}), "cdba"),
        (json!({"order": ["name DESC", "number DESC"]}), "cbda"),
        (json!({"order": "name ASC, id DESC"}), "dabc"),
        (json!({"order": ["name"]}), "adbc"),
        (json!({"order": "flag DESC"}), "cadb"),
        (json!({"order": "at"}), "dabc"),
        (json!({"limit": 2}), "ab"),
        (json!({"skip": 1, "limit": 2}), "bc"),
        (json!({"offset": 3}), "d"),
        (json!({"skip": 1, "offset": 3}), "bcd"),
        (json!({"skip": 9}), ""),
        (json!({"where": {"number": {"neq": null}}, "order": "number DESC", "skip": 1, "limit": 1}), "b"),
    ] {
        assert_eq!(selected(&filter).as_deref(), Ok(expected), "{filter}");
    }
    let many: Vec<Row> = (0..120).map(|n| row(&json!({"id": format!("{n:08}-0000-4000-8000-000000000000")}))).collect();
    let count = |filter: Value| evaluate(&schema(), &many, &filter).map(|found| found.len());
    assert_eq!(count(json!({})), Ok(120));
    assert_eq!(count(json!({"skip": 5})), Ok(100));
    assert_eq!(count(json!({"skip": 5, "limit": 110})), Ok(110));
}

#[test]
fn fields() {
    let narrow = Schema { properties: vec![("id", Type::Uuid), ("name", Type::Text), ("note", Type::Text)] };
    let one = [row(&json!({"id": "a", "name": "n", "note": null}))];
    for (fields, expected) in [
        (json!([]), json!([{"id": "a", "name": "n", "note": null}])),
        (json!({}), json!([{"id": "a", "name": "n", "note": null}])),
        (json!(["note", "id"]), json!([{"id": "a", "note": null}])),
        (json!({"name": true}), json!([{"name": "n"}])),
        (json!({"name": false}), json!([{"id": "a", "note": null}])),
        (json!({"name": false, "id": true}), json!([{"id": "a"}])),
        (json!({"name": false, "id": false, "note": false}), json!([{}])),
    ] {
        let found = evaluate(&narrow, &one, &json!({ "fields": fields })).map(|found| json!(found));
        assert_eq!(found, Ok(expected), "{fields}");
    }
}

#[test]
fn refused() {
    let deep = (0..40).fold(json!({"number": 1}), |inner, _| json!({"and": [inner]}));
    let clauses = [
        json!(null),
        json!("x"),
        json!([]),
        json!({"bogus": 1}),
        json!({"or": [{"number": 1}, {"bogus": 1}]}),
        json!({"number": {"foo": 1}}),
        json!({"number": {"gt": 1, "foo": 1}}),
        json!({"number": {}}),
        json!({"nor": [{"number": 1}]}),
        json!({"and": {"number": 1}}),
        json!({"or": [1]}),
        json!({"number": "abc"}),
        json!({"number": 1.5}),
        json!({"number": {"between": [1]}}),
        json!({"number": {"between": [1, 2, 3]}}),
        json!({"number": {"inq": 1}}),
        json!({"number": {"inq": {"0": 1, "2": 1}}}),
        json!({"number": {"like": "1%"}}),
        json!({"id": "not-a-uuid"}),
        json!({"at": "notadate"}),
        json!({"at": "2023-02-29"}),
        json!({"day": "2024-13-01"}),
        json!({"name": "a\u{0}"}),
        json!({"name": {"like": 5}}),
        json!({"name": {"like": "a\\"}}),
        json!({"name": {"regexp": "a(?=b)"}}),
        json!({"name": {"regexp": "(a)\\1"}}),
        json!({"name": {"regexp": "a**"}}),
        json!({"name": {"regexp": "*a"}}),
        json!({"name": {"regexp": "("}}),
        json!({"name": {"regexp": "[[:alpha:]]"}}),
        json!({"name": {"regexp": "a{2,1}"}}),
        json!({"name": {"regexp": "a{256}"}}),
        json!({"name": {"regexp": "/a/x"}}),
        json!({"name.x": 1}),
        json!({"data": {"gt": 1}}),
        json!({"data..k": 1}),
        json!({"tags": "x"}),
        json!({"tags": {"gt": ["x"]}}),
        deep,
    ];
    let whole = [
        json!([]),
        json!({"bogus": 1}),
        json!({"order": "bogus"}),
        json!({"order": "name SIDEWAYS"}),
        json!({"order": "name ASC x"}),
        json!({"order": {"name": "ASC"}}),
        json!({"order": "data"}),
        json!({"limit": 0}),
        json!({"limit": -1}),
        json!({"limit": 1.5}),
        json!({"limit": "abc"}),
        json!({"skip": -1}),
        json!({"fields": {"bogus": true}}),
        json!({"fields": {"name": 1}}),
    ];
    for filter in clauses.into_iter().map(|clause| json!({ "where": clause })).chain(whole) {
        // Also without rows: a filter is wrong in itself.
        assert!(evaluate(&schema(), &[], &filter).is_err(), "{filter}");
    }
}
