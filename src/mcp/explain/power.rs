//! The check of power: what the database grants a membership now, as far as the token of this server may see it.

use axum::http::Method;
use serde_json::{Value as Json, json};

use super::Check;
use crate::access::caller::Caller;
use crate::client::Client;
use crate::mcp::operations::Operation;
use crate::model::effective::{Effective, Sources};

const NAME: &str = "power";

/// Whether role and own permissions of the membership grant what opens the operation, and by which of them.
pub(super) async fn check(operation: &Operation, caller: &Caller, client: &Client) -> Check {
    if caller.user_tenant_id.is_nil() {
        return Check::passes(NAME, "the operator is nobody's member, and holds everything".to_owned());
    }
    let Some(held) = held(caller, client).await else {
        let told = "role and own permissions of the membership must grant the same in the database now, or it is a \
            403 PERMISSION_WITHDRAWN; the token of this server may not see them. Who holds less than the member or role \
            concerned is refused with 403 too";
        return Check::unknown(NAME, told.to_owned());
    };
    let granted: Vec<&str> = held.names().filter(|name| operation.opening.permissions.contains(name)).collect();
    let concerned: Vec<String> = held
        .each()
        .filter(|(name, _)| operation.opening.permissions.contains(name))
        .map(|(name, sources)| format!("{name} {}", said(sources)))
        .collect();
    let needed = operation.opening.permissions.join(", ");
    if granted.is_empty() {
        let told = if concerned.is_empty() { "nothing grants one".to_owned() } else { concerned.join("; ") };
        return Check::fails(NAME, format!("403 PERMISSION_WITHDRAWN: of {needed}, in the database now: {told}"));
    }
    let told = "who holds less than the member or role concerned is refused with 403 all the same";
    Check::passes(NAME, format!("in the database now: {}; {told}", concerned.join("; ")))
}

/// Where a permission comes from, in words.
fn said(sources: Sources) -> &'static str {
    match sources {
        Sources { withheld: true, .. } => "is withheld from the member",
        Sources { role: true, member: true, .. } => "is granted by the role, and to the member alone",
        Sources { role: true, .. } => "is granted by the role",
        _ => "is granted to the member alone",
    }
}

/// What the membership holds; `None` where the token of this server may not see it, or there is no such membership.
async fn held(caller: &Caller, client: &Client) -> Option<Effective<'static>> {
    let Caller { user_tenant_id, tenant_id, .. } = caller;
    let member =
        rows(client, &format!("/tenants/{tenant_id}/users"), &json!({ "userTenantId": user_tenant_id })).await?;
    let role = member.first()?.get("roleId")?.clone();
    let role = rows(client, &format!("/tenants/{tenant_id}/roles"), &json!({ "id": role })).await?;
    let own = rows(client, &format!("/user-tenants/{user_tenant_id}/user-level-permissions"), &json!({})).await?;
    let granted = role.first()?.get("permissions")?.as_array()?;
    let granted: Vec<String> = granted.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect();
    let own: Vec<(String, bool)> = own
        .iter()
        .filter_map(|own| Some((own["permission"].as_str()?.to_owned(), own["allowed"].as_bool()?)))
        .collect();
    Some(Effective::of(granted, own))
}

/// The rows of a list that a condition selects.
async fn rows(client: &Client, path: &str, condition: &Json) -> Option<Vec<Json>> {
    let filter = json!({ "where": condition }).to_string();
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("filter", &filter).finish();
    let answer = client.send(&Method::GET, &format!("{path}?{query}"), None).await.ok()?;
    if answer.status == 200 { answer.body.as_array().cloned() } else { None }
}
