//! `events`: what changed, by whom and why; and what changes from now on.

use std::time::Duration;

use clap::Args;
use serde_json::{Value as Json, json};

use super::path::Path;
use super::{Common, Kind, Output};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::print::{note, plain, say};
use crate::cli::serve::stop_signal;
use crate::cli::table;

/// Most events that are asked for at once.
const PAGE: usize = 500;
/// How long a follower waits where there is nothing new.
const PAUSE: Duration = Duration::from_millis(500);
/// How long it waits where the service is away.
const AWAY: Duration = Duration::from_secs(2);
/// The columns of a table.
const COLUMNS: [&str; 6] = ["position", "time", "type", "subject", "actor", "reason"];

/// Options of `events`.
#[derive(Debug, Args)]
pub(in crate::cli) struct EventsOptions {
    /// Go on with what comes, until this is stopped; without `--from` or `--cursor`, begin with it. While the service is away, it
    /// is waited for.
    #[arg(long)]
    follow: bool,
    /// Of these types only: `tenant.suspended`; repeatable.
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// About the row with this id.
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    /// By the membership or user with this id.
    #[arg(long, value_name = "ID")]
    actor: Option<String>,
    /// From this time on: 2026-05-06T07:08:09Z.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Before this time.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Go on where a command before this one has ended: it says so at its end with `--follow`.
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
    /// At most so many, the oldest first.
    #[arg(long, value_name = "NUMBER", default_value_t = 100, conflicts_with = "follow")]
    limit: usize,
    /// Print what types there are instead, as Markdown.
    #[arg(long)]
    pub(in crate::cli) markdown: bool,
    #[command(flatten)]
    common: Common,
}

/// Lists events, or follows them.
pub(in crate::cli) async fn events(context: &Context, options: EventsOptions) -> Result<(), Failure> {
    let EventsOptions { follow, limit, common, .. } = &options;
    if *follow && common.output == Output::Csv {
        return Err(Failure::Usage("--follow: the output is a line for each event, or JSON".to_owned()));
    }
    let path = match common.tenant {
        Some(_) => Path::open(context, Kind::User, common).await?,
        None => Path::beside_tenants(context, common).await?,
    };
    let begin = (*follow && options.from.is_none()).then(|| "end".to_owned());
    let mut cursor = options.cursor.clone().or(begin);
    if *follow {
        let ended = tokio::select! {
            ended = followed(&path, &options, &mut cursor) => ended,
            () = stop_signal() => Ok(()),
        };
        told(cursor.as_deref());
        return ended;
    }
    let mut found = Vec::new();
    let more = loop {
        let most = PAGE.min(limit - found.len());
        let mut page =
            path.get(&format!("{}/events?{}", path.within(), query(&options, most, cursor.as_deref()))).await?;
        let Json::Array(events) = page["events"].take() else { return Err(Failure::other(table::NO_ROWS)) };
        cursor = page["next"].as_str().map(ToOwned::to_owned);
        let is_last = page["more"] != true;
        found.extend(events);
        if is_last || found.len() >= *limit {
            break !is_last;
        }
    };
    if common.output == Output::Table {
        found.iter_mut().for_each(flatten);
    }
    table::print(&found.into(), None, &COLUMNS, common.output)?;
    if more {
        note("these are the oldest; there may be more");
        told(cursor.as_deref());
    }
    Ok(())
}

/// Prints events as they come. Whoever is away is waited for.
async fn followed(path: &Path, options: &EventsOptions, cursor: &mut Option<String>) -> Result<(), Failure> {
    let mut away = false;
    loop {
        let target = format!("{}/events?{}", path.within(), query(options, PAGE, cursor.as_deref()));
        let Some(mut page) = path.get_if_ready(&target).await? else {
            if !away {
                note("the service does not answer; it is waited for");
            }
            away = true;
            tokio::time::sleep(AWAY).await;
            continue;
        };
        if away {
            note("the service answers again");
        }
        away = false;
        let Json::Array(events) = page["events"].take() else { return Err(Failure::other(table::NO_ROWS)) };
        events.iter().try_for_each(|event| say(&line(event, options.common.output)))?;
        *cursor = page["next"].as_str().map(ToOwned::to_owned);
        if page["more"] != true {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Says how to go on.
fn told(cursor: Option<&str>) {
    if let Some(cursor) = cursor.filter(|cursor| *cursor != "end") {
        note(&format!("to go on from here:  --cursor {cursor}"));
    }
}

fn query(options: &EventsOptions, limit: usize, cursor: Option<&str>) -> String {
    let types = (!options.types.is_empty()).then(|| options.types.join(","));
    let text = |text: &Option<String>| text.clone();
    let all = [
        ("type", types),
        ("subject", text(&options.subject)),
        ("actor", text(&options.actor)),
        ("from", text(&options.from)),
        ("to", text(&options.to)),
        ("limit", Some(limit.to_string())),
        ("cursor", cursor.map(ToOwned::to_owned)),
    ];
    let given = all.into_iter().filter_map(|(name, value)| Some((name, value?)));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish()
}

/// Subject and actor as texts.
fn flatten(event: &mut Json) {
    for name in ["subject", "actor"] {
        let (kind, id) =
            (event[name]["kind"].as_str().unwrap_or_default(), event[name]["id"].as_str().unwrap_or_default());
        event[name] = json!(format!("{kind} {id}").trim_end());
    }
}

/// An event on one line.
fn line(event: &Json, output: Output) -> String {
    if output == Output::Json {
        return event.to_string();
    }
    let mut event = event.clone();
    flatten(&mut event);
    let cells = COLUMNS.iter().map(|column| match &event[*column] {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    });
    plain(cells.collect::<Vec<_>>().join("  ").trim_end()).replace('\n', " ")
}
