//! The signing secret of an embedded database: made once, kept beside it, readable by its owner only.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore;
use rand::rngs::OsRng;

use super::failure::Failure;

/// Random bytes of a new secret; 256 bits, as HS256 asks for (RFC 7518, section 3.2).
const BYTES: usize = 32;

/// The secret in this file; `None` when there is no file yet.
pub(super) fn read(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) if text.trim().len() < BYTES => Err(Failure::Configuration(format!(
            "{} holds no whole secret; remove the file to have a new one made (tokens signed before end then)",
            path.display()
        ))),
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::other(format!("{}: {error}", path.display()))),
    }
}

/// A new secret, in letters that need no escaping anywhere.
pub(super) fn random() -> Result<String, Failure> {
    let mut bytes = [0; BYTES];
    OsRng.try_fill_bytes(&mut bytes).map_err(|error| Failure::other(format!("no randomness: {error}")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The secret in this file, made and written with mode 0600 where there is none.
pub(super) fn read_or_create(path: &Path) -> Result<String, Failure> {
    if let Some(secret) = read(path)? {
        return Ok(secret);
    }
    let secret = random()?;
    let failed = |error: std::io::Error| Failure::other(format!("{}: {error}", path.display()));
    // Written whole under another name and then linked: nobody ever finds half a secret.
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(secret.as_bytes())?;
        file.sync_all()
    });
    let linked = written.and_then(|()| fs::hard_link(&draft, path));
    let _ = fs::remove_file(&draft);
    match linked {
        Ok(()) => Ok(secret),
        // Another process was first; its secret counts.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(path)?.ok_or_else(|| failed(error)),
        Err(error) => Err(failed(error)),
    }
}
