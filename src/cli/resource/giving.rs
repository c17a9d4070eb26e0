//! What groups have and give, as commands: `group members`, `group roles` and `group groups`.

use axum::http::Method;
use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::members::members;
use super::path::Path;
use super::{Action, Common, Kind, names, resource};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::print::say;
use crate::cli::table;

/// What to do with groups.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum GroupAction {
    #[command(flatten)]
    Rows(Action),
    /// The users who are in a group.
    #[command(subcommand)]
    Members(GivingAction),
    /// The roles that a group carries: whoever is in it has them.
    #[command(subcommand)]
    Roles(GivingAction),
    /// The groups that a group holds: whoever is in one of them is in it too.
    #[command(subcommand)]
    Groups(GivingAction),
}

/// What to do with what a group carries or holds.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum GivingAction {
    /// List them.
    List {
        /// The group, by name or id.
        group: String,
        #[command(flatten)]
        common: Common,
    },
    /// Add one.
    Add(PairOptions),
    /// Take one away.
    Remove(PairOptions),
}

/// A group, and what it carries or holds.
#[derive(Debug, Args)]
pub(in crate::cli) struct PairOptions {
    /// The group, by name or id.
    pub(super) group: String,
    /// The user who is in it, the role that it carries, or the group that it holds, by name or id.
    pub(super) name: String,
    #[command(flatten)]
    pub(super) common: Common,
}

/// What a group carries or holds: its kind, the last part of its path, and the property that names one.
type Given = (Kind, &'static str, &'static str);

const ROLES: Given = (Kind::Role, "roles", "roleId");
const GROUPS: Given = (Kind::Group, "groups", "groupId");

/// Does it, and prints the result.
pub(in crate::cli) async fn group(context: &Context, action: GroupAction) -> Result<(), Failure> {
    match action {
        GroupAction::Rows(action) => resource(context, Kind::Group, action).await,
        GroupAction::Members(action) => members(context, action).await,
        GroupAction::Roles(action) => giving(context, ROLES, action).await,
        GroupAction::Groups(action) => giving(context, GROUPS, action).await,
    }
}

async fn giving(context: &Context, (kind, part, property): Given, action: GivingAction) -> Result<(), Failure> {
    let print = |rows: Json, common: &Common| table::print(&rows, None, &[property, "name"], common.output);
    match action {
        GivingAction::List { group, common } => {
            let path = Path::open(context, Kind::Group, &common).await?;
            let group = names::id(&path, &group).await?;
            print(path.get(&format!("/groups/{group}/{part}")).await?, &common)
        }
        GivingAction::Add(options) => {
            let path = Path::open(context, Kind::Group, &options.common).await?;
            let group = names::id(&path, &options.group).await?;
            let other = names::id(&path.beside(kind), &options.name).await?;
            let body = json!({ property: other });
            let made = path.at(&Method::POST, &format!("/groups/{group}/{part}"), Some(&body)).await?;
            print(json!([made]), &options.common)
        }
        GivingAction::Remove(options) => {
            let path = Path::open(context, Kind::Group, &options.common).await?;
            let group = names::id(&path, &options.group).await?;
            let other = names::id(&path.beside(kind), &options.name).await?;
            path.at(&Method::DELETE, &format!("/groups/{group}/{part}/{other}"), None).await?;
            say(&format!("removed {other} from {group}"))?;
            Ok(())
        }
    }
}
