//! `tenant purge`: asks for the tenant's key, has it purged, and shows how far that has come.

use std::io::{IsTerminal as _, stderr, stdin};
use std::time::Duration;

use axum::http::Method;
use clap::Args;
use serde_json::{Map, Value as Json, json};

use super::path::Path;
use super::{Common, Kind, names};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::print::{note, plain, type_in};
use crate::cli::{table, target};
use crate::jobs::JobOptions;

/// How often is asked how far it has come.
const INTERVAL: Duration = Duration::from_millis(500);
/// How often a process looks for jobs that does nothing else.
const LOOK: Duration = Duration::from_millis(100);

/// Options of `tenant purge`.
#[derive(Debug, Args)]
pub(in crate::cli) struct PurgeOptions {
    /// Its id, its name or its key.
    name: String,
    /// Its key, or its name where it has none, as it stands: in place of the question.
    #[arg(long, value_name = "KEY")]
    confirm: Option<String>,
    /// Why, in words; the last event tells it.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Leave it to a running service, and do not wait.
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    common: Common,
}

/// Does it, and prints what is gone.
pub(super) async fn purge(context: &Context, options: PurgeOptions) -> Result<(), Failure> {
    let PurgeOptions { name, confirm, reason, no_wait, common } = options;
    let path = Path::open(context, Kind::Tenant, &common).await?;
    let id = names::id(&path, &name).await?;
    let confirm = match confirm {
        Some(confirm) => confirm,
        None => asked(&path.get(&format!("/tenants/{id}")).await?)?,
    };
    let mut body = json!({ "confirm": confirm });
    if let Some(reason) = reason {
        body["reason"] = reason.into();
    }
    let begun = path.at(&Method::POST, &format!("/tenants/{id}/purge"), Some(&body)).await?;
    if no_wait {
        return table::print(&json!([begun]), None, &["id", "status", "job"], common.output);
    }
    let worker = target::worker(context, &common.target).await?;
    let jobs = async {
        match &worker {
            Some(worker) => {
                let options = JobOptions { interval: LOOK, ..JobOptions::default() };
                worker.run_jobs(options, std::future::pending()).await;
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        gone = wait(&path, &id) => gone?,
        () = jobs => {}
    }
    let events = path.get(&format!("/events?type=tenant.purged&subject={id}")).await?;
    let rows = events["events"][0]["after"]["rows"].as_object().cloned().unwrap_or_default();
    let rows: Vec<Json> = rows.into_iter().map(|(table, rows)| json!({ "table": table, "rows": rows })).collect();
    table::print(&rows.into(), None, &["table", "rows"], common.output)
}

/// What a person types who was shown which tenant it is.
fn asked(tenant: &Json) -> Result<String, Failure> {
    let text = |name: &str| tenant[name].as_str().unwrap_or_default();
    if !stdin().is_terminal() {
        let usage = "nothing can be asked here: give --confirm KEY, with the key of the tenant as it stands";
        return Err(Failure::Usage(usage.to_owned()));
    }
    let (what, wanted) = if text("key").is_empty() { ("name", text("name")) } else { ("key", text("key")) };
    let question = format!(
        "Every row of the tenant {} goes for good, with the people who have no other tenant.\nType its {what} to go on: ",
        plain(text("name"))
    );
    let typed = type_in(&question).map_err(|error| Failure::other(format!("nothing can be read: {error}")))?;
    if typed == wanted {
        return Ok(typed);
    }
    Err(Failure::other(format!("that is not its {what}; nothing was done")))
}

/// Waits until the tenant is gone.
async fn wait(path: &Path, id: &str) -> Result<(), Failure> {
    let mut shown = Map::new();
    while let Some(life) = path.get_if_there(&format!("/tenants/{id}/lifecycle")).await? {
        let purge = &life["purge"];
        let now = Map::from_iter(["rows", "lines", "lastError"].map(|name| (name.to_owned(), purge[name].clone())));
        if now != shown && stderr().is_terminal() {
            let error = purge["lastError"].as_str().map(|error| format!("; last error: {}", plain(error)));
            let error = error.unwrap_or_default();
            note(&format!("{} rows and what {} lines of the log held are gone{error}", purge["rows"], purge["lines"]));
        }
        shown = now;
        tokio::time::sleep(INTERVAL).await;
    }
    Ok(())
}
