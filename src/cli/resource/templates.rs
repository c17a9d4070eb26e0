//! `role template`: what the deployment makes roles from, and which tenants' roles differ.

mod save;

use std::io::IsTerminal;

use axum::http::Method;
use clap::{Args, Subcommand};
use form_urlencoded::byte_serialize;
use serde_json::{Value as Json, json};

use self::save::{SaveOptions, save};
use super::path::Path;
use super::{Action, Common, Kind, names, resource};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::print::{ask, plain, say};
use crate::cli::table;

/// How many tenants one request names at most.
const MOST: usize = 100;

/// What to do with roles.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RoleAction {
    #[command(flatten)]
    Rows(Action),
    /// Work with the templates that roles are made from, which are those of all tenants.
    #[command(subcommand)]
    Template(TemplateAction),
}

/// What to do with templates.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TemplateAction {
    /// List the newest version of each template.
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Show all versions of a template, the newest first.
    Show {
        /// Its name.
        name: String,
        #[command(flatten)]
        common: Common,
    },
    /// Save a template, or its next version; roles that there are stay as they are.
    Save(SaveOptions),
    /// Retire a template: no role is made of it any more, and roles of it stay.
    Retire {
        /// Its name.
        name: String,
        /// Do not ask; needed where nobody can answer.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        common: Common,
    },
    /// List the roles that differ from a template's newest version: of an older one, or changed by hand.
    Differences {
        /// Its name.
        name: String,
        #[command(flatten)]
        common: Common,
    },
    /// Give the roles of tenants what a template's newest version says.
    Apply(ApplyOptions),
}

/// Options of `role template apply`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ApplyOptions {
    /// Its name.
    name: String,
    /// The tenants, by key, name or id.
    #[arg(required = true, value_name = "TENANT")]
    tenants: Vec<String>,
    /// Make a role in a tenant that has none of the template.
    #[arg(long)]
    create: bool,
    /// Change roles too that were changed by hand.
    #[arg(long)]
    overwrite: bool,
    /// Why, in words.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Does it with roles, and prints the result.
pub(in crate::cli) async fn role(context: &Context, action: RoleAction) -> Result<(), Failure> {
    match action {
        RoleAction::Rows(action) => resource(context, Kind::Role, action).await,
        RoleAction::Template(action) => template(context, action).await,
    }
}

async fn template(context: &Context, action: TemplateAction) -> Result<(), Failure> {
    match action {
        TemplateAction::List { common } => {
            let all = Path::beside_tenants(context, &common).await?.get("/role-templates").await?;
            table::print(&all, None, &["name", "version", "roleType", "description"], common.output)
        }
        TemplateAction::Show { name, common } => {
            let path = Path::beside_tenants(context, &common).await?;
            let next = |page: &Json| {
                let last = page["versions"].as_array().and_then(|all| all.last()).filter(|_| page["more"] == true);
                last.map(|last| format!("before={}", last["version"]))
            };
            let all = pages(&path, &path_of(&name, ""), "versions", next).await?;
            let columns = ["name", "version", "roleType", "permissions", "description", "retiredOn"];
            table::print(&all, None, &columns, common.output)
        }
        TemplateAction::Save(options) => save(context, options).await,
        TemplateAction::Retire { name, yes, common } => {
            let path = Path::beside_tenants(context, &common).await?;
            if !yes {
                confirm(&name)?;
            }
            path.at(&Method::DELETE, &path_of(&name, ""), None).await?;
            say(&format!("retired {}", plain(&name)))?;
            Ok(())
        }
        TemplateAction::Differences { name, common } => {
            let path = Path::beside_tenants(context, &common).await?;
            let next = |page: &Json| page["next"].as_str().map(|next| format!("cursor={next}"));
            let all = pages(&path, &path_of(&name, "/differences"), "differences", next).await?;
            let columns = ["tenantId", "roleName", "version", "changed", "missing", "extra"];
            table::print(&all, None, &columns, common.output)
        }
        TemplateAction::Apply(options) => apply(context, options).await,
    }
}

async fn apply(context: &Context, options: ApplyOptions) -> Result<(), Failure> {
    let ApplyOptions { name, tenants, create, overwrite, reason, common } = options;
    let path = Path::open(context, Kind::Tenant, &common).await?;
    let mut ids = Vec::with_capacity(tenants.len());
    for tenant in &tenants {
        ids.push(names::id(&path, tenant).await?);
    }
    let (mut rows, mut refused) = (Vec::new(), 0);
    for ids in ids.chunks(MOST) {
        let mut body = json!({ "tenantIds": ids, "create": create, "overwrite": overwrite });
        if let Some(reason) = &reason {
            body["reason"] = reason.as_str().into();
        }
        let mut answer = path.at(&Method::POST, &path_of(&name, "/apply"), Some(&body)).await?;
        let Json::Array(results) = answer["results"].take() else { return Err(Failure::other(table::NO_ROWS)) };
        for result in results {
            let tenant = &result["tenantId"];
            let why = &result["refused"];
            refused += usize::from(!why.is_null());
            let roles = result["roles"].as_array().cloned().unwrap_or_default();
            if roles.is_empty() {
                let outcome = if why.is_null() { json!("no role") } else { why["code"].clone() };
                rows.push(json!({ "tenantId": tenant, "outcome": outcome, "detail": why["detail"] }));
            }
            rows.extend(roles.into_iter().map(|mut role| {
                role["tenantId"] = tenant.clone();
                role
            }));
        }
    }
    table::print(
        &rows.into(),
        None,
        &["tenantId", "roleName", "outcome", "added", "removed", "detail"],
        common.output,
    )?;
    if refused > 0 { Err(Failure::other(format!("refused in {refused} of {} tenants", tenants.len()))) } else { Ok(()) }
}

/// The rows of all pages of an answer, behind each of which `next` tells how to go on.
async fn pages(path: &Path, target: &str, rows: &str, next: impl Fn(&Json) -> Option<String>) -> Result<Json, Failure> {
    let (mut all, mut asked) = (Vec::new(), target.to_owned());
    loop {
        let mut page = path.get(&asked).await?;
        let following = next(&page);
        match page[rows].take() {
            Json::Array(some) => all.extend(some),
            _ => return Err(Failure::other(table::NO_ROWS)),
        }
        match following {
            Some(query) => asked = format!("{target}?{query}"),
            None => return Ok(all.into()),
        }
    }
}

pub(super) fn path_of(name: &str, below: &str) -> String {
    // In a path a plus stands for itself.
    let name: String = byte_serialize(name.as_bytes()).collect();
    format!("/role-templates/{}{below}", name.replace('+', "%20"))
}

fn confirm(name: &str) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage("nobody can be asked here: give --yes to retire it".to_owned()));
    }
    match ask(&format!("Retire the template {}? [y/N] ", plain(name).replace('\n', " "))) {
        Ok(true) => Ok(()),
        _ => Err(Failure::other("nothing was retired")),
    }
}
