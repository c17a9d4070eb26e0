//! Problem details (RFC 9457): our own form of errors, with the code that programs tell them apart by.

use axum::http::StatusCode;
use serde_json::{Map, Value as Json, json};
use user_tenant_store::filter::FilterError;

use super::details;
use crate::error::{Error, ErrorCode};
use crate::model::lifecycle::Status as _;

/// What the URIs of our problem types begin with. They lead nowhere: `docs/errors.md` says what each code means.
const TYPES: &str = "urn:problem-type:user-tenant-service:";

/// The problem as JSON.
pub(super) fn render(error: &Error) -> Json {
    let code = error.code();
    let row = code.row();
    let title = StatusCode::from_u16(row.status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    let mut problem = Map::new();
    problem.insert("type".to_owned(), type_of(code).into());
    problem.insert("title".to_owned(), title.into());
    problem.insert("status".to_owned(), row.status.into());
    problem.insert("detail".to_owned(), error.to_string().into());
    problem.insert("code".to_owned(), row.name.into());
    for (name, value) in members(error) {
        debug_assert!(
            name == ERRORS || MEMBERS.iter().any(|(known, ..)| *known == name),
            "the document does not know {name}"
        );
        problem.insert(name.to_owned(), value);
    }
    problem.into()
}

/// The URI of a code's problem type.
fn type_of(code: ErrorCode) -> String {
    format!("{TYPES}{}", code.as_str().to_ascii_lowercase().replace('_', "-"))
}

/// What is wrong with a body or a parameter, one by one.
const ERRORS: &str = "errors";

/// The other members beyond those that RFC 9457 names: each with its type, and what it tells.
const MEMBERS: [(&str, &str, &str); 15] = [
    ("entity", "string", "What kind of row is meant."),
    ("id", "string", "Which row that was."),
    ("properties", "array", "The properties that must be unique together."),
    ("permission", "string", "The permission that is not held, or that nobody knows."),
    ("parameter", "string", "The parameter of the query."),
    ("from", "string", "The status that is."),
    ("to", "string", "The status that was asked for."),
    ("allowed", "array", "The statuses that may follow the one that is."),
    ("tenantStatus", "string", "Where the tenant stands."),
    ("limit", "integer", "How many there may be."),
    ("holders", "integer", "How many members have the role."),
    ("groups", "integer", "How many groups carry the role."),
    ("path", "array", "The groups, each of which would hold the next."),
    ("template", "string", "The template that there is none of."),
    ("version", "integer", "The newest version that there is."),
];

/// What is told beyond the members that RFC 9457 names.
fn members(error: &Error) -> Vec<(&'static str, Json)> {
    match error {
        Error::OutOfReach(sought) | Error::NotFound(sought) | Error::RelatedNotFound(Some(sought)) => {
            vec![("entity", sought.entity.into()), ("id", sought.shown_id().into())]
        }
        Error::PermissionNotHeld { permission: Some(permission) } | Error::UnknownPermission(permission) => {
            vec![("permission", permission.as_str().into())]
        }
        Error::Taken(taken) => vec![("entity", taken.entity().into()), ("properties", json!(taken.properties()))],
        Error::TenantNotActive(state) => vec![("tenantStatus", state.word().into())],
        Error::NoTransition(refused) => {
            vec![("from", refused.from.into()), ("to", refused.to.into()), ("allowed", json!(refused.allowed))]
        }
        Error::QuotaExceeded { limit, .. } => vec![("limit", (*limit).into())],
        Error::TooManyItems { limit, .. } => vec![("limit", (*limit).into())],
        Error::UnknownTemplate(name) => vec![("template", name.as_str().into())],
        Error::TemplateChanged { version } => vec![("version", (*version).into())],
        Error::RoleInUse { holders, groups } => vec![("holders", (*holders).into()), ("groups", (*groups).into())],
        Error::GroupCycle { path } | Error::GroupsTooDeep { path, .. } => vec![("path", json!(path))],
        Error::UnknownParameter(name) => vec![("parameter", name.as_str().into())],
        Error::InvalidFilter(FilterError::Invalid { path, code, message, .. }) => {
            vec![(ERRORS, json!([{ "pointer": path, "rule": code, "detail": message }]))]
        }
        Error::InvalidParameter { name, .. } => vec![("parameter", (*name).into()), (ERRORS, violations(error))],
        Error::InvalidBody(_) | Error::InvalidProperty { .. } => vec![(ERRORS, violations(error))],
        Error::PasswordPolicy(broken) => {
            let listed = broken
                .iter()
                .map(|rule| json!({ "pointer": "/password", "rule": rule.keyword(), "detail": rule.asks() }));
            vec![(ERRORS, listed.collect())]
        }
        _ => Vec::new(),
    }
}

/// Each violation with the JSON pointer to where it is; of what is missing, to where it ought to be, and of what is too much, to it.
fn violations(error: &Error) -> Json {
    let Json::Array(listed) = details(error) else { return json!([]) };
    let violation = |listed: &Json| {
        let text = |name: &str| listed[name].as_str().unwrap_or_default();
        let info = |name: &str| listed["info"][name].as_str();
        let named = info("missingProperty").or(info("additionalProperty"));
        let named = named.map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))).unwrap_or_default();
        json!({ "pointer": format!("{}{named}", text("path")), "rule": text("code"), "detail": text("message") })
    };
    listed.iter().map(violation).collect()
}

/// The schema of a problem, for the document.
pub(in crate::http) fn schema() -> Json {
    let text = |description: &str| json!({"type": "string", "description": description});
    let codes: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    let violation = json!({
        "type": "object",
        "required": ["pointer", "rule", "detail"],
        "properties": {
            "pointer": text("JSON pointer to the value; empty for the whole."),
            "rule": text("The violated keyword of JSON Schema."),
            "detail": text("What the rule asks for."),
        },
    });
    let mut properties = json!({
        "type": {"type": "string", "format": "uri", "description": "The code as a URI."},
        "title": text("What the status is called."),
        "status": {"type": "integer"},
        "detail": text("What is wrong, for people."),
        "code": {"type": "string", "enum": codes, "description": "For programs to tell errors apart."},
        ERRORS: {"type": "array", "items": violation},
    });
    for (name, kind, description) in MEMBERS {
        properties[name] = json!({"type": kind, "description": description});
        if kind == "array" {
            properties[name]["items"] = json!({});
        }
    }
    json!({
        "title": "Problem",
        "description": "Problem details (RFC 9457).",
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": properties,
    })
}
