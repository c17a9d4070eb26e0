//! The tool `explain_access`: why a request would be refused, as far as its token tells.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rmcp::model::{CallToolResult, JsonObject, Tool, ToolAnnotations};
use serde_json::{Value as Json, json};
use user_tenant_store::value::parse_uuid;

use super::operations::{Operation, object};
use crate::access::caller::ClaimMap;
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
            "tenantId": { "type": "string", "description": "The tenant that its path would name, if it names one" },
            "token": { "type": "string", "description": "The token that would be sent; without it, the one of this server" },
        },
        "required": ["operation"],
        "additionalProperties": false,
    });
    let description = "Explains whether a token would be let through to an operation, check by check in the order of the \
        service, and what is missing. It reads the token without verifying it: signature and whether its user is active are \
        for the service to tell.";
    let annotations =
        ToolAnnotations::with_title("Explain a refusal").read_only(true).idempotent(true).open_world(false);
    Tool::new(NAME, description, object(schema)).with_annotations(annotations)
}

/// Goes through the checks.
pub(super) fn call(operation: &Operation, arguments: &JsonObject, own_token: Option<&str>) -> CallToolResult {
    let text = |name: &str| arguments.get(name).and_then(Json::as_str);
    let mut checks = Vec::new();
    let mut check =
        |name: &str, passes: bool, why: String| checks.push(json!({ "check": name, "passes": passes, "why": why }));
    let token = text("token").or(own_token);
    let claims = token.and_then(claims);
    check(
        "token",
        claims.is_some(),
        match (token, &claims) {
            (None, _) => "no token is sent: 401".to_owned(),
            (_, None) => {
                "the token is no JWT: 401 TokenExpired, unless the service has a verifier of its own".to_owned()
            }
            _ => "the token can be read".to_owned(),
        },
    );
    if let Some(claims) = claims {
        let now = Clock::system().now().unix_timestamp();
        let expiry = claims["exp"].as_f64();
        #[expect(clippy::cast_precision_loss, reason = "seconds of this century are exact")]
        let valid = expiry.is_some_and(|expiry| expiry > now as f64);
        check(
            "expiry",
            valid,
            match expiry {
                None => "the token has no exp: 401".to_owned(),
                Some(expiry) => {
                    format!("exp is {expiry}, and now is {now}: {}", if valid { "not over" } else { "401" })
                }
            },
        );
        match ClaimMap::default().caller(&claims) {
            Err(_) => check(
                "caller",
                false,
                "id, userTenantId and tenantId must all be UUIDs: 401 CALLER_NOT_ACTIVE".to_owned(),
            ),
            Ok(caller) => {
                check("caller", true, format!("membership {} of tenant {}", caller.user_tenant_id, caller.tenant_id));
                let needed = operation.permissions.join(", ");
                let may = caller.may(operation.permissions);
                let held = if may { "holds one of" } else { "403 NotAllowedAccess: it holds none of" };
                check("permission", may, format!("{held} {needed}"));
                if let Some(tenant) = text("tenantId") {
                    let own = parse_uuid(tenant).is_ok_and(|tenant| tenant == caller.tenant_id);
                    check(
                        "tenant",
                        own || caller.master,
                        match (own, caller.master) {
                            (true, _) => "the path names the caller's tenant".to_owned(),
                            (false, true) => "the caller is a master, who reaches every tenant".to_owned(),
                            (false, false) => {
                                format!("403: the path names {tenant}, and the caller is of {}", caller.tenant_id)
                            }
                        },
                    );
                }
            }
        }
    }
    let allowed = checks.iter().all(|check| check["passes"] == true);
    CallToolResult::structured(json!({
        "operation": operation.tool.name, "path": operation.path, "wouldPass": allowed, "checks": checks,
    }))
}

/// The claims of a token, unverified.
fn claims(token: &str) -> Option<Json> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}
