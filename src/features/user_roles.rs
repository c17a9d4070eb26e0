//! Which user of a tenant has which role: read as rows of their own, and assigned without saying anything else of the user.

mod routes;

use super::Feature;

/// The feature.
pub(super) const FEATURE: Feature = Feature { routes: routes::routes, seldom: false };
