//! Tools from the route table: one an operation, with the schemas of its parameters and its body.

use axum::http::Method;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use user_tenant_store::filter::Filter;

use super::{brief, page};
use crate::access::guard::Opening;
use crate::client::{Answer, Client, segment};
use crate::error::BoxError;
use crate::http::{CURSOR, Route, Shape, routes};

/// An operation that can be called as a tool.
pub(super) struct Operation {
    /// The tool, as clients see it.
    pub(super) tool: Tool,
    /// What opens it.
    pub(super) opening: Opening,
    /// Whether it is looked up, and no tool of its own.
    pub(super) seldom: bool,
    /// Path template.
    pub(super) path: &'static str,
    method: Method,
    /// Name of its query parameter, if it has one.
    query: Option<&'static str>,
    /// Names of the others.
    parameters: Vec<&'static str>,
    has_body: bool,
    /// What it shows of each row unless it is told otherwise, where it lists rows page by page.
    pages: Option<&'static [&'static str]>,
}

/// Every operation that is called with a token.
pub(super) fn all() -> Vec<Operation> {
    routes().iter().filter(|route| route.entrance.is_none()).map(Operation::of).collect()
}

impl Operation {
    fn of(route: &Route) -> Self {
        let pages = match route.row.reply {
            Shape::Page(meta) => Some(brief::shown(meta())),
            _ => None,
        };
        let mut properties = Map::new();
        let mut required = parameters(route.path);
        for name in &required {
            properties.insert((*name).to_owned(), json!({ "type": "string" }));
        }
        let query = brief::query(route.row.query, pages.is_some()).map(|(name, schema)| {
            properties.insert(name.to_owned(), schema);
            name
        });
        let others: Vec<_> = brief::parameters(route.row.query).collect();
        let names = others.iter().map(|(name, _)| *name).collect();
        properties.extend(others.into_iter().map(|(name, schema)| (name.to_owned(), schema)));
        if let Some(body) = &route.row.body {
            properties.insert("body".to_owned(), brief::body(body.schema_around(body.schema()), body.says_again()));
            if !body.optional {
                required.push("body");
            }
        }
        if pages.is_some() {
            let description = "`next` of the page before";
            properties.insert(CURSOR.to_owned(), json!({ "type": "string", "description": description }));
        }
        // An argument that is none is refused when it is called.
        let schema = json!({ "type": "object", "properties": properties, "required": required });
        // Permissions have numbers too, for tokens of the original.
        let permissions = route.permissions.iter().filter(|name| name.parse::<u32>().is_err());
        let permissions = permissions.copied().collect::<Vec<_>>().join(" or ");
        let masters = if route.for_masters { ", and to reach every tenant" } else { "" };
        let description = format!("{}. Needs {permissions}{masters}.", route.summary);
        let reads = !route.writes;
        // That it writes need not be said: it is what is meant where nothing is.
        let annotations = ToolAnnotations::new().open_world(false);
        let annotations =
            if reads { annotations.read_only(true) } else { annotations.destructive(route.method != Method::POST) };
        let annotations = if route.method == Method::PUT { annotations.idempotent(true) } else { annotations };
        Self {
            tool: Tool::new(name(route.operation), description, object(schema)).with_annotations(annotations),
            opening: route.opening(),
            seldom: route.seldom,
            path: route.path,
            method: route.method.clone(),
            query,
            parameters: names,
            has_body: route.row.body.is_some(),
            pages,
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
        let query = self.query.and_then(|name| Some((name, arguments.remove(name)?)));
        let cursor = match self.pages.and_then(|_| arguments.remove(CURSOR)) {
            None | Some(Json::Null) => None,
            Some(Json::String(cursor)) => Some(cursor),
            Some(_) => return Err(format!("the argument {CURSOR} must be a text").into()),
        };
        let others = others(&self.parameters, &mut arguments);
        let body = if self.has_body { arguments.remove("body") } else { None };
        if let Some(name) = arguments.keys().next() {
            // What a filter holds is often given beside it.
            let is_clause = self.query == Some("filter") && Filter::CLAUSES.contains(&name.as_str());
            let hint = if is_clause { format!("; give it as filter.{name}") } else { String::new() };
            return Err(format!("there is no argument {name}{hint}").into());
        }
        if let Some(shown) = self.pages {
            let filter = query.map(|(_, filter)| filter).unwrap_or_default();
            return page::read(client, &target, shown, filter, cursor.as_deref()).await;
        }
        if let Some((name, value)) = query {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair(name, &value.to_string()).finish();
            target = format!("{target}?{query}");
        }
        if !others.is_empty() {
            target = format!("{target}?{others}");
        }
        client.send(&self.method, &target, body.as_ref()).await
    }
}

/// The query string of what is given by name.
fn others(names: &[&'static str], arguments: &mut JsonObject) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in names {
        match arguments.remove(*name) {
            None | Some(Json::Null) => {}
            Some(Json::String(text)) => drop(query.append_pair(name, &text)),
            Some(other) => drop(query.append_pair(name, &other.to_string())),
        }
    }
    query.finish()
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
