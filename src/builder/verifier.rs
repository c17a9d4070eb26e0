//! How tokens are verified, as a host says it, and the keys and rules that come of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use crate::access::jwks::JwksKeys;
use crate::access::keys::{DatabaseKeys, Keys, PublicKeyLookup};
use crate::access::lookups::Lookups;
use crate::access::public_keys::PublicKeys;
use crate::access::token::ClaimRules;
use crate::access::verifier::TokenVerifier;
use crate::address::shown;
use crate::clock::Clock;
use crate::error::{BoxError, BuildError};

/// Fewest bytes of a shared secret.
const SHORTEST_SECRET: usize = 16;

/// How bearer tokens are verified. The verifier fixes the algorithm; a token never chooses it.
///
/// ```
/// use user_tenant_service::Verifier;
///
/// let verifier = Verifier::Jwks {
///     url: "https://id.example.com/.well-known/jwks.json".to_owned(),
///     issuer: "https://id.example.com".to_owned(),
///     audience: Some("users".to_owned()),
/// };
/// ```
#[derive(Clone)]
pub enum Verifier {
    /// HS256 with a shared secret.
    Secret {
        /// The secret.
        secret: SecretString,
        /// What `iss` must be, if anything.
        issuer: Option<String>,
    },
    /// RS256 with public keys from files, whichever of them has signed a token. They are read again every few seconds.
    PublicKey {
        /// The files, each with one key as PEM.
        files: Vec<PathBuf>,
        /// What `iss` must be.
        issuer: String,
    },
    /// RS256 with public keys by `kid` from the table `jwt_keys`; one key alone stands for tokens without `kid`.
    JwtKeys {
        /// What `iss` must be.
        issuer: String,
    },
    /// RS256, PS256, ES256 or `EdDSA` with the keys of an `OpenID` Connect issuer.
    Jwks {
        /// Address of the key set.
        url: String,
        /// What `iss` must be.
        issuer: String,
        /// What `aud` must hold, if anything.
        audience: Option<String>,
    },
    /// By the host itself.
    Host(Arc<dyn TokenVerifier>),
}

/// The keys and rules of a verifier.
pub(super) fn keys(
    verifier: Verifier,
    leeway: Duration,
    lookups: &Lookups,
    clock: &Clock,
) -> Result<(Keys, ClaimRules), BuildError> {
    let rules = ClaimRules { issuer: None, audience: None, leeway };
    Ok(match verifier {
        Verifier::Secret { secret, .. } if secret.expose_secret().len() < SHORTEST_SECRET => {
            return Err(BuildError::Options(format!("a secret has {SHORTEST_SECRET} bytes or more").into()));
        }
        Verifier::Secret { secret, issuer } => (Keys::secret(secret.expose_secret()), ClaimRules { issuer, ..rules }),
        Verifier::PublicKey { files, issuer } => {
            let keys = PublicKeys::new(files, clock.clone()).map_err(|error| BuildError::Options(error.into()))?;
            (Keys::Files(keys), ClaimRules { issuer: Some(issuer), ..rules })
        }
        Verifier::JwtKeys { issuer } => {
            let lookups = lookups.clone();
            let lookup = PublicKeyLookup::new(move |key_id| {
                let lookups = lookups.clone();
                async move { lookups.public_key(&key_id).await.map_err(BoxError::from) }
            });
            (Keys::Database(DatabaseKeys::new(lookup, clock.clone())), ClaimRules { issuer: Some(issuer), ..rules })
        }
        Verifier::Host(verifier) => (Keys::Host(verifier), rules),
        Verifier::Jwks { url, issuer, audience } => {
            let keys = JwksKeys::new(&url, clock.clone()).map_err(BuildError::Options)?;
            (Keys::Jwks(keys), ClaimRules { issuer: Some(issuer), audience, ..rules })
        }
    })
}

/// Leaves out what may be a secret inside the address.
impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Secret { secret, issuer } => {
                f.debug_struct("Secret").field("secret", secret).field("issuer", issuer).finish()
            }
            Self::Host(_) => f.debug_tuple("Host").finish(),
            Self::PublicKey { files, issuer } => {
                f.debug_struct("PublicKey").field("files", files).field("issuer", issuer).finish()
            }
            Self::JwtKeys { issuer } => f.debug_struct("JwtKeys").field("issuer", issuer).finish(),
            Self::Jwks { url, issuer, audience } => {
                let url = shown(url);
                f.debug_struct("Jwks").field("url", &url).field("issuer", issuer).field("audience", audience).finish()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use user_tenant_store::session::PostgresOptions;
    use uuid::Uuid;

    use super::Verifier;
    use crate::ProvisioningCallback;

    #[test]
    fn no_secret_is_shown_of_what_a_host_says() {
        let secret = Verifier::Secret { secret: "hidden".into(), issuer: None };
        let url = "https://ann:hidden@id.example/keys?key=hidden".to_owned();
        let jwks = Verifier::Jwks { url, issuer: "us".to_owned(), audience: None };
        let callback = ProvisioningCallback {
            secret: "hidden".into(),
            tolerance: Duration::from_secs(5),
            actor: Uuid::nil(),
            role_name: "Owner".to_owned(),
            permissions: Vec::new(),
        };
        let database = PostgresOptions::new("postgres://ann:hidden@localhost/users");
        let shown = format!("{secret:?} {jwks:?} {callback:?} {database:?}");
        assert!(!shown.contains("hidden") && shown.contains("@id.example/keys"), "{shown}");
    }
}
