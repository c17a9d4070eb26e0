//! `completions` and `man`: they know every command, and a shell takes them.

use std::process::Command;

use super::{FAILED, assert_fails};
use crate::program::Workplace;

#[test]
fn completions_are_what_the_shell_takes() {
    let workplace = Workplace::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = workplace.ok(&["completions", shell]);
        for word in ["microservice", "bootstrap", "tenant", "database-url"] {
            assert!(text.contains(word), "{shell} lacks {word}");
        }
    }
    let script = workplace.file("completions", &workplace.ok(&["completions", "bash"]));
    let checked = Command::new("bash").args(["-n", &script]).status().expect("bash can be started");
    assert!(checked.success());
}

#[test]
fn each_command_has_a_manual_page() {
    let workplace = Workplace::new();
    let directory = workplace.path().join("share/man1");
    workplace.ok(&["man", &directory.display().to_string()]);
    for page in ["user-tenant-service.1", "user-tenant-service-serve.1", "user-tenant-service-role-create.1"] {
        let page = std::fs::read_to_string(directory.join(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
        assert!(page.contains(".TH ") && page.contains("SYNOPSIS"), "{page}");
    }
    let file = workplace.file("taken", "");
    assert_fails(&workplace.run(&["man", &format!("{file}/pages")]), FAILED, &["cannot be written to"]);
}
