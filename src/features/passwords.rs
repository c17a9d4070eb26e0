//! Passwords of people: their own to change, a link to set one, and whether one is right, for a service that logs people in.

mod answers;
mod body;
mod jobs;
mod mail;
pub(crate) mod resets;
mod routes;
pub(crate) mod rules;
pub(crate) mod steps;

use super::Feature;
pub(crate) use jobs::{EXPIRE_RESETS, FORGET_ATTEMPTS};
pub(crate) use mail::PASSWORD_RESET;

/// The feature.
pub(super) const FEATURE: Feature = Feature { routes: routes::routes, seldom: true };

#[cfg(all(test, feature = "sqlite", feature = "postgres"))]
mod tests;
