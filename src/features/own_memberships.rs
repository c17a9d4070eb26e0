//! What people say of their own memberships, with a token of any of them: that they accept one, and which tenant they log in to.

mod answers;
mod routes;
pub(crate) mod rules;

use super::Feature;

/// The feature.
pub(super) const FEATURE: Feature = Feature { routes: routes::routes, seldom: true };
