//! Steps in the lives of tenants and users as commands, and the limits of a tenant.

use axum::http::Method;
use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};

use super::clients::{ClientsOptions, DefaultTenantOptions, clients_of, default_tenant};
use super::passwords::{PasswordOptions, ResetOptions, password, reset};
use super::path::Path;
use super::provision::{ProvisionOptions, provision};
use super::purge::{PurgeOptions, purge};
use super::{Action, Common, Kind, names, resource};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::table;
use crate::model::lifecycle::{ACTIVATE, ARCHIVE, DEACTIVATE, REACTIVATE, RESTORE, SUSPEND};

/// What to do with tenants.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TenantAction {
    #[command(flatten)]
    Rows(Action),
    /// Make a tenant with all that it begins with: roles, an administrator, configuration, groups, a client application.
    ///
    /// All of it is made, or nothing. The secret of a client application is printed here and nowhere else.
    Provision(Box<ProvisionOptions>),
    /// Open a tenant that is pending or suspended.
    Activate(StepOptions),
    /// Suspend a tenant: nobody may work in it until it is activated.
    Suspend(StepOptions),
    /// Archive a tenant: nobody may work in it nor change it. It can be restored within its retention.
    Archive(StepOptions),
    /// Restore an archived tenant to what it was.
    Restore(StepOptions),
    /// Remove an archived tenant for good, with every row of it and the people who have no other tenant.
    Purge(PurgeOptions),
    /// Show where a tenant stands and how many seats are taken, and limit them.
    Limits(LimitOptions),
}

/// What to do with users.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum UserAction {
    #[command(flatten)]
    Rows(Action),
    /// Activate an invited user in a tenant.
    Activate(StepOptions),
    /// Suspend a user in a tenant; in others they go on.
    Suspend(StepOptions),
    /// Let a suspended user into the tenant again, or a deactivated one into all of theirs.
    Reactivate {
        #[command(flatten)]
        options: StepOptions,
        /// The person, whom `deactivate` keeps out of all tenants.
        #[arg(long)]
        everywhere: bool,
    },
    /// Keep a person out of all tenants, whatever their memberships say.
    Deactivate(StepOptions),
    /// Set a person's password, on the configured database.
    Password(PasswordOptions),
    /// Let a member set a new password, once, by a link.
    ResetPassword(ResetOptions),
    /// Say with which client applications a user may log in, and with no others.
    Clients(ClientsOptions),
    /// Say which of their tenants a user logs in to.
    DefaultTenant(DefaultTenantOptions),
}

/// Options of a step.
#[derive(Debug, Args)]
pub(in crate::cli) struct StepOptions {
    /// Its id or its name: of a tenant the key too, of a user the username or the e-mail address.
    name: String,
    /// Why, in words.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Options of `tenant limits`.
#[derive(Debug, Args)]
pub(in crate::cli) struct LimitOptions {
    /// Its id, its name or its key.
    name: String,
    /// How many members it may have; `none` for any number.
    #[arg(long, value_name = "NUMBER", value_parser = limit)]
    max_members: Option<Limit>,
    /// How many of them may be invited and not have come yet; `none` for any number.
    #[arg(long, value_name = "NUMBER", value_parser = limit)]
    max_invitations: Option<Limit>,
    /// How many days it can be restored once it is archived; `none` for what the deployment says.
    #[arg(long, value_name = "DAYS", value_parser = limit)]
    retention_days: Option<Limit>,
    #[command(flatten)]
    common: Common,
}

/// A limit, or none.
#[derive(Debug, Clone, Copy)]
struct Limit(Option<u32>);

fn limit(text: &str) -> Result<Limit, String> {
    match text {
        "none" => Ok(Limit(None)),
        number => number.parse().map(|number| Limit(Some(number))).map_err(|_| "a number, or none".to_owned()),
    }
}

/// Does it with tenants, and prints the result.
pub(in crate::cli) async fn tenant(context: &Context, action: TenantAction) -> Result<(), Failure> {
    match action {
        TenantAction::Rows(action) => resource(context, Kind::Tenant, action).await,
        TenantAction::Provision(options) => provision(context, *options).await,
        TenantAction::Activate(options) => step(context, Kind::Tenant, options, ACTIVATE, false).await,
        TenantAction::Suspend(options) => step(context, Kind::Tenant, options, SUSPEND, false).await,
        TenantAction::Archive(options) => step(context, Kind::Tenant, options, ARCHIVE, false).await,
        TenantAction::Restore(options) => step(context, Kind::Tenant, options, RESTORE, false).await,
        TenantAction::Purge(options) => purge(context, options).await,
        TenantAction::Limits(options) => limits(context, options).await,
    }
}

/// Does it with users, and prints the result.
pub(in crate::cli) async fn user(context: &Context, action: UserAction) -> Result<(), Failure> {
    match action {
        UserAction::Rows(action) => resource(context, Kind::User, action).await,
        UserAction::Activate(options) => step(context, Kind::User, options, ACTIVATE, false).await,
        UserAction::Suspend(options) => step(context, Kind::User, options, SUSPEND, false).await,
        UserAction::Reactivate { options, everywhere } => {
            step(context, Kind::User, options, REACTIVATE, everywhere).await
        }
        UserAction::Clients(options) => clients_of(context, options).await,
        UserAction::DefaultTenant(options) => default_tenant(context, options).await,
        UserAction::Deactivate(options) => step(context, Kind::User, options, DEACTIVATE, true).await,
        UserAction::Password(options) => password(context, options).await,
        UserAction::ResetPassword(options) => reset(context, options).await,
    }
}

/// Takes a step of a row, or of a person wherever they are members.
async fn step(
    context: &Context,
    kind: Kind,
    options: StepOptions,
    step: &str,
    everywhere: bool,
) -> Result<(), Failure> {
    let StepOptions { name, reason, common } = options;
    let path = Path::open(context, kind, &common).await?;
    let id = names::id(&path, &name).await?;
    let body = reason.map_or_else(|| json!({}), |reason| json!({ "reason": reason }));
    let answer = if everywhere {
        path.at(&Method::POST, &format!("/users/{id}/{step}"), Some(&body)).await?
    } else {
        path.send(&Method::POST, &format!("/{id}/{step}"), &[], Some(&body)).await?.body
    };
    table::print(&json!([answer]), None, &["id", "status"], common.output)
}

async fn limits(context: &Context, options: LimitOptions) -> Result<(), Failure> {
    let LimitOptions { name, max_members, max_invitations, retention_days, common } = options;
    let path = Path::open(context, Kind::Tenant, &common).await?;
    let id = names::id(&path, &name).await?;
    let given = [("maxMembers", max_members), ("maxInvitations", max_invitations), ("retentionDays", retention_days)];
    let given = given.into_iter().filter_map(|(name, limit)| Some((name.to_owned(), Json::from(limit?.0))));
    let body: Map<String, Json> = given.collect();
    let answer = if body.is_empty() {
        path.at(&Method::GET, &format!("/tenants/{id}/lifecycle"), None).await?
    } else {
        path.at(&Method::PATCH, &format!("/tenants/{id}/limits"), Some(&body.into())).await?
    };
    let columns = ["status", "members", "maxMembers", "invitations", "maxInvitations", "restorableUntil"];
    table::print(&json!([answer]), None, &columns, common.output)
}
