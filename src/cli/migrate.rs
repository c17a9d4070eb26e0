//! `migrate up | down | status | check`.

use user_tenant_store::migrate::{Migrator, State, Step};
use user_tenant_store::value::format_timestamp;

use super::arguments::MigrateAction;
use super::context::Context;
use super::failure::Failure;
use super::print::say;
use crate::migrations::MIGRATIONS;

/// Does one of the four.
pub(super) async fn migrate(context: &Context, action: &MigrateAction) -> Result<(), Failure> {
    let mut migrator = Migrator::connect(&context.database()?, MIGRATIONS).await?;
    match action {
        MigrateAction::Up => report("applied", &migrator.up().await?),
        MigrateAction::Down { to } => {
            // Without a target, one step: the last one.
            let target = match to {
                Some(version) => *version,
                None => last_but_one(&migrator).await?,
            };
            report("undone", &migrator.down(target).await?);
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

async fn last_but_one(migrator: &Migrator) -> Result<u32, Failure> {
    let applied = migrator.status().await?.into_iter().filter(|status| status.state != State::Pending).count();
    Ok(u32::try_from(applied.saturating_sub(1)).unwrap_or(0))
}

fn report(what: &str, steps: &[Step]) {
    if steps.is_empty() {
        say("nothing to do");
    }
    for step in steps {
        say(&format!("{what} {step}"));
    }
}
