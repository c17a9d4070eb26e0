//! What programs made from the original's document know by name is called so in ours.

use serde_json::Value as Json;

use super::{get, on_sqlite};
use crate::request::json;
use crate::support::contract_text;

/// Where the document says what the service does, and the original's says something else, with our name for it:
/// the rule `own-documents` lists these.
const OTHERWISE: &[(&str, &str, &str)] = &[
    ("TenantController.replaceById", "body", "TenantReplacement"),
    ("TenantTenantConfigController.patch", "body", "TenantConfigPartialExcluding_id-tenantId_"),
    ("TenantUserController.find", "answer", "UserView"),
];

#[test]
fn names_of_the_originals_document_are_kept() {
    let (_database, server) = on_sqlite(&[]);
    let document = json(&get(&server, "/openapi.json"));
    let original: Json = serde_json::from_str(&contract_text("document.json")).unwrap();
    let list = |name: &str| original[name].as_array().cloned().unwrap_or_default();
    let lacking: Vec<Json> = list("schemas")
        .into_iter()
        .filter(|name| document["components"]["schemas"].get(name.as_str().unwrap()).is_none())
        .collect();
    assert!(lacking.is_empty(), "{lacking:?}");
    let operations = list("operations");
    assert!(operations.len() > 30, "{operations:?}");
    for theirs in operations {
        let [path, method] = ["path", "method"].map(|name| theirs[name].as_str().unwrap());
        let ours = &document["paths"][path][method];
        let id = theirs["operationId"].as_str().unwrap();
        for name in ["operationId", "x-controller-name", "x-operation-name"] {
            assert_eq!(ours[name], theirs[name], "{id}");
        }
        let schema = |content: &Json| content["content"]["application/json"]["schema"].clone();
        let filter =
            ours["parameters"].as_array().into_iter().flatten().find(|parameter| parameter["name"] == "filter");
        for (part, schema) in [
            ("body", schema(&ours["requestBody"])),
            ("answer", schema(&ours["responses"]["200"])),
            ("filter", filter.map(schema).unwrap_or_default()),
        ] {
            let Some(expected) = theirs[part].as_str() else { continue };
            let otherwise = OTHERWISE.iter().find(|(operation, other, _)| (*operation, *other) == (id, part));
            let expected = otherwise.map_or(expected, |(_, _, name)| name);
            let reference = schema["$ref"].as_str().or(schema["items"]["$ref"].as_str());
            let name = reference.and_then(|reference| reference.rsplit('/').next());
            assert_eq!(name, Some(expected), "{id}: {part}");
        }
    }
}
