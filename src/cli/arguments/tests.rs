//! What the help of every flag says.

use clap::{Arg, Command, CommandFactory, FromArgMatches as _};

use super::{OURS, command};
use crate::config::SETTINGS;

fn visit(command: &Command, see: &mut impl FnMut(&Arg)) {
    command.get_arguments().for_each(&mut *see);
    command.get_subcommands().for_each(|inner| visit(inner, see));
}

#[test]
fn who_may_give_a_secret_as_an_argument_reads_that_others_see_it() {
    let mut told = Vec::new();
    visit(&command(), &mut |arg| {
        let flag = arg.get_long().unwrap_or_default();
        let setting = SETTINGS.iter().find(|setting| setting.name == arg.get_id().as_str());
        let named = ["token", "secret", "password"].iter().any(|word| flag.ends_with(word)) && flag != "show-token";
        let secret = named || flag == "url" || setting.is_some_and(|setting| setting.secret || setting.address);
        if !secret {
            return;
        }
        let variable = match (setting, arg.get_env()) {
            (Some(setting), _) => setting.name,
            (None, name) => name.and_then(|name| name.to_str()).unwrap_or("a variable"),
        };
        assert!(setting.is_some() || arg.is_hide_env_values_set(), "--{flag} shows its value in the help");
        for help in [arg.get_help(), arg.get_long_help().or(arg.get_help())] {
            let help = help.map(ToString::to_string).unwrap_or_default().replace('`', "");
            assert!(help.contains("Other users of this machine can see it here"), "--{flag}: {help}");
            assert!(help.contains(&format!("prefer {variable}")), "--{flag}: {help}");
        }
        told.push(flag.to_owned());
    });
    for flag in ["database-url", "db-password", "jwt-secret", "user-callback-secret", "jwt-jwks-url"] {
        assert!(told.iter().any(|known| known == flag), "{flag}");
    }
    for flag in ["token", "url", "http-token"] {
        assert!(told.iter().any(|known| known == flag) || cfg!(not(feature = "mcp")), "{flag}");
    }
}

#[test]
fn what_was_typed_is_shown_without_its_tokens() {
    let mut lines = vec![vec!["tenant", "list", "--token", "hidden-value"]];
    if cfg!(feature = "mcp") {
        lines.push(vec!["mcp", "--token", "hidden-value", "--http", "127.0.0.1:0", "--http-token", "hidden-value"]);
    }
    for line in lines {
        let matches = command().try_get_matches_from([&[OURS], &line[..]].concat()).unwrap();
        let typed = format!("{:?}", super::Line::from_arg_matches(&matches).unwrap().command);
        assert!(typed.contains("token: Some(") && !typed.contains("hidden-value"), "{typed}");
    }
}

/// What is typed at each command, by its path, as the help shows it.
fn examples(command: &Command, path: &str, see: &mut impl FnMut(&str, Vec<String>)) {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let lines = help.lines().filter_map(|line| line.strip_prefix(&format!("  {OURS} "))).map(ToOwned::to_owned);
    see(path, lines.collect());
    for below in command.get_subcommands() {
        examples(below, format!("{path} {}", below.get_name()).trim(), see);
    }
}

#[test]
fn each_command_has_examples_that_can_be_typed() {
    let line = super::with_examples(super::with_references(super::Line::command()), OURS);
    let mut seen = Vec::new();
    examples(&line, "", &mut |path, lines| seen.push((path.to_owned(), lines)));
    for (path, lines) in seen.iter().filter(|(path, _)| !path.is_empty()) {
        assert!(!lines.is_empty(), "{path} has no example");
        for example in lines {
            // What a shell does with the output is not ours.
            let typed = example.split(" > ").next().unwrap_or_default();
            let words = shell_words::split(typed).unwrap();
            assert!(typed.starts_with(path.as_str()), "{path}: {example}");
            let parsed = super::command().no_binary_name(true).try_get_matches_from(words);
            assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
        }
    }
    assert!(seen.len() > 30, "{}", seen.len());
}
