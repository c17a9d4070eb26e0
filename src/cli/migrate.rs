//! `migrate up | down | status | check`.

use std::io::IsTerminal;

use user_tenant_store::environment::Environment;
use user_tenant_store::migrate::{Choice, Finding, Migrator, State, Status, Step};
use user_tenant_store::scope::SystemReason;
use user_tenant_store::session::Limits;
use user_tenant_store::value::format_timestamp;

use super::arguments::{CheckOptions, MigrateAction, UpOptions};
use super::context::Context;
use super::failure::Failure;
use super::print::{ask, say};
use crate::access::sessions::Sessions;
use crate::domain::logins::logins;
use crate::domain::older_names::older_names;
use crate::error::{BuildError, Error};

/// Does one of the four.
pub(super) async fn migrate(context: &Context, action: &MigrateAction) -> Result<(), Failure> {
    let mut migrator = Migrator::connect(&context.database()?, context.program.schema()).await?;
    match action {
        MigrateAction::Up(UpOptions { without, with }) => {
            let [without, with] = [without, with].map(|names| names.iter().cloned().collect());
            report("applied", &migrator.up_choosing(&Choice { without, with }).await?)?;
            say_adopted(&mut migrator).await?;
        }
        MigrateAction::Down { to: Some(version), .. } => report("undone", &migrator.down(*version).await?)?,
        MigrateAction::Down { to: None, yes } => {
            let undone = match last_step(&mut migrator).await? {
                Some((last, before)) => {
                    if !yes {
                        confirm(&last, before)?;
                    }
                    migrator.down(before).await?
                }
                None => Vec::new(),
            };
            report("undone", &undone)?;
        }
        MigrateAction::Status => {
            for status in migrator.status().await? {
                let state = match &status.state {
                    State::Applied { on } => format!("applied {}", format_timestamp(*on)),
                    State::Adopted { on, without } => {
                        format!("applied {} by adoption{}", format_timestamp(*on), left_out(without))
                    }
                    State::Pending => "pending".to_owned(),
                    State::Changed => "applied, but with another content".to_owned(),
                    State::Unknown => "applied, but not part of this program".to_owned(),
                    State::Ahead => "applied, newer than this program, which works on without it".to_owned(),
                };
                say(&format!("{}  {state}", status.step))?;
            }
        }
        MigrateAction::Check(CheckOptions { login }) => {
            let (ahead, mut findings): (Vec<_>, Vec<_>) =
                migrator.check().await?.into_iter().partition(|finding| matches!(finding, Finding::Ahead(_)));
            // What the program could bear may keep it from reading all the same.
            let sessions = if findings.iter().all(Finding::is_bearable) { open(context).await } else { Ok(None) };
            let sessions = match sessions {
                Err(BuildError::Schema(unreadable)) => {
                    findings.extend(unreadable);
                    None
                }
                other => other?,
            };
            if !findings.is_empty() {
                return Err(Failure::schema(&findings));
            }
            if ahead.is_empty() {
                say("the schema is the one of this program")?;
            }
            ahead.iter().try_for_each(|finding| say(&finding.to_string()))?;
            say_adopted(&mut migrator).await?;
            say_of_rows(sessions, *login).await?;
        }
    }
    Ok(())
}

/// Opens the database as the service does.
async fn open(context: &Context) -> Result<Option<Sessions>, BuildError> {
    let database = context.database().map_err(|failure| BuildError::Options(failure.to_string().into()))?;
    let (limits, environment) = (Limits::default(), Environment::system());
    Sessions::connect(&database, limits, environment, context.program.schema()).await.map(Some)
}

/// Says how far an adopted database is not like others.
async fn say_adopted(migrator: &mut Migrator) -> Result<(), Failure> {
    for status in migrator.status().await? {
        if let State::Adopted { without, .. } = status.state {
            say(&format!("the database is an adopted one{}", left_out(&without)))?;
        }
    }
    Ok(())
}

/// Says which names are older than the forms in which they are written now, of which nothing has to be done, and where that is
/// asked, who cannot log in.
async fn say_of_rows(sessions: Option<Sessions>, login: bool) -> Result<(), Failure> {
    let Some(sessions) = sessions else { return Ok(()) };
    let session = sessions.read_system(SystemReason::CommandLine);
    let names = older_names(&session).await;
    let logins = if login { Some(logins(&session).await) } else { None };
    drop(session);
    sessions.close().await;
    names.map_err(Error::from)?.iter().try_for_each(|older| say(&older.to_string()))?;
    match logins {
        Some(logins) => say(&logins.map_err(Error::from)?.to_string()),
        None => Ok(()),
    }
}

fn left_out(without: &[String]) -> String {
    if without.is_empty() { String::new() } else { format!(", without {}", without.join(", ")) }
}

/// The last applied migration, and the version that the database is left at without it.
async fn last_step(migrator: &mut Migrator) -> Result<Option<(Status, u32)>, Failure> {
    let status = migrator.status().await?;
    let mut applied = status.into_iter().filter(|status| status.state != State::Pending).rev();
    Ok(applied.next().map(|last| (last, applied.next().map_or(0, |status| status.step.version))))
}

/// Goes on only if somebody at a terminal says so.
fn confirm(last: &Status, before: u32) -> Result<(), Failure> {
    let loss = match &last.state {
        State::Adopted { .. } => "the constraints, indexes and triggers that adoption added are dropped, but no row",
        _ => "what it made is dropped, with all rows in it",
    };
    let loss = format!("This undoes {}: {loss}.", last.step);
    if !std::io::stdin().is_terminal() {
        return Err(Failure::other(format!(
            "{loss} Nobody can be asked here: say  migrate down --yes,  or  migrate down --to {before}"
        )));
    }
    if ask(&format!("{loss} Go on? [y/N] "))? { Ok(()) } else { Err(Failure::other("nothing was undone")) }
}

fn report(what: &str, steps: &[Step]) -> Result<(), Failure> {
    if steps.is_empty() {
        return say("nothing to do");
    }
    steps.iter().try_for_each(|step| say(&format!("{what} {step}")))
}
