//! `invitation create | list | show | resend | revoke`: who is invited into a tenant.

use axum::http::Method;
use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};
use user_tenant_store::environment::Environment;
use user_tenant_store::value::format_timestamp;

use super::path::Path;
use super::{Common, Kind, names};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::print::say;
use crate::cli::table;

/// What to do with invitations.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum InvitationAction {
    /// Invite people into a tenant, each by a mail.
    ///
    /// Whom it may not invite is listed with the reason, and the others are invited. The link is printed here and nowhere else.
    Create(CreateOptions),
    /// List the invitations of a tenant.
    List {
        /// Those of this status only.
        #[arg(long, value_name = "STATUS", value_parser = ["pending", "accepted", "declined", "revoked", "expired"])]
        status: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Show one invitation.
    Show {
        /// Its id or its address.
        name: String,
        #[command(flatten)]
        common: Common,
    },
    /// Send an invitation again; earlier mails and links lead nowhere then.
    Resend {
        /// Its id or its address.
        name: String,
        /// For how many hours it lasts from now on.
        #[arg(long, value_name = "HOURS")]
        life: Option<u32>,
        #[command(flatten)]
        common: Common,
    },
    /// Revoke an invitation that nobody has accepted or declined.
    Revoke {
        /// Its id or its address.
        name: String,
        #[command(flatten)]
        common: Common,
    },
}

/// Options of `invitation create`.
#[derive(Debug, Args)]
pub(in crate::cli) struct CreateOptions {
    /// The addresses.
    #[arg(required = true, value_name = "ADDRESS")]
    addresses: Vec<String>,
    /// The role that they get, by name or id.
    #[arg(long, value_name = "NAME")]
    role: String,
    /// A group that they come into, by name or id; repeatable.
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
    /// Language and region of the mail and of the membership: `en`, `pt-br`.
    #[arg(long)]
    locale: Option<String>,
    /// Their given name, where it is known.
    #[arg(long, value_name = "NAME")]
    first_name: Option<String>,
    /// For how many hours they can be accepted; a week without it.
    #[arg(long, value_name = "HOURS")]
    life: Option<u32>,
    /// Why, in words.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    common: Common,
}

const COLUMNS: &[&str] = &["id", "address", "status", "delivery", "expiresOn"];
const DETAILS: &[&str] =
    &["id", "address", "status", "expiresOn", "roleId", "groupIds", "delivery", "deliveryReason", "acceptedBy"];

/// Does it, and prints the result.
pub(in crate::cli) async fn invitation(context: &Context, action: InvitationAction) -> Result<(), Failure> {
    match action {
        InvitationAction::Create(options) => create(context, options).await,
        InvitationAction::List { status, common } => {
            let path = Path::open(context, Kind::Invitation, &common).await?;
            let mut filter = Map::new();
            if let Some(status) = status {
                filter.insert("where".to_owned(), of_status(&status));
            }
            table::print(&path.all(filter).await?, None, COLUMNS, common.output)
        }
        InvitationAction::Show { name, common } => {
            let path = Path::open(context, Kind::Invitation, &common).await?;
            let rows = path.find(&names::id(&path, &name).await?).await?;
            table::print(&rows, None, DETAILS, common.output)
        }
        InvitationAction::Resend { name, life, common } => {
            let path = Path::open(context, Kind::Invitation, &common).await?;
            let id = names::id(&path, &name).await?;
            let body = life.map_or_else(|| json!({}), |life| json!({ "lifeHours": life }));
            let sent = path.send(&Method::POST, &format!("/{id}/resend"), &[], Some(&body)).await?.body;
            table::print(&json!([sent]), None, &["id", "expiresOn", "link"], common.output)
        }
        InvitationAction::Revoke { name, common } => {
            let path = Path::open(context, Kind::Invitation, &common).await?;
            let id = names::id(&path, &name).await?;
            path.send(&Method::DELETE, &format!("/{id}"), &[], None).await?;
            say(&format!("revoked {id}"))?;
            Ok(())
        }
    }
}

/// Those of a status, as people see it: whose time is over is expired, whatever was written before.
fn of_status(status: &str) -> Json {
    let now = format_timestamp(Environment::system().now());
    match status {
        "pending" => json!({ "status": status, "expiresOn": { "gt": now } }),
        "expired" => {
            json!({ "or": [{ "status": status }, { "status": "pending", "expiresOn": { "lte": now } }] })
        }
        _ => json!({ "status": status }),
    }
}

/// Invites, and prints what has become of each.
async fn create(context: &Context, options: CreateOptions) -> Result<(), Failure> {
    if options.first_name.is_some() && options.addresses.len() > 1 {
        return Err(Failure::Usage("--first-name is of one person: invite them by themselves".to_owned()));
    }
    let path = Path::open(context, Kind::Invitation, &options.common).await?;
    let mut one = json!({ "roleId": names::id(&path.beside(Kind::Role), &options.role).await? });
    let mut groups = Vec::new();
    for group in &options.groups {
        groups.push(names::id(&path.beside(Kind::Group), group).await?);
    }
    one["groupIds"] = groups.into();
    for (name, value) in [("locale", options.locale), ("firstName", options.first_name)] {
        if let Some(value) = value {
            one[name] = value.into();
        }
    }
    let each = |address: &String| {
        let mut one = one.clone();
        one["address"] = address.as_str().into();
        one
    };
    let mut body = json!({ "invitations": options.addresses.iter().map(each).collect::<Vec<_>>() });
    if let Some(life) = options.life {
        body["lifeHours"] = life.into();
    }
    if let Some(reason) = options.reason {
        body["reason"] = reason.into();
    }
    let mut made = path.send(&Method::POST, "", &[], Some(&body)).await?.body;
    let mut refused = 0;
    for item in made["invitations"].as_array_mut().into_iter().flatten() {
        refused += usize::from(item["status"] == "refused");
        item["reason"] = item["reason"]["detail"].take();
    }
    let columns = ["address", "status", "id", "expiresOn", "link", "reason"];
    table::print(&made["invitations"], None, &columns, options.common.output)?;
    match refused {
        0 => Ok(()),
        some => Err(Failure::other(format!("{some} of {} were not invited", options.addresses.len()))),
    }
}
