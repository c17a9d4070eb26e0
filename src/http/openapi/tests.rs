//! The document says what the route table says, and is sound in itself.

use std::future::ready;

use axum::http::Method;
use serde_json::Value;

use super::*;
use crate::access::entrance::Entrance;
use crate::access::sessions::CallerSessions;
use crate::error::Error;
use crate::features::FEATURES;
use crate::http::route::{Empty, Form, Row};
use crate::http::surface::Surface;
use crate::http::validation::Validator;
use crate::http::validation::tests::tenant;

fn does(method: Method, path: &'static str, operation: &'static str) -> Route {
    Route::new(method, path, operation, "Does it.", async |_: CallerSessions| Ok(Empty))
}

/// Lets anybody in.
static PUBLIC: Entrance = Entrance {
    description: "Public.",
    headers: &[("x-signature", "A signature.")],
    check_head: |_, _| Ok(()),
    admit: |_, _, _| Box::pin(ready(Err(Error::BadSignature))),
};

fn routes() -> Vec<Route> {
    let route = |method, path, operation, query, body, reply| Route {
        row: Row { query, body, ..Row::answering(reply) },
        ..does(method, path, operation).any_of(&["ViewTenant", "17"])
    };
    let body = |form| Some(Body::of(tenant, form));
    let (all, one) = ("/tenants", "/tenants/{id}");
    vec![
        route(Method::POST, all, "TenantController.create", Query::None, body(Form::Create), Shape::One(tenant)),
        route(Method::GET, all, "TenantController.find", Query::Filtered(tenant), None, Shape::Many(tenant)),
        route(
            Method::PATCH,
            all,
            "TenantController.updateAll",
            Query::Where(tenant),
            body(Form::Partial),
            Shape::Count,
        ),
        route(Method::GET, one, "TenantController.findById", Query::FilteredById(tenant), None, Shape::One(tenant)),
        route(Method::PUT, one, "TenantController.replaceById", Query::None, body(Form::Replace), Shape::Empty),
        Route { entrance: Some(&PUBLIC), ..does(Method::POST, "/user-callback", "UserWebhookController.callback") },
    ]
}

fn rendered() -> Value {
    serde_json::from_str(&json(&document(&routes()).unwrap()).unwrap()).unwrap()
}

#[test]
fn an_operation_shows_its_row_of_the_table() {
    let document = rendered();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "User Tenant Service");
    let find = &document["paths"]["/tenants/{id}"]["get"];
    assert_eq!(find["operationId"], "TenantController.findById");
    assert_eq!(find["tags"], json!(["TenantController"]));
    assert_eq!(find["security"], json!([{"HTTPBearer": []}]));
    assert_eq!(find["x-permissions"], json!(["ViewTenant", "17"]));
    assert!(find["description"].as_str().unwrap().ends_with("\n- `ViewTenant`\n- `17`"));
    let parameters = find["parameters"].as_array().unwrap();
    assert_eq!(parameters[0]["name"], "id");
    assert_eq!(parameters[0]["required"], true);
    assert_eq!(parameters[1]["in"], "query");
    assert_eq!(
        (&find["x-controller-name"], &find["x-operation-name"]),
        (&json!("TenantController"), &json!("findById"))
    );
    let filter = json!({"$ref": "#/components/schemas/tenants.Filter"});
    assert_eq!(parameters[1]["content"]["application/json"]["schema"], filter);
    let statuses: Vec<_> = find["responses"].as_object().unwrap().keys().collect();
    assert_eq!(statuses, ["200", "400", "401", "403", "404", "431", "503"]);
    let statuses = document["paths"]["/tenants"]["patch"]["responses"].as_object().unwrap();
    let statuses: Vec<_> = statuses.keys().collect();
    assert_eq!(statuses, ["200", "400", "401", "403", "409", "413", "415", "422", "431", "503"]);
    let public = &document["paths"]["/user-callback"]["post"];
    assert_eq!((public.get("security"), &public["x-permissions"]), (None, &json!([])));
}

/// A schema with what it refers to in its place.
fn whole(document: &Value, schema: &Value) -> Value {
    match schema {
        Value::Object(members) => match members.get("$ref").and_then(Value::as_str) {
            Some(reference) => whole(document, document.pointer(&reference[1..]).unwrap()),
            None => members.iter().map(|(name, value)| (name.clone(), whole(document, value))).collect(),
        },
        Value::Array(items) => items.iter().map(|item| whole(document, item)).collect(),
        other => other.clone(),
    }
}

#[test]
fn components_are_the_schemas_that_validate() {
    let document = rendered();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (title, schema) in [
        ("NewTenant", schema::create(tenant(), &[])),
        ("TenantPartial", schema::partial(tenant(), &[])),
        ("TenantReplacement", schema::replace(tenant())),
        ("tenants.Filter", schema::filter_by_id(tenant())),
        // As the original numbers it.
        ("tenants.Filter1", schema::filter(tenant())),
        ("loopback.Where", schema::where_()),
        ("loopback.Count", schema::count()),
    ] {
        assert_eq!(whole(&document, &schemas[title]), schema, "{title}");
        let order = |value: &Value| value["properties"].as_object().map(|all| all.keys().cloned().collect::<Vec<_>>());
        assert_eq!(order(&schemas[title]), order(&schema), "{title}");
    }
    let roles = json!({"type": "array", "items": {"$ref": "#/components/schemas/Tenant"}});
    assert_eq!(schemas["Tenant"]["properties"]["roles"], roles);
    for (title, schema) in schemas {
        assert!(jsonschema::meta::validate(schema).is_ok(), "{title}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(entries) => {
                found.extend(entries.get("$ref").and_then(Value::as_str));
                entries.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = rendered();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 30, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn an_operation_of_ours_refuses_with_problems_and_the_others_as_before() {
    let ours = does(Method::GET, "/ours", "OurController.find").any_of(&["ViewTenant"]).surface(Surface::Problem);
    let mut all = routes();
    all.push(ours);
    let document = serde_json::to_value(document(&all).unwrap()).unwrap();
    let refusal = |path: &str, status: &str| document["paths"][path]["get"]["responses"][status]["$ref"].clone();
    assert_eq!(refusal("/ours", "403"), "#/components/responses/Problem403");
    assert_eq!(refusal("/tenants", "403"), "#/components/responses/403");
    let problem = &document["components"]["responses"]["Problem403"];
    assert!(
        problem["description"].as_str().unwrap().contains("`PERMISSION_MISSING`, `PERMISSION_WITHDRAWN`"),
        "{problem}"
    );
    let schema = json!({"$ref": "#/components/schemas/Problem"});
    assert_eq!(problem["content"], json!({"application/problem+json": {"schema": schema}}));
    let codes = &document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"];
    assert_eq!(codes.as_array().unwrap().len(), crate::error::ErrorCode::ALL.len());
    let envelope = &document["components"]["responses"]["403"];
    assert_eq!(envelope["content"]["application/json"]["schema"], json!({"$ref": "#/components/schemas/Error"}));
    assert!(rendered()["components"]["schemas"].get("Problem").is_none(), "no operation has it");
}

#[test]
fn yaml_says_the_same() {
    let yaml = yaml(&document(&routes()).unwrap()).unwrap();
    let value: Value = serde_norway::from_str(&yaml).unwrap();
    assert_eq!(value, rendered());
}

#[test]
fn a_route_that_is_carried_out_once_says_so() {
    let route = does(Method::POST, "/notes", "NoteController.create").any_of(&["ViewTenant"]).surface(Surface::Problem);
    let document = |route: Route| serde_json::to_value(super::document(&[route]).unwrap()).unwrap();
    let plain = does(Method::POST, "/notes", "NoteController.create").any_of(&["ViewTenant"]);
    assert_eq!(document(plain)["paths"]["/notes"]["post"]["parameters"], Value::Null);
    let operation = &document(route.idempotent())["paths"]["/notes"]["post"];
    let parameter = &operation["parameters"][0];
    assert_eq!((&parameter["name"], &parameter["in"]), (&"Idempotency-Key".into(), &"header".into()));
    assert_eq!(parameter["required"], false);
    let responses = &operation["responses"];
    assert!(["400", "409", "422"].iter().all(|status| responses[*status].is_object()), "{responses}");
    assert!(responses["204"]["headers"]["idempotency-replayed"].is_object(), "{responses}");
}

/// The violations of a schema's own examples, and that it has none.
fn of_examples(schema: &Value) -> Vec<String> {
    let validator = Validator::new(schema.clone()).expect("a schema");
    let Some(examples) = schema[components::EXAMPLES].as_array().filter(|examples| !examples.is_empty()) else {
        return vec!["has no examples".to_owned()];
    };
    examples.iter().flat_map(|example| validator.check(example)).map(|detail| format!("{detail:?}")).collect()
}

#[test]
fn each_operation_of_ours_has_examples_of_what_it_takes_and_answers() {
    let mut shown = 0;
    for route in FEATURES.iter().flat_map(|feature| (feature.routes)()) {
        let schemas = [
            route.row.body.as_ref().map(Body::schema),
            match route.row.reply {
                Shape::Plain(plain) => Some((plain.schema)()),
                // Rows are the original's, or as those.
                _ => None,
            },
        ];
        for schema in schemas.into_iter().flatten() {
            let wrong = of_examples(&schema);
            assert!(wrong.is_empty(), "{} {}: {}: {wrong:?}", route.method, route.path, schema["title"]);
            shown += 1;
        }
    }
    assert!(shown > 20, "{shown}");
    let wrong = |example: Value| of_examples(&json!({ "type": "object", "required": ["a"], "examples": [example] }));
    assert_eq!((wrong(json!({ "a": 1 })).len(), wrong(json!({})).len()), (0, 1));
}

#[test]
fn examples_are_in_the_document_as_they_are() {
    let example = json!({ "title": "no schema", "items": [{ "title": "nor this" }] });
    let schema = json!({ "title": "Shown", "type": "object", "examples": [example] });
    let mut components = Components::default();
    components.schema(schema.clone());
    let document = serde_json::to_value(components.build().unwrap()).unwrap();
    assert_eq!(document["schemas"]["Shown"]["examples"], json!([example]));
    assert!(document["schemas"].get("no schema").is_none(), "{document}");
    // All of ours, whatever kind of schema they are.
    let document = serde_json::to_value(crate::http::document().unwrap()).unwrap();
    for title in ["TenantProvision", "TenantProvisioned", "LifeStep", "PermissionCatalogue", "Events"] {
        assert!(
            document["components"]["schemas"][title]["examples"][0].is_object()
                || document["components"]["schemas"][title]["examples"][0].is_array(),
            "{title}"
        );
    }
}
