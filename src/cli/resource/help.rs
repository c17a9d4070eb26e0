//! What the help says of `tenant`, `user`, `role` and `group`, which share their commands: what each does, to what.

use clap::Command;

use super::Kind;

impl Kind {
    /// What its commands do, by their names.
    fn told(self) -> [(&'static str, &'static str); 5] {
        match self {
            Self::Tenant => [
                ("list", "List the tenants that the token reaches"),
                ("get", "Show one tenant"),
                ("create", "Make a tenant; it has no members and no roles yet, see `provision` for one that has"),
                ("update", "Change one tenant: its names, address or status"),
                ("remove", "Remove one tenant, which nobody can enter any more"),
            ],
            Self::User => [
                ("list", "List the users of a tenant, with role and status there"),
                ("get", "Show one user of a tenant, with role and status there"),
                ("create", "Add a user to a tenant, in one of its roles"),
                ("update", "Change one user: profile, or role or status in the tenant"),
                ("remove", "Remove one user from a tenant, and from its groups; other tenants keep them"),
            ],
            Self::Role => [
                ("list", "List the roles of a tenant"),
                ("get", "Show one role, with the permissions that it grants"),
                ("create", "Make a role in a tenant, which grants permissions to users who get it"),
                ("update", "Change one role: its name or what it grants, to all users who have it"),
                ("remove", "Remove one role that no user has and no group carries"),
            ],
            Self::Group => [
                ("list", "List the groups of a tenant"),
                ("get", "Show one group"),
                ("create", "Make a group in a tenant; a member who makes one is its first"),
                ("update", "Change one group: its name, description or picture"),
                ("remove", "Remove one group; its members stay in the tenant"),
            ],
            // They say it themselves.
            Self::Invitation => [("", ""); 5],
        }
    }
}

/// The whole command line, in which each of these commands says what it does.
pub(in crate::cli) fn with_words(command: Command) -> Command {
    Kind::ALL.into_iter().fold(command, |command, kind| {
        command.mut_subcommand(kind.name(), |command| {
            kind.told().into_iter().fold(command, |command, (action, words)| {
                command.mut_subcommand(action, |command| {
                    let further = command.get_long_about().map(ToString::to_string).unwrap_or_default();
                    let further = further.split_once("\n\n").map(|(_, further)| format!("\n\n{further}"));
                    command.about(words).long_about(format!("{words}{}", further.unwrap_or_default()))
                })
            })
        })
    })
}
