//! What the command line prints: results to standard output, failures to standard error with what to do next.

use std::error::Error as _;
use std::ffi::OsStr;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf, is_separator};

use super::arguments::{ConfigOptions, DocumentFormat};
use super::context::Context;
use super::failure::Failure;
use crate::http;

/// The name of our own program. One that mounts this library has another.
pub(super) const OURS: &str = env!("CARGO_PKG_NAME");

/// Text of others, which must not steer the terminal of whoever looks at it; lines stay lines.
pub(super) fn plain(text: &str) -> String {
    let steers = |letter: char| letter.is_control() && letter != '\n';
    text.chars().map(|letter| if steers(letter) { char::REPLACEMENT_CHARACTER } else { letter }).collect()
}

/// Prints a line of a result.
///
/// # Errors
/// When it cannot be written: what is lost must not look like a result.
pub(super) fn say(line: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{line}").map_err(Failure::Output)
}

/// Prints a line beside the result. There is nowhere to tell that it cannot be written.
fn aside(line: std::fmt::Arguments<'_>) {
    let _ = std::io::stderr().write_fmt(line);
}

/// Asks a person at the terminal; true for `y` and `yes`.
pub(super) fn ask(question: &str) -> std::io::Result<bool> {
    aside(format_args!("{question}"));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

/// Asks a person at the terminal for a word, as it is typed.
pub(super) fn type_in(question: &str) -> std::io::Result<String> {
    aside(format_args!("{question}"));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

/// The name of this program, as it was started.
pub(super) fn name() -> String {
    named(&started_as())
}

/// What to type to start this program: its name where the shell finds it, else the path it was started by.
pub(super) fn program() -> String {
    typed(&started_as(), &std::env::var_os("PATH").unwrap_or_default())
}

fn started_as() -> PathBuf {
    std::env::args_os().next().unwrap_or_default().into()
}

/// A shell would read other characters as something else than themselves.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || is_separator(c) || ".:-_".contains(c))
}

fn named(started_as: &Path) -> String {
    let name = started_as.file_stem().and_then(OsStr::to_str).filter(|name| is_plain(name));
    name.unwrap_or(OURS).to_owned()
}

fn typed(started_as: &Path, search: &OsStr) -> String {
    let found = |directory: &Path| std::env::split_paths(search).any(|searched| searched == directory);
    match (started_as.to_str().filter(|path| is_plain(path)), started_as.parent()) {
        (Some(path), Some(directory)) if !directory.as_os_str().is_empty() && !found(directory) => path.to_owned(),
        _ => named(started_as),
    }
}

/// Prints what somebody should know, beside the result.
pub(in crate::cli) fn note(text: &str) {
    aside(format_args!("note: {text}\n"));
}

/// Prints why a command failed, with its causes.
pub(super) fn error(failure: &Failure) {
    let (on, off) = if std::io::stderr().is_terminal() { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
    aside(format_args!("{on}error:{off} {}\n", plain(&failure.to_string())));
    let mut cause = failure.source();
    while let Some(error) = cause {
        aside(format_args!("  because: {}\n", plain(&error.to_string())));
        cause = error.source();
    }
}

/// Prints the `OpenAPI` document.
pub(super) fn openapi(format: DocumentFormat) -> Result<(), Failure> {
    let failed = |error| Failure::Other("the document could not be made".to_owned(), Some(error));
    let document = http::document().map_err(|error| failed(error.into()))?;
    let text = http::render(&document, matches!(format, DocumentFormat::Yaml)).map_err(failed)?;
    say(text.trim_end())
}

/// Prints the table of errors.
pub(super) fn errors() -> Result<(), Failure> {
    say(http::errors().trim_end())
}

/// Prints the types of events.
pub(super) fn events() -> Result<(), Failure> {
    say(crate::features::reference().trim_end())
}

/// Prints the effective settings, or the reference of all.
pub(super) fn configuration(context: &Context, options: &ConfigOptions) -> Result<(), Failure> {
    if options.markdown { say(crate::config::reference().trim_end()) } else { say(context.describe().trim_end()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_typed_as_it_was_started_unless_its_name_will_do() {
        for (started_as, expected) in [
            ("target/release/user-tenant-service", "target/release/user-tenant-service"),
            ("./user-tenant-service", "./user-tenant-service"),
            ("/opt/bin/user-tenant-service", "/opt/bin/user-tenant-service"),
            ("/usr/bin/user-tenant-service", "user-tenant-service"),
            ("user-tenant-service", "user-tenant-service"),
            ("my programs/user-tenant-service", "user-tenant-service"),
            ("$HOME/user-tenant-service", "user-tenant-service"),
            ("/usr/bin/my-users", "my-users"),
            ("target/debug/my-users", "target/debug/my-users"),
            ("", "user-tenant-service"),
        ] {
            assert_eq!(typed(Path::new(started_as), OsStr::new("/usr/local/bin:/usr/bin")), expected, "{started_as}");
        }
    }
}
