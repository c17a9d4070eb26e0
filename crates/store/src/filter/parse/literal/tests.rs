//! Spellings of one value, and what is none.

use super::*;

#[test]
fn instants_are_read_as_programs_write_them() {
    for text in [
        "2024-02-01T00:00:00.000Z",
        "2024-02-01T00:00:00Z",
        "2024-02-01T00:00:00",
        "2024-02-01T00:00",
        "2024-02-01T00:00Z",
        "2024-02-01T02:00:00+02:00",
        "2024-02-01T02:00:00+0200",
        "2024-02-01T02:00:00+02",
        "2024-02-01 00:00:00",
        "2024-02-01 00:00:00+00",
        "2024-02-01 00:00:00.000+00",
        "2024-02-01",
        "2024-02",
        "Thu, 01 Feb 2024 00:00:00 GMT",
        "Thu Feb 01 2024 00:00:00 GMT+0000 (Coordinated Universal Time)",
        "Thu Feb 01 2024 02:00:00 GMT+0200",
    ] {
        let read = literal(PropertyType::Timestamp, &text.into()).map(|value| value.to_key());
        assert_eq!(read, Ok(Some("2024-02-01T00:00:00.000Z".to_owned())), "{text}");
    }
    let number = literal(PropertyType::Timestamp, &json!(1_706_745_600_000.75)).map(|value| value.to_key());
    assert_eq!(number, Ok(Some("2024-02-01T00:00:00.000Z".to_owned())));
    assert_eq!(literal(PropertyType::Timestamp, &"2024".into()).unwrap().to_key().unwrap()[..10], *"2024-01-01");
    for refused in ["", "now", "Feb 1 2024", "2024/02/01", "2024-13", "99", "2024-02-30", "yesterday"] {
        assert!(literal(PropertyType::Timestamp, &refused.into()).is_err(), "{refused}");
    }
}

#[test]
fn numbers_ids_and_arrays_have_the_spellings_of_the_database() {
    let read = |kind, text: &str| literal(kind, &text.into());
    for one in ["1", "1.0", "1e0", " 1 "] {
        assert_eq!(read(PropertyType::Integer, one), Ok(Value::Integer(1)), "{one}");
    }
    assert!(read(PropertyType::Integer, "one").is_err() && read(PropertyType::Integer, "").is_err());
    let id = read(PropertyType::Uuid, "a0000000-0000-4000-8000-000000000011");
    for other in ["a0000000000040008000000000000011", "{a0000000-0000-4000-8000-000000000011}"] {
        assert_eq!(read(PropertyType::Uuid, other), id, "{other}");
    }
    assert!(read(PropertyType::Uuid, "urn:uuid:a0000000-0000-4000-8000-000000000011").is_err());
    assert_eq!(read(PropertyType::IntegerArray, "{1, 2}"), Ok(Value::IntegerArray(vec![1, 2])));
    assert_eq!(read(PropertyType::IntegerArray, "{}"), Ok(Value::IntegerArray(Vec::new())));
    assert!(read(PropertyType::IntegerArray, "{a}").is_err() && read(PropertyType::IntegerArray, "1").is_err());
    assert_eq!(read(PropertyType::TextArray, "{a,b}"), Ok(Value::TextArray(vec!["a".into(), "b".into()])));
    assert!(read(PropertyType::TextArray, "{\"a\"}").is_err());
}

#[test]
fn a_date_is_the_day_that_is_written() {
    for text in [
        "1990-01-31",
        "1990-01-31T00:00:00.000Z",
        "1990-01-31T12:30:00",
        "1990-01-31T01:00:00+01:00",
        "Wed, 31 Jan 1990 00:00:00 GMT",
    ] {
        let read = literal(PropertyType::Date, &text.into()).map(|value| value.to_key());
        assert_eq!(read, Ok(Some("1990-01-31".to_owned())), "{text}");
    }
    assert_eq!(literal(PropertyType::Date, &Json::Null), Ok(Value::Null));
    for shifted in ["1990-01-30T23:30:00-02:00", "1990-01-31T00:00:00+02:00"] {
        let refused = literal(PropertyType::Date, &shifted.into()).map_err(|wrong| wrong.to_string());
        assert_eq!(refused, Err("must be a day, like 1990-01-31".to_owned()), "{shifted}");
    }
}
