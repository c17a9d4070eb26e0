//! `tenant | user | role | group` with `list | get | create | update | remove`: daily work with a service.

mod clients;
mod events;
mod giving;
mod help;
mod invitations;
mod life;
mod members;
mod names;
mod passwords;
mod path;
mod permissions;
mod provision;
mod purge;
mod references;
mod templates;
mod values;

use std::io::IsTerminal;

use axum::http::Method;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value as Json};
use user_tenant_store::entity::{PropertyRole, Relation, RelationKind};
use user_tenant_store::{Entity, EntityMeta};

pub(super) use self::clients::{ClientAction, client};
pub(super) use self::events::{EventsOptions, events};
pub(super) use self::giving::{GroupAction, group};
pub(super) use self::help::with_words;
pub(super) use self::invitations::{InvitationAction, invitation};
pub(super) use self::life::{TenantAction, UserAction, tenant, user};
use self::path::Path;
pub(super) use self::permissions::{PermissionsAction, permissions};
pub(super) use self::references::with_references;
pub(super) use self::templates::{RoleAction, role};
use self::values::{Conditions, Values, object};
use super::context::Context;
use super::failure::Failure;
use super::print::{ask, plain, say};
use super::table;
use super::target::Target;
use crate::model::{Group, Invitation, Role, Tenant, UserTenant, UserView};

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
    /// Invitations into a tenant, which have commands of their own.
    Invitation,
}

impl Kind {
    /// Those that share their commands.
    const ALL: [Self; 4] = [Self::Tenant, Self::User, Self::Role, Self::Group];

    /// What one is called, and the command for it.
    fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::User => "user",
            Self::Role => "role",
            Self::Group => "group",
            Self::Invitation => "invitation",
        }
    }

    /// The last part of its path.
    fn collection(self) -> &'static str {
        match self {
            Self::Tenant => "tenants",
            Self::User => "users",
            Self::Role => "roles",
            Self::Group => "groups",
            Self::Invitation => "invitations",
        }
    }

    /// What its rows are.
    fn meta(self) -> &'static EntityMeta {
        match self {
            Self::Tenant => Tenant::meta(),
            Self::User => UserView::meta(),
            Self::Role => Role::meta(),
            Self::Group => Group::meta(),
            Self::Invitation => Invitation::meta(),
        }
    }

    /// The properties by which people name one, the one first that is shown where there are several.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Tenant => &["key", "name"],
            Self::User => &["username", "email"],
            Self::Role | Self::Group => &["name"],
            Self::Invitation => &["address"],
        }
    }

    /// The relations to one row of a kind, whose keys are set at rows of this kind.
    fn references(self) -> impl Iterator<Item = (&'static Relation, Self)> {
        let meta = self.meta();
        // A user as a tenant lists it is a membership too, which holds the keys.
        let holder = if self == Self::User { UserTenant::meta() } else { meta };
        holder.relations.iter().filter(|relation| relation.kind == RelationKind::BelongsTo).filter_map(
            move |relation| {
                let key = meta.property(relation.local)?;
                let kind = Self::ALL.into_iter().find(|kind| kind.meta().name == (relation.target)().name)?;
                (key.role == PropertyRole::Data).then_some((relation, kind))
            },
        )
    }

    /// What a table shows unless somebody asks for more.
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Tenant => &["id", "key", "name", "status"],
            Self::User => &["id", "username", "email", "firstName", "lastName", "roleName", "status"],
            Self::Role => &["id", "name", "roleType", "description"],
            Self::Group => &["id", "name", "description"],
            Self::Invitation => &["id", "address", "status"],
        }
    }

    /// What a table of one row shows.
    fn details(self) -> &'static [&'static str] {
        match self {
            Self::Role => &["id", "name", "roleType", "permissions", "description"],
            other => other.columns(),
        }
    }
}

/// Options of all five.
#[derive(Debug, Args)]
pub(super) struct Common {
    #[command(flatten)]
    target: Target,
    /// The tenant whose users, roles or groups they are, by key, name or id; without it, the tenant of the token.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// The form of the result. A table has words for statuses, JSON and CSV the numbers of the API.
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

/// What to do. What the help says of it depends on the kind: see [`with_words`].
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// List rows.
    List {
        #[command(flatten)]
        common: Common,
        /// A filter of `LoopBack`, as JSON: {"where": {"name": {"like": "A%"}}, "limit": 10}
        #[arg(long, value_name = "JSON", value_parser = object)]
        filter: Option<Map<String, Json>>,
        #[command(flatten)]
        conditions: Conditions,
        /// All of them, however many, page by page.
        #[arg(long, conflicts_with = "limit")]
        all: bool,
    },
    /// Show one row.
    Get {
        /// Its id or its name: of a tenant the key too, of a user the username or the e-mail address.
        name: String,
        #[command(flatten)]
        common: Common,
    },
    /// Make a row.
    ///
    /// A property that is missing or wrong is named in the answer; the `OpenAPI` document has them all.
    Create {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        values: Values,
    },
    /// Change one row.
    Update {
        /// Its id or its name: of a tenant the key too, of a user the username or the e-mail address.
        name: String,
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        values: Values,
    },
    /// Remove one row.
    Remove {
        /// Its id or its name: of a tenant the key too, of a user the username or the e-mail address.
        name: String,
        #[command(flatten)]
        common: Common,
        /// Do not ask; needed where nobody can answer.
        #[arg(long)]
        yes: bool,
    },
}

/// The words of the statuses that rows of this command's kind have, as its help shows them.
pub(super) fn statuses(command: &str) -> Option<String> {
    let kind = Kind::ALL.into_iter().find(|kind| command.split(' ').next() == Some(kind.name()))?;
    let words = kind.meta().property("status")?.rules.words?;
    let words: Vec<_> = words.iter().enumerate().map(|(number, word)| format!("{word} ({number})")).collect();
    let whose = if kind == Kind::User { "user in a tenant" } else { kind.name() };
    Some(format!("Status of a {whose}: {}.", words.join(", ")))
}

/// Does it, and prints the result.
pub(super) async fn resource(context: &Context, kind: Kind, action: Action) -> Result<(), Failure> {
    let print = |rows: &Json, output| table::print(rows, Some(kind.meta()), kind.columns(), output);
    match action {
        Action::List { common, filter, conditions, all } => {
            let mut filter = conditions.filter(filter.unwrap_or_default(), kind)?;
            let path = Path::open(context, kind, &common).await?;
            if let Some(Json::Object(conditions)) = filter.get_mut("where") {
                names::resolve(&path, conditions).await?;
            }
            let rows = if all { path.all(filter).await? } else { path.list(filter).await? };
            print(&rows, common.output)
        }
        Action::Get { name, common } => {
            let path = Path::open(context, kind, &common).await?;
            let rows = path.find(&names::id(&path, &name).await?).await?;
            table::print(&rows, Some(kind.meta()), kind.details(), common.output)
        }
        Action::Create { common, values } => {
            let mut body = values.body(kind)?;
            let path = Path::open(context, kind, &common).await?;
            names::resolve(&path, &mut body).await?;
            let answer = path.send(&Method::POST, "", &[], Some(&body.into())).await?;
            print(&path.made(answer.body).await, common.output)
        }
        Action::Update { name, common, values } => {
            let mut body = values.body(kind)?;
            let path = Path::open(context, kind, &common).await?;
            let id = names::id(&path, &name).await?;
            names::resolve(&path, &mut body).await?;
            path.update(&id, &body.into()).await?;
            print(&path.find(&id).await?, common.output)
        }
        Action::Remove { name, common, yes } => {
            let path = Path::open(context, kind, &common).await?;
            let id = names::id(&path, &name).await?;
            let rows = path.find(&id).await?;
            if !yes {
                confirm(kind, &rows[0])?;
            }
            path.send(&Method::DELETE, &format!("/{id}"), &[], None).await?;
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
