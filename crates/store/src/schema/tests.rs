//! The schemas hold what the contract names, and nothing that the database would refuse.

use super::*;
use crate::entity::TenantRule;

const fn property(name: &'static str, kind: PropertyType, role: PropertyRole) -> Property {
    Property { name, column: name, kind, role, ..Property::PLAIN }
}

static ROLE: EntityMeta = EntityMeta {
    name: "Role",
    table: "roles",
    description: "A role.",
    tenancy: TenantRule::Column("tenantId"),
    owner: None,
    properties: &[
        property("deletedOn", PropertyType::Timestamp, PropertyRole::Audit),
        property("createdBy", PropertyType::Uuid, PropertyRole::Audit),
        property("id", PropertyType::Uuid, PropertyRole::Id),
        Property {
            required: true,
            rules: Rules { max_length: Some(100), ..Rules::NONE },
            description: "What it is called.",
            ..property("name", PropertyType::Text, PropertyRole::Data)
        },
        Property {
            required: true,
            rules: Rules { minimum: Some(0), maximum: Some(15), default: Some("0"), ..Rules::NONE },
            ..property("roleType", PropertyType::Integer, PropertyRole::Data)
        },
        Property {
            rules: Rules { max_length: Some(20), max_items: Some(3), ..Rules::NONE },
            ..property("permissions", PropertyType::TextArray, PropertyRole::Data)
        },
        property("numbers", PropertyType::IntegerArray, PropertyRole::Data),
        property("settings", PropertyType::Json, PropertyRole::Data),
        Property { required: true, ..property("tenantId", PropertyType::Uuid, PropertyRole::Parent) },
        property("tenantName", PropertyType::Text, PropertyRole::Derived),
        Property { hidden: true, ..property("secret", PropertyType::Text, PropertyRole::Data) },
    ],
    relations: &[],
    unique: &[],
    soft_delete: true,
    read_only: false,
    unlogged: None,
    logged: false,
    query: None,
    tenant_query: None,
};

fn names(schema: &Value) -> Vec<&str> {
    schema["properties"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_record_shows_all_but_hidden_properties_and_null_where_a_row_may_lack_one() {
    let schema = entity(&ROLE);
    let shown = [
        "deletedOn",
        "createdBy",
        "id",
        "name",
        "roleType",
        "permissions",
        "numbers",
        "settings",
        "tenantId",
        "tenantName",
    ];
    assert_eq!(names(&schema), shown);
    assert_eq!(schema["title"], "Role");
    assert_eq!(schema.get("required"), None, "a filter chooses what is shown");
    assert_eq!(schema["properties"]["name"], json!({"type": "string", "description": "What it is called."}));
    assert_eq!(schema["properties"]["deletedOn"], json!({"type": ["string", "null"], "format": "date-time"}));
}

#[test]
fn a_new_row_has_no_key_and_requires_what_no_default_gives() {
    let schema = create(&ROLE, &[]);
    let accepted = ["deletedOn", "createdBy", "name", "roleType", "permissions", "numbers", "settings", "tenantId"];
    assert_eq!(names(&schema), accepted);
    assert_eq!((&schema["title"], &schema["additionalProperties"]), (&json!("NewRole"), &json!(false)));
    assert_eq!(schema["required"], json!(["name", "tenantId"]));
    let properties = &schema["properties"];
    assert_eq!(properties["name"], json!({"type": "string", "maxLength": 100, "description": "What it is called."}));
    let role_type = json!({"type": "number", "minimum": 0, "maximum": 15, "multipleOf": 1, "default": 0});
    assert_eq!(properties["roleType"], role_type);
    let number = json!({"type": "number", "minimum": i32::MIN, "maximum": i32::MAX, "multipleOf": 1});
    let permissions = json!({"type": "array", "maxItems": 3, "items": {"type": "string", "maxLength": 20}});
    assert_eq!(properties["permissions"], permissions);
    assert_eq!(properties["numbers"], json!({"type": "array", "items": number}));
    assert_eq!(properties["tenantId"], json!({"type": "string", "format": "uuid"}));
    assert_eq!(properties["createdBy"]["type"], "string");
    assert_eq!(properties["deletedOn"]["type"], json!(["string", "null"]));
}

#[test]
fn what_is_excluded_is_neither_accepted_nor_required_and_shows_in_the_name() {
    let schema = create(&ROLE, &["tenantId"]);
    assert_eq!(schema["title"], "NewRole");
    assert_eq!(schema["required"], json!(["name"]));
    assert!(!names(&schema).contains(&"tenantId"));
    let schema = partial(&ROLE, &["id", "tenantId"]);
    assert_eq!(schema["title"], "RolePartialExcluding_id-tenantId_");
    assert!(!names(&schema).contains(&"id"));
}

#[test]
fn a_change_requires_nothing_and_accepts_the_key() {
    let schema = partial(&ROLE, &[]);
    assert_eq!(schema["title"], "RolePartial");
    assert_eq!(schema.get("required"), None);
    assert_eq!(schema["properties"]["id"], json!({"type": "string"}));
    assert!(!names(&schema).contains(&"tenantName"));
}

#[test]
fn a_replacement_is_a_new_row_that_may_name_its_key() {
    let schema = replace(&ROLE);
    assert_eq!(schema["required"], create(&ROLE, &[])["required"]);
    assert!(names(&schema).contains(&"id"));
}

#[test]
fn a_filter_names_what_can_be_shown_and_includes_only_where_there_are_relations() {
    let schema = filter(&ROLE);
    assert_eq!(names(&schema), ["offset", "limit", "skip", "order", "where", "fields"]);
    let fields = &schema["properties"]["fields"]["oneOf"];
    assert_eq!(fields[1]["items"]["enum"], json!(names(&entity(&ROLE))));
    assert_eq!(fields[0]["properties"].get("secret"), None);
    assert_eq!(names(&filter_by_id(&ROLE)), ["offset", "limit", "skip", "order", "fields"]);
}
