//! Tests of the service as a whole: each module drives the built program over HTTP and looks at the database behind it.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "everything here is a test or serves tests: it may fail loudly, and it makes its own clock and ids"
)]

mod adoption;
mod auth_clients;
mod authorization;
mod callback;
mod clients;
mod command_line;
mod events;
mod filters;
mod forms;
mod giving;
mod holes;
mod invitations;
mod isolation;
mod jobs;
mod jwks;
mod library;
mod lifecycle;
mod live_permissions;
mod login_service;
mod mail;
mod mcp;
mod members;
mod names;
mod outage;
mod own_memberships;
mod paging;
mod passwords;
mod permissions;
mod plans;
mod power;
mod processes;
mod program;
mod provisioning;
mod public_keys;
mod purge;
mod replay;
mod request;
mod revocation;
mod role_templates;
mod round_trips;
mod scaffold;
mod schemas;
mod support;
mod system;
mod unique;
mod world;
