//! `tenant provision`: a tenant with all that it begins with, from options, from a file, or from both.

use std::io::Read as _;
use std::path::{Path as File, PathBuf};

use axum::http::Method;
use clap::Args;
use serde_json::{Map, Value as Json, json};

use super::path::Path;
use super::values::object;
use super::{Common, Kind, Output};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::print::{plain, say};
use crate::cli::table;

/// Options of `tenant provision`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ProvisionOptions {
    /// All of it as JSON, the body of `POST /tenants/provision`: in this file, or on standard input for `-`. Other options win
    /// over it.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Name of the tenant.
    #[arg(long)]
    name: Option<String>,
    /// Key of the tenant, unique, at most 20 characters.
    #[arg(long)]
    key: Option<String>,
    /// Leave it pending, so that nobody may work in it until it is activated.
    #[arg(long)]
    pending: bool,
    /// E-mail address of the administrator. Somebody who has it already is invited.
    #[arg(long)]
    email: Option<String>,
    /// Username of the administrator; without it, the address.
    #[arg(long)]
    username: Option<String>,
    /// First name of the administrator.
    #[arg(long)]
    first_name: Option<String>,
    /// Last name of the administrator.
    #[arg(long)]
    last_name: Option<String>,
    /// Template of the administrator's role, if it is not owner.
    #[arg(long)]
    template: Option<String>,
    /// Template of a role to make; repeatable. Without it, those of owner, administrator, member and viewer.
    #[arg(long = "role", value_name = "TEMPLATE")]
    roles: Vec<String>,
    /// Name of a group to make; repeatable.
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
    /// A value of the tenant's configuration, a JSON object; repeatable.
    #[arg(long = "set-config", value_name = "KEY=JSON", value_parser = config)]
    configs: Vec<Config>,
    /// Make a client application of this name, and print its secret.
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Where users of the client application return to after the login.
    #[arg(long, value_name = "URL")]
    redirect_url: Option<String>,
    /// How many members the tenant may have.
    #[arg(long, value_name = "NUMBER")]
    max_members: Option<u32>,
    /// How many of them may be invited and not have come yet.
    #[arg(long, value_name = "NUMBER")]
    max_invitations: Option<u32>,
    /// How many days it can be restored once it is archived.
    #[arg(long, value_name = "DAYS")]
    retention_days: Option<u32>,
    /// Why, in words.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// A value of a configuration under its key.
#[derive(Debug, Clone)]
struct Config(String, Map<String, Json>);

fn config(text: &str) -> Result<Config, String> {
    let (key, value) = text.split_once('=').ok_or("a key, an equals sign and a JSON object")?;
    Ok(Config(key.to_owned(), object(value)?))
}

/// Makes it, and prints the ids, and the secret of a client application.
pub(in crate::cli) async fn provision(context: &Context, options: ProvisionOptions) -> Result<(), Failure> {
    let path = Path::open(context, Kind::Tenant, &options.common).await?;
    let output = options.common.output;
    let answer = path.at(&Method::POST, "/tenants/provision", Some(&body(options)?)).await?;
    if output != Output::Table {
        return table::print(&json!([answer]), None, &[], output);
    }
    let mut lines = vec![
        ("tenant", &answer["tenant"]["id"]),
        ("user", &answer["administrator"]["userId"]),
        ("user_tenant", &answer["administrator"]["userTenantId"]),
    ];
    for (title, list, name) in
        [("role", "roles", "name"), ("group", "groups", "name"), ("config", "configs", "configKey")]
    {
        for row in answer[list].as_array().into_iter().flatten() {
            say(&format!("{title:<13} {}  {}", shown(&row["id"]), shown(&row[name])))?;
        }
    }
    if let Some(client) = answer.get("client").filter(|client| client.is_object()) {
        lines.push(("client_id", &client["clientId"]));
        lines.push(("client_secret", &client["clientSecret"]));
    }
    for (title, value) in lines {
        say(&format!("{title:<13} {}", shown(value)))?;
    }
    Ok(())
}

fn shown(value: &Json) -> String {
    value.as_str().map(plain).unwrap_or_default().replace('\n', " ")
}

/// The body of the request.
fn body(options: ProvisionOptions) -> Result<Json, Failure> {
    let mut body = match &options.file {
        Some(file) => read(file)?,
        None => Map::new(),
    };
    let status = options.pending.then(|| "pending".to_owned());
    let texts = [
        ("tenant", "name", options.name),
        ("tenant", "key", options.key),
        ("tenant", "status", status),
        ("administrator", "email", options.email),
        ("administrator", "username", options.username),
        ("administrator", "firstName", options.first_name),
        ("administrator", "lastName", options.last_name),
        ("administrator", "template", options.template),
        ("client", "clientId", options.client),
        ("client", "redirectUrl", options.redirect_url),
    ];
    let numbers = [
        ("limits", "maxMembers", options.max_members),
        ("limits", "maxInvitations", options.max_invitations),
        ("limits", "retentionDays", options.retention_days),
    ];
    let texts = texts.into_iter().map(|(part, name, text)| (part, name, text.map(Json::from)));
    let numbers = numbers.into_iter().map(|(part, name, number)| (part, name, number.map(Json::from)));
    for (part, name, value) in texts.chain(numbers) {
        if let Some(value) = value {
            set(&mut body, part, name, value);
        }
    }
    let configs =
        options.configs.into_iter().map(|Config(key, value)| json!({ "configKey": key, "configValue": value }));
    for (list, items) in [
        ("roles", options.roles.into_iter().map(Json::from).collect::<Vec<_>>()),
        ("groups", options.groups.into_iter().map(|name| json!({ "name": name })).collect()),
        ("configs", configs.collect()),
    ] {
        if !items.is_empty() {
            body.insert(list.to_owned(), items.into());
        }
    }
    if let Some(reason) = options.reason {
        body.insert("reason".to_owned(), reason.into());
    }
    Ok(body.into())
}

/// Sets a member of a part; what is no object is left to the service to refuse.
fn set(body: &mut Map<String, Json>, part: &str, name: &str, value: Json) {
    if let Json::Object(part) = body.entry(part).or_insert_with(|| json!({})) {
        part.insert(name.to_owned(), value);
    }
}

/// The body that a file holds.
fn read(file: &File) -> Result<Map<String, Json>, Failure> {
    let mut text = String::new();
    let (place, outcome) = if file.as_os_str() == "-" {
        ("standard input".to_owned(), std::io::stdin().read_to_string(&mut text).map(drop))
    } else {
        (file.display().to_string(), std::fs::read_to_string(file).map(|read| text = read))
    };
    outcome.map_err(|error| Failure::Usage(format!("--file: {place} cannot be read: {error}")))?;
    object(&text).map_err(|error| Failure::Usage(format!("--file: {place}: {error}")))
}
