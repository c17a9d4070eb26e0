//! A key that tokens are verified with, and the algorithms that it may be used for.

use std::collections::HashSet;
use std::fmt;

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};

use super::digest::sha256;

/// A public key or a shared secret, with the algorithms it verifies.
pub(crate) struct VerificationKey {
    /// The key in the form that the JWT library takes.
    pub(crate) decoding: DecodingKey,
    /// Checks the signature alone; the claims are checked by our own clock.
    pub(crate) validation: Validation,
    /// Tells one key from another, so that a verified token dies with its key.
    pub(crate) fingerprint: [u8; 32],
}

impl VerificationKey {
    pub(crate) fn new(decoding: DecodingKey, algorithms: &[Algorithm], material: &[u8]) -> Self {
        let validation = Validation {
            algorithms: algorithms.to_vec(),
            required_spec_claims: HashSet::new(),
            validate_exp: false,
            validate_aud: false,
            ..Validation::default()
        };
        Self { decoding, validation, fingerprint: sha256(material) }
    }

    /// A shared secret for HS256.
    pub(crate) fn secret(secret: &str) -> Self {
        Self::new(DecodingKey::from_secret(secret.as_bytes()), &[Algorithm::HS256], secret.as_bytes())
    }

    /// An RSA public key for RS256, as PEM with an SPKI or PKCS #1 structure in it.
    ///
    /// The error says in words what is wrong with the key.
    pub(crate) fn rsa_pem(pem: &str) -> Result<Self, String> {
        let pem = pem.trim();
        if !pem.starts_with("-----BEGIN PUBLIC KEY-----") && !pem.starts_with("-----BEGIN RSA PUBLIC KEY-----") {
            return Err("not a public key in PEM form (BEGIN PUBLIC KEY or BEGIN RSA PUBLIC KEY)".into());
        }
        // What stands behind the key could be the private one, which is nobody's to keep here.
        if pem.matches("-----BEGIN").count() > 1 {
            return Err("more than the public key".into());
        }
        let decoding =
            DecodingKey::from_rsa_pem(pem.as_bytes()).map_err(|error| format!("not an RSA public key: {error}"))?;
        let jwk = Jwk::from_decoding_key(&decoding, Some(Algorithm::RS256))
            .map_err(|error| format!("not an RSA public key: {error}"))?;
        check_modulus(&jwk)?;
        Ok(Self::new(decoding, &[Algorithm::RS256], pem.as_bytes()))
    }
}

/// Refuses RSA keys of fewer than 2048 bits (RFC 7518 §3.3).
pub(crate) fn check_modulus(jwk: &Jwk) -> Result<(), String> {
    match &jwk.algorithm {
        // Base64 holds six bits a character.
        AlgorithmParameters::RSA(rsa) if rsa.n.len() * 6 < 2048 => Err("an RSA key of fewer than 2048 bits".into()),
        _ => Ok(()),
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerificationKey")
            .field("algorithms", &self.validation.algorithms)
            .finish_non_exhaustive()
    }
}
