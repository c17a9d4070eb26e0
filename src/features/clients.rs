//! Client applications that people log in with at the authentication service: made, given new secrets and removed by masters.

mod answers;
mod body;
mod routes;

use super::Feature;

/// The feature.
pub(super) const FEATURE: Feature = Feature { routes: routes::routes, seldom: true };
