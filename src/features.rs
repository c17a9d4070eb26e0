//! What is ours beside the contract of the original: a folder a feature, and a line for each in [`FEATURES`].

mod clients;
pub(crate) mod events;
pub(crate) mod giving;
pub(crate) mod invitations;
pub(crate) mod lifecycle;
pub(crate) mod own_memberships;
pub(crate) mod passwords;
pub(crate) mod permissions;
pub(crate) mod provisioning;
pub(crate) mod purge;
mod reason;
pub(crate) mod role_templates;
mod user_roles;

#[cfg(feature = "cli")]
pub(crate) use self::events::reference;
use crate::http::route::Route;
use crate::jobs::{EXPIRE_KEYS, FORGET_JOBS, Kind};
use crate::mail::MailKind;
use crate::outbox::{FORGET_MAILS, SEND, TRIAL};

/// A feature, as far as the rest of the service must know it.
pub(crate) struct Feature {
    /// Its operations.
    pub(crate) routes: fn() -> Vec<Route>,
    /// Whether assistants seldom need them, and look them up when they do.
    pub(crate) seldom: bool,
}

/// The operations of all features.
pub(crate) fn routes() -> impl Iterator<Item = Route> {
    let of = |feature: &'static Feature| (feature.routes)().into_iter().map(|route| route.seldom(feature.seldom));
    FEATURES.iter().flat_map(of)
}

/// Every feature.
pub(crate) const FEATURES: &[Feature] = &[
    permissions::FEATURE,
    user_roles::FEATURE,
    lifecycle::FEATURE,
    events::FEATURE,
    provisioning::FEATURE,
    role_templates::FEATURE,
    giving::FEATURE,
    purge::FEATURE,
    passwords::FEATURE,
    clients::FEATURE,
    own_memberships::FEATURE,
    invitations::FEATURE,
];

/// Every kind of job: a row each.
pub(crate) const JOBS: &[Kind] = &[
    FORGET_JOBS,
    EXPIRE_KEYS,
    purge::PURGE,
    purge::EXPIRE,
    passwords::FORGET_ATTEMPTS,
    passwords::EXPIRE_RESETS,
    SEND,
    FORGET_MAILS,
];

/// Every kind of mail: a row each.
pub(crate) const MAILS: &[&MailKind] = &[&TRIAL, &invitations::INVITATION, &passwords::PASSWORD_RESET];
