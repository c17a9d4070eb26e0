//! `group members`: who is in a group, by the names of users.

use axum::http::Method;
use serde_json::{Value as Json, json};
use std::collections::HashMap;

use super::giving::GivingAction;
use super::path::Path;
use super::{Common, Kind, names};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::print::say;
use crate::cli::table;

/// Does it, and prints the result.
pub(super) async fn members(context: &Context, action: GivingAction) -> Result<(), Failure> {
    match action {
        GivingAction::List { group, common } => {
            let path = Path::open(context, Kind::Group, &common).await?;
            let group = names::id(&path, &group).await?;
            let rows = path.get(&format!("/groups/{group}/user")).await?;
            let rows: Vec<Json> = rows.as_array().cloned().unwrap_or_default();
            let memberships: Vec<&Json> = rows.iter().map(|row| &row["userTenantId"]).collect();
            let users = users(&path, &json!({ "userTenantId": { "inq": memberships } })).await?;
            print(rows.iter().map(|row| known(&users, row)).collect(), &common)
        }
        GivingAction::Add(options) => {
            let path = Path::open(context, Kind::Group, &options.common).await?;
            let group = names::id(&path, &options.group).await?;
            let user = names::id(&path.beside(Kind::User), &options.name).await?;
            let users = users(&path, &json!({ "id": user })).await?;
            let Some(membership) = users.keys().next() else {
                return Err(Failure::Usage(format!("there is no user {:?}", options.name)));
            };
            let body = json!({ "userTenantId": membership });
            let made = path.at(&Method::POST, &format!("/groups/{group}/user"), Some(&body)).await?;
            print(vec![known(&users, &made)], &options.common)
        }
        GivingAction::Remove(options) => {
            let path = Path::open(context, Kind::Group, &options.common).await?;
            let group = names::id(&path, &options.group).await?;
            let user = names::id(&path.beside(Kind::User), &options.name).await?;
            path.at(&Method::DELETE, &format!("/groups/{group}/user/{user}"), None).await?;
            say(&format!("removed {user} from {group}"))?;
            Ok(())
        }
    }
}

fn print(rows: Vec<Json>, common: &Common) -> Result<(), Failure> {
    table::print(&rows.into(), None, &["userTenantId", "username", "email"], common.output)
}

/// The users of the tenant that a condition chooses, by their memberships.
async fn users(path: &Path, condition: &Json) -> Result<HashMap<String, Json>, Failure> {
    let filter = json!({ "where": condition, "fields": ["id", "userTenantId", "username", "email"] }).to_string();
    let rows = path.beside(Kind::User).send(&Method::GET, "", &[("filter", filter)], None).await?.body;
    let by_membership = |row: &Json| Some((row["userTenantId"].as_str()?.to_owned(), row.clone()));
    Ok(rows.as_array().into_iter().flatten().filter_map(by_membership).collect())
}

/// A member as the table shows them; of who left meanwhile, the id alone.
fn known(users: &HashMap<String, Json>, row: &Json) -> Json {
    let id = row["userTenantId"].as_str().unwrap_or_default();
    users.get(id).cloned().unwrap_or_else(|| json!({ "userTenantId": id }))
}
