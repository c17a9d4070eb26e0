//! Templates of roles: the deployment's, in versions; which tenants' roles differ from them, and giving these what a template says.

mod answers;
mod body;
mod difference;
pub(crate) mod differences;
mod parameters;
mod routes;
pub(crate) mod rules;

pub use self::answers::{Outcome, RoleApplied};
pub use self::difference::RoleDifference;
pub(crate) use self::differences::Versions;
pub use self::rules::{Application, RoleTemplateVersion};
use super::Feature;

/// The feature.
pub(super) const FEATURE: Feature = Feature { routes: routes::routes, seldom: true };
