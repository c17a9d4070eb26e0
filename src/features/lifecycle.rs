//! The life of tenants, memberships and people: their steps as routes, and how many members a tenant may have.

mod answers;
mod routes;
pub(crate) mod rules;

pub(super) use self::routes::limits;
use super::Feature;

/// The feature.
pub(super) const FEATURE: Feature = Feature { routes: routes::routes, seldom: true };
