//! What operators see: numbers ([`metrics`]) and the log.

#[cfg(feature = "cli")]
pub(crate) mod log;
pub(crate) mod metrics;
pub(crate) mod population;
