//! Every recorded refusal of a tenant's body or filter is worded alike; what was accepted still is.

use user_tenant_store::entity::{
    EntityMeta, Property, PropertyRole, PropertyType, Relation, RelationKind, Rules, TenantRule,
};
use user_tenant_store::schema;

use super::*;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract/cases");

const fn property(name: &'static str, kind: PropertyType, role: PropertyRole) -> Property {
    Property { name, column: name, kind, role, ..Property::PLAIN }
}

const fn text(name: &'static str, length: u32) -> Property {
    let rules = Rules { max_length: Some(length), ..Rules::NONE };
    Property { rules, ..property(name, PropertyType::Text, PropertyRole::Data) }
}

const fn relation(name: &'static str) -> Relation {
    Relation { name, kind: RelationKind::HasMany, target: tenant, local: "id", foreign: "tenantId", includable: true }
}

pub(in crate::http) fn tenant() -> &'static EntityMeta {
    static META: EntityMeta = EntityMeta {
        name: "Tenant",
        table: "tenants",
        description: "",
        tenancy: TenantRule::Itself,
        owner: None,
        properties: &[
            property("deleted", PropertyType::Boolean, PropertyRole::Audit),
            property("deletedOn", PropertyType::Timestamp, PropertyRole::Audit),
            property("deletedBy", PropertyType::Text, PropertyRole::Audit),
            property("createdOn", PropertyType::Timestamp, PropertyRole::Audit),
            property("modifiedOn", PropertyType::Timestamp, PropertyRole::Audit),
            property("createdBy", PropertyType::Text, PropertyRole::Audit),
            property("modifiedBy", PropertyType::Text, PropertyRole::Audit),
            property("id", PropertyType::Uuid, PropertyRole::Id),
            Property { required: true, ..text("name", 100) },
            Property {
                required: true,
                rules: Rules { one_of: Some(&[1, 0]), ..Rules::NONE },
                ..property("status", PropertyType::Integer, PropertyRole::Data)
            },
            Property { required: true, ..text("key", 20) },
            text("website", 100),
            text("address", 500),
            text("city", 100),
            text("state", 100),
            text("zip", 25),
            text("country", 25),
        ],
        relations: &[
            relation("tenantConfigs"),
            relation("userTenants"),
            relation("users"),
            relation("roles"),
            relation("groups"),
        ],
        unique: &[],
        soft_delete: true,
        read_only: false,
        unlogged: None,
        logged: false,
        query: None,
        tenant_query: None,
    };
    &META
}

/// The schema that the recorded request is checked against, and the checked JSON.
fn checked(request: &Value) -> Option<(Value, Value)> {
    let path = request["path"].as_str()?;
    let of_one = path.strip_prefix("/tenants/").is_some_and(|rest| rest.len() == 36);
    if path != "/tenants" && !of_one {
        return None;
    }
    let body = match request["method"].as_str()? {
        "POST" => schema::create(tenant(), &[]),
        "PATCH" => schema::partial(tenant(), &[]),
        "PUT" => schema::replace(tenant()),
        _ => {
            let schema = if of_one { schema::filter_by_id(tenant()) } else { schema::filter(tenant()) };
            let mut filter = filter(request["query"].as_str()?)?;
            coerce(&schema, &mut filter);
            return Some((schema, filter));
        }
    };
    let sent = request.get("json").cloned();
    Some((body, sent.or_else(|| serde_json::from_str(request["raw"].as_str()?).ok())?))
}

fn filter(query: &str) -> Option<Value> {
    let config = serde_qs::Config::new().max_depth(5).use_form_encoding(true);
    let mut parameters: Value = config.deserialize_str(query).ok()?;
    match parameters["filter"].take() {
        Value::String(text) => serde_json::from_str(&text).ok().filter(Value::is_object),
        other => Some(other).filter(Value::is_object),
    }
}

/// What is recorded, and the key, which ours requires where the original's database did.
fn expected(details: &Value, schema: &Value, sent: &Value) -> Value {
    let mut details = details.as_array().cloned().unwrap_or_default();
    let requires_key = schema["required"].as_array().is_some_and(|names| names.contains(&json!("key")));
    if requires_key && sent.as_object().is_some_and(|body| !body.contains_key("key")) {
        let at = details.iter().take_while(|detail| detail["code"] == "required").count();
        let message = "must have required property 'key'";
        let info = json!({"missingProperty": "key"});
        details.insert(at, json!({"path": "", "code": "required", "message": message, "info": info}));
    }
    Value::Array(details)
}

#[test]
fn refusals_of_tenants_are_worded_as_recorded() {
    let (mut refused, mut accepted) = (0, 0);
    let files = std::fs::read_dir(CASES).unwrap().map(|file| file.unwrap().path());
    let recorded: String = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
    for line in recorded.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let Some((schema, sent)) = checked(&case["request"]) else {
            continue;
        };
        let response = &case["response"];
        let details = &response["body"]["error"]["details"];
        let wanted = match response["status"].as_u64() {
            Some(400 | 422) if details.is_array() => expected(details, &schema, &sent),
            Some(200 | 204) => json!([]),
            _ => continue,
        };
        let found = Validator::new(schema).unwrap().check(&sent);
        assert_eq!(serde_json::to_value(found).unwrap(), wanted, "{}: {sent}", case["name"]);
        if wanted == json!([]) {
            accepted += 1;
        } else {
            refused += 1;
        }
    }
    assert!(refused >= 60 && accepted >= 60, "{refused} refused, {accepted} accepted");
}

/// Pairs of path and message.
fn refusals(schema: Value, instance: &Value) -> Vec<(String, String)> {
    let details = Validator::new(schema).unwrap().check(instance);
    details.into_iter().map(|detail| (detail.path, detail.message)).collect()
}

fn pair(path: &str, message: &str) -> (String, String) {
    (path.to_owned(), message.to_owned())
}

#[test]
fn what_the_database_cannot_hold_is_refused_by_name() {
    let body = json!({"key": "k".repeat(21), "city": "a\0b", "name": "ä".repeat(100)});
    let wanted =
        [pair("/key", "must NOT have more than 20 characters"), pair("/city", "must match pattern \"^[^\\u0000]*$\"")];
    assert_eq!(refusals(schema::partial(tenant(), &[]), &body), wanted);
}

#[test]
fn a_date_needs_time_and_zone_and_a_representable_year() {
    let refused = |date: &str| !refusals(schema::partial(tenant(), &[]), &json!({"createdOn": date})).is_empty();
    for date in ["2024-01-01T00:00:00Z", "2024-02-29T23:59:59.123+05:30", "2024-01-01t00:00:00z"] {
        assert!(!refused(date), "{date}");
    }
    for date in ["2024-01-01", "2024-01-01T00:00:00", "2023-02-29T00:00:00Z", "9999-12-31T23:59:59-01:00", ""] {
        assert!(refused(date), "{date}");
    }
}

#[test]
fn violations_come_in_the_order_of_the_schema_not_of_the_document() {
    let body = json!({"zip": 1, "second": 1, "name": 1, "first": 1, "deletedOn": null, "deleted": null});
    let wanted = [
        pair("", "must have required property 'status'"),
        pair("", "must have required property 'key'"),
        pair("", "must NOT have additional properties"),
        pair("", "must NOT have additional properties"),
        pair("/deleted", "must be boolean"),
        pair("/name", "must be string"),
        pair("/zip", "must be string"),
    ];
    assert_eq!(refusals(schema::create(tenant(), &[]), &body), wanted);
    let details = Validator::new(schema::create(tenant(), &[])).unwrap().check(&body);
    assert_eq!(details[2].info, json!({"additionalProperty": "second"}));
}

#[test]
fn errors_of_items_stay_together_and_repeats_are_pointed_out() {
    let filter = json!({"include": [{"relation": "x"}, 1], "fields": ["name", "id", "name"]});
    let wanted = [
        pair("/fields", "must be object"),
        pair("/fields", "must NOT have duplicate items (items ## 2 and 0 are identical)"),
        pair("/fields", "must match exactly one schema in oneOf"),
        pair("/include/0/relation", "must be equal to one of the allowed values"),
        pair("/include/0", "must be string"),
        pair("/include/0", "must match a schema in anyOf"),
        pair("/include/1", "must be object"),
        pair("/include/1", "must be string"),
        pair("/include/1", "must match a schema in anyOf"),
    ];
    assert_eq!(refusals(schema::filter(tenant()), &filter), wanted);
}

#[test]
fn scalars_are_coerced_where_the_schema_wants_another() {
    let cases = [
        (json!({"type": "integer"}), json!(" 5 "), json!(5)),
        (json!({"type": "integer"}), json!("1e3"), json!(1000)),
        (json!({"type": "integer"}), json!(2.0), json!(2)),
        (json!({"type": "integer"}), json!("1.5"), json!("1.5")),
        (json!({"type": "integer"}), json!("abc"), json!("abc")),
        (json!({"type": "integer"}), json!(""), json!("")),
        (json!({"type": "integer"}), json!(null), json!(0)),
        (json!({"type": "integer"}), json!(true), json!(1)),
        (json!({"type": "number"}), json!("1.5"), json!(1.5)),
        (json!({"type": "boolean"}), json!("true"), json!(true)),
        (json!({"type": "boolean"}), json!(0), json!(false)),
        (json!({"type": "boolean"}), json!("yes"), json!("yes")),
        (json!({"type": "string"}), json!(1), json!("1")),
        (json!({"type": ["string", "null"]}), json!(null), json!(null)),
        (json!({"type": "object"}), json!("{}"), json!("{}")),
        (json!({"type": "array", "items": {"type": "integer"}}), json!(["1", "x"]), json!([1, "x"])),
    ];
    for (schema, mut value, wanted) in cases {
        let before = value.clone();
        coerce(&schema, &mut value);
        assert_eq!(value, wanted, "{before} for {schema}");
    }
}

#[test]
fn brackets_are_coerced_down_to_the_scope_of_an_include_but_not_in_conditions() {
    let mut filter = filter(
        "filter[limit]=1&filter[fields][name]=true&filter[where][name]=1\
         &filter[include][0][relation]=roles&filter[include][0][scope][limit]=2\
         &filter[include][0][scope][fields][name]=false",
    )
    .unwrap();
    coerce(&schema::filter(tenant()), &mut filter);
    let wanted = json!({
        "limit": 1,
        "fields": {"name": true},
        "where": {"name": "1"},
        "include": [{"relation": "roles", "scope": {"limit": 2, "fields": {"name": false}}}]
    });
    assert_eq!(filter, wanted);
    assert_eq!(refusals(schema::filter(tenant()), &filter), []);
}

#[test]
fn what_a_refusal_repeats_is_short() {
    let long = "é".repeat(300_000);
    let body = json!({long.as_str(): ["\0", "\0"]});
    let schema = json!({"type": "object"});
    for (path, _) in refusals(schema, &body) {
        assert!(path.len() < 600 && path.starts_with("/éé") && path.ends_with('…'), "{path:.50}");
    }
    let details = Validator::new(schema::create(tenant(), &[])).unwrap().check(&body);
    assert!(serde_json::to_string(&details).unwrap().len() < 3_000);
}

#[test]
fn of_a_large_instance_the_first_violation_is_told() {
    let schema = json!({"type": "array", "items": {"type": "string"}});
    let list = |good: usize, bad: usize| Value::from([vec![json!("x"); good], vec![json!(1); bad]].concat());
    assert_eq!(refusals(schema.clone(), &list(5, 9_000)).len(), 100);
    assert_eq!(refusals(schema.clone(), &list(20_000, 9_000)), [pair("/20000", "must be string")]);
    assert_eq!(refusals(schema, &list(20_000, 0)), []);
}
