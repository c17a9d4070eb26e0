//! The settings that a login service beside us has too: the files of its public keys, and the Redis in which it revokes tokens.

use std::path::PathBuf;

use super::{ConfigError, Effective};
use crate::access::revocation::Revocations;
use crate::config::VerifierKind;

/// The files of public keys.
pub(super) fn paths(settings: &Effective) -> Vec<PathBuf> {
    let text = settings.text("JWT_PUBLIC_KEY").unwrap_or_default();
    text.split(',').map(str::trim).filter(|path| !path.is_empty()).map(PathBuf::from).collect()
}

/// Where revoked tokens are looked up; `None` where no Redis is named.
pub(super) fn revocations(settings: &Effective) -> Result<Option<Revocations>, ConfigError> {
    let fail_open = match settings.required("REVOCATION_FAIL_OPEN")? {
        "true" => true,
        "false" => false,
        _ => return Err(settings.wrong("REVOCATION_FAIL_OPEN", "must be true or false")),
    };
    let set = |name: &str| settings.text(name).filter(|text| !text.is_empty());
    let revocations = match (set("REDIS_URL"), set("REDIS_HOST")) {
        (Some(url), _) => Revocations::redis(url).map_err(|_| {
            // The reason of the library may repeat what is a secret.
            settings
                .wrong("REDIS_URL", "must be an address like redis://user:password@host:6379/0, or rediss:// with TLS")
        })?,
        (None, Some(host)) => {
            let (port, database) = (
                settings.number("REDIS_PORT", 1..=u16::MAX)?,
                settings.number("REDIS_DATABASE", 0..=i64::from(u16::MAX))?,
            );
            Revocations::at(host, port, set("REDIS_PASSWORD"), database)
                .map_err(|_| settings.wrong("REDIS_HOST", "must be the name or the address of a host"))?
        }
        (None, None) => return Ok(None),
    };
    Ok(Some(revocations.fail_open(fail_open)))
}

impl VerifierKind {
    /// Which mode of the authentication service issues tokens that this takes; said at the start.
    pub(crate) fn fits(self) -> &'static str {
        match self {
            Self::PublicKey => "RS256 by JWT_PUBLIC_KEY: fits its default mode, with or without a key id",
            Self::JwtKeys => {
                "RS256 by jwt_keys: fits its default mode while one key is in the table; of several, tokens must name theirs"
            }
            Self::Secret => "HS256 by JWT_SECRET: fits its mode useSymmetricEncryption, and not its default mode",
            Self::Jwks => "keys of an issuer by key id: fits none of its modes, which publish no key set",
        }
    }
}
