//! Values of every type come back as they were given, spelled in one way.

use serde_json::json;
use user_tenant_store::record::New;
use user_tenant_store::scope::TenantScope;
use uuid::Uuid;

use crate::family::Sample;
use crate::fixture::{Fixture, Outcome, column};

on_both!(
    values_of_every_type_come_back,
    spellings_become_one,
    values_that_do_not_fit_are_refused,
    instants_compare_to_the_millisecond,
    booleans_and_lists_compare,
    places_inside_json,
);

const SCOPE: TenantScope = TenantScope(Uuid::from_u128(7));

/// The names of the samples that a clause selects.
async fn selected(fixture: &Fixture, clause: &serde_json::Value) -> Outcome<String> {
    let rows = fixture.find::<Sample>(SCOPE, &json!({"where": clause, "order": "name"})).await?;
    Ok(column(&rows, "name").concat())
}

async fn values_of_every_type_come_back(fixture: &Fixture) -> Outcome {
    let id = Uuid::from_u128(0x0198_f3ab_cdef_7000_8000_0000_0000_00ff);
    let full = json!({
        "id": id, "name": "Élan 😀\n'\"\\", "note": "", "number": -2_147_483_648, "flag": false,
        "happenedOn": "1969-12-31T23:59:59.999Z", "day": "2024-02-29T00:00:00.000Z",
        "data": {"b": [1, 1.5, null, "é"], "a": {"it's": true, "": {}}},
        "tags": ["a,b", "{}", "\"\\", "", "NULL", "é"], "codes": [2_147_483_647, -1, 0],
    });
    let empty = json!({"name": "empty", "data": {}, "tags": [], "codes": [], "note": null});
    for values in [&full, &empty] {
        fixture.create::<Sample>(SCOPE, values).await?;
        let row = fixture.find_only::<Sample>(SCOPE, &json!({"where": {"name": values["name"]}})).await?;
        for name in ["name", "note", "number", "flag", "happenedOn", "day", "data", "tags", "codes"] {
            assert_eq!(row.get(name), Some(values.get(name).unwrap_or(&json!(null))), "{name}");
        }
    }
    let typed = fixture.store.read(SCOPE).repository::<Sample>().get(id).await?.ok_or("not found")?;
    assert_eq!((typed.number, typed.flag, typed.codes), (Some(i32::MIN), Some(false), Some(vec![i32::MAX, -1, 0])));
    assert_eq!(typed.happened_on.map(time::OffsetDateTime::unix_timestamp_nanos), Some(-1_000_000));
    assert_eq!(typed.day.map(time::Date::to_julian_day), Some(2_460_370));
    assert_eq!(typed.data, Some(full["data"].clone()));
    Ok(())
}

async fn spellings_become_one(fixture: &Fixture) -> Outcome {
    for (name, given, kept) in [
        ("number", json!("42"), json!(42)),
        ("number", json!(42.0), json!(42)),
        ("flag", json!("true"), json!(true)),
        ("flag", json!(0), json!(false)),
        ("note", json!(5), json!("5")),
        ("note", json!(true), json!("true")),
        ("happenedOn", json!("2024-02-29T12:30:15Z"), json!("2024-02-29T12:30:15.000Z")),
        ("happenedOn", json!("2024-02-29T12:30:15.1239+05:30"), json!("2024-02-29T07:00:15.123Z")),
        ("happenedOn", json!("2024-02-29"), json!("2024-02-29T00:00:00.000Z")),
        ("happenedOn", json!(1_709_209_815_250_i64), json!("2024-02-29T12:30:15.250Z")),
        ("day", json!("2024-02-29"), json!("2024-02-29T00:00:00.000Z")),
        ("day", json!("2024-02-29T01:00:00+01:00"), json!("2024-02-29T00:00:00.000Z")),
    ] {
        let made = fixture.create::<Sample>(SCOPE, &json!({"name": "x", name: given})).await?;
        let row = fixture.find_only::<Sample>(SCOPE, &json!({"where": {"id": made["id"]}})).await?;
        assert_eq!(row[name], kept, "{name} given as {given}");
        assert_eq!(made[name], kept, "{name} given as {given}, in the answer");
    }
    Ok(())
}

async fn values_that_do_not_fit_are_refused(_: &Fixture) -> Outcome {
    for (name, value) in [
        ("day", json!("2024-02-29T23:30:00-01:00")),
        ("id", json!(5)),
        ("name", json!({})),
        ("name", json!("a\u{0}b")),
        ("number", json!(2_147_483_648_i64)),
        ("number", json!(1.5)),
        ("number", json!("one")),
        ("flag", json!("maybe")),
        ("happenedOn", json!("yesterday")),
        ("happenedOn", json!("+010000-01-01T00:00:00Z")),
        ("day", json!("2023-02-29")),
        ("tags", json!("a")),
        ("tags", json!([1])),
        ("tags", json!(["a\u{0}"])),
        ("codes", json!(["x"])),
        ("data", json!({"a": ["\u{0}"]})),
        ("data", json!({"\u{0}": 1})),
        ("bogus", json!(1)),
    ] {
        let values = json!({ name: value });
        let read = New::<Sample>::from_json(values.as_object().ok_or("no object")?);
        // An id in a body is ignored, whatever it is.
        assert_eq!(read.is_err(), name != "id", "{values}: {read:?}");
    }
    Ok(())
}

async fn instants_compare_to_the_millisecond(fixture: &Fixture) -> Outcome {
    for (name, at) in
        [("a", "1969-12-31T23:59:59.999Z"), ("b", "2024-02-29T12:30:15.250Z"), ("c", "2024-02-29T12:30:15.251Z")]
    {
        fixture.create::<Sample>(SCOPE, &json!({"name": name, "happenedOn": at, "day": at[..10]})).await?;
    }
    for (clause, expected) in [
        (json!({"happenedOn": "2024-02-29T12:30:15.250Z"}), "b"),
        (json!({"happenedOn": "2024-02-29T13:30:15.25+01:00"}), "b"),
        (json!({"happenedOn": 1_709_209_815_250_i64}), "b"),
        (json!({"happenedOn": {"gt": "2024-02-29T12:30:15.250Z"}}), "c"),
        (json!({"happenedOn": {"between": ["1970-01-01", "2024-02-29T12:30:15.250Z"]}}), "b"),
        (json!({"happenedOn": {"inq": ["2024-02-29T12:30:15.251Z", "1969-12-31T23:59:59.999Z", null]}}), "ac"),
        (json!({"happenedOn": {"nin": ["2024-02-29T12:30:15.251Z"]}}), "ab"),
        (json!({"happenedOn": {"lt": "1970-01-01T00:00:00Z"}}), "a"),
        (json!({"day": "2024-02-29"}), "bc"),
        (json!({"day": "2024-02-29T23:59:00Z"}), "bc"),
        (json!({"day": {"lt": "2024-02-29"}}), "a"),
        (json!({"day": {"inq": ["2024-02-29T00:00:00.000Z"]}}), "bc"),
        (json!({"day": {"nin": ["2024-02-29", "2024-03-01"]}}), "a"),
        (json!({"day": {"between": ["1969-12-31", "1970-01-01"]}}), "a"),
        (json!({"createdOn": {"lte": "2024-05-01T10:00:00.123Z"}}), "abc"),
        (json!({"createdOn": {"lt": "2024-05-01T10:00:00.123Z"}}), ""),
    ] {
        assert_eq!(selected(fixture, &clause).await?, expected, "{clause}");
    }
    Ok(())
}

async fn booleans_and_lists_compare(fixture: &Fixture) -> Outcome {
    for (name, flag, tags, codes) in [
        ("a", json!(true), json!(["x", "y"]), json!([1, 2])),
        ("b", json!(false), json!(["y", "x"]), json!([1])),
        ("c", json!(null), json!([]), json!(null)),
        ("d", json!(true), json!(null), json!([])),
    ] {
        fixture.create::<Sample>(SCOPE, &json!({"name": name, "flag": flag, "tags": tags, "codes": codes})).await?;
    }
    for (clause, expected) in [
        (json!({"flag": true}), "ad"),
        (json!({"flag": "false"}), "b"),
        (json!({"flag": {"neq": true}}), "b"),
        (json!({"flag": {"lt": true}}), "b"),
        (json!({"flag": {"inq": ["true", 0]}}), "abd"),
        (json!({"flag": null}), "c"),
        (json!({"tags": ["x", "y"]}), "a"),
        (json!({"tags": {"neq": ["x", "y"]}}), "bc"),
        (json!({"tags": []}), "c"),
        (json!({"tags": {"exists": false}}), "d"),
        (json!({"codes": [1]}), "b"),
        (json!({"codes": {"eq": []}}), "d"),
        (json!({"codes": {"neq": null}}), "abd"),
    ] {
        assert_eq!(selected(fixture, &clause).await?, expected, "{clause}");
    }
    Ok(())
}

async fn places_inside_json(fixture: &Fixture) -> Outcome {
    for (name, data) in [
        ("a", json!({"k": "x", "n": 2, "b": true, "o": {"p": "q"}, "l": ["m", 5]})),
        ("b", json!({"k": null, "n": 10, "it's": "1"})),
        ("c", json!(null)),
        ("d", json!({"k": {"x": 1}, "n": 1.5, "Clé \"1\"": "X"})),
        ("e", json!({})),
    ] {
        fixture.create::<Sample>(SCOPE, &json!({"name": name, "data": data})).await?;
    }
    for (clause, expected) in [
        (json!({"data.k": "x"}), "a"),
        (json!({"data.k": null}), "bce"),
        (json!({"data.k": {"neq": null}}), "ad"),
        (json!({"data.k": {"exists": false}}), "bce"),
        (json!({"data.n": 2}), "a"),
        (json!({"data.n": "10"}), "b"),
        (json!({"data.n": {"lt": "2"}}), "bd"),
        (json!({"data.n": {"inq": [1.5, "10"]}}), "bd"),
        (json!({"data.b": true}), "a"),
        (json!({"data.o.p": "q"}), "a"),
        (json!({"data.o.p.z": "q"}), ""),
        (json!({"data.o": {"neq": null}}), "a"),
        (json!({"data.o": {"like": "%"}}), ""),
        (json!({"data.k": {"like": "%"}}), "a"),
        (json!({"data.l.0": "m"}), "a"),
        (json!({"data.l.1": 5}), "a"),
        (json!({"data.l.2": {"exists": true}}), ""),
        (json!({"data.it's": 1}), "b"),
        (json!({"data.Clé \"1\"": {"ilike": "x"}}), "d"),
        (json!({"data.n": {"regexp": "^1"}}), "bd"),
        (json!({"data": null}), "c"),
        (json!({"data": {"neq": null}}), "abde"),
    ] {
        assert_eq!(selected(fixture, &clause).await?, expected, "{clause}");
    }
    Ok(())
}
