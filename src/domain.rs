//! The rules: functions that take a scoped session and return models. They know no HTTP and cannot widen a scope.

pub(crate) mod administrators;
pub(crate) mod bootstrap;
pub(crate) mod callback;
pub(crate) mod callers;
pub(crate) mod clients;
pub(crate) mod configs;
pub(crate) mod giving;
pub(crate) mod group_members;
pub(crate) mod groups;
pub(crate) mod holdings;
#[cfg(feature = "cli")]
pub(crate) mod logins;
pub(crate) mod member_permissions;
pub(crate) mod names;
pub(crate) mod nesting;
#[cfg(feature = "cli")]
pub(crate) mod older_names;
pub(crate) mod passwords;
pub(crate) mod preferences;
pub(crate) mod principal;
pub(crate) mod provisioning;
pub(crate) mod role_templates;
pub(crate) mod roles;
pub(crate) mod seats;
pub(crate) mod tenants;
pub(crate) mod users;
