//! One file a controller of the contract: its routes, and a handler a route that tells what the route does.

pub(super) mod roles;
pub(super) mod tenants;
