//! Work that is done in the background.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use user_tenant_store::Entity;
use uuid::Uuid;

use super::date_time;

/// A piece of work that some process of the service does in the background. It has no `Debug`, so that no log can hold what it is
/// done with.
#[derive(Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "jobs",
    audit = "none",
    unlogged = "it is the program's own note of what is to be done; what a job changes is logged there",
    tenancy(column = "tenantId")
)]
pub struct Job {
    /// Id of the job.
    #[property(id)]
    pub id: Uuid,
    /// What is to be done, as the list of kinds names it.
    #[property(max_length = 100)]
    pub kind: String,
    /// Id of the tenant that it is for; null of the service's own work.
    #[property(parent)]
    pub tenant_id: Option<Uuid>,
    /// What it is done with.
    #[property(hidden, max_bytes = 65_536)]
    #[serde(skip_serializing)]
    pub payload: Value,
    /// Where it stands.
    #[property(one_of_text = ["queued", "running", "done", "failed"])]
    pub state: String,
    /// When it may be taken; while it is at work, when it may be taken from whoever has it; null once it is over.
    #[serde(default, with = "date_time::instant::option")]
    pub run_after: Option<OffsetDateTime>,
    /// How often it was begun since it last got on.
    pub attempts: i32,
    /// Which process has it, while it is at work.
    pub claimed_by: Option<Uuid>,
    /// Why it did not succeed when it was last tried.
    #[property(max_length = 500)]
    pub last_error: Option<String>,
    /// When it was made.
    #[serde(with = "date_time::instant")]
    pub created_on: OffsetDateTime,
    /// When it was over.
    #[serde(default, with = "date_time::instant::option")]
    pub finished_on: Option<OffsetDateTime>,
}

impl Job {
    /// To be done.
    pub const QUEUED: &'static str = "queued";
    /// At work.
    pub const RUNNING: &'static str = "running";
    /// Over, and done.
    pub const DONE: &'static str = "done";
    /// Over, and given up.
    pub const FAILED: &'static str = "failed";
}
