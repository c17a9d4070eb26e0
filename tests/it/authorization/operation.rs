//! Operations as `/openapi.json` describes them, and requests that are valid by their schemas.

use std::net::SocketAddr;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value as Json, json};

use crate::request::Request;

/// Whose rows a request names in its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
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
pub(crate) struct Operation {
    /// Method and path: `GET /tenants/{id}`.
    pub(crate) name: String,
    /// Any one of these permissions opens it.
    pub(crate) permissions: Vec<String>,
    /// Whether the document asks for a token.
    pub(crate) secured: bool,
    /// The parameter that holds its conditions: `filter`, `where` or none.
    pub(crate) conditions: Option<&'static str>,
    /// Which record it is about, as the schemas call it; that of the list with the same path, where it shows none.
    pub(crate) record: Option<String>,
    /// Whether its refusals are problem details; LoopBack's errors else.
    pub(crate) tells_problems: bool,
    /// Whether only who reaches every tenant may call it.
    pub(crate) for_masters: bool,
    body: Option<Json>,
}

/// Path parameters by where they stand: the fixture's row in tenant A, and the one in tenant B.
const PARAMETERS: &[(&str, &str, &str)] = &[
    ("/tenants/{id}", "a0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000001"),
    ("/groups/{id}", "a0000000-0000-4000-8000-000000000041", "b0000000-0000-4000-8000-000000000041"),
    ("/user-tenants/{id}", "a0000000-0000-4000-8000-000000000032", "b0000000-0000-4000-8000-000000000032"),
    ("/user-tenant-prefs/{id}", "a0000000-0000-4000-8000-000000000071", "b0000000-0000-4000-8000-000000000071"),
    ("/user/{id}", "a0000000-0000-4000-8000-000000000021", "b0000000-0000-4000-8000-000000000021"),
    ("/groups/{memberGroupId}", FREE_GROUP[0], FREE_GROUP[1]),
    ("/roles/{roleId}", FREE_ROLE[0], FREE_ROLE[1]),
    ("/groups/{groupId}", "a0000000-0000-4000-8000-000000000041", "b0000000-0000-4000-8000-000000000041"),
    ("/password-resets/{token}", "nobody-s-token", "nobody-s-token"),
    ("/users/{id}", "a0000000-0000-4000-8000-000000000022", "b0000000-0000-4000-8000-000000000022"),
    ("/users/{userId}", "a0000000-0000-4000-8000-000000000022", "b0000000-0000-4000-8000-000000000022"),
    ("/role-templates/{name}", "viewer", "member"),
    ("/clients/{id}", "3000003", "3000004"),
    ("/tenants/{tenantId}", "a0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000001"),
    ("/invitations/{invitationId}", "a0000000-0000-4000-8000-0000000000c1", "b0000000-0000-4000-8000-0000000000c1"),
    ("/invitations/{token}", "a-secret-of-an-invitation", "a-secret-of-another"),
    ("/user/{userId}", "a0000000-0000-4000-8000-000000000022", "b0000000-0000-4000-8000-000000000022"),
];

/// Roles of tenant A and of tenant B that nobody has and that grant nothing; [`super::prepare`] makes them.
pub(crate) const FREE_ROLE: [&str; 2] =
    ["a0000000-0000-4000-8000-000000000018", "b0000000-0000-4000-8000-000000000018"];

/// Groups of tenant A and of tenant B that nobody is in and that give nothing; [`super::prepare`] makes them.
pub(crate) const FREE_GROUP: [&str; 2] =
    ["a0000000-0000-4000-8000-000000000048", "b0000000-0000-4000-8000-000000000048"];

/// Properties of bodies whose value matters, for a request about tenant A and for one about tenant B:
/// by the beginning of the operation's name, the first that fits.
const VALUES: &[(&str, &str, &str, &str)] = &[
    ("", "email", "new@example.com", "new@example.com"),
    ("", "confirm", "tenant-a", "tenant-b"),
    ("", "roleId", FREE_ROLE[0], FREE_ROLE[1]),
    ("", "groupId", FREE_GROUP[0], FREE_GROUP[1]),
    ("", "dob", "1990-01-31T00:00:00.000Z", "1990-01-31T00:00:00.000Z"),
    ("", "tenantId", PARAMETERS[0].1, PARAMETERS[0].2),
    ("", "defaultTenantId", PARAMETERS[0].1, PARAMETERS[0].2),
    ("POST /role-templates", "name", "new", "new"),
    ("POST /groups", "userTenantId", "a0000000-0000-4000-8000-000000000033", "b0000000-0000-4000-8000-000000000035"),
    ("", "userTenantId", "a0000000-0000-4000-8000-000000000032", "b0000000-0000-4000-8000-000000000032"),
];

/// Operations about the caller itself, whoever it is: another person's rows are not even a master's.
const PERSONAL: &[&str] = &["/user/{id}", "/users/{id}/password", "/user-tenant-prefs/{id}"];

/// Paths below which the original checks the id before it looks for the row, and refuses with 403.
const CHECKED_FIRST: &[&str] = &["/tenants/{id}/", "/groups/{id}/", "/user/{id}/"];

/// Operations that ask by a body and change nothing, so that the token alone opens them.
const ASKING: &[&str] = &["POST /permissions/check"];

/// An invitation into tenant A and one into tenant B, each into the free role; the first has a link, whose secret stands above. They
/// are sent by no member.
pub(crate) const INVITED: &str = "
    INSERT INTO main.invitations
        (id, tenant_id, address, first_name, role_id, by_master, secret, expires_on, status, delivery, created_on, modified_on)
    VALUES ('a0000000-0000-4000-8000-0000000000c1', 'a0000000-0000-4000-8000-000000000001', 'guest@a.example', 'Gus',
        'a0000000-0000-4000-8000-000000000018', true, 'a1d053fad84d97ab0a316f6eb6dc12dec63c0f2b36b70ec31249206817fbffca',
        '2099-01-02T03:04:05.678Z', 'pending', 'queued', '2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z'),
        ('b0000000-0000-4000-8000-0000000000c1', 'b0000000-0000-4000-8000-000000000001', 'guest@b.example', 'Gil',
        'b0000000-0000-4000-8000-000000000018', true, NULL,
        '2099-01-02T03:04:05.678Z', 'pending', 'queued', '2024-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z')
    ON CONFLICT (id) DO NOTHING";

/// What must hold before an operation can be carried out, of rows in tenant A and in tenant B.
const GIVEN: &[(&str, &str)] = &[
    ("GET /tenants/{id}/invitations/{invitationId}", INVITED),
    ("DELETE /tenants/{id}/invitations/{invitationId}", INVITED),
    ("POST /tenants/{id}/invitations/{invitationId}/resend", INVITED),
    ("POST /invitations/{token}/accept", INVITED),
    ("POST /invitations/{token}/decline", INVITED),
    (
        "DELETE /groups/{id}/roles/{roleId}",
        "INSERT INTO main.group_roles (id, group_id, role_id)
             SELECT r.id, g.id, r.id FROM main.groups AS g JOIN main.roles AS r ON r.tenant_id = g.tenant_id
             WHERE g.name LIKE 'engineers%' AND r.name = 'free'",
    ),
    (
        "DELETE /groups/{id}/groups/{memberGroupId}",
        "INSERT INTO main.group_groups (id, group_id, member_group_id)
             SELECT m.id, g.id, m.id FROM main.groups AS g JOIN main.groups AS m ON m.tenant_id = g.tenant_id
             WHERE g.name LIKE 'engineers%' AND m.name = 'free'",
    ),
    (
        "POST /user/{id}/tenants/{tenantId}/accept",
        "UPDATE main.user_tenants SET status = 0 WHERE id = 'a0000000-0000-4000-8000-000000000031'",
    ),
    (
        "POST /tenants/{id}/activate",
        "UPDATE main.tenants SET status = 0 WHERE id = 'b0000000-0000-4000-8000-000000000001'",
    ),
    (
        "POST /tenants/{id}/restore",
        "UPDATE main.tenants SET status = 0, archived_on = '2099-01-02T03:04:05.678Z'
             WHERE id = 'b0000000-0000-4000-8000-000000000001'",
    ),
    (
        "POST /tenants/{id}/purge",
        "UPDATE main.tenants SET status = 0, archived_on = '2099-01-02T03:04:05.678Z'
             WHERE id = 'b0000000-0000-4000-8000-000000000001'",
    ),
    (
        // The first status of the schema is 0, which nobody becomes who has come.
        "PATCH /tenants/{id}/users/{userId}",
        "UPDATE main.user_tenants SET status = 4
             WHERE id IN ('a0000000-0000-4000-8000-000000000032', 'b0000000-0000-4000-8000-000000000032')",
    ),
    (
        "POST /tenants/{id}/users/{userId}/activate",
        "UPDATE main.user_tenants SET status = 0
             WHERE id IN ('a0000000-0000-4000-8000-000000000032', 'b0000000-0000-4000-8000-000000000032')",
    ),
    (
        "POST /tenants/{id}/users/{userId}/reactivate",
        "UPDATE main.user_tenants SET status = 2
             WHERE id IN ('a0000000-0000-4000-8000-000000000032', 'b0000000-0000-4000-8000-000000000032')",
    ),
    (
        "POST /tenants/{id}/users/{userId}/password-reset",
        "DELETE FROM main.user_credentials WHERE user_id = 'a0000000-0000-4000-8000-000000000022'",
    ),
    // Of the password in the examples.
    (
        "PUT /users/{id}/password",
        "UPDATE main.user_credentials SET password = '$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG'
             WHERE user_id = 'a0000000-0000-4000-8000-000000000021'",
    ),
    (
        "POST /credentials/verify",
        "UPDATE main.user_credentials SET password = '$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG'
             WHERE user_id = 'a0000000-0000-4000-8000-000000000021'",
    ),
    (
        "POST /password-resets/{token}",
        "INSERT INTO main.password_resets (id, tenant_id, user_id, token, expires_on, created_on)
             VALUES ('a0000000-0000-4000-8000-0000000000f1', 'a0000000-0000-4000-8000-000000000001',
                 'a0000000-0000-4000-8000-000000000021', '3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0',
                 '2099-01-02T03:04:05.678Z', '2024-01-02T03:04:05.678Z')",
    ),
    (
        "POST /users/{id}/reactivate",
        "UPDATE main.users SET deactivated_on = '2024-01-02T03:04:05.678Z'
             WHERE id IN ('a0000000-0000-4000-8000-000000000022', 'b0000000-0000-4000-8000-000000000022')",
    ),
];

/// Properties that the service sets itself.
const AUDIT: &[&str] =
    &["id", "deleted", "deletedOn", "deletedBy", "createdOn", "modifiedOn", "createdBy", "modifiedBy"];

/// All operations of the document.
pub(crate) fn all(document: &Json) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("a document has paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("a path has operations").iter();
        methods.map(move |(method, operation)| read(document, path, method, operation))
    });
    let mut operations: Vec<Operation> = operations.collect();
    let lists: Vec<_> = operations.iter().map(|operation| (operation.name.clone(), operation.record.clone())).collect();
    for operation in operations.iter_mut().filter(|operation| operation.record.is_none()) {
        let path = operation.name.split_once(' ').map_or("", |(_, path)| path);
        let list = format!("GET {}", path.trim_end_matches("/count"));
        operation.record = lists.iter().find(|(name, _)| *name == list).and_then(|(_, record)| record.clone());
    }
    operations
}

fn read(document: &Json, path: &str, method: &str, operation: &Json) -> Operation {
    let list = |json: &Json| json.as_array().cloned().unwrap_or_default();
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let takes = |name: &&str| list(&operation["parameters"]).iter().any(|parameter| parameter["name"] == **name);
    let answer = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    let reference = answer["$ref"].as_str().or(answer["items"]["$ref"].as_str());
    let record = reference.and_then(|reference| reference.rsplit('/').next()).filter(|name| *name != "loopback.Count");
    let record = record.map(|name| name.trim_end_matches("WithRelations"));
    Operation {
        name: format!("{} {path}", method.to_uppercase()),
        permissions: list(&operation["x-permissions"]).iter().map(|name| name.as_str().unwrap().to_owned()).collect(),
        secured: !list(&operation["security"]).is_empty(),
        conditions: ["filter", "where"].into_iter().find(takes),
        record: record.map(ToOwned::to_owned),
        tells_problems: operation["responses"]["431"]["$ref"] == "#/components/responses/Problem431",
        for_masters: operation["x-for-masters"] == true,
        body: (!schema.is_null()).then(|| example(document, schema).unwrap_or_else(|| sample(document, schema))),
    }
}

/// The first example of a schema, if it has one: what the document shows can be sent.
fn example(document: &Json, schema: &Json) -> Option<Json> {
    match schema["$ref"].as_str() {
        Some(reference) => example(document, document.pointer(reference.strip_prefix('#')?)?),
        None => schema["examples"].get(0).cloned(),
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
        (Some("array"), _) => {
            let least = schema["minItems"].as_u64().unwrap_or_default();
            (0..least).map(|_| sample(document, &schema["items"])).collect()
        }
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
    pub(crate) fn only_reads(&self) -> bool {
        self.name.starts_with("GET ") || ASKING.contains(&self.name.as_str())
    }

    /// Whether it is about the caller itself.
    pub(crate) fn is_personal(&self) -> bool {
        PERSONAL.iter().any(|path| self.name.contains(path))
    }

    /// Whether it needs no permission.
    pub(crate) fn is_everybodys(&self) -> bool {
        self.permissions == ["*"]
    }

    /// Whether the path names a row.
    pub(crate) fn has_path_parameters(&self) -> bool {
        self.name.contains('{')
    }

    /// The status of a request that names a row of another tenant.
    pub(crate) fn refusal_of_foreign(&self) -> u16 {
        let is_checked_first = !self.tells_problems && CHECKED_FIRST.iter().any(|path| self.name.contains(path));
        if self.for_masters || is_checked_first { 403 } else { 404 }
    }

    /// What must hold before it can be carried out, as statements that both databases understand: steps of a life lead on from
    /// somewhere.
    pub(crate) fn given(&self) -> &'static str {
        GIVEN.iter().find(|(name, _)| *name == self.name).map_or("", |(_, sql)| *sql)
    }

    /// Whether it is about a tenant that nobody can call from: not that of the caller.
    pub(crate) fn opens_a_tenant(&self) -> bool {
        ["POST /tenants/{id}/activate", "POST /tenants/{id}/restore", "POST /tenants/{id}/purge"]
            .contains(&self.name.as_str())
    }

    /// What stands for the parameters of the path.
    pub(crate) fn ids(&self, target: Target) -> Vec<String> {
        PARAMETER.captures_iter(&self.name).map(|found| self.value(&found[0], target)).collect()
    }

    /// The body with the values that matter for this operation.
    fn filled(&self, mut body: Json, target: Target) -> Json {
        for (operation, property, own, foreign) in VALUES.iter().rev() {
            if self.name.starts_with(operation) && body.get(property).is_some() {
                body[*property] = json!(if target == Target::Foreign { foreign } else { own });
            }
        }
        if body.get("tenantIds").is_some() {
            body["tenantIds"] = json!([if target == Target::Foreign { PARAMETERS[0].2 } else { PARAMETERS[0].1 }]);
        }
        // To withhold a permission takes none; to grant one takes the permission itself.
        if body.get("allowed").is_some() {
            body["allowed"] = json!(false);
        }
        body
    }

    /// A request that is valid whoever it may concern. Where a condition can be given, one is: to
    /// change all rows without saying so is refused.
    pub(crate) fn request(&self, address: SocketAddr, target: Target) -> Request {
        let mut request = self.bare(address, &[target]);
        if self.conditions == Some("where") {
            request = request.query("where", &json!({ "id": PARAMETERS[0].1 }));
        }
        match self.body(target) {
            Some(body) => request.json(&body),
            None => request,
        }
    }

    /// The method and the path alone. The first id of the path is of the first target, and so on; the last target is
    /// that of all further ids.
    pub(crate) fn bare(&self, address: SocketAddr, targets: &[Target]) -> Request {
        let mut targets = targets.iter().copied();
        let mut target = Target::Own;
        let fill = |found: &Captures<'_>| {
            target = targets.next().unwrap_or(target);
            format!("{}/{}", &found[1], self.value(&found[0], target))
        };
        Request::new(address, &PARAMETER.replace_all(&self.name, fill))
    }

    /// What stands for a parameter of the path: the caller, where it is about the caller itself.
    fn value(&self, parameter: &str, target: Target) -> String {
        value(if self.is_personal() && parameter == "/users/{id}" { "/user/{id}" } else { parameter }, target)
    }

    /// A body that is valid, if there is one, about rows of the target.
    pub(crate) fn body(&self, target: Target) -> Option<Json> {
        self.body.clone().map(|body| self.filled(body, target))
    }
}

/// A parameter with the segment before it: `/tenants/{id}`.
static PARAMETER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(/[^/{]+)/\{\w+\}").expect("the expression is valid"));

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
