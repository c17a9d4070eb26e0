//! `user password` and `user reset-password`: setting a person's password, and letting a member set a new one.

use std::io::{IsTerminal as _, Read as _, stdin};

use axum::http::Method;
use clap::Args;
use dialoguer::Password as Asked;
use serde_json::json;
use user_tenant_store::audit::ActorKind;

use super::path::Path;
use super::{Common, Kind, names};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::print::say;
use crate::cli::table;
use crate::domain::passwords::Password;
use crate::features::passwords::rules::Name;
use crate::features::passwords::steps;

/// The longest text that is read for a password, in bytes: what is longer than one may be is refused by its rule.
const LONGEST: u64 = 1_000;

/// Options of `user password`.
#[derive(Debug, Args)]
pub(in crate::cli) struct PasswordOptions {
    /// The person's username or e-mail address.
    name: String,
    /// Read the password from standard input, in place of the question; a line break at its end is none of it.
    #[arg(long)]
    password_stdin: bool,
}

/// Options of `user reset-password`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ResetOptions {
    /// The username, the e-mail address or the id.
    name: String,
    /// For how many hours it is of use.
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=720))]
    hours: u16,
    /// Mail the link to the person, in place of printing the token.
    #[arg(long)]
    mail: bool,
    #[command(flatten)]
    common: Common,
}

/// Sets a person's password, on the configured database.
pub(super) async fn password(context: &Context, options: PasswordOptions) -> Result<(), Failure> {
    let logins = context.sessions().await?.logins(ActorKind::Operator);
    let name = options.name.clone();
    let name = if name.contains('@') { Name::Email(name) } else { Name::Username(name) };
    let user = name.owner(&logins.read()).await?;
    let user = user.ok_or_else(|| Failure::Usage(format!("there is no user {:?}", options.name)))?;
    let typed = if options.password_stdin { read()? } else { asked()? };
    steps::set(&logins, user.id, Password::new(typed.trim_end_matches(['\r', '\n']))).await?;
    say(&format!("user  {}", user.id))
}

fn read() -> Result<String, Failure> {
    let mut text = String::new();
    let read = stdin().take(LONGEST).read_to_string(&mut text);
    read.map_err(|error| Failure::Usage(format!("--password-stdin: {error}")))?;
    Ok(text)
}

fn asked() -> Result<String, Failure> {
    if !stdin().is_terminal() {
        return Err(Failure::Usage(
            "nobody is there to be asked for the password: --password-stdin reads it".to_owned(),
        ));
    }
    let asked = Asked::new().with_prompt("Password").with_confirmation("Again", "They differ.").interact();
    asked.map_err(|error| Failure::Usage(error.to_string()))
}

/// Lets a member set a new password by a token, which it prints, or which goes to them.
pub(super) async fn reset(context: &Context, options: ResetOptions) -> Result<(), Failure> {
    let ResetOptions { name, hours, mail, common } = options;
    let path = Path::open(context, Kind::User, &common).await?;
    let id = names::id(&path, &name).await?;
    let (delivery, columns): (_, &[&str]) = if mail {
        ("mail", &["id", "status", "expiresOn"])
    } else {
        ("answer", &["id", "status", "expiresOn", "token"])
    };
    let body = json!({ "delivery": delivery, "lifeHours": hours });
    let answer = path.send(&Method::POST, &format!("/{id}/password-reset"), &[], Some(&body)).await?.body;
    table::print(&json!([answer]), None, columns, common.output)
}
