//! Writes a new service: a crate that mounts this library, from the templates below `templates/microservice`.
//!
//! [`Answers`] are what somebody said, on the command line or through MCP; [`Plan::new`] holds them to the rules, and
//! [`write()`] puts the files where nothing was before.

mod answers;
mod files;
mod plan;
mod source;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use self::answers::{Answers, OURS};
#[cfg(feature = "mcp")]
pub(crate) use self::answers::{BASE_SERVICES, DATASOURCES};
pub(crate) use self::plan::Plan;
#[cfg(feature = "cli")]
pub(crate) use self::plan::{database, promising, vacant};

/// Why no service was written. The message says what to do instead; nothing is left behind.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScaffoldError {
    /// Answers that are missing, by the names of their flags.
    #[error("{}", missing(.0))]
    Missing(Vec<&'static str>),
    /// An answer that cannot be, or not beside another.
    #[error("{0}")]
    Answer(String),
    /// Something is where the service should be.
    #[error("{} is there already: choose another name, or another place with --directory", .0.display())]
    Exists(PathBuf),
    /// A file could not be written.
    #[error("{} cannot be written", .0.display())]
    Write(PathBuf, #[source] io::Error),
    /// A template is broken, which is a defect.
    #[error("a template cannot be rendered")]
    Template(#[from] minijinja::Error),
}

fn missing(flags: &[&str]) -> String {
    format!("missing: {}; there is no terminal to ask on, so give them as flags", flags.join(", "))
}

/// A service that was written.
#[derive(Debug)]
pub(crate) struct Written {
    /// Its directory.
    pub(crate) directory: PathBuf,
    /// Its files, relative to the directory.
    pub(crate) files: Vec<PathBuf>,
}

/// Writes the service below `place`, all of it or nothing.
pub(crate) fn write(plan: &Plan, place: &Path) -> Result<Written, ScaffoldError> {
    let directory = plan.directory(place);
    let files = files::render(plan)?;
    let made = claim(&directory)?;
    if let Err(error) = write_all(&directory, &files) {
        // What was not there before goes again; that it cannot be removed adds nothing to the error.
        let _ = fs::remove_dir_all(made);
        return Err(error);
    }
    Ok(Written { directory, files: files.into_iter().map(|(path, _)| path).collect() })
}

/// Makes the directory, which must be new, and those above it that are missing. The highest that was made.
fn claim(directory: &Path) -> Result<PathBuf, ScaffoldError> {
    let failed = |error| ScaffoldError::Write(directory.to_owned(), error);
    // A link that leads nowhere is in the way too.
    if directory.symlink_metadata().is_ok() {
        return Err(ScaffoldError::Exists(directory.to_owned()));
    }
    let is_missing = |ancestor: &&Path| !ancestor.as_os_str().is_empty() && ancestor.symlink_metadata().is_err();
    let highest = directory.ancestors().take_while(is_missing).last().unwrap_or(directory).to_owned();
    if let Some(parent) = directory.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    match fs::create_dir(directory) {
        Ok(()) => Ok(highest),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(ScaffoldError::Exists(directory.to_owned())),
        Err(error) => Err(failed(error)),
    }
}

fn write_all(directory: &Path, files: &[(PathBuf, String)]) -> Result<(), ScaffoldError> {
    for (path, text) in files {
        let path = directory.join(path);
        let parent = path.parent().unwrap_or(directory);
        fs::create_dir_all(parent).map_err(|error| ScaffoldError::Write(parent.to_owned(), error))?;
        fs::write(&path, text).map_err(|error| ScaffoldError::Write(path, error))?;
    }
    Ok(())
}
