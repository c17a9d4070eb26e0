//! Tools from the route table: one an operation, with the schemas of its parameters and its body.

use axum::http::Method;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

use crate::access::guard::Reach;
use crate::client::{Answer, Client, segment};
use crate::error::BoxError;
use crate::http::{CURSOR, Route, Shape, routes};

/// An operation that can be called as a tool.
pub(super) struct Operation {
    /// The tool, as clients see it.
    pub(super) tool: Tool,
    /// Any one of these permissions opens it.
    pub(super) permissions: &'static [&'static str],
    /// Whether it gives or takes power, so that what the caller holds in the database counts as well.
    pub(super) gives_power: bool,
    /// Path template.
    pub(super) path: &'static str,
    method: Method,
    /// Name of its query parameter, if it has one.
    query: Option<&'static str>,
    has_body: bool,
    /// Whether it lists rows page by page.
    pages: bool,
    /// Whose rows it is about.
    pub(super) reach: Reach,
}

/// Every operation but the callback, which is signed and not called with a token.
pub(super) fn all() -> Vec<Operation> {
    routes().iter().filter(|route| route.reach != Reach::Signed).map(Operation::of).collect()
}

impl Operation {
    fn of(route: &Route) -> Self {
        let query = route.query.parameter();
        let mut properties = Map::new();
        let mut required = parameters(route.path);
        for name in &required {
            properties.insert(
                (*name).to_owned(),
                json!({ "type": "string", "description": format!("`{{{name}}}` of {}", route.path) }),
            );
        }
        let query = query.map(|(name, schema)| {
            properties.insert(name.to_owned(), schema);
            name
        });
        if let Some(body) = &route.body {
            properties.insert("body".to_owned(), body.schema_around(body.schema()));
            required.push("body");
        }
        let pages = matches!(route.reply, Shape::Page(_));
        if pages {
            let description = "`next` of the page before, with the same filter: the page behind it";
            properties.insert(CURSOR.to_owned(), json!({ "type": "string", "description": description }));
        }
        let schema = json!({
            "type": "object", "properties": properties, "required": required, "additionalProperties": false,
        });
        let description = format!(
            "{} ({} {}). Needs one of the permissions {}.",
            route.summary,
            route.method,
            route.path,
            route.permissions.join(", ")
        );
        let reads = route.method == Method::GET;
        let annotations = ToolAnnotations::with_title(route.summary)
            .read_only(reads)
            .destructive(!reads && route.method != Method::POST)
            .idempotent(reads || route.method == Method::PUT)
            .open_world(false);
        Self {
            tool: Tool::new(name(route.operation), description, object(schema)).with_annotations(annotations),
            permissions: route.permissions,
            gives_power: route.gives_power,
            path: route.path,
            method: route.method.clone(),
            query,
            has_body: route.body.is_some(),
            pages,
            reach: route.reach,
        }
    }

    /// Calls it: the arguments become path, query and body of a request.
    pub(super) async fn call(&self, client: &Client, mut arguments: JsonObject) -> Result<Answer, BoxError> {
        let mut target = String::new();
        for part in self.path.split('/').skip(1) {
            target.push('/');
            match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) => match arguments.remove(name) {
                    Some(Json::String(value)) => {
                        target.push_str(&segment(&value).map_err(|error| format!("the argument {name}: {error}"))?);
                    }
                    _ => return Err(format!("the argument {name} must be a text").into()),
                },
                None => target.push_str(part),
            }
        }
        let query = self.query(&mut arguments)?;
        if !query.is_empty() {
            target.push('?');
            target.push_str(&query);
        }
        let body = if self.has_body { arguments.remove("body") } else { None };
        if let Some(name) = arguments.keys().next() {
            return Err(format!("there is no argument {name}").into());
        }
        client.send(&self.method, &target, body.as_ref()).await
    }

    /// Takes the arguments that go into the query string.
    fn query(&self, arguments: &mut JsonObject) -> Result<String, BoxError> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some((name, value)) = self.query.and_then(|name| Some((name, arguments.remove(name)?))) {
            query.append_pair(name, &value.to_string());
        }
        match if self.pages { arguments.remove(CURSOR) } else { None } {
            None | Some(Json::Null) => {}
            Some(Json::String(cursor)) => {
                query.append_pair(CURSOR, &cursor);
            }
            Some(_) => return Err(format!("the argument {CURSOR} must be a text").into()),
        }
        Ok(query.finish())
    }
}

/// The names of a path's parameters.
fn parameters(path: &'static str) -> Vec<&'static str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect()
}

/// `TenantRoleController.find` as the name of a tool: `tenant_role_find`. Clients take letters, digits and underscores.
fn name(operation: &str) -> String {
    let mut name = String::new();
    for letter in operation.replace("Controller.", "_").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// A schema as the library takes it.
pub(super) fn object(schema: Json) -> Arc<JsonObject> {
    match schema {
        Json::Object(object) => Arc::new(object),
        _ => Arc::default(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{all, name};

    #[test]
    fn names_are_what_clients_take() {
        assert_eq!(name("TenantRoleController.find"), "tenant_role_find");
        assert_eq!(name("UserTenantPrefsController.deleteHardById"), "user_tenant_prefs_delete_hard_by_id");
        let names: Vec<String> = all().iter().map(|operation| operation.tool.name.to_string()).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        assert!(names.len() >= 40, "{}", names.len());
        for name in names {
            assert!(name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        }
    }
}
