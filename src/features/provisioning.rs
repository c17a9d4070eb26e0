//! A tenant with all that it begins with, made in one transaction: roles, an administrator, configuration, groups, a client application.

mod answers;
mod body;
mod routes;
pub(crate) mod rules;
mod wanted;

pub use self::wanted::{Provision, Provisioned, ProvisionedClient};
use super::Feature;

/// The feature.
pub(super) const FEATURE: Feature = Feature { routes: routes::routes, seldom: true };
