//! One file a controller of the contract: its routes, and a handler a route that tells what the route does.

pub(super) mod callback;
pub(super) mod configs;
pub(super) mod group_members;
pub(super) mod groups;
pub(super) mod memberships;
pub(super) mod own_tenants;
pub(super) mod preferences;
pub(super) mod roles;
pub(super) mod tenants;
pub(super) mod users;
