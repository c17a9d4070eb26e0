//! `migrate up | down | status | check`.

use std::io::IsTerminal;

use user_tenant_store::migrate::{Migrator, State, Step};
use user_tenant_store::value::format_timestamp;

use super::arguments::MigrateAction;
use super::context::Context;
use super::failure::Failure;
use super::print::{ask, say};
use crate::migrations::MIGRATIONS;

/// Does one of the four.
pub(super) async fn migrate(context: &Context, action: &MigrateAction) -> Result<(), Failure> {
    let mut migrator = Migrator::connect(&context.database()?, MIGRATIONS).await?;
    match action {
        MigrateAction::Up => report("applied", &migrator.up().await?),
        MigrateAction::Down { to: Some(version), .. } => report("undone", &migrator.down(*version).await?),
        MigrateAction::Down { to: None, yes } => {
            let undone = match last_step(&migrator).await? {
                Some((last, before)) => {
                    if !yes {
                        confirm(&last, before)?;
                    }
                    migrator.down(before).await?
                }
                None => Vec::new(),
            };
            report("undone", &undone);
        }
        MigrateAction::Status => {
            for status in migrator.status().await? {
                let state = match status.state {
                    State::Applied { on } => format!("applied {}", format_timestamp(on)),
                    State::Pending => "pending".to_owned(),
                    State::Changed => "applied, but with another content".to_owned(),
                    State::Unknown => "applied, but not part of this program".to_owned(),
                };
                say(&format!("{}  {state}", status.step));
            }
        }
        MigrateAction::Check => {
            let findings = migrator.check().await?;
            if !findings.is_empty() {
                let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
                return Err(Failure::Schema(lines.join("\n")));
            }
            say("the schema is the one of this program");
        }
    }
    Ok(())
}

/// The last applied migration, and the version that the database is left at without it.
async fn last_step(migrator: &Migrator) -> Result<Option<(Step, u32)>, Failure> {
    let status = migrator.status().await?;
    let mut applied =
        status.into_iter().filter(|status| status.state != State::Pending).map(|status| status.step).rev();
    Ok(applied.next().map(|last| (last, applied.next().map_or(0, |step| step.version))))
}

/// Goes on only if somebody at a terminal says so.
fn confirm(step: &Step, before: u32) -> Result<(), Failure> {
    let loss = format!("This undoes {step}: what it made is dropped, with all rows in it.");
    if !std::io::stdin().is_terminal() {
        return Err(Failure::other(format!(
            "{loss} Nobody can be asked here: say  migrate down --yes,  or  migrate down --to {before}"
        )));
    }
    if ask(&format!("{loss} Go on? [y/N] "))? { Ok(()) } else { Err(Failure::other("nothing was undone")) }
}

fn report(what: &str, steps: &[Step]) {
    if steps.is_empty() {
        say("nothing to do");
    }
    for step in steps {
        say(&format!("{what} {step}"));
    }
}
