//! What the command line prints: results to standard output, failures to standard error with what to do next.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the one place that prints")]

use std::error::Error as _;
use std::io::{IsTerminal, Write};

use super::arguments::{ConfigOptions, DocumentFormat};
use super::context::Context;
use super::failure::Failure;
use crate::http;

/// Prints a line of a result. A reader that went away (`| head`) is no failure.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints why a command failed, with its causes.
pub(super) fn error(failure: &Failure) {
    let (on, off) = if std::io::stderr().is_terminal() { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
    eprintln!("{on}error:{off} {failure}");
    let mut cause = failure.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
}

/// Prints the `OpenAPI` document.
pub(super) fn openapi(format: DocumentFormat) -> Result<(), Failure> {
    let failed = |error| Failure::Other("the document could not be made".to_owned(), Some(error));
    let document = http::document().map_err(|error| failed(error.into()))?;
    let text = http::render(&document, matches!(format, DocumentFormat::Yaml)).map_err(failed)?;
    say(text.trim_end());
    Ok(())
}

/// Prints the effective settings, or the reference of all.
pub(super) fn configuration(context: &Context, options: &ConfigOptions) {
    if options.markdown {
        say(crate::config::reference().trim_end());
    } else {
        say(context.describe().trim_end());
    }
}
