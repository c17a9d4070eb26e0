//! The tool `explain_access`: why a request would be refused, as far as its token tells.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Tool, ToolAnnotations};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use user_tenant_store::value::parse_uuid;

use super::operations::{Operation, object};
use crate::access::caller::{Caller, ClaimMap};
use crate::access::guard::Reach;
use crate::clock::Clock;

/// Its name.
pub(super) const NAME: &str = "explain_access";

/// The tool.
pub(super) fn tool(operations: &[Operation]) -> Tool {
    let names: Vec<_> = operations.iter().map(|operation| operation.tool.name.clone()).collect();
    let schema = json!({
        "type": "object",
        "properties": {
            "operation": { "type": "string", "enum": names, "description": "The operation that would be called" },
            "id": {
                "type": "string",
                "description": "The `id` that its path would name: of a tenant, group, membership or user, as the operation has \
                    it. Required where its path has one that decides about access",
            },
            "token": { "type": "string", "description": "The token that would be sent; without it, the one of this server" },
        },
        "required": ["operation"],
        "additionalProperties": false,
    });
    let description = "Explains whether a token would be let through to an operation, check by check in the order of the \
        service, and what is missing: each passes, fails, or is unknown here. It reads the token without verifying it: \
        signature and whether its user is active are for the service to tell.";
    let annotations =
        ToolAnnotations::with_title("Explain a refusal").read_only(true).idempotent(true).open_world(false);
    Tool::new(NAME, description, object(schema)).with_annotations(annotations)
}

/// What was asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    operation: String,
    id: Option<String>,
    token: Option<String>,
}

/// Goes through the checks.
pub(super) fn call(operations: &[Operation], arguments: JsonObject, own_token: Option<&str>) -> CallToolResult {
    let refused = |message: String| CallToolResult::error(vec![ContentBlock::text(message)]);
    let Question { operation, id, token } = match serde_json::from_value(arguments.into()) {
        Ok(question) => question,
        Err(error) => return refused(error.to_string()),
    };
    let Some(operation) = operations.iter().find(|known| known.tool.name == operation) else {
        return refused(format!("there is no operation {operation:?}"));
    };
    let is_needed = !matches!(operation.reach, Reach::CallerTenants | Reach::Signed);
    if is_needed && id.is_none() {
        return refused(format!("give the id that would stand in {}: it decides about access", operation.path));
    }
    let mut checks = vec![];
    let now = Clock::system().now().unix_timestamp();
    if let Some(claims) = readable(token.as_deref().or(own_token), &mut checks) {
        checks.push(expiry(&claims, now));
        match ClaimMap::default().caller(&claims) {
            Err(_) => checks.push(Check::fails(
                "caller",
                "id, userTenantId and tenantId must all be UUIDs: 401 CALLER_NOT_ACTIVE".to_owned(),
            )),
            Ok(caller) => {
                let told = format!("membership {} of tenant {}", caller.user_tenant_id, caller.tenant_id);
                checks.push(Check::passes("caller", told));
                checks.push(permission(operation, &caller));
                checks.extend(id.filter(|_| is_needed).map(|id| path(operation.reach, &id, &caller)));
            }
        }
    }
    let passes = checks.iter().try_fold(Some(true), |all, check| match check.passes {
        Some(false) => Err(()),
        Some(true) => Ok(all),
        None => Ok(None),
    });
    CallToolResult::structured(json!({
        "operation": operation.tool.name, "path": operation.path, "wouldPass": passes.unwrap_or(Some(false)), "checks": checks,
    }))
}

/// One check of the service, and what it would say.
#[derive(Serialize)]
struct Check {
    #[serde(rename = "check")]
    name: &'static str,
    /// Null where only the service can tell.
    passes: Option<bool>,
    why: String,
}

impl Check {
    fn passes(name: &'static str, why: String) -> Self {
        Self { name, passes: Some(true), why }
    }

    fn fails(name: &'static str, why: String) -> Self {
        Self { name, passes: Some(false), why }
    }
}

/// The claims of the token, if it can be read.
fn readable(token: Option<&str>, checks: &mut Vec<Check>) -> Option<Json> {
    let claims = token.and_then(claims);
    checks.push(match (token, &claims) {
        (None, _) => Check::fails("token", "no token is sent: 401".to_owned()),
        (_, None) => Check::fails(
            "token",
            "the token is no JWT: 401 TokenExpired, unless the service has a verifier of its own".to_owned(),
        ),
        _ => Check::passes("token", "the token can be read".to_owned()),
    });
    claims
}

fn expiry(claims: &Json, now: i64) -> Check {
    #[expect(clippy::cast_precision_loss, reason = "seconds of this century are exact")]
    match claims["exp"].as_f64() {
        None => Check::fails("expiry", "the token has no exp: 401".to_owned()),
        Some(expiry) if expiry > now as f64 => {
            Check::passes("expiry", format!("exp is {expiry}, and now is {now}: not over"))
        }
        Some(expiry) => Check::fails("expiry", format!("exp is {expiry}, and now is {now}: 401")),
    }
}

fn permission(operation: &Operation, caller: &Caller) -> Check {
    let needed = operation.permissions.join(", ");
    if caller.may(operation.permissions) {
        Check::passes("permission", format!("holds one of {needed}"))
    } else {
        Check::fails("permission", format!("403 NotAllowedAccess: it holds none of {needed}"))
    }
}

/// Whether the caller may name this id in the path.
fn path(reach: Reach, id: &str, caller: &Caller) -> Check {
    let Ok(id) = parse_uuid(id) else {
        return Check::fails("path", format!("{id:?} is no UUID, and refused as that of another: 403 or 404"));
    };
    match reach {
        Reach::PathUser if id == caller.id => Check::passes("path", "the path names the caller".to_owned()),
        Reach::PathUser => Check::fails("path", format!("403: the path names {id}, and the caller is {}", caller.id)),
        Reach::PathGroup | Reach::PathMembership => Check {
            name: "path",
            passes: None,
            why: format!("{id} must be of tenant {}, or the caller a master; only the service knows", caller.tenant_id),
        },
        _ if id == caller.tenant_id => Check::passes("path", "the path names the caller's tenant".to_owned()),
        _ if caller.master => Check {
            name: "path",
            passes: None,
            why: format!(
                "the caller is a master, who reaches every tenant that there is; whether {id} is one, and is \
                 active, only the service knows"
            ),
        },
        _ => Check::fails("path", format!("403: the path names {id}, and the caller is of {}", caller.tenant_id)),
    }
}

/// The claims of a token, unverified.
fn claims(token: &str) -> Option<Json> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}
