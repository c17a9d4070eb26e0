//! Whether a file that settings or secrets are read from is our own: who owns it, who else may write it or read it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Why what a file holds may come from others, or be known to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// It belongs to this other user.
    Owned(u32),
    /// Everybody may write it.
    WritableByAll,
    /// Its group may write it.
    WritableByGroup,
    /// Others may read it.
    Readable,
}

impl Doubt {
    /// The doubt in words, behind the name of the file.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Owned(owner) => format!("belongs to another user (id {owner})"),
            Self::WritableByAll => "can be written by everybody".to_owned(),
            Self::WritableByGroup => "can be written by its group".to_owned(),
            Self::Readable => "can be read by others".to_owned(),
        }
    }
}

/// The text of a file, and what speaks against trusting it, gravest first.
pub(crate) fn read(path: &Path) -> io::Result<(String, Vec<Doubt>)> {
    let mut file = File::open(path)?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let doubts = doubts(&file, path)?;
    Ok((text, doubts))
}

#[cfg(unix)]
fn doubts(file: &File, path: &Path) -> io::Result<Vec<Doubt>> {
    use std::os::unix::fs::MetadataExt;
    let file = file.metadata()?;
    let us = rustix::process::geteuid().as_raw();
    // Root works with the data of a service that runs as another user: theirs is what lies in their directory.
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let theirs = if us == 0 { directory.metadata()?.uid() } else { us };
    Ok(found(file.uid(), file.mode(), &[0, us, theirs]))
}

/// Elsewhere owners and modes are not what decides.
#[cfg(not(unix))]
fn doubts(_: &File, _: &Path) -> io::Result<Vec<Doubt>> {
    Ok(Vec::new())
}

#[cfg(unix)]
fn found(owner: u32, mode: u32, trusted: &[u32]) -> Vec<Doubt> {
    let doubts = [
        (Doubt::Owned(owner), !trusted.contains(&owner)),
        (Doubt::WritableByAll, mode & 0o002 != 0),
        (Doubt::WritableByGroup, mode & 0o020 != 0),
        (Doubt::Readable, mode & 0o044 != 0),
    ];
    doubts.into_iter().filter(|(_, holds)| *holds).map(|(doubt, _)| doubt).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::{Doubt, found};

    #[test]
    fn a_file_is_ours_that_others_may_not_touch() {
        for (owner, mode, expected) in [
            (7, 0o100_600, vec![]),
            (0, 0o100_400, vec![]),
            (8, 0o100_600, vec![Doubt::Owned(8)]),
            (7, 0o100_620, vec![Doubt::WritableByGroup]),
            (7, 0o100_640, vec![Doubt::Readable]),
            (7, 0o100_604, vec![Doubt::Readable]),
            (8, 0o100_666, vec![Doubt::Owned(8), Doubt::WritableByAll, Doubt::WritableByGroup, Doubt::Readable]),
        ] {
            assert_eq!(found(owner, mode, &[0, 7]), expected, "{owner} {mode:o}");
        }
    }
}
