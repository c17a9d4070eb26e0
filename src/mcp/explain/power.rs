//! The check of power: what the database grants a membership now, as far as the token of this server may see it.

use axum::http::Method;
use serde_json::Value as Json;

use super::Check;
use crate::access::caller::Caller;
use crate::client::Client;
use crate::mcp::operations::Operation;

const NAME: &str = "power";

/// Whether role, groups and own permissions of the membership grant what opens the operation, and by which of them.
pub(super) async fn check(operation: &Operation, caller: &Caller, client: &Client) -> Check {
    if caller.user_tenant_id.is_nil() {
        return Check::passes(NAME, "the operator is nobody's member, and holds everything".to_owned());
    }
    let Some(held) = held(caller, client).await else {
        let told = "role, groups and own permissions of the membership must grant the same in the database now, or it is a \
            403 PERMISSION_WITHDRAWN; the token of this server may not see them. Who holds less than the member or role \
            concerned is refused with 403 too";
        return Check::unknown(NAME, told.to_owned());
    };
    let is_concerned =
        |row: &&Json| row["permission"].as_str().is_some_and(|name| operation.opening.permissions.contains(&name));
    let concerned: Vec<&Json> = held.iter().filter(is_concerned).collect();
    let is_granted = concerned.iter().any(|row| row["granted"] == true);
    let concerned: Vec<String> = concerned
        .iter()
        .map(|row| format!("{} {}", row["permission"].as_str().unwrap_or_default(), said(&row["sources"])))
        .collect();
    let needed = operation.opening.permissions.join(", ");
    if !is_granted {
        let told = if concerned.is_empty() { "nothing grants one".to_owned() } else { concerned.join("; ") };
        return Check::fails(NAME, format!("403 PERMISSION_WITHDRAWN: of {needed}, in the database now: {told}"));
    }
    let told = "who holds less than the member or role concerned is refused with 403 all the same";
    Check::passes(NAME, format!("in the database now: {}; {told}", concerned.join("; ")))
}

/// What each kind of source means, the one that wins first.
const KINDS: [(&str, &str); 4] = [
    ("denial", "is withheld from the member"),
    ("role", "is granted by the role"),
    ("group", "is granted by a group"),
    ("grant", "is granted to the member alone"),
];

/// Where a permission comes from, in words.
fn said(sources: &Json) -> String {
    let is_there = |kind: &str| sources.as_array().into_iter().flatten().any(|source| source["kind"] == kind);
    let mut said = KINDS.iter().filter(|(kind, _)| is_there(kind)).map(|(_, words)| *words);
    match said.next() {
        Some(words) if words == KINDS[0].1 => words.to_owned(),
        first => first.into_iter().chain(said).collect::<Vec<_>>().join(", and "),
    }
}

/// What the membership holds, as the service tells it; `None` where the token of this server may not see it, or there is no such
/// membership.
async fn held(caller: &Caller, client: &Client) -> Option<Vec<Json>> {
    let path = format!("/user-tenants/{}/effective-permissions", caller.user_tenant_id);
    let answer = client.send(&Method::GET, &path, None).await.ok()?;
    if answer.status == 200 { answer.body["permissions"].as_array().cloned() } else { None }
}
