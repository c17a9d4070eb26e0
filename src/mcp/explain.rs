//! The tool `explain_access`: why a request would be refused, as far as that can be told beforehand.

mod power;

use axum::http::Method;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Tool, ToolAnnotations};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use user_tenant_store::value::parse_uuid;

use super::operations::{Operation, object};
use super::server::told;
use crate::access::caller::{Caller, ClaimMap};
use crate::access::locator::{Locator, TenantOf};
use crate::client::{Client, claimed};
use crate::clock::Clock;

/// Its name.
pub(super) const NAME: &str = "explain_access";

/// The tool.
pub(super) fn tool() -> Tool {
    let schema = json!({
        "type": "object",
        "properties": {
            "operation": { "type": "string", "description": "The tool that would be called" },
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
        service, and what is missing: each passes, fails, or is unknown here (null). The service itself is asked whether \
        it takes the token, by counting tenants with it; nothing is changed.";
    let annotations = ToolAnnotations::new().read_only(true).open_world(false);
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

/// Goes through the checks, with the service that would be asked.
pub(super) async fn call(operations: &[Operation], arguments: JsonObject, client: &Client) -> CallToolResult {
    let refused = |message: String| CallToolResult::error(vec![ContentBlock::text(message)]);
    let Question { operation, id, token } = match serde_json::from_value(arguments.into()) {
        Ok(question) => question,
        Err(error) => return refused(error.to_string()),
    };
    let Some(operation) = operations.iter().find(|known| known.tool.name == operation) else {
        return refused(format!("there is no operation {operation:?}"));
    };
    if operation.opening.locator.is_some() && id.is_none() {
        return refused(format!("give the id that would stand in {}: it decides about access", operation.path));
    }
    let (way, claims, is_given) = match token {
        Some(token) => (client.with_token(token.clone()), claimed(&token), true),
        None => (Some(client.clone()), client.claims(), client.token().is_some()),
    };
    let mut checks = vec![taken(way.as_ref(), claims.as_ref()).await];
    match claims.map(|claims| ClaimMap::default().caller(&claims)) {
        Some(Ok(caller)) => {
            let told = format!("membership {} of tenant {}", caller.user_tenant_id, caller.tenant_id);
            checks.push(Check::passes("caller", told));
            checks.push(permission(operation, &caller));
            if operation.opening.for_masters && !caller.master {
                let told = "403 MASTER_NEEDED: only a caller who reaches every tenant may do this";
                checks.push(Check::fails("master", told.to_owned()));
            }
            if operation.opening.gives_power {
                checks.push(power::check(operation, &caller, client).await);
            }
            checks.extend(operation.opening.locator.zip(id).map(|(locator, id)| path(locator, &id, &caller)));
        }
        Some(Err(_)) => checks.push(Check::unknown(
            "caller",
            "id, userTenantId and tenantId are not all there as UUIDs: 401 CALLER_NOT_ACTIVE, unless the service reads \
             them from other claims"
                .to_owned(),
        )),
        None if is_given => {
            let told = "the token is no JWT, so that only the service knows whose it is and what it may";
            checks.push(Check::unknown("caller", told.to_owned()));
        }
        None => {}
    }
    let passes = checks.iter().try_fold(Some(true), |all, check| match check.passes {
        Some(false) => Err(()),
        Some(true) => Ok(all),
        None => Ok(None),
    });
    told(
        true,
        &json!({
            "operation": operation.tool.name, "path": operation.path, "wouldPass": passes.unwrap_or(Some(false)), "checks": checks,
        }),
    )
}

/// Whether the service takes the token: what it says to a count of tenants, which any caller may ask for or not.
async fn taken(way: Option<&Client>, claims: Option<&Json>) -> Check {
    const NAME: &str = "token";
    let hint = claims.map(times).unwrap_or_default();
    let Some(way) = way else {
        let told = "without a running service (--url) nobody tells which tokens it takes";
        return Check::unknown(NAME, format!("{told}{hint}"));
    };
    match way.send(&Method::GET, "/tenants/count", None).await {
        Ok(answer) if answer.status == 401 => {
            let error = &answer.body["error"];
            let said = error["message"]["message"].as_str().or(error["message"].as_str()).unwrap_or_default();
            let code = error["code"].as_str().unwrap_or_default();
            Check::fails(NAME, format!("the service does not take it: 401 {said} {code}").trim_end().to_owned() + &hint)
        }
        Ok(answer) if matches!(answer.status, 200 | 403) => {
            Check::passes(NAME, format!("the service takes it, and its user is active{hint}"))
        }
        Ok(answer) => Check::unknown(NAME, format!("the service answers {}{hint}", answer.status)),
        Err(error) => Check::unknown(NAME, format!("{error}{hint}")),
    }
}

/// What the registered times of a token say (RFC 7519, section 4.1), beside the clock here.
fn times(claims: &Json) -> String {
    let now = Clock::system().now().unix_timestamp();
    let said = ["nbf", "exp"].into_iter().filter_map(|name| Some(format!("{name} {}", claims.get(name)?)));
    let said: Vec<String> = said.collect();
    if said.is_empty() { String::new() } else { format!(" ({}; now is {now})", said.join(", ")) }
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

    fn unknown(name: &'static str, why: String) -> Self {
        Self { name, passes: None, why }
    }

    fn fails(name: &'static str, why: String) -> Self {
        Self { name, passes: Some(false), why }
    }
}

fn permission(operation: &Operation, caller: &Caller) -> Check {
    let needed = operation.opening.permissions.join(", ");
    if caller.may(operation.opening.permissions) {
        Check::passes("permission", format!("holds one of {needed}"))
    } else if caller.permissions.is_empty() {
        let told = "the token holds no permissions: 403 NotAllowedAccess, unless the service takes them from its database \
                    (JWT_PERMISSIONS=live)";
        Check::unknown("permission", told.to_owned())
    } else {
        Check::fails("permission", format!("403 NotAllowedAccess: it holds none of {needed}"))
    }
}

/// Whether the caller may name this id in the path.
fn path(locator: &Locator, id: &str, caller: &Caller) -> Check {
    const NAME: &str = "path";
    let Ok(id) = parse_uuid(id) else {
        return Check::fails(NAME, format!("{id:?} is no UUID, and refused as that of another: 403 or 404"));
    };
    let entity = (locator.entity)().name;
    match locator.tenant {
        TenantOf::Claims(tell) => match tell(caller, id) {
            Some(tenant) if tenant == caller.tenant_id => {
                Check::passes(NAME, format!("the path names the caller's own {entity}"))
            }
            Some(_) if caller.master => Check::unknown(
                NAME,
                format!(
                    "the caller is a master, who reaches every tenant that there is; whether {id} is one, and is \
                     active, only the service knows"
                ),
            ),
            _ => {
                let Caller { id: user, tenant_id, .. } = caller;
                let told =
                    format!("403: the path names {entity} {id}, and the caller is user {user} of tenant {tenant_id}");
                Check::fails(NAME, told)
            }
        },
        TenantOf::Row(_) => Check::unknown(
            NAME,
            format!(
                "{entity} {id} must be of tenant {}, or the caller a master; only the service knows",
                caller.tenant_id
            ),
        ),
    }
}
