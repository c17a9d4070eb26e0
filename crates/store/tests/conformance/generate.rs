//! Random rows of a sample entity, random filters that select some of them, and filters that must be refused.

use proptest::collection::{btree_set, vec};
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use user_tenant_filter_evaluator::{Row, Schema, Type, evaluate};

mod leaf;

/// What the rows and filters of this module are about. Nullable: all but `id` and `name`.
pub(crate) fn schema() -> Schema {
    Schema {
        properties: vec![
            ("id", Type::Uuid),
            ("name", Type::Text),
            ("note", Type::Text),
            ("number", Type::Integer),
            ("flag", Type::Boolean),
            ("happenedOn", Type::Timestamp),
            ("day", Type::Date),
            ("data", Type::Json),
            ("tags", Type::TextArray),
        ],
    }
}

/// Two to four dozen rows with many equal values and NULLs; ids differ and come in no order.
pub(crate) fn rows() -> impl Strategy<Value = Vec<Row>> {
    let id = (select(vec![0x0a_u64, 0x3f, 0x9c, 0xe5]), 0..200_u64);
    btree_set(id, 24..48).prop_flat_map(|ids| {
        let ids: Vec<_> = ids.into_iter().collect();
        (vec(body(), ids.len()), Just(ids).prop_shuffle()).prop_map(|(bodies, ids)| {
            let rows = bodies.into_iter().zip(ids);
            rows.map(|(body, (high, low))| {
                // The last digits are spread so that neighbours differ in letters too.
                let id = json!(format!("{high:08x}-0000-7000-8000-{:012x}", low * 0x1_2345_6789));
                std::iter::once(("id".to_owned(), id)).chain(body).collect()
            })
            .collect()
        })
    })
}

/// Texts over few characters: wildcards, escapes, quotes, both cases, one to four bytes a character.
///
/// Letters whose cases do not pair one to one (dotted I, final sigma, Kelvin) are left out: databases differ on them.
fn text() -> impl Strategy<Value = String> {
    let alphabet = vec!['a', 'A', 'b', 'é', 'É', 'Σ', 'σ', 'ß', 'ｚ', '😀', '1', ' ', '%', '_', '\\', '\'', '"', '\n'];
    let common =
        ["alpha", "Alpha", "ALPHA", "Élan", "élan", "50%_off", "50\\%", "it's", "a\"b", "10", "9", "ΑΣ", "null", ""];
    prop_oneof![
        3 => select(common.map(str::to_owned).to_vec()),
        1 => vec(select(alphabet), 1..5).prop_map(String::from_iter),
    ]
}

fn nullable(value: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    weighted(0.8, value).prop_map(|value| value.unwrap_or(Value::Null)).boxed()
}

/// A row without its id.
fn body() -> impl Strategy<Value = Row> {
    let moments = [
        "1969-12-31T23:59:59.999Z",
        "1999-12-31T23:00:00.000Z",
        "2024-02-29T12:30:15.250Z",
        "2024-02-29T12:30:15.251Z",
        "2024-03-01T00:00:00.000Z",
        "2038-01-19T03:14:08.007Z",
    ];
    let days = ["1969-12-31", "1999-12-31", "2024-02-29", "2024-03-01", "2024-10-01"];
    let columns = [
        ("name", text().prop_map(Value::from).boxed()),
        ("note", nullable(text().prop_map(Value::from))),
        ("number", nullable(prop_oneof![3 => -3..12, 1 => any::<i32>()].prop_map(Value::from))),
        ("flag", nullable(any::<bool>().prop_map(Value::from))),
        ("happenedOn", nullable(select(moments.to_vec()).prop_map(Value::from))),
        ("day", nullable(select(days.to_vec()).prop_map(|day| json!(format!("{day}T00:00:00.000Z"))))),
        ("data", nullable(data())),
        ("tags", nullable(tags())),
    ];
    columns.map(|(name, value)| (Just(name.to_owned()), value)).to_vec().prop_map(Row::from_iter)
}

/// Objects in which a key holds always a scalar or always an object, so that no comparison meets the text of an object.
fn data() -> impl Strategy<Value = Value> {
    let scalar = || {
        prop_oneof![
            3 => text().prop_map(Value::from),
            2 => (-3..12).prop_map(Value::from),
            1 => select(vec![json!(true), json!(false), json!(1.5), json!(null)]),
        ]
    };
    let inner = weighted(0.7, scalar()).prop_map(|value| object([("b", value)]));
    (weighted(0.8, scalar()), weighted(0.7, inner), weighted(0.5, scalar()), weighted(0.3, scalar()))
        .prop_map(|(a, o, quoted, spaced)| object([("a", a), ("o", o), ("it's", quoted), ("Clé 1", spaced)]))
}

/// Lists with the texts that an array literal must quote.
fn tags() -> impl Strategy<Value = Value> {
    vec(select(vec!["a", "b", "NULL", "", "a,b", "{}", "\"\\", "é"]), 0..3).prop_map(Value::from)
}

fn object<const N: usize>(entries: [(&str, Option<Value>); N]) -> Value {
    entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect::<Map<_, _>>().into()
}

/// Valid filters for the sample schema, with values drawn from `rows` so that most select some rows and not all.
pub(crate) fn filter(rows: &[Row]) -> BoxedStrategy<Value> {
    let directions = ["", " ASC", " DESC", " desc"];
    let sortable = ["id", "name", "note", "number", "flag", "happenedOn", "day"];
    let entries = (subsequence(sortable.to_vec(), 1..4).prop_shuffle(), vec(select(directions.to_vec()), 3));
    let order = (entries, 0..3).prop_map(|((names, directions), form)| {
        let entries: Vec<_> =
            names.iter().zip(directions).map(|(name, direction)| format!("{name}{direction}")).collect();
        match form {
            0 => json!(entries.join(", ")),
            1 => json!(entries),
            _ => json!(entries[0]),
        }
    });
    let names: Vec<&str> = schema().properties.iter().map(|(name, _)| *name).collect();
    let fields = (subsequence(names, 0..5), vec(any::<bool>(), 5), 0..4).prop_map(|(names, flags, form)| {
        let object = |flag: &dyn Fn(usize) -> bool| {
            json!(
                names.iter().enumerate().map(|(at, name)| ((*name).to_owned(), json!(flag(at)))).collect::<Map<_, _>>()
            )
        };
        match form {
            0 => json!(names),
            1 => object(&|_| true),
            2 => object(&|_| false),
            _ => object(&|at| flags[at]),
        }
    });
    (
        weighted(0.95, clause(rows)),
        weighted(0.5, order),
        weighted(0.3, (1..20).prop_map(Value::from)),
        weighted(0.2, (0..10).prop_map(Value::from)),
        weighted(0.2, (0..10).prop_map(Value::from)),
        weighted(0.2, fields),
    )
        .prop_map(|(clause, order, limit, skip, offset, fields)| {
            object([
                ("where", clause),
                ("order", order),
                ("limit", limit),
                ("skip", skip),
                ("offset", offset),
                ("fields", fields),
            ])
        })
        .boxed()
}

/// A `where` object: one to three leaves, and `and` and `or` up to three levels deep.
fn clause(rows: &[Row]) -> BoxedStrategy<Value> {
    let leaves = prop_oneof![
        4 => leaf::leaf(rows),
        1 => vec(leaf::leaf(rows), 2..4).prop_map(merge),
    ];
    // No more than one is likely: with an empty list `nin` sets no condition, and so must not be the only leaf of a branch.
    let free = (leaf::unconditional(), weighted(0.8, leaf::leaf(rows)))
        .prop_map(|(free, leaf)| merge(std::iter::once(free).chain(leaf).collect()));
    let nested = leaves.prop_recursive(3, 12, 3, |inner| {
        let branch = prop_oneof![12 => inner.clone(), 1 => Just(json!({})), 1 => Just(json!({"and": [{}]}))];
        let branches = prop_oneof![15 => vec(branch, 1..4), 1 => Just(Vec::new())];
        prop_oneof![
            3 => branches.clone().prop_map(|branches| json!({ "or": branches })),
            2 => branches.clone().prop_map(|branches| json!({ "and": branches })),
            1 => (branches, inner).prop_map(|(branches, beside)| merge(vec![beside, json!({ "or": branches })])),
        ]
    });
    prop_oneof![30 => nested, 1 => free, 1 => Just(json!({}))].boxed()
}

/// One object with the entries of all; of two with the same key the last stays.
fn merge(objects: Vec<Value>) -> Value {
    objects.into_iter().filter_map(|object| object.as_object().cloned()).flatten().collect::<Map<_, _>>().into()
}

/// Filters that must be refused, each with the reason why, hidden beside valid conditions on `rows`.
pub(crate) fn invalid_filter(rows: &[Row]) -> BoxedStrategy<(&'static str, Value)> {
    let deep = (0..40).fold(json!({"number": 1}), |inner, _| json!({"and": [inner]}));
    let clauses = vec![
        ("unknown property", json!({"bogus": 1})),
        ("column name instead of property", json!({"happened_on": "2024-03-01"})),
        ("SQL as property", json!({"name\"' OR 1=1 --": 1})),
        ("path into a text", json!({"name.x": "a"})),
        ("path with an empty key", json!({"data..a": "a"})),
        ("unknown operator", json!({"name": {"foo": "a"}})),
        ("operator with a dollar", json!({"name": {"$gt": "a"}})),
        ("unknown beside a known operator", json!({"name": {"gt": "a", "foo": "a"}})),
        ("between one value", json!({"number": {"between": [1]}})),
        ("between three values", json!({"number": {"between": [1, 2, 3]}})),
        ("between no list", json!({"number": {"between": 1}})),
        ("inq without a list", json!({"number": {"inq": 1}})),
        ("nin without a list", json!({"name": {"nin": "a"}})),
        ("like without a text", json!({"name": {"like": 5}})),
        ("ilike with an object", json!({"name": {"ilike": {"a": 1}}})),
        ("like on a number", json!({"number": {"like": "1%"}})),
        ("regexp with lookahead", json!({"name": {"regexp": "a(?=b)"}})),
        ("regexp with a back reference", json!({"name": {"regexp": "(a)\\1"}})),
        ("regexp with an unknown flag", json!({"name": {"regexp": "/a/x"}})),
        ("number that is none", json!({"number": "abc"})),
        ("list with a number that is none", json!({"number": {"inq": [1, "abc"]}})),
        ("id that is none", json!({"id": "not-a-uuid"})),
        ("timestamp that is none", json!({"happenedOn": {"gt": "notadate"}})),
        ("date that is none", json!({"day": "2023-02-29"})),
        ("NUL in a text", json!({"name": "a\u{0}"})),
        ("nested too deep", deep),
        ("and without a list", json!({"and": {"number": 1}})),
        ("or of a number", json!({"or": [1]})),
    ];
    let refused = (select(clauses), clause(rows), 0..4).prop_map(|((why, wrong), valid, form)| {
        let clause = match form {
            0 => wrong,
            1 => json!({"and": [valid, wrong]}),
            2 => json!({"or": [wrong, valid]}),
            _ => json!({"or": [valid, {"and": [{}, wrong]}]}),
        };
        (why, json!({ "where": clause }))
    });
    let whole = vec![
        ("where is a text", json!({"where": "x"})),
        ("where is a list", json!({"where": []})),
        ("order by an unknown property", json!({"order": "bogus ASC"})),
        ("order in an unknown direction", json!({"order": ["name SIDEWAYS"]})),
        ("order with SQL", json!({"order": "name; drop table x"})),
        ("order is an object", json!({"order": {"name": "ASC"}})),
        ("negative limit", json!({"limit": -1})),
        ("fractional limit", json!({"limit": 1.5})),
        ("limit is a word", json!({"limit": "abc"})),
        ("negative skip", json!({"skip": -1})),
    ];
    prop_oneof![4 => refused, 1 => select(whole)].boxed()
}

/// How much of the rows a `where` selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// No row.
    None,
    /// Some rows, not all.
    Some,
    /// Every row.
    All,
}

/// Classifies a valid filter by its `where` alone, without its page.
///
/// # Errors
/// As `evaluate`.
pub(crate) fn share(rows: &[Row], filter: &Value) -> Result<Share, String> {
    let bare = object([("where", filter.get("where").cloned())]);
    Ok(match evaluate(&schema(), rows, &bare)?.len() {
        0 => Share::None,
        found if found == rows.len() => Share::All,
        _ => Share::Some,
    })
}

#[test]
fn a_fair_share_of_filters_selects_some_rows() -> Result<(), String> {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut counts = [0_usize; 3];
    for _ in 0..30 {
        let sample = rows().new_tree(&mut runner).map_err(|why| why.to_string())?.current();
        let filters = filter(&sample);
        for _ in 0..100 {
            let filter = filters.new_tree(&mut runner).map_err(|why| why.to_string())?.current();
            evaluate(&schema(), &sample, &filter).map_err(|why| format!("{filter}: {why}"))?;
            counts[share(&sample, &filter)? as usize] += 1;
        }
    }
    let total: usize = counts.iter().sum();
    assert!(counts[Share::Some as usize] * 10 >= total * 3, "none, some, all: {counts:?}");
    Ok(())
}

proptest! {
    #[test]
    fn what_is_invalid_is_refused((why, filter) in rows().prop_flat_map(|rows| invalid_filter(&rows))) {
        prop_assert!(evaluate(&schema(), &[], &filter).is_err(), "{}: {}", why, filter);
    }
}
