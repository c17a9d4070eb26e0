//! `permissions`: which there are, what a user of a tenant holds and why, and whether they may do something.

use clap::Subcommand;
use serde_json::{Value as Json, json};

use super::path::Path;
use super::{Common, Kind, names};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::print::plain;
use crate::cli::table;
use crate::model::permission::name_of;

/// What to ask.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PermissionsAction {
    /// List the permissions that there are, and what each opens.
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Show what a user of a tenant may do, and why.
    Of {
        /// The user, by username, e-mail address or id.
        user: String,
        #[command(flatten)]
        common: Common,
    },
    /// Ask whether a user of a tenant may do all of this; exit code 1 if not.
    Check {
        /// The user, by username, e-mail address or id.
        user: String,
        /// The permissions, by name or number.
        #[arg(required = true, value_name = "PERMISSION")]
        permissions: Vec<String>,
        #[command(flatten)]
        common: Common,
    },
}

/// Asks, and prints the answer.
pub(in crate::cli) async fn permissions(context: &Context, action: PermissionsAction) -> Result<(), Failure> {
    match action {
        PermissionsAction::List { common } => {
            let all = Path::beside_tenants(context, &common).await?.get("/permissions").await?;
            table::print(&all, None, &["name", "number", "meaning"], common.output)
        }
        PermissionsAction::Of { user, common } => {
            let (_, rows) = held(context, &user, &common).await?;
            table::print(&rows.into(), None, &["permission", "number", "granted", "from"], common.output)
        }
        PermissionsAction::Check { user, permissions, common } => {
            let (active, held) = held(context, &user, &common).await?;
            let may = |permission: &str| {
                let is_it = |row: &&Json| row["permission"] == name_of(permission);
                active && held.iter().find(is_it).is_some_and(|row| row["granted"] == true)
            };
            let rows =
                permissions.iter().map(|permission| json!({ "permission": permission, "allowed": may(permission) }));
            table::print(&rows.collect(), None, &["permission", "allowed"], common.output)?;
            let lacking: Vec<_> =
                permissions.iter().map(String::as_str).filter(|permission| !may(permission)).collect();
            match (&lacking[..], active) {
                ([], _) => Ok(()),
                (_, false) => Err(Failure::other(format!("{} is not active, or the tenant is not", plain(&user)))),
                (lacking, true) => {
                    Err(Failure::other(format!("{} lacks {}", plain(&user), plain(&lacking.join(", ")))))
                }
            }
        }
    }
}

/// Whether a user of the tenant is active, and what concerns them, each permission with where it is from in words.
async fn held(context: &Context, user: &str, common: &Common) -> Result<(bool, Vec<Json>), Failure> {
    let path = Path::open(context, Kind::User, common).await?;
    let rows = path.find(&names::id(&path, user).await?).await?;
    let membership = rows[0]["userTenantId"].as_str().unwrap_or_default();
    let mut held = path.get(&format!("/user-tenants/{membership}/effective-permissions")).await?;
    let Json::Array(mut all) = held["permissions"].take() else { return Err(Failure::other(table::NO_ROWS)) };
    for row in &mut all {
        let from: Vec<_> = row["sources"].as_array().into_iter().flatten().map(source).collect();
        row["from"] = from.join(", ").into();
    }
    Ok((held["active"] == true, all))
}

/// A source in words: of a group, the way to the one that carries the role.
fn source(source: &Json) -> String {
    let kind = source["kind"].as_str().unwrap_or_default();
    let groups = source["groups"].as_array().into_iter().flatten().filter_map(|group| group["name"].as_str());
    let way = groups.collect::<Vec<_>>().join(" in ");
    if way.is_empty() { kind.to_owned() } else { format!("{kind} {way}") }
}
