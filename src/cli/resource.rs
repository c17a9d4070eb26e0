//! `tenant | user | role | group` with `list | get | create | update | remove`: daily work with a service.

mod path;
mod values;

use std::io::IsTerminal;

use axum::http::Method;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value as Json, json};
use user_tenant_store::{Entity, EntityMeta};

use self::path::{Path, below};
use self::values::{Assignment, Values, merged, object};
use super::context::Context;
use super::failure::Failure;
use super::print::{ask, plain, say};
use super::reach::Reach;
use super::table;
use crate::model::{Group, Role, Tenant, UserView};

/// What is worked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Tenants.
    Tenant,
    /// Users of a tenant.
    User,
    /// Roles of a tenant.
    Role,
    /// Groups of a tenant.
    Group,
}

impl Kind {
    /// The last part of its path.
    fn collection(self) -> &'static str {
        match self {
            Self::Tenant => "tenants",
            Self::User => "users",
            Self::Role => "roles",
            Self::Group => "groups",
        }
    }

    /// What its rows are.
    fn meta(self) -> &'static EntityMeta {
        match self {
            Self::Tenant => Tenant::meta(),
            Self::User => UserView::meta(),
            Self::Role => Role::meta(),
            Self::Group => Group::meta(),
        }
    }

    /// What a table shows unless somebody asks for more.
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Tenant => &["id", "key", "name", "status"],
            Self::User => &["id", "username", "email", "firstName", "lastName", "roleId", "status"],
            Self::Role => &["id", "name", "roleType", "description"],
            Self::Group => &["id", "name", "description"],
        }
    }
}

/// Options of all five.
#[derive(Debug, Args)]
pub(super) struct Common {
    #[command(flatten)]
    reach: Reach,
    /// The tenant whose users, roles or groups they are; without it, the tenant of the token.
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// The form of the result.
    #[arg(long, short, value_enum, default_value_t = Output::Table)]
    output: Output,
}

/// The forms of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// A table of the columns that matter most.
    Table,
    /// JSON, all properties.
    Json,
    /// Comma-separated values, all properties (RFC 4180).
    Csv,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// List them.
    List {
        #[command(flatten)]
        common: Common,
        /// A filter of `LoopBack`, as JSON: {"where": {"name": {"like": "A%"}}, "limit": 10}
        #[arg(long, value_name = "JSON", value_parser = object)]
        filter: Option<Map<String, Json>>,
        /// Only those with this value; repeatable, once for each property.
        #[arg(long = "where", value_name = "NAME=VALUE")]
        conditions: Vec<Assignment>,
        /// In the order of this property, as in "name" or "name DESC"; repeatable.
        #[arg(long, value_name = "PROPERTY")]
        order: Vec<String>,
        /// So many at most.
        #[arg(long)]
        limit: Option<u64>,
        /// Not the first so many.
        #[arg(long)]
        skip: Option<u64>,
        /// All of them, however many, page by page.
        #[arg(long, conflicts_with = "limit")]
        all: bool,
    },
    /// Show one.
    Get {
        /// Its id.
        id: String,
        #[command(flatten)]
        common: Common,
    },
    /// Make one.
    ///
    /// A property that is missing or wrong is named in the answer; the `OpenAPI` document has them all.
    Create {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        values: Values,
    },
    /// Change one.
    Update {
        /// Its id.
        id: String,
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        values: Values,
    },
    /// Remove one: a tenant, a role or a group; or a user from the tenant.
    Remove {
        /// Its id.
        id: String,
        #[command(flatten)]
        common: Common,
        /// Do not ask; needed where nobody can answer.
        #[arg(long)]
        yes: bool,
    },
}

/// Does it, and prints the result.
pub(super) async fn resource(context: &Context, kind: Kind, action: Action) -> Result<(), Failure> {
    match action {
        Action::List { common, filter, conditions, order, limit, skip, all } => {
            let conditions = Assignment::read(conditions, kind.meta());
            let filter = merged(filter.unwrap_or_default(), conditions, &order, limit, skip)?;
            let path = Path::open(context, kind, &common).await?;
            let rows = if all { path.all(filter).await? } else { path.list(filter).await? };
            table::print(&rows, kind.columns(), common.output)
        }
        Action::Get { id, common } => {
            let path = Path::open(context, kind, &common).await?;
            let rows = path.find(&id).await?;
            table::print(&rows, kind.columns(), common.output)
        }
        Action::Create { common, values } => {
            let body = values.body(kind.meta())?;
            let path = Path::open(context, kind, &common).await?;
            let answer = path.send(&Method::POST, "", &[], Some(&body)).await?;
            table::print(&json!([answer.body]), kind.columns(), common.output)
        }
        Action::Update { id, common, values } => {
            let body = values.body(kind.meta())?;
            let path = Path::open(context, kind, &common).await?;
            path.update(&id, &body).await?;
            table::print(&path.find(&id).await?, kind.columns(), common.output)
        }
        Action::Remove { id, common, yes } => {
            let path = Path::open(context, kind, &common).await?;
            let rows = path.find(&id).await?;
            if !yes {
                confirm(kind, &rows[0])?;
            }
            path.send(&Method::DELETE, &below(&id)?, &[], None).await?;
            say(&format!("removed {id}"))?;
            Ok(())
        }
    }
}

fn confirm(kind: Kind, row: &Json) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage("nobody can be asked here: give --yes to remove it".to_owned()));
    }
    let name = ["name", "username"].iter().find_map(|name| row[*name].as_str()).unwrap_or_default();
    let name = plain(name).replace('\n', " ");
    let question = format!("Remove {name} from the {}? [y/N] ", kind.collection());
    match ask(&question) {
        Ok(true) => Ok(()),
        _ => Err(Failure::other("nothing was removed")),
    }
}
