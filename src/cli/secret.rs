//! The signing secret of an embedded database: made once, kept beside it, readable by its owner only.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::failure::Failure;
use crate::config::{Doubt, read_trusted};
use crate::random::{self, BYTES};

/// The secret in this file; `None` when there is no file yet. A file that others own, may write or may read is refused.
pub(super) fn read(path: &Path) -> Result<Option<String>, Failure> {
    let shown = path.display();
    let (text, doubts) = match read_trusted(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(path, &error)),
    };
    if let Some(doubt) = doubts.first() {
        let why = match doubt {
            Doubt::Readable => "so others may know the secret and sign tokens with it",
            _ => "so the secret may be another's",
        };
        let mend = match doubt {
            Doubt::Owned(_) => format!("chown it to the user that runs the service, and chmod 600 {shown}"),
            _ => format!("chmod 600 {shown}"),
        };
        return Err(Failure::Configuration(format!(
            "{shown} {}, {why}. If you know that they did not: {mend}\nElse remove the file to have a new secret made (tokens signed before \
             end then)",
            doubt.words()
        )));
    }
    if text.trim().len() < BYTES {
        return Err(Failure::Configuration(format!(
            "{shown} holds no whole secret; remove the file to have a new one made (tokens signed before end then)"
        )));
    }
    Ok(Some(text.trim().to_owned()))
}

/// That the file can be neither read nor made, which somebody must mend.
fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Configuration(format!("DATA_DIR: {} must be a file that can be read, or made: {error}", path.display()))
}

/// A new secret, in letters that need no escaping anywhere.
pub(super) fn random() -> Result<String, Failure> {
    random::secret().map_err(|error| Failure::other(error.to_string()))
}

/// The secret in this file, made and written with mode 0600 where there is none.
pub(super) fn read_or_create(path: &Path) -> Result<String, Failure> {
    if let Some(secret) = read(path)? {
        return Ok(secret);
    }
    let secret = random()?;
    let failed = |error: std::io::Error| unusable(path, &error);
    // Written whole under another name and then linked: nobody ever finds half a secret.
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    // One left behind by a process that ended in between would keep its mode, and a link would be followed.
    let _ = fs::remove_file(&draft);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
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

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use super::{Failure, read, read_or_create};

    #[test]
    fn a_secret_that_others_may_touch_is_refused_with_the_mend() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("jwt-secret");
        let made = read_or_create(&path).unwrap();
        assert_eq!(read(&path).unwrap(), Some(made.clone()));
        for mode in [0o620, 0o602, 0o640, 0o604, 0o666] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let Err(Failure::Configuration(message)) = read_or_create(&path) else { panic!("{mode:o} is trusted") };
            assert!(message.contains(&format!("chmod 600 {}", path.display())), "{message}");
            assert!(!message.contains(&made), "{message}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        assert_eq!(read(&path).unwrap(), Some(made.clone()));
        // Only root can give files away.
        if chown(&path, Some(4_321), None).is_ok() {
            let Err(Failure::Configuration(message)) = read(&path) else { panic!("another's file is trusted") };
            assert!(message.contains("4321") && message.contains("chown"), "{message}");
            chown(directory.path(), Some(4_321), None).unwrap();
            assert_eq!(read(&path).unwrap(), Some(made), "root works with the data of a service of another user");
        }
    }

    #[test]
    fn a_draft_that_is_there_already_is_not_written_to() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("jwt-secret");
        let elsewhere = directory.path().join("elsewhere");
        symlink(&elsewhere, path.with_extension(format!("{}.new", std::process::id()))).unwrap();
        read_or_create(&path).unwrap();
        assert!(!elsewhere.exists());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
