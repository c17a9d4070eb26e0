//! Permissions as clients ask for them: which there are, what a member holds and why, and whether members may do something.

mod answers;
mod routes;
pub(crate) mod rules;

pub use self::answers::{EffectivePermission, EffectivePermissions, EffectiveSource};
pub use self::rules::PermissionQuestion;
use super::Feature;

/// The feature.
pub(super) const FEATURE: Feature = Feature { routes: routes::routes, seldom: false };
