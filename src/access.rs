//! Who may open what: the only way from a request to the store. [`guard`] admits a caller, [`sessions`] are those of whom it admitted.

pub(crate) mod active_callers;
pub(crate) mod authenticate;
pub(crate) mod bearer;
pub(crate) mod caller;
pub(crate) mod digest;
pub(crate) mod entrance;
pub(crate) mod guard;
pub(crate) mod jwks;
pub(crate) mod keys;
pub(crate) mod live_permissions;
pub(crate) mod locator;
pub(crate) mod lookups;
pub(crate) mod once;
pub(crate) mod power;
pub(crate) mod public_keys;
pub(crate) mod revocation;
pub(crate) mod sessions;
pub(crate) mod signature;
pub(crate) mod token;
pub(crate) mod verification_key;
pub(crate) mod verifier;
