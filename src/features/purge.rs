//! The end of a tenant's life: every row of it is removed for good by a job, in small steps, and the audit log keeps what is no personal data.

mod answers;
mod erasure;
mod jobs;
mod payload;
mod routes;
pub(crate) mod rules;
mod tables;

use super::Feature;
pub(crate) use jobs::{EXPIRE, PURGE};

/// The feature.
pub(super) const FEATURE: Feature = Feature { routes: routes::routes, seldom: true };
