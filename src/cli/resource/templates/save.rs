//! `role template save`: a template, or its next version, which is as the one before but for what is given.

use axum::http::Method;
use clap::Args;
use serde_json::{Value as Json, json};

use super::path_of;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::print::{note, plain};
use crate::cli::resource::Common;
use crate::cli::resource::path::Path;
use crate::cli::table;
use crate::model::permission::name_of;

/// Options of `role template save`.
#[derive(Debug, Args)]
pub(in crate::cli) struct SaveOptions {
    /// Its name, which roles of it get.
    name: String,
    /// A permission that its roles grant, by name or number, in place of all that the version before grants; repeatable.
    #[arg(long = "permission", value_name = "PERMISSION", conflicts_with_all = ["add", "remove"])]
    permissions: Vec<String>,
    /// A permission to grant beside those of the version before; repeatable.
    #[arg(long, value_name = "PERMISSION")]
    add: Vec<String>,
    /// A permission of the version before to grant no more; repeatable.
    #[arg(long, value_name = "PERMISSION")]
    remove: Vec<String>,
    /// What its roles are for; without it, as before.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Kind of its roles, a number; without it, as before.
    #[arg(long, value_name = "NUMBER")]
    role_type: Option<i32>,
    /// The newest version as you know it, 0 for none: another one refuses it.
    #[arg(long, value_name = "VERSION")]
    expected_version: Option<i32>,
    #[command(flatten)]
    common: Common,
}

/// Saves it, and prints what was saved.
pub(super) async fn save(context: &Context, options: SaveOptions) -> Result<(), Failure> {
    let SaveOptions { name, permissions, add, remove, description, role_type, expected_version, common } = options;
    let path = Path::beside_tenants(context, &common).await?;
    let before = path.get_if_there(&format!("{}?limit=1", path_of(&name, ""))).await?;
    let before = before.map(|mut history| history["versions"][0].take()).unwrap_or_default();
    let granted = before["permissions"].as_array().into_iter().flatten().filter_map(Json::as_str);
    if permissions.is_empty() && add.is_empty() && before.is_null() {
        return Err(Failure::Usage("give what its roles grant: --permission NAME, repeatable".to_owned()));
    }
    let granted: Vec<&str> = granted.collect();
    // A name and its number are one permission.
    let is = |one: &str, other: &str| name_of(one) == name_of(other);
    if let Some(gone) =
        remove.iter().find(|gone| !granted.iter().any(|name| is(name, gone)) || add.iter().any(|name| is(name, gone)))
    {
        return Err(Failure::Usage(format!(
            "--remove {gone}: the version before does not grant it, or it is added at once"
        )));
    }
    let permissions: Vec<String> = if permissions.is_empty() {
        let stays = granted.iter().filter(|name| !remove.iter().any(|gone| is(gone, name)));
        let stays: Vec<String> = stays.map(|name| (*name).to_owned()).collect();
        let new = add.into_iter().filter(|name| !stays.iter().any(|other| is(other, name))).collect::<Vec<_>>();
        [stays, new].concat()
    } else {
        permissions
    };
    let body = json!({
        "name": name,
        "permissions": permissions,
        "description": description.map_or_else(|| before["description"].clone(), Json::from),
        "roleType": role_type.map_or_else(|| before["roleType"].clone(), Json::from),
        // Nobody else has saved one meanwhile, of which this would take something away.
        "expectedVersion": expected_version.map_or_else(|| json!(before["version"].as_i64().unwrap_or(0)), Json::from),
    });
    if before["retiredOn"].is_string() {
        note(&format!("{} was retired; roles can be made of it again", plain(&name)));
    }
    let saved = path.at(&Method::POST, "/role-templates", Some(&body)).await?;
    table::print(&json!([saved]), None, &["name", "version", "permissions"], common.output)
}
