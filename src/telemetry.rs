//! What operators see: numbers ([`metrics`]) and the log.

pub(crate) mod metrics;
