//! Rows that a row refers to, as options: one for each relation of the metadata, `--role reader`.

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use user_tenant_store::entity::Relation;

use super::Kind;

/// What the arguments of relations are told from others by.
const MARK: &str = "relation ";

/// Which rows are referred to: for each relation that was typed, by name, what people call the row.
#[derive(Debug, Default)]
pub(in crate::cli) struct References(Vec<(String, String)>);

impl References {
    /// Each by its relation, which is one of this kind.
    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = (&'static Relation, &str)> {
        let named =
            move |name: &str| kind.references().map(|(relation, _)| relation).find(|relation| relation.name == name);
        self.0.iter().filter_map(move |(name, text)| Some((named(name)?, text.as_str())))
    }
}

impl FromArgMatches for References {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let typed = matches.ids().filter_map(|id| {
            let name = id.as_str().strip_prefix(MARK)?;
            Some((name.to_owned(), matches.get_one::<String>(id.as_str())?.clone()))
        });
        Ok(Self(typed.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Which options there are depends on the kind, which these commands share: [`with_references`] adds them.
impl Args for References {
    fn augment_args(command: Command) -> Command {
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        command
    }
}

/// The whole command line, with the options of each kind's relations.
pub(in crate::cli) fn with_references(command: Command) -> Command {
    Kind::ALL.into_iter().fold(command, |command, kind| {
        command.mut_subcommand(kind.name(), |command| {
            ["list", "create", "update"].into_iter().fold(command, |command, action| {
                command.mut_subcommand(action, |command| {
                    let listed = action == "list";
                    command.args(kind.references().map(|(relation, _)| option(relation, listed)))
                })
            })
        })
    })
}

fn option(relation: &Relation, listed: bool) -> Arg {
    let name = relation.name;
    let help = if listed {
        format!("Only those with this {name}, by name or id")
    } else {
        format!("Its {name}, by name or id")
    };
    Arg::new(format!("{MARK}{name}")).long(name).value_name("NAME").help(help)
}
