//! What groups give: the roles that a group carries, and the groups that it holds.

mod answers;
mod body;
mod routes;
pub(crate) mod rules;

use super::Feature;

/// The feature.
pub(super) const FEATURE: Feature = Feature { routes: routes::routes, seldom: true };
