//! The tools `find_operations` and `call_operation`: what a model seldom needs, it looks up, so that the list of tools stays short.

use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Tool, ToolAnnotations};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::operations::{Operation, object};
use super::server::told;

/// The tool that tells which operations there are.
pub(super) const FIND: &str = "find_operations";
/// The tool that calls one.
pub(super) const CALL: &str = "call_operation";

/// Most operations that are told with their schemas.
const WITH_SCHEMAS: usize = 6;

/// Both tools.
pub(super) fn tools() -> [Tool; 2] {
    let about =
        json!({ "type": "string", "description": "Words of which one is to stand in name, path or description" });
    let asked = json!({ "type": "object", "properties": { "about": about } });
    let find = "Finds operations that are no tools of their own: steps in the lives of tenants, members and people, and what \
        is set up once. Few are told with the schemas of their arguments, many with their names";
    let called = json!({
        "type": "object",
        "properties": {
            "operation": { "type": "string" },
            "arguments": { "type": "object", "description": "As the schema says" },
        },
        "required": ["operation"],
    });
    let call = "Calls an operation of find_operations. It may change or delete";
    let annotations = || ToolAnnotations::new().open_world(false);
    [
        Tool::new(FIND, find, object(asked)).with_annotations(annotations().read_only(true)),
        Tool::new(CALL, call, object(called)).with_annotations(annotations().destructive(true)),
    ]
}

/// What is looked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    about: Option<String>,
}

/// What is to be called.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Called {
    /// Name of the operation.
    pub(super) operation: String,
    /// Its arguments.
    #[serde(default)]
    pub(super) arguments: JsonObject,
}

/// Tells of the operations that no tool stands for, those that are `about` something.
pub(super) fn find(operations: &[Operation], arguments: JsonObject) -> CallToolResult {
    let Asked { about } = match serde_json::from_value(arguments.into()) {
        Ok(asked) => asked,
        Err(error) => return CallToolResult::error(vec![ContentBlock::text(error.to_string())]),
    };
    let words: Vec<String> = about.iter().flat_map(|about| about.split_whitespace()).map(str::to_lowercase).collect();
    let seldom = || operations.iter().filter(|operation| operation.seldom);
    let found: Vec<_> = seldom().filter(|operation| is_about(operation, &words)).collect();
    // Nothing is no answer that leads on.
    let found = if found.is_empty() { seldom().collect() } else { found };
    let with_schemas = found.len() <= WITH_SCHEMAS;
    let tell = |operation: &&Operation| {
        let tool = &operation.tool;
        let mut told = json!({ "name": tool.name, "description": tool.description });
        if with_schemas {
            told["inputSchema"] = Json::Object((*tool.input_schema).clone());
        }
        told
    };
    told(true, &json!({ "operations": found.iter().map(tell).collect::<Vec<_>>() }))
}

/// Whether one of these words stands in what is told of the operation.
fn is_about(operation: &Operation, words: &[String]) -> bool {
    let told =
        [operation.tool.name.as_ref(), operation.path, operation.tool.description.as_deref().unwrap_or_default()];
    let told = told.join(" ").to_lowercase();
    words.is_empty() || words.iter().any(|word| told.contains(word.as_str()))
}
