//! Examples for the help of each command, and what follows them: the words of statuses.

use clap::Command;

use super::SERVE;
use crate::cli::resource::statuses;

/// A command, and lines as they are typed behind the program's name. Those of a group of commands are the first ones of each.
const EXAMPLES: &[(&str, &[&str])] = &[
    ("serve", &["serve", "serve --database-url postgres://app@db/users --migrate"]),
    ("health", &["health", "health --ready --url http://127.0.0.1:3000"]),
    ("migrate up", &["migrate up", "migrate up --without uq_users_email", "migrate up --database-url sqlite:users.db"]),
    ("migrate down", &["migrate down", "migrate down --to 0"]),
    ("migrate status", &["migrate status"]),
    ("migrate check", &["migrate check --database-url postgres://app@db/users", "migrate check --login"]),
    (
        "bootstrap",
        &[
            "bootstrap --tenant-name Acme --tenant-key acme --email ann@acme.example --first-name Ann",
            "bootstrap --client-id web --password-stdin --username ann --email ann@acme.example",
            "bootstrap --tenant acme --username ann --email ann@acme.example --role-name rescue",
        ],
    ),
    (
        "token",
        &[
            "token",
            "token --master",
            "token --user-tenant 0190c3a0-7b1e-7000-8000-000000000001 --permission ViewTenant --life 15m",
        ],
    ),
    ("keys add", &["keys add --kid 2026-01 --public-key public.pem"]),
    ("keys list", &["keys list"]),
    ("keys remove", &["keys remove --kid 2026-01"]),
    ("jobs list", &["jobs list", "jobs list --state failed --output json"]),
    ("jobs retry", &["jobs retry 0190c3a0-7b1e-7000-8000-000000000001"]),
    ("mail test", &["mail test amelie@example.com", "mail test amelie@example.com --locale de"]),
    ("mail list", &["mail list", "mail list --state refused --output csv"]),
    (
        "tenant list",
        &["tenant list --where status=active --order name", "tenant list --all --output csv > tenants.csv"],
    ),
    ("tenant get", &["tenant get acme", "tenant get acme --output json"]),
    ("tenant create", &["tenant create --set name=Acme --set key=acme --set status=active"]),
    ("tenant update", &["tenant update acme --set status=inactive"]),
    ("tenant remove", &["tenant remove acme"]),
    (
        "tenant provision",
        &[
            "tenant provision --name Acme --key acme --email ann@acme.example --first-name Ann --client acme-web",
            "tenant provision --file acme.json --key acme-2 --output json",
        ],
    ),
    ("tenant activate", &["tenant activate acme"]),
    ("tenant suspend", &["tenant suspend acme --reason 'Not paid'"]),
    ("tenant archive", &["tenant archive acme"]),
    ("tenant restore", &["tenant restore acme"]),
    ("tenant purge", &["tenant purge acme", "tenant purge acme --confirm acme --reason 'They asked for it' --no-wait"]),
    ("tenant limits", &["tenant limits acme", "tenant limits acme --max-members 50 --max-invitations none"]),
    (
        "user list",
        &[
            "user list --tenant acme --role reader --output csv",
            "user list --where status=registered --order 'createdOn DESC' --limit 10",
        ],
    ),
    ("user get", &["user get ann", "user get ann@acme.example --tenant acme --output json"]),
    (
        "user create",
        &[
            "user create --role reader --set firstName=Ann --set username=ann --set email=ann@acme.example",
            "user create --tenant acme --data '{\"roleId\": \"reader\", \"firstName\": \"Ann\", \"username\": \"ann\", \"email\": \"ann@acme.example\"}'",
        ],
    ),
    (
        "user update",
        &[
            "user update ann --set status=inactive --url https://users.example.com --token \"$token\"",
            "user update ann --role reader",
        ],
    ),
    ("user remove", &["user remove ann --tenant acme --yes"]),
    ("user activate", &["user activate ann --tenant acme"]),
    ("user suspend", &["user suspend ann --tenant acme --reason 'On leave'"]),
    ("user reactivate", &["user reactivate ann --tenant acme", "user reactivate ann --tenant acme --everywhere"]),
    ("user password", &["user password ann", "user password ann --password-stdin"]),
    (
        "user reset-password",
        &["user reset-password ann --tenant acme", "user reset-password ann --tenant acme --mail --hours 2"],
    ),
    ("user deactivate", &["user deactivate ann --tenant acme --reason 'Left the company'"]),
    ("user clients", &["user clients ann web mobile --tenant acme"]),
    ("user default-tenant", &["user default-tenant ann beta --tenant acme"]),
    ("client list", &["client list", "client list --output json"]),
    ("client create", &["client create web --redirect-url https://acme.example/login"]),
    ("client rotate", &["client rotate web"]),
    ("client remove", &["client remove web --yes"]),
    ("role list", &["role list", "role list --tenant acme --output json"]),
    ("role get", &["role get reader"]),
    ("role create", &["role create --set name=reader --set 'permissions=[\"ViewTenant\"]'"]),
    ("role update", &["role update reader --set 'permissions=[\"ViewTenant\", \"ViewRoles\"]'"]),
    ("role remove", &["role remove reader --yes"]),
    ("role template list", &["role template list"]),
    ("role template show", &["role template show owner --output json"]),
    (
        "role template save",
        &[
            "role template save reader --permission ViewTenant --permission ViewRoles --description 'Who reads'",
            "role template save reader --add ViewGroupList",
        ],
    ),
    ("role template retire", &["role template retire reader --yes"]),
    ("role template differences", &["role template differences owner --output csv"]),
    (
        "role template apply",
        &["role template apply owner acme --reason 'May read events'", "role template apply reader acme beta --create"],
    ),
    (
        "group list",
        &["group list --filter '{\"where\": {\"name\": {\"ilike\": \"eng%\"}}}'", "group list --tenant acme"],
    ),
    ("group get", &["group get engineers"]),
    ("group create", &["group create --set name=engineers --set 'description=Who builds it'"]),
    ("group update", &["group update engineers --set name=builders"]),
    ("group members list", &["group members list engineers"]),
    ("group members add", &["group members add engineers ann"]),
    ("group members remove", &["group members remove engineers ann"]),
    ("group roles list", &["group roles list engineers"]),
    ("group roles add", &["group roles add engineers builder"]),
    ("group roles remove", &["group roles remove engineers builder"]),
    ("group groups list", &["group groups list staff"]),
    ("group groups add", &["group groups add staff engineers"]),
    ("group groups remove", &["group groups remove staff engineers"]),
    ("group remove", &["group remove engineers --yes"]),
    (
        "invitation create",
        &[
            "invitation create ben@acme.example --tenant acme --role member --first-name Ben",
            "invitation create ann@acme.example ben@acme.example --role member --group engineers --life 48",
        ],
    ),
    ("invitation list", &["invitation list --tenant acme", "invitation list --status pending --output csv"]),
    ("invitation show", &["invitation show ben@acme.example"]),
    ("invitation resend", &["invitation resend ben@acme.example --tenant acme"]),
    ("invitation revoke", &["invitation revoke ben@acme.example --tenant acme"]),
    ("permissions list", &["permissions list", "permissions list --output json"]),
    ("permissions of", &["permissions of ann --tenant acme"]),
    (
        "events",
        &[
            "events --tenant acme --type user.suspended,user.removed --from 2026-05-01T00:00:00Z",
            "events --follow --output json",
        ],
    ),
    ("permissions check", &["permissions check ann UpdateTenantUser ViewRoles --tenant acme"]),
    (
        "microservice",
        &[
            "microservice my-user-tenant --baseOnService --baseService=user-tenant-service --datasourceName=userdb --datasourceType=postgresql --includeMigrations",
        ],
    ),
    ("mcp", &["mcp", "mcp --url https://users.example.com --token \"$token\"", "mcp --http 127.0.0.1:8931"]),
    ("completions", &["completions bash > /etc/bash_completion.d/user-tenant-service"]),
    ("man", &["man /usr/local/share/man/man1"]),
    ("errors", &["errors"]),
    ("openapi", &["openapi --format yaml > openapi.yaml"]),
    ("config", &["config --database-url sqlite:users.db"]),
];

/// The command with examples below the help of each of its commands, as they call a program of this name.
pub(super) fn with_examples(line: Command, program: &str) -> Command {
    line.mut_subcommands(|below| {
        let path = below.get_name().to_owned();
        told(below, &path, program)
    })
}

fn told(command: Command, path: &str, program: &str) -> Command {
    let command = command.mut_subcommands(|below| {
        let path = format!("{path} {}", below.get_name());
        told(below, &path, program)
    });
    let group = format!("{path} ");
    let of_group = EXAMPLES.iter().filter(|(of, _)| of.starts_with(&group)).filter_map(|(_, lines)| lines.first());
    let own = EXAMPLES.iter().filter(|(of, _)| *of == path).flat_map(|(_, lines)| *lines);
    let lines: Vec<&str> = own.chain(of_group).copied().collect();
    if lines.is_empty() {
        return command;
    }
    let title = if lines.len() == 1 { "Example" } else { "Examples" };
    let lines: Vec<_> = lines.iter().map(|line| format!("{program} {line}")).collect();
    let statuses = statuses(path).map(|words| format!("\n\n{words}")).unwrap_or_default();
    let settings = if path == SERVE {
        String::new()
    } else {
        format!(
            "\n\nSettings, such as --database-url, are flags of this command too; for all of them:  {program} serve --help"
        )
    };
    command.after_help(format!("{title}:\n  {}{statuses}{settings}", lines.join("\n  ")))
}
