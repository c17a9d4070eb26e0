//! `completions` and `man`: what shells and manuals need, made from the commands themselves.

use std::path::Path;

use clap_complete::Shell;

use super::arguments::command;
use super::failure::Failure;
use super::print::{name, say};

/// Prints the completions for a shell.
pub(super) fn completions(shell: Shell) {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command(), name(), &mut text);
    say(String::from_utf8_lossy(&text).trim_end());
}

/// Writes a page for the program and one for each command.
pub(super) fn pages(directory: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::Other(format!("{} cannot be written to", directory.display()), Some(Box::new(error)));
    clap_mangen::generate_to(command(), directory).map_err(failed)?;
    say(&format!("the pages are in {}", directory.display()));
    Ok(())
}
