//! The `OpenAPI` 3.1 document, made from the route table; nothing in it is written twice.

mod components;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use user_tenant_store::schema;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    Content, HttpMethod, InfoBuilder, License, Object, OpenApi, OpenApiBuilder, PathsBuilder, Ref, Required, Response,
    Server,
};
use utoipa::openapi::{PathItem, ResponsesBuilder};

use super::idempotency;
use super::query::CURSOR;
use super::route::{self, Body, Form, Meta, PlainShape, Query, Route, Shape};
use crate::access::locator::Locator;
use crate::error::BoxError;
use crate::model::permission::EVERYBODY;
use components::{Components, SECURITY_SCHEME};

const JSON: &str = "application/json";

/// Makes the document of all routes.
///
/// # Errors
/// When a schema holds a keyword that the document's types do not know.
pub(crate) fn document(routes: &[Route]) -> serde_json::Result<OpenApi> {
    let mut components = Components::default();
    // The original numbers what would share a name, and the filter of one row comes first there.
    for schema in routes.iter().filter(|route| matches!(route.row.query, Query::FilteredById(_))) {
        components.schema(schema.row.query.parameter().unwrap_or_default().1);
    }
    let mut paths = PathsBuilder::new();
    for route in routes {
        let method: HttpMethod = serde_json::from_value(json!(route.method.as_str().to_lowercase()))?;
        let operation = operation(route, &mut components)?;
        paths = paths.path(route.path, PathItem::new(method, operation));
    }
    let info = InfoBuilder::new()
        .title("User Tenant Service")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Users, tenants and roles for multi-tenant software."))
        .license(Some(License::builder().name("Apache-2.0").identifier(Some("Apache-2.0")).build()));
    Ok(OpenApiBuilder::new()
        .info(info)
        // Relative to the document, so that it is right under any mount prefix.
        .servers(Some([Server::new(".")]))
        .paths(paths)
        .components(Some(components.build()?))
        .build())
}

/// The document as JSON, indented.
pub(crate) fn json(document: &OpenApi) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&ordered(document)?)
}

/// The document as YAML.
pub(crate) fn yaml(document: &OpenApi) -> Result<String, BoxError> {
    Ok(serde_norway::to_string(&ordered(document)?)?)
}

/// The document with the extensions of each operation at its end and by name: its types keep them in any order.
fn ordered(document: &OpenApi) -> serde_json::Result<Value> {
    let mut document = serde_json::to_value(document)?;
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        let (mut extensions, members): (Vec<_>, Vec<_>) =
            std::mem::take(operation).into_iter().partition(|(name, _)| name.starts_with("x-"));
        extensions.sort_by(|(one, _), (other, _)| one.cmp(other));
        operation.extend(members.into_iter().chain(extensions));
    }
    Ok(document)
}

fn operation(route: &Route, components: &mut Components) -> serde_json::Result<Operation> {
    let (controller, name) = route.operation.split_once('.').unwrap_or((route.operation, ""));
    let extensions = ExtensionsBuilder::new()
        .add("x-controller-name", json!(controller))
        .add("x-operation-name", json!(name))
        .add("x-permissions", json!(route.permissions));
    let extensions = if route.for_masters { extensions.add("x-for-masters", json!(true)) } else { extensions };
    let mut responses = ResponsesBuilder::new();
    let (status, mut success) = success(route, components)?;
    if route.idempotent {
        success.headers.insert(idempotency::REPLAYED.as_str().to_owned(), replayed().into());
    }
    responses = responses.response(status, success);
    for status in refusals(route) {
        responses = responses.response(status, Ref::from_response_name(components.refusal(route.surface, status)));
    }
    let mut operation = OperationBuilder::new()
        .tag(controller)
        .operation_id(Some(route.operation))
        .summary(Some(route.summary))
        .description(Some(permissions(route)))
        .extensions(Some(extensions.build()))
        .responses(responses);
    for name in path_parameters(route.path) {
        operation = operation.parameter(path_parameter(name));
    }
    if let Some(parameter) = query_parameter(route.row.query, components)? {
        operation = operation.parameter(parameter);
    }
    for parameter in route.row.query.parameters() {
        operation = operation.parameter(named_parameter(parameter)?);
    }
    if let Shape::Page(_) = route.row.reply {
        operation = operation.parameter(cursor_parameter()).parameter(prefer_parameter());
    }
    for (name, description) in route.entrance.iter().flat_map(|entrance| entrance.headers) {
        operation = operation.parameter(header_parameter(name, description));
    }
    if route.idempotent {
        operation = operation.parameter(idempotency_parameter());
    }
    if let Some(body) = &route.row.body {
        operation = operation.request_body(Some(request_body(body, route.locator, components)?));
    }
    if !route.permissions.is_empty() {
        let required = SecurityRequirement::new(SECURITY_SCHEME, Vec::<String>::new());
        operation = operation.security(required);
    }
    Ok(operation.build())
}

/// Who may call it, in Markdown.
fn permissions(route: &Route) -> String {
    if let Some(entrance) = route.entrance {
        return entrance.description.to_owned();
    }
    if route.permissions == [EVERYBODY] {
        return "Needs a token, and no permission: it is about the caller alone.".to_owned();
    }
    let masters = if route.for_masters { "\n\nOnly for callers who reach every tenant." } else { "" };
    format!("Needs any one of these permissions:\n\n- `{}`{masters}", route.permissions.join("`\n- `"))
}

/// Statuses of the refusals that a request to this route can meet.
fn refusals(route: &Route) -> impl Iterator<Item = &'static str> {
    let (secured, takes) = (!route.permissions.is_empty(), route.row.body.is_some());
    [
        // A parameter that it does not know.
        ("400", true),
        ("401", secured || route.entrance.is_some()),
        ("403", secured),
        ("404", route.path.contains('{')),
        ("409", takes && route.writes || route.idempotent),
        ("410", route.path.contains("{token}") || route.path.contains("{invitationId}")),
        ("413", takes),
        ("415", takes),
        ("422", takes || route.idempotent),
        ("429", route.counts_attempts),
        ("431", true),
        ("503", true),
    ]
    .into_iter()
    .filter_map(|(status, possible)| possible.then_some(status))
}

fn success(route: &Route, components: &mut Components) -> serde_json::Result<(&'static str, Response)> {
    // As the original calls what a filter that knows its entity may include.
    let with_relations = matches!(route.row.query, Query::Filtered(_) | Query::FilteredById(_));
    let mut record = |meta: Meta| {
        let record = components.record(meta());
        if with_relations { components.alias(&format!("{}WithRelations", meta().name), &record) } else { record }
    };
    let (description, schema) = match route.row.reply {
        Shape::Empty => return Ok(("204", Response::new("Done."))),
        Shape::One(meta) => ("The record.", record(meta)),
        Shape::Many(meta) | Shape::Page(meta) => ("The records.", json!({"type": "array", "items": record(meta)})),
        Shape::Count => ("How many.", components.schema(schema::count())),
        Shape::Plain(plain) => return described(plain, components),
    };
    let mut response = Response::builder().description(description).content(JSON, content(schema)?);
    if let Shape::Page(_) = route.row.reply {
        response = response.header("Link", next_page()).header("X-Total-Count", total());
    }
    Ok(("200", response.build()))
}

/// The answer that is no row.
fn described(plain: PlainShape, components: &mut Components) -> serde_json::Result<(&'static str, Response)> {
    let schema = (plain.schema)();
    let description = schema["description"].as_str().unwrap_or("The answer.").to_owned();
    let mut response = Response::builder().description(description).content(JSON, content(components.schema(schema))?);
    for (name, says) in plain.headers {
        let text = Object::with_type(utoipa::openapi::Type::String);
        response = response.header(*name, HeaderBuilder::new().description(Some(*says)).schema(Some(text)).build());
    }
    let status = match plain.status {
        StatusCode::CREATED => "201",
        StatusCode::ACCEPTED => "202",
        _ => "200",
    };
    Ok((status, response.build()))
}

fn content(schema: Value) -> serde_json::Result<Content> {
    Ok(Content::new(Some(components::typed(schema)?)))
}

/// Names in braces: `id` in `/tenants/{id}`.
fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

fn header_parameter(name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(Object::with_type(utoipa::openapi::Type::String)))
        .build()
}

fn named_parameter(named: &route::Parameter) -> serde_json::Result<Parameter> {
    Ok(ParameterBuilder::new()
        .name(named.name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(named.description))
        .schema(Some(components::typed(named.schema())?))
        .build())
}

fn cursor_parameter() -> Parameter {
    ParameterBuilder::new()
        .name(CURSOR)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(
            "Where the page begins, as the header `Link` of the page before says; `skip` counts no more.",
        ))
        .schema(Some(Object::with_type(utoipa::openapi::Type::String)))
        .build()
}

fn prefer_parameter() -> Parameter {
    ParameterBuilder::new()
        .name("Prefer")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("`count=exact` asks how many records the whole list has; anything else is ignored."))
        .schema(Some(Object::with_type(utoipa::openapi::Type::String)))
        .build()
}

fn idempotency_parameter() -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(format!(
            "Any text, 1 to {} characters, best a UUID: of requests with the same key, one is carried out. Within 24 hours the same \
             request gets the same answer, another one a 422, and one beside it a 409.",
            idempotency::LONGEST
        )))
        .schema(Some(Object::with_type(utoipa::openapi::Type::String)))
        .build()
}

fn replayed() -> Header {
    HeaderBuilder::new()
        .description(Some("`true` where the answer is that of a request before, with the same `Idempotency-Key`."))
        .schema(Some(Object::with_type(utoipa::openapi::Type::String)))
        .build()
}

fn total() -> Header {
    HeaderBuilder::new()
        .description(Some("How many records the whole list has, where `Prefer: count=exact` asked for it."))
        .schema(Some(Object::with_type(utoipa::openapi::Type::Integer)))
        .build()
}

fn next_page() -> Header {
    HeaderBuilder::new()
        .description(Some("The address of the next page (`rel=\"next\"`), where `limit` was given and reached."))
        .schema(Some(Object::with_type(utoipa::openapi::Type::String)))
        .build()
}

fn path_parameter(name: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(Object::with_type(utoipa::openapi::Type::String)))
        .build()
}

fn query_parameter(query: Query, components: &mut Components) -> serde_json::Result<Option<Parameter>> {
    let Some((name, schema)) = query.parameter() else { return Ok(None) };
    let reference = components.schema(schema);
    Ok(Some(
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(match query {
                Query::IgnoredWhere(_) => "Checked and without effect: the path names the one record.".to_owned(),
                _ => format!("As JSON, or in brackets: `{name}[…]=…`."),
            }))
            .content(JSON, content(reference)?)
            .build(),
    ))
}

fn request_body(
    body: &Body,
    locator: Option<&Locator>,
    components: &mut Components,
) -> serde_json::Result<RequestBody> {
    let mut schema = body.schema();
    if let (Form::Create | Form::CreateMany, Some(locator)) = (body.form, locator) {
        // After what the path names, as the original names it: `NewRoleInTenant`.
        let (title, owner) = (schema["title"].as_str().unwrap_or_default(), (locator.entity)().name);
        schema["title"] = format!("{title}In{owner}").into();
    }
    let schema = body.schema_around(components.schema(schema));
    Ok(RequestBodyBuilder::new()
        .required(Some(if body.optional { Required::False } else { Required::True }))
        .content(JSON, content(schema)?)
        .build())
}

#[cfg(test)]
mod tests;
