//! What a new service depends on: a version of this library, its repository, or a checkout.

use std::path::{Path, PathBuf};

use super::ScaffoldError;

/// Where cargo finds the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A released version.
    Version(String),
    /// A repository.
    Git(String),
    /// A checkout.
    Path(PathBuf),
}

impl Source {
    /// Reads what was said: `0.1`, `https://…` or `git@…`, or a directory, relative to `place`. Where nothing was said,
    /// it is the checkout that this program was built in and lies in, and else this program's version.
    pub(super) fn of(said: Option<&str>, place: &Path) -> Result<Self, ScaffoldError> {
        match said {
            None => Ok(checkout().map_or_else(|| Self::Version(env!("CARGO_PKG_VERSION").to_owned()), Self::Path)),
            // The short form of ssh, which cargo does not take.
            Some(git) if git.starts_with("git@") => Ok(Self::Git(format!("ssh://{}", git.replacen(':', "/", 1)))),
            Some(git) if ["https://", "http://", "ssh://", "file://"].iter().any(|start| git.starts_with(start)) => {
                Ok(Self::Git(git.to_owned()))
            }
            Some(version) if version.starts_with(|first: char| first.is_ascii_digit()) => {
                Ok(Self::Version(version.to_owned()))
            }
            Some(path) => match place.join(path).canonicalize() {
                Ok(found) if is_checkout(&found) => Ok(Self::Path(found)),
                _ => Err(ScaffoldError::Answer(format!(
                    "--source: {path:?} is no version (0.1), no address of git (https://…) and no checkout of {}",
                    env!("CARGO_PKG_NAME")
                ))),
            },
        }
    }

    /// The value of the dependency in `Cargo.toml`, as an inline table of TOML.
    pub(super) fn dependency(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        match self {
            Self::Version(version) => format!("{{ version = {} }}", quoted(version)),
            Self::Git(address) => format!("{{ git = {} }}", quoted(address)),
            Self::Path(path) => format!("{{ path = {} }}", quoted(&path.display().to_string())),
        }
    }
}

/// The checkout whose build directory holds the running program.
fn checkout() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?.canonicalize().ok()?;
    program.ancestors().skip(1).find(|directory| is_checkout(directory)).map(Path::to_owned)
}

fn is_checkout(directory: &Path) -> bool {
    let manifest = std::fs::read_to_string(directory.join("Cargo.toml")).unwrap_or_default();
    manifest.lines().any(|line| line == concat!("name = \"", env!("CARGO_PKG_NAME"), "\""))
}
