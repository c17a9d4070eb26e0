//! Events: what changed, by whom, when and why, as readers follow it. Each is a line of the audit log, written in the transaction that made the change.

mod answers;
mod cursor;
pub(crate) mod recorded;
#[cfg(feature = "cli")]
mod reference;
mod routes;
mod rules;

pub use self::recorded::{EventPage, EventQuery, RecordedEvent};
#[cfg(feature = "cli")]
pub(crate) use self::reference::reference;
use super::Feature;

/// The feature.
pub(super) const FEATURE: Feature = Feature { routes: routes::routes, seldom: false };
