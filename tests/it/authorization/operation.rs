//! Operations as `/openapi.json` describes them, and requests that are valid by their schemas.

use std::net::SocketAddr;

use regex::{Captures, Regex};
use serde_json::{Map, Value as Json, json};

use crate::request::Request;

/// Whose rows a request names in its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// Of tenant A, which the callers belong to.
    Own,
    /// Of tenant B.
    Foreign,
    /// Of nobody.
    Unknown,
    /// Not an id at all.
    Malformed,
}

/// One operation of the document.
#[derive(Debug)]
pub(super) struct Operation {
    /// Method and path: `GET /tenants/{id}`.
    pub(super) name: String,
    /// Any one of these permissions opens it.
    pub(super) permissions: Vec<String>,
    /// Whether the document asks for a token.
    pub(super) secured: bool,
    takes_where: bool,
    body: Option<Json>,
}

/// Path parameters by where they stand: the fixture's row in tenant A, and the one in tenant B.
const PARAMETERS: &[(&str, &str, &str)] = &[
    ("/tenants/{id}", "a0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000001"),
    ("/groups/{id}", "a0000000-0000-4000-8000-000000000041", "b0000000-0000-4000-8000-000000000041"),
    ("/user-tenants/{id}", "a0000000-0000-4000-8000-000000000032", "b0000000-0000-4000-8000-000000000032"),
    ("/user-tenant-prefs/{id}", "a0000000-0000-4000-8000-000000000071", "b0000000-0000-4000-8000-000000000071"),
    ("/user/{id}", "a0000000-0000-4000-8000-000000000021", "b0000000-0000-4000-8000-000000000021"),
    ("/roles/{roleId}", FREE_ROLE[0], FREE_ROLE[1]),
    ("/groups/{groupId}", "a0000000-0000-4000-8000-000000000041", "b0000000-0000-4000-8000-000000000041"),
    ("/users/{userId}", "a0000000-0000-4000-8000-000000000022", "b0000000-0000-4000-8000-000000000022"),
    ("/user/{userId}", "a0000000-0000-4000-8000-000000000022", "b0000000-0000-4000-8000-000000000022"),
];

/// Roles of tenant A and of tenant B that nobody has and that grant nothing; [`super::prepare`] makes them.
pub(super) const FREE_ROLE: [&str; 2] =
    ["a0000000-0000-4000-8000-000000000018", "b0000000-0000-4000-8000-000000000018"];

/// Properties of bodies whose value matters, for a request about tenant A and for one about tenant B:
/// by the beginning of the operation's name, the first that fits.
const VALUES: &[(&str, &str, &str, &str)] = &[
    ("", "email", "new@example.com", "new@example.com"),
    ("", "roleId", FREE_ROLE[0], FREE_ROLE[1]),
    ("", "tenantId", PARAMETERS[0].1, PARAMETERS[0].2),
    ("", "defaultTenantId", PARAMETERS[0].1, PARAMETERS[0].2),
    ("POST /groups", "userTenantId", "a0000000-0000-4000-8000-000000000033", "b0000000-0000-4000-8000-000000000035"),
    ("", "userTenantId", "a0000000-0000-4000-8000-000000000032", "b0000000-0000-4000-8000-000000000032"),
];

/// Operations about the caller itself, whoever it is: another person's rows are not even a master's.
const PERSONAL: &[&str] = &["/user/{id}", "/user-tenant-prefs/{id}"];

/// Paths below which the original checks the id before it looks for the row, and refuses with 403.
const CHECKED_FIRST: &[&str] = &["/tenants/{id}/", "/groups/{id}/", "/user/{id}/"];

/// Properties that the service sets itself.
const AUDIT: &[&str] =
    &["id", "deleted", "deletedOn", "deletedBy", "createdOn", "modifiedOn", "createdBy", "modifiedBy"];

/// All operations of the document.
pub(super) fn all(document: &Json) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("a document has paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("a path has operations").iter();
        methods.map(move |(method, operation)| read(document, path, method, operation))
    });
    operations.collect()
}

fn read(document: &Json, path: &str, method: &str, operation: &Json) -> Operation {
    let list = |json: &Json| json.as_array().cloned().unwrap_or_default();
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    Operation {
        name: format!("{} {path}", method.to_uppercase()),
        permissions: list(&operation["x-permissions"]).iter().map(|name| name.as_str().unwrap().to_owned()).collect(),
        secured: !list(&operation["security"]).is_empty(),
        takes_where: list(&operation["parameters"]).iter().any(|parameter| parameter["name"] == "where"),
        body: (!schema.is_null()).then(|| sample(document, schema)),
    }
}

/// A value that is valid by the schema; of an object, all properties that are a client's to set.
fn sample(document: &Json, schema: &Json) -> Json {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').expect("references stay in the document");
        return sample(document, document.pointer(pointer).expect("references lead somewhere"));
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    if let Some(first) = ["anyOf", "oneOf"].iter().find_map(|keyword| schema[*keyword].get(0)) {
        return sample(document, first);
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match (kind, schema["format"].as_str()) {
        (Some("object"), _) => {
            let properties = schema["properties"].as_object().cloned().unwrap_or_default();
            let own = properties.iter().filter(|(name, _)| !AUDIT.contains(&name.as_str()));
            own.map(|(name, property)| (name.clone(), sample(document, property))).collect::<Map<_, _>>().into()
        }
        (Some("array"), _) => json!([]),
        (Some("boolean"), _) => json!(true),
        (Some("number" | "integer"), _) => schema["minimum"].as_i64().unwrap_or(1).into(),
        (Some("string"), Some("date-time")) => json!("2024-05-06T07:08:09.000Z"),
        (Some("string"), Some("uuid")) => json!("a0000000-0000-4000-8000-000000000012"),
        (Some("string"), _) if schema["pattern"].is_string() => json!("+15550009999"),
        (Some("string"), _) => json!("new"),
        other => panic!("no sample of {other:?}: extend tests/it/authorization/operation.rs"),
    }
}

impl Operation {
    /// Whether it can change nothing.
    pub(super) fn only_reads(&self) -> bool {
        self.name.starts_with("GET ")
    }

    /// Whether it is about the caller itself.
    pub(super) fn is_personal(&self) -> bool {
        PERSONAL.iter().any(|path| self.name.contains(path))
    }

    /// Whether the path names a row.
    pub(super) fn has_path_parameters(&self) -> bool {
        self.name.contains('{')
    }

    /// The status of a request that names a row of another tenant.
    pub(super) fn refusal_of_foreign(&self) -> u16 {
        if CHECKED_FIRST.iter().any(|path| self.name.contains(path)) { 403 } else { 404 }
    }

    /// What stands for the parameters of the path.
    pub(super) fn ids(&self, target: Target) -> Vec<String> {
        parameters().captures_iter(&self.name).map(|found| value(&found[0], target)).collect()
    }

    /// The body with the values that matter for this operation.
    fn filled(&self, mut body: Json, target: Target) -> Json {
        for (operation, property, own, foreign) in VALUES.iter().rev() {
            if self.name.starts_with(operation) && body.get(property).is_some() {
                body[*property] = json!(if target == Target::Foreign { foreign } else { own });
            }
        }
        // To withhold a permission takes none; to grant one takes the permission itself.
        if body.get("allowed").is_some() {
            body["allowed"] = json!(false);
        }
        body
    }

    /// A request that is valid whoever it may concern. Where a condition can be given, one is: to
    /// change all rows without saying so is refused.
    pub(super) fn request(&self, address: SocketAddr, target: Target) -> Request {
        let fill = |found: &Captures<'_>| format!("{}/{}", &found[1], value(&found[0], target));
        let mut request = Request::new(address, &parameters().replace_all(&self.name, fill));
        if self.takes_where {
            request = request.query("where", &json!({ "id": PARAMETERS[0].1 }));
        }
        match &self.body {
            Some(body) => request.json(&self.filled(body.clone(), target)),
            None => request,
        }
    }
}

/// A parameter with the segment before it: `/tenants/{id}`.
fn parameters() -> Regex {
    Regex::new(r"(/[^/{]+)/\{\w+\}").expect("the expression is valid")
}

fn value(parameter: &str, target: Target) -> String {
    let (_, own, foreign) = PARAMETERS.iter().find(|(known, ..)| *known == parameter).unwrap_or_else(|| {
        panic!("what stands for {parameter}? Extend PARAMETERS in tests/it/authorization/operation.rs")
    });
    let value = match target {
        Target::Own => own,
        Target::Foreign => foreign,
        Target::Unknown => "f0000000-0000-4000-8000-000000000099",
        Target::Malformed => "not-an-id",
    };
    value.to_owned()
}
