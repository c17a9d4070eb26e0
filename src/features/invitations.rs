//! Invitations: people come into a tenant by a link that their address is sent, with the role and groups that it promises.

mod answers;
mod body;
mod mail;
mod public;
mod routes;
pub(crate) mod rules;

pub(super) use self::mail::INVITATION;
pub use self::rules::{Invited, Invitee, InviteeRole};
use super::Feature;

/// The feature.
pub(super) const FEATURE: Feature = Feature { routes: all, seldom: true };

fn all() -> Vec<crate::http::route::Route> {
    routes::routes().into_iter().chain(public::routes()).collect()
}
