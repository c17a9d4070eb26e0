//! `completions` and `man`, and help under the name that the program has: made from the commands themselves.

use std::path::Path;

use clap_complete::Shell;

use super::arguments::command;
use super::failure::Failure;
use super::print::{OURS, name, say};

/// Prints the completions for a shell.
pub(super) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command(), name(), &mut text);
    say(String::from_utf8_lossy(&text).trim_end())
}

/// Writes a page for the program and one for each command.
pub(super) fn pages(directory: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::Other(format!("{} cannot be written to", directory.display()), Some(Box::new(error)))
    };
    std::fs::create_dir_all(directory).map_err(failed)?;
    clap_mangen::generate_to(command(), directory).map_err(failed)?;
    say(&format!("the pages are in {}", directory.display()))
}

/// The commands of a program with a name of its own, which mounts this library: its help and manual say what to type.
pub(super) fn renamed(command: clap::Command, name: &str) -> clap::Command {
    let version = concat!("(", env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"), ")");
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let examples = examples.replace(&format!("\n  {OURS}"), &format!("\n  {name}"));
    command.after_help(examples).name(name.to_owned()).version(version)
}
