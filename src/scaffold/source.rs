//! What a new service depends on: a version of this library, its repository, or a checkout.

use std::path::{Path, PathBuf};

use semver::VersionReq;

use super::ScaffoldError;

/// How addresses of repositories begin: encrypted ones, so that what is built comes from there.
const SCHEMES: [&str; 2] = ["https://", "ssh://"];
/// Characters that mean something inside the quotes of a manifest, a `Dockerfile` or a shell.
const UNQUOTABLE: [char; 5] = ['"', '\'', '\\', '$', '`'];

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
    /// it is the checkout that this program was built in and lies in, and else the repository.
    pub(super) fn of(said: Option<&str>, place: &Path) -> Result<Self, ScaffoldError> {
        match said {
            None => checkout().map_or_else(|| Ok(Self::Git(env!("CARGO_PKG_REPOSITORY").to_owned())), Self::path),
            Some(said) if said.starts_with('-') || said.contains(is_breaking) => Err(ScaffoldError::Answer(format!(
                "--source: {said:?} must not begin with a hyphen, nor hold quotes or control characters"
            ))),
            // The short form of ssh, which cargo does not take.
            Some(git) if git.starts_with("git@") => Self::git(&format!("ssh://{}", git.replacen(':', "/", 1))),
            Some(git) if SCHEMES.iter().any(|start| git.starts_with(start)) => Self::git(git),
            Some(version) if VersionReq::parse(version).is_ok() => Ok(Self::Version(version.to_owned())),
            Some(path) => match place.join(path).canonicalize() {
                Ok(found) if is_checkout(&found) => Self::path(found),
                _ => Err(ScaffoldError::Answer(format!(
                    "--source: {path:?} is no version (0.1), no address of git (https://… or ssh://…) and no checkout of {}",
                    env!("CARGO_PKG_NAME")
                ))),
            },
        }
    }

    /// A repository, whose address git would make sense of.
    fn git(address: &str) -> Result<Self, ScaffoldError> {
        let (scheme, rest) = address.split_once("://").unwrap_or_default();
        let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        if user.contains(':') || (scheme == "https" && !user.is_empty()) {
            return Err(ScaffoldError::Answer(
                "--source: the address holds a name or password, which would stand in Cargo.toml; leave it out, and let git's \
                 credential helper give it"
                    .to_owned(),
            ));
        }
        let is_plain = |letter: char| letter.is_ascii_graphic() && !UNQUOTABLE.contains(&letter);
        // What begins with a hyphen would be an option to the programs that git starts.
        let is_host = !host.is_empty() && !host.starts_with('-') && !user.starts_with('-');
        if rest.contains('/') && is_host && rest.chars().all(is_plain) {
            return Ok(Self::Git(address.to_owned()));
        }
        Err(ScaffoldError::Answer(format!("--source: {address:?} is no address of a repository")))
    }

    /// A checkout whose path can stand between quotes wherever the new service names it.
    fn path(path: PathBuf) -> Result<Self, ScaffoldError> {
        let plain = |text: &str| !text.chars().any(|letter| letter.is_control() || UNQUOTABLE.contains(&letter));
        if path.to_str().is_some_and(plain) {
            return Ok(Self::Path(path));
        }
        Err(ScaffoldError::Answer(format!(
            "--source: the path {} holds a character that cannot be quoted everywhere; move the checkout, or give an \
             address of git",
            path.display()
        )))
    }

    /// The value of the dependency in `Cargo.toml`, as an inline table of TOML.
    pub(crate) fn dependency(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        match self {
            Self::Version(version) => format!("{{ version = {} }}", quoted(version)),
            Self::Git(address) => format!("{{ git = {} }}", quoted(address)),
            Self::Path(path) => format!("{{ path = {} }}", quoted(&path.display().to_string())),
        }
    }
}

/// Whether a letter would end a text between quotes, or its line.
fn is_breaking(letter: char) -> bool {
    letter.is_control() || matches!(letter, '"' | '\'')
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
