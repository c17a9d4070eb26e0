//! Secrets of our own: random bytes in letters that need no escaping anywhere.

use aws_lc_rs::digest::{self, SHA256};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::HEXLOWER;

use crate::error::BoxError;

/// Random bytes of a secret; 256 bits, as HS256 asks for (RFC 7518, section 3.2).
pub(crate) const BYTES: usize = 32;

/// A new secret.
///
/// # Errors
/// When the system has no randomness.
pub(crate) fn secret() -> Result<String, BoxError> {
    let mut bytes = [0; BYTES];
    rand::fill(&mut bytes).map_err(|error| format!("no randomness: {error}"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The form in which a secret that somebody presents is stored: who reads it there cannot present it.
pub(crate) fn digest(secret: &str) -> String {
    HEXLOWER.encode(digest::digest(&SHA256, secret.as_bytes()).as_ref())
}
