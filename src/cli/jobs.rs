//! `jobs list | retry`: work in the background, and trying again what was given up.

use clap::Subcommand;
use serde_json::Value as Json;
use user_tenant_store::Entity as _;
use user_tenant_store::scope::SystemReason;
use uuid::Uuid;

use super::context::Context;
use super::failure::Failure;
use super::print::{program, say};
use super::resource::Output;
use super::table;
use crate::error::Error;
use crate::jobs::{JobQuery, list, retry as retry_job};
use crate::model::Job;

/// The columns of the table.
const COLUMNS: [&str; 7] = ["id", "kind", "tenantId", "state", "attempts", "runAfter", "lastError"];

/// What to do with jobs.
#[derive(Debug, Subcommand)]
pub(super) enum JobsAction {
    /// List jobs: first those that are to be done, in the order of their time, then those that are over.
    List {
        /// Those in this state only.
        #[arg(long, value_parser = [Job::QUEUED, Job::RUNNING, Job::DONE, Job::FAILED])]
        state: Option<String>,
        /// Those of this kind only.
        #[arg(long, value_name = "NAME")]
        kind: Option<String>,
        /// So many at most.
        #[arg(long, default_value_t = 100, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=10_000))]
        limit: u64,
        /// The form of the result.
        #[arg(long, short, value_enum, default_value_t = Output::Table)]
        output: Output,
    },
    /// Do a job now that waits for its next attempt, or that was given up.
    Retry {
        /// Id of the job.
        id: Uuid,
    },
}

/// Does one of the two.
pub(super) async fn jobs(context: &Context, action: JobsAction) -> Result<(), Failure> {
    // Jobs are those of a database, wherever USER_TENANT_URL leads: a new one has none to list.
    let config = &context.config;
    if config.embedded && !config.data_dir.exists() {
        return Err(Failure::Usage(format!(
            "there is no database in {} yet: DATABASE_URL or DATA_DIR says where it is whose jobs are meant",
            config.data_dir.display()
        )));
    }
    match action {
        JobsAction::List { state, kind, limit, output } => {
            let session = context.sessions().await?.read_system(SystemReason::CommandLine);
            let rows = list(&session, JobQuery { state, kind, limit }).await?;
            let rows = serde_json::to_value(&rows).unwrap_or(Json::Null);
            table::print(&rows, Some(Job::meta()), &COLUMNS, output)
        }
        JobsAction::Retry { id } => retry(context, id).await,
    }
}

async fn retry(context: &Context, id: Uuid) -> Result<(), Failure> {
    let session = context.sessions().await?.write_system(SystemReason::CommandLine).await.map_err(Error::from)?;
    match retry_job(session, id).await {
        Ok(true) => say(&format!("{id} is to be done now")),
        Ok(false) => Err(Failure::other(format!("the job {id} is at work or done: there is nothing to try again"))),
        Err(Error::NotFound(_)) => {
            Err(Failure::other(format!("there is no job {id}; list them with:  {} jobs list", program())))
        }
        Err(error) => Err(error.into()),
    }
}
