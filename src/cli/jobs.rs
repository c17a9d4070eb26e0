//! `jobs list | retry`: work in the background, and trying again what was given up.

use clap::Subcommand;
use serde_json::Value as Json;
use time::OffsetDateTime;
use user_tenant_store::Entity as _;
use user_tenant_store::filter::{Comparison, Filter, Predicate};
use user_tenant_store::record::Patch;
use user_tenant_store::scope::SystemReason;
use user_tenant_store::session::Committed;
use uuid::Uuid;

use super::context::Context;
use super::failure::Failure;
use super::print::{program, say};
use super::resource::Output;
use super::table;
use crate::error::Error;
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
            let conditions = [state.map(|state| Job::STATE.is(state)), kind.map(|kind| Job::KIND.is(kind))];
            let conditions: Vec<Predicate> = conditions.into_iter().flatten().collect();
            let filter = Filter {
                predicate: (!conditions.is_empty()).then_some(Predicate::And(conditions)),
                order: vec![Job::RUN_AFTER.ascending()],
                limit: Some(limit),
                ..Filter::default()
            };
            let rows = session.repository::<Job>().find(&filter).await.map_err(Error::from)?;
            let rows = serde_json::to_value(&rows).unwrap_or(Json::Null);
            table::print(&rows, Some(Job::meta()), &COLUMNS, output)
        }
        JobsAction::Retry { id } => retry(context, id).await,
    }
}

async fn retry(context: &Context, id: Uuid) -> Result<(), Failure> {
    let session = context.sessions().await?.write_system(SystemReason::CommandLine).await.map_err(Error::from)?;
    let job = session.repository::<Job>().get(id).await.map_err(Error::from)?;
    let Some(job) = job else {
        return Err(Failure::other(format!("there is no job {id}; list them with:  {} jobs list", program())));
    };
    let now = session.now();
    let patch = Patch::<Job>::empty()
        .with(Job::STATE, Job::QUEUED)
        .and_then(|patch| patch.with(Job::RUN_AFTER, now))
        .and_then(|patch| patch.with(Job::ATTEMPTS, 0))
        .and_then(|patch| patch.with(Job::FINISHED_ON, None::<OffsetDateTime>))
        .map_err(Error::from)?;
    // A runner may have taken it meanwhile.
    let waits = Job::STATE.is_one_of([Job::QUEUED, Job::FAILED]);
    let is_it = Job::ID.compare(Comparison::Equal(id.into())).and(Some(&waits));
    match session.update_if_there_and_commit(&is_it, patch).await.map_err(Error::from)?.map(Committed::into_inner) {
        Some(()) => say(&format!("{id} is to be done now")),
        None => Err(Failure::other(format!("the job {id} is {}: there is nothing to try again", job.state))),
    }
}
