//! The rules: functions that take a scoped session and return models. They know no HTTP and cannot widen a scope.

pub(crate) mod bootstrap;
pub(crate) mod callers;
pub(crate) mod tenants;
