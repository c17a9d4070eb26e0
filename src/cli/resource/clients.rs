//! `client`, `user clients` and `user default-tenant`: client applications, who may log in with which, and to which tenant.

use std::io::IsTerminal;

use axum::http::Method;
use clap::{Args, Subcommand};
use form_urlencoded::byte_serialize;
use serde_json::{Value as Json, json};
use user_tenant_store::Entity as _;

use super::path::Path;
use super::{Common, Kind, Output, names};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::print::{ask, plain, program, say};
use crate::cli::table;
use crate::model::AuthClient;

const COLUMNS: [&str; 4] = ["id", "clientId", "redirectUrl", "accessTokenExpiration"];
/// How many are asked for at once.
const PAGE: usize = 500;

/// What to do with client applications.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ClientAction {
    /// List the client applications; their secrets are never shown.
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Make a client application. Its secret is printed here and nowhere else.
    Create(CreateOptions),
    /// Give a client application another secret, which is printed here and nowhere else; the one before is good no more.
    Rotate {
        /// Its name or its number.
        name: String,
        #[command(flatten)]
        common: Common,
    },
    /// Remove a client application that nobody may log in with.
    Remove {
        /// Its name or its number.
        name: String,
        /// Do not ask; needed where nobody can answer.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        common: Common,
    },
}

/// Options of `client create`.
#[derive(Debug, Args)]
pub(in crate::cli) struct CreateOptions {
    /// The name that it presents (`client_id`).
    name: String,
    /// Where users return to after the login.
    #[arg(long, value_name = "URL")]
    redirect_url: Option<String>,
    /// Life of its access tokens, in seconds.
    #[arg(long, value_name = "SECONDS")]
    access_token_life: Option<u32>,
    /// Life of its refresh tokens, in seconds.
    #[arg(long, value_name = "SECONDS")]
    refresh_token_life: Option<u32>,
    #[command(flatten)]
    common: Common,
}

/// Options of `user clients`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ClientsOptions {
    /// The username, the e-mail address or the id.
    name: String,
    /// The names of the client applications; of none named, the person can log in with none.
    #[arg(value_name = "CLIENT")]
    clients: Vec<String>,
    #[command(flatten)]
    common: Common,
}

/// Options of `user default-tenant`.
#[derive(Debug, Args)]
pub(in crate::cli) struct DefaultTenantOptions {
    /// The username, the e-mail address or the id.
    name: String,
    /// The tenant to log in to, by key, name or id.
    #[arg(value_name = "TENANT")]
    to: String,
    #[command(flatten)]
    common: Common,
}

/// Does it with client applications, and prints the result.
pub(in crate::cli) async fn client(context: &Context, action: ClientAction) -> Result<(), Failure> {
    match action {
        ClientAction::List { common } => {
            let path = Path::beside_tenants(context, &common).await?;
            let mut rows: Vec<Json> = Vec::new();
            loop {
                let page = listed(&path, &json!({ "limit": PAGE, "skip": rows.len() })).await?;
                let is_last = page.len() < PAGE;
                rows.extend(page);
                if is_last {
                    break;
                }
            }
            table::print(&rows.into(), Some(AuthClient::meta()), &COLUMNS, common.output)
        }
        ClientAction::Create(options) => {
            let CreateOptions { name, redirect_url, access_token_life, refresh_token_life, common } = options;
            let path = Path::beside_tenants(context, &common).await?;
            let mut body = json!({ "clientId": name });
            let numbers =
                [("accessTokenExpiration", access_token_life), ("refreshTokenExpiration", refresh_token_life)];
            for (name, value) in numbers {
                if let Some(value) = value {
                    body[name] = value.into();
                }
            }
            if let Some(url) = redirect_url {
                body["redirectUrl"] = url.into();
            }
            issued(&path.at(&Method::POST, "/clients", Some(&body)).await?, common.output)
        }
        ClientAction::Rotate { name, common } => {
            let path = Path::beside_tenants(context, &common).await?;
            let id = id(&path, &name).await?;
            issued(&path.at(&Method::POST, &format!("/clients/{id}/rotate"), None).await?, common.output)
        }
        ClientAction::Remove { name, yes, common } => {
            let path = Path::beside_tenants(context, &common).await?;
            let id = id(&path, &name).await?;
            if !yes {
                confirm(&name)?;
            }
            path.at(&Method::DELETE, &format!("/clients/{id}"), None).await?;
            say(&format!("removed {id}"))?;
            Ok(())
        }
    }
}

/// Says with which client applications a user may log in.
pub(super) async fn clients_of(context: &Context, options: ClientsOptions) -> Result<(), Failure> {
    let ClientsOptions { name, clients, common } = options;
    let path = Path::open(context, Kind::User, &common).await?;
    let id = names::id(&path, &name).await?;
    path.at(&Method::PUT, &format!("/users/{id}/clients"), Some(&json!({ "clients": clients }))).await?;
    say(&format!("changed {id}"))?;
    Ok(())
}

/// Says which tenant a user logs in to.
pub(super) async fn default_tenant(context: &Context, options: DefaultTenantOptions) -> Result<(), Failure> {
    let DefaultTenantOptions { name, to, common } = options;
    let path = Path::open(context, Kind::User, &common).await?;
    let id = names::id(&path, &name).await?;
    let tenant = names::id(&path.beside(Kind::Tenant).outside(), &to).await?;
    path.at(&Method::PUT, &format!("/user/{id}/default-tenant"), Some(&json!({ "tenantId": tenant }))).await?;
    say(&format!("changed {id}"))?;
    Ok(())
}

/// Prints one with its new secret.
fn issued(answer: &Json, output: Output) -> Result<(), Failure> {
    if output != Output::Table {
        return table::print(&json!([answer]), None, &[], output);
    }
    say(&format!("id             {}", answer["id"]))?;
    for (title, name) in [("client_id", "clientId"), ("client_secret", "clientSecret")] {
        say(&format!("{title:<14} {}", answer[name].as_str().map(plain).unwrap_or_default()))?;
    }
    Ok(())
}

/// The number of one that is named.
async fn id(path: &Path, name: &str) -> Result<i64, Failure> {
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let found = listed(path, &json!({ "where": { "clientId": name } })).await?;
    let number = found.last().and_then(|row| row["id"].as_i64());
    number.ok_or_else(|| {
        Failure::other(format!("there is no client application {name:?}; list them with:  {} client list", program()))
    })
}

async fn listed(path: &Path, filter: &Json) -> Result<Vec<Json>, Failure> {
    let filter: String = byte_serialize(filter.to_string().as_bytes()).collect();
    match path.get(&format!("/clients?filter={filter}")).await? {
        Json::Array(rows) => Ok(rows),
        _ => Err(Failure::other(table::NO_ROWS)),
    }
}

fn confirm(name: &str) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage("nobody can be asked here: give --yes to remove it".to_owned()));
    }
    match ask(&format!("Remove the client application {}? [y/N] ", plain(name).replace('\n', " "))) {
        Ok(true) => Ok(()),
        _ => Err(Failure::other("nothing was removed")),
    }
}
