//! Public keys in files of the deployment, for tokens that name no key: the authentication service signs with one, and says not which.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use time::OffsetDateTime;

use super::verification_key::VerificationKey;
use crate::clock::Clock;

/// How long the files are used before they are read again.
pub(crate) const READ_AGAIN: Duration = Duration::from_secs(2);
/// The longest file that is read, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

type Files = Vec<Arc<VerificationKey>>;

/// The keys of some files, a key a file.
pub(crate) struct PublicKeys {
    paths: Arc<[PathBuf]>,
    clock: Clock,
    keys: RwLock<Arc<Files>>,
    /// When they were read last, and what was wrong with them then.
    state: Mutex<(OffsetDateTime, Option<String>)>,
}

impl PublicKeys {
    /// The keys of these files.
    ///
    /// The error says of which file what is wrong.
    pub(crate) fn new(paths: Vec<PathBuf>, clock: Clock) -> Result<Self, String> {
        let keys = RwLock::new(Arc::new(read(&paths)?));
        let state = Mutex::new((clock.now(), None));
        Ok(Self { paths: paths.into(), clock, keys, state })
    }

    /// The key that `is_it` knows, or else any of them, whose signature is then found wrong.
    pub(crate) async fn find(&self, is_it: impl Fn(&VerificationKey) -> bool) -> Option<Arc<VerificationKey>> {
        self.read_again().await;
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        let known = if keys.len() > 1 { keys.iter().find(|key| is_it(key)) } else { None };
        known.or(keys.first()).cloned()
    }

    /// Reads the files again when it is time, one request for all. What a file holds counts, and not when it was changed: a
    /// mounted secret is changed by a link.
    async fn read_again(&self) {
        {
            let (mut state, now) = (self.state.lock().unwrap_or_else(PoisonError::into_inner), self.clock.now());
            if now < state.0 + READ_AGAIN {
                return;
            }
            state.0 = now;
        }
        let paths = self.paths.clone();
        let Ok(read) = tokio::task::spawn_blocking(move || read(&paths)).await else { return };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(keys) => {
                state.1 = None;
                let mut known = self.keys.write().unwrap_or_else(PoisonError::into_inner);
                let marks = |keys: &Files| keys.iter().map(|key| key.fingerprint).collect::<Vec<_>>();
                if marks(&keys) != marks(&known) {
                    tracing::info!(keys = keys.len(), "the public keys of tokens have changed");
                    *known = Arc::new(keys);
                }
            }
            Err(problem) if state.1.as_ref() != Some(&problem) => {
                tracing::warn!(problem, "the public keys of tokens cannot be read again; those of before are used");
                state.1 = Some(problem);
            }
            Err(_) => {}
        }
    }
}

/// The keys of these files, each once.
fn read(paths: &[PathBuf]) -> Result<Files, String> {
    let mut keys: Files = Vec::with_capacity(paths.len());
    for path in paths {
        let wrong = |problem: String| format!("{}: {problem}", path.display());
        let length = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
        if length > MAX_BYTES {
            return Err(wrong(format!("{length} bytes are no key")));
        }
        let pem = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let key = VerificationKey::rsa_pem(&pem).map_err(wrong)?;
        if keys.iter().all(|known| known.fingerprint != key.fingerprint) {
            keys.push(Arc::new(key));
        }
    }
    if keys.is_empty() { Err("there is no file with a public key".to_owned()) } else { Ok(keys) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::macros::datetime;

    use super::{PublicKeys, READ_AGAIN};
    use crate::access::verification_key::VerificationKey;
    use crate::clock::testing::MovingClock;

    const KEY: &str = include_str!("../../tests/contract/keys/public.pem");
    /// In the form of PKCS #1.
    const OTHER: &str = include_str!("../../tests/keys/rogue-pkcs1-public.pem");

    #[tokio::test]
    async fn a_file_is_read_again_and_a_broken_one_changes_nothing() {
        let other = VerificationKey::rsa_pem(OTHER).unwrap().fingerprint;
        let one = VerificationKey::rsa_pem(KEY).unwrap().fingerprint;
        let directory = tempfile::tempdir().unwrap();
        let [first, second] = ["first.pem", "second.pem"].map(|name| directory.path().join(name));
        std::fs::write(&first, KEY).unwrap();
        std::fs::write(&second, KEY).unwrap();
        let clock = MovingClock::at(datetime!(2026-01-01 00:00 UTC));
        let keys = PublicKeys::new(vec![first, second.clone()], clock.clock()).unwrap();
        let found = async |wanted| keys.find(|key| key.fingerprint == wanted).await.map(|key| key.fingerprint);
        assert_eq!(found(other).await, Some(one), "one key, which both files hold");
        std::fs::write(&second, OTHER).unwrap();
        clock.advance(READ_AGAIN.checked_sub(Duration::from_millis(1)).unwrap());
        assert_eq!(found(other).await, Some(one));
        clock.advance(Duration::from_millis(1));
        assert_eq!((found(other).await, found(one).await), (Some(other), Some(one)));
        for broken in ["", "nonsense", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"] {
            std::fs::write(&second, broken).unwrap();
            clock.advance(READ_AGAIN);
            assert_eq!(found(other).await, Some(other), "{broken}");
        }
        std::fs::remove_file(&second).unwrap();
        clock.advance(READ_AGAIN);
        assert_eq!(found(other).await, Some(other));
        std::fs::write(&second, KEY).unwrap();
        clock.advance(READ_AGAIN);
        assert_eq!(found(other).await, Some(one));
    }

    #[test]
    fn a_start_says_of_which_file_what_is_wrong() {
        let directory = tempfile::tempdir().unwrap();
        let clock = MovingClock::at(datetime!(2026-01-01 00:00 UTC)).clock();
        let file = directory.path().join("key.pem");
        for (content, problem) in [
            (None, "No such file"),
            (Some("nonsense".to_owned()), "not a public key in PEM form"),
            (Some(include_str!("../../tests/contract/keys/private.pem").to_owned()), "not a public key in PEM form"),
            (Some("x".repeat(70_000)), "70000 bytes are no key"),
        ] {
            if let Some(content) = content {
                std::fs::write(&file, content).unwrap();
            }
            let error = PublicKeys::new(vec![file.clone()], clock.clone()).err().unwrap();
            assert!(error.contains("key.pem: ") && error.contains(problem), "{error}");
        }
        assert!(PublicKeys::new(Vec::new(), clock).is_err());
    }
}
