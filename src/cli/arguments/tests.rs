//! What the help of every flag says.

use clap::{Arg, Command};

use super::command;
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
