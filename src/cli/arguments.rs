//! What can be typed: subcommands, their options, and one flag for each setting, from the table of settings.

mod examples;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Arg, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use uuid::Uuid;

use self::examples::with_examples;
use super::failure::Failure;
use super::health::HealthOptions;
use super::jobs::JobsAction;
use super::mail::MailAction;
use super::manual::renamed;
#[cfg(feature = "mcp")]
use super::mcp::McpOptions;
use super::microservice::MicroserviceOptions;
use super::print::{OURS, name};
use super::resource::{
    ClientAction, EventsOptions, GroupAction, InvitationAction, PermissionsAction, RoleAction, TenantAction,
    UserAction, with_references, with_words,
};
use crate::config::{SETTINGS, Setting};
use crate::migrations::optional_constraints;

/// Users, tenants and roles for multi-tenant software: one binary, `SQLite` or `PostgreSQL`.
#[derive(Debug, Parser)]
#[command(name = "user-tenant-service", version, about, max_term_width = 100, after_help = EXAMPLES)]
struct Line {
    /// Read settings from this TOML file; flags and environment variables win over it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  user-tenant-service                          serve on an embedded database in ./data
  user-tenant-service migrate up               bring the database to this program's schema
  user-tenant-service token --master           mint a token of the first administrator
  user-tenant-service config                   show the effective settings and where each comes from

`--help` of a command shows examples of it.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 invalid configuration, 4 database not reachable,
5 database schema not ready.
Every setting is also an environment variable; docs/configuration.md lists them.";

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Answer requests (the default).
    ///
    /// With no database configured, an embedded one is made in `DATA_DIR` on the first start,
    /// together with a tenant, its administrator and a signing secret.
    Serve(ServeOptions),
    /// Ask whether the service of these settings answers: exit code 0 if it does, 1 if not.
    Health(HealthOptions),
    /// Change or inspect the database schema.
    #[command(subcommand)]
    Migrate(MigrateAction),
    /// Make a tenant with an administrator who may do everything.
    Bootstrap(BootstrapOptions),
    /// Mint a bearer token for a membership; needs a signing secret (`JWT_VERIFIER=secret`).
    Token(TokenOptions),
    /// Manage the public keys that verify tokens (table `jwt_keys`).
    #[command(subcommand)]
    Keys(KeysAction),
    /// Look at the work in the background.
    #[command(subcommand)]
    Jobs(JobsAction),
    /// See whether mails arrive.
    #[command(subcommand)]
    Mail(MailAction),
    /// Work with tenants.
    #[command(subcommand)]
    Tenant(Box<TenantAction>),
    /// Work with the users of a tenant.
    #[command(subcommand)]
    User(Box<UserAction>),
    /// Work with the roles of a tenant.
    #[command(subcommand)]
    Role(Box<RoleAction>),
    /// Work with the groups of a tenant.
    #[command(subcommand)]
    Group(Box<GroupAction>),
    /// Work with the client applications that people log in with.
    #[command(subcommand)]
    Client(Box<ClientAction>),
    /// Invite people into a tenant.
    #[command(subcommand)]
    Invitation(Box<InvitationAction>),
    /// Ask which permissions there are, and who has which.
    #[command(subcommand)]
    Permissions(Box<PermissionsAction>),
    /// List what changed: by whom, when and why.
    Events(Box<EventsOptions>),
    /// Write a new service, a crate that mounts this library.
    ///
    /// What is missing is asked for on a terminal.
    Microservice(Box<MicroserviceOptions>),
    /// Serve tools to an assistant that speaks MCP: to write a service, and to operate one.
    #[cfg(feature = "mcp")]
    Mcp(Box<McpOptions>),
    /// Print what a shell needs to complete our commands.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write the manual pages, one a command, into a directory.
    Man {
        /// The directory; it is made where it is missing.
        directory: PathBuf,
    },
    /// Print the OpenAPI document.
    Openapi(OpenapiOptions),
    /// Print the codes of all errors, what each means and its status, as Markdown.
    Errors,
    /// Show the effective settings with their sources, secrets masked.
    Config(ConfigOptions),
}

/// Options of `serve`.
#[derive(Debug, Default, Args)]
pub(super) struct ServeOptions {
    /// Apply pending migrations first.
    #[arg(long)]
    pub(super) migrate: bool,
    /// Print the administrator's token at the first start of an embedded database, even where it goes to a file or a log.
    #[arg(long, env = "USER_TENANT_SHOW_TOKEN", hide_env_values = true)]
    pub(super) show_token: bool,
}

impl ServeOptions {
    /// Those of `serve` without an argument, whose variables count all the same.
    fn of_nothing() -> Self {
        let serve = Self::augment_args(clap::Command::new("serve").no_binary_name(true));
        let options = serve.try_get_matches_from(Vec::<String>::new()).and_then(|given| Self::from_arg_matches(&given));
        options.unwrap_or_else(|error| error.exit())
    }
}

/// What to do with the schema.
#[derive(Debug, Subcommand)]
pub(super) enum MigrateAction {
    /// Apply all pending migrations; a database of the original is adopted.
    ///
    /// `migrate check` says before what would change and which rows stand in the way.
    Up(UpOptions),
    /// Undo migrations, last one first, and lose the rows of the tables that they made.
    ///
    /// Without `--to`, the last one only, after asking.
    Down {
        /// The version to stop at, which itself stays; 0 removes everything this program made.
        #[arg(long, value_name = "VERSION")]
        to: Option<u32>,
        /// Do not ask; needed without `--to` where nobody can answer.
        #[arg(long)]
        yes: bool,
    },
    /// List the migrations and where the database stands with each.
    Status,
    /// Report what separates the database from what this program expects; exit code 5 if anything does.
    Check(CheckOptions),
}

/// Options of `migrate check`.
#[derive(Debug, Args)]
pub(super) struct CheckOptions {
    /// Tell too how many people cannot log in by password at the authentication service, and why.
    #[arg(long)]
    pub(super) login: bool,
}

/// Options of `migrate up`.
#[derive(Debug, Args)]
pub(super) struct UpOptions {
    /// Leave this constraint out of the database that is adopted; repeatable.
    #[arg(long, value_name = "CONSTRAINT", value_parser = constraint(), hide_possible_values = true)]
    pub(super) without: Vec<String>,
    /// Add this constraint, which was left out before; repeatable.
    #[arg(long, value_name = "CONSTRAINT", value_parser = constraint(), hide_possible_values = true)]
    pub(super) with: Vec<String>,
}

/// Options of `bootstrap`.
#[derive(Debug, Args)]
pub(super) struct BootstrapOptions {
    /// Let the administrator into this tenant, by key or id, instead of making one: for a tenant that nobody can enter any
    /// more.
    #[arg(long, value_name = "KEY", conflicts_with_all = ["tenant_name", "tenant_key"])]
    pub(super) tenant: Option<String>,
    /// Name of the tenant.
    #[arg(long, default_value = "Default")]
    pub(super) tenant_name: String,
    /// Key of the tenant, unique, at most 20 characters.
    #[arg(long, default_value = "default")]
    pub(super) tenant_key: String,
    /// Username of the administrator.
    #[arg(long, default_value = "admin")]
    pub(super) username: String,
    /// E-mail address of the administrator.
    #[arg(long, default_value = "admin@localhost.localdomain")]
    pub(super) email: String,
    /// First name of the administrator.
    #[arg(long, default_value = "Admin")]
    pub(super) first_name: String,
    /// Name of the administrator's role.
    #[arg(long, default_value = "admin")]
    pub(super) role_name: String,
    /// Name of the client application that the administrator logs in with. One that is not there is made, and its secret is
    /// printed here and nowhere else.
    #[arg(long, value_name = "NAME")]
    pub(super) client_id: Option<String>,
    /// Read the administrator's password from the first line of standard input: they log in by it at the authentication service.
    #[arg(long)]
    pub(super) password_stdin: bool,
}

impl Default for BootstrapOptions {
    /// What the command line fills in where nothing is typed.
    fn default() -> Self {
        let text = |text: &str| text.to_owned();
        Self {
            tenant: None,
            tenant_name: text("Default"),
            tenant_key: text("default"),
            username: text("admin"),
            email: text("admin@localhost.localdomain"),
            first_name: text("Admin"),
            role_name: text("admin"),
            client_id: None,
            password_stdin: false,
        }
    }
}

/// Options of `token`.
#[derive(Debug, Args)]
pub(super) struct TokenOptions {
    /// The membership (`user_tenants.id`); without it, the oldest active one.
    #[arg(long, value_name = "ID")]
    pub(super) user_tenant: Option<Uuid>,
    /// Grant these permissions instead of those of the membership's role; repeatable. To change tenants, users, roles,
    /// groups or permissions, the member must hold them in the database too.
    #[arg(long = "permission", value_name = "NAME")]
    pub(super) permissions: Vec<String>,
    /// How long the token lives: 30s, 15m, 12h.
    #[arg(long, default_value = "12h", value_parser = life)]
    pub(super) life: Duration,
    /// Let the token reach every tenant (tenantType: master).
    #[arg(long)]
    pub(super) master: bool,
}

/// What to do with the keys.
#[derive(Debug, Subcommand)]
pub(super) enum KeysAction {
    /// Add a public key.
    Add {
        /// Id of the key, as tokens name it.
        #[arg(long)]
        kid: String,
        /// File with the RSA public key as PEM.
        #[arg(long, value_name = "FILE")]
        public_key: PathBuf,
    },
    /// List the keys.
    List,
    /// Remove a key.
    Remove {
        /// Id of the key.
        #[arg(long)]
        kid: String,
    },
}

/// Options of `openapi`.
#[derive(Debug, Args)]
pub(super) struct OpenapiOptions {
    /// The form to print.
    #[arg(long, value_enum, default_value_t = DocumentFormat::Json)]
    pub(super) format: DocumentFormat,
}

/// The forms of the `OpenAPI` document.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum DocumentFormat {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Options of `config`.
#[derive(Debug, Args)]
pub(super) struct ConfigOptions {
    /// Print the reference of all settings as Markdown instead.
    #[arg(long)]
    pub(super) markdown: bool,
}

/// What was typed.
pub(super) struct Arguments {
    /// The subcommand; `serve` where none was typed.
    pub(super) command: Command,
    /// The configuration file.
    pub(super) config: Option<PathBuf>,
    /// Settings given as flags, by the name of their variable.
    pub(super) settings: BTreeMap<&'static str, String>,
}

impl Arguments {
    /// Whether they start the service.
    pub(super) fn serves(&self) -> bool {
        matches!(self.command, Command::Serve(_))
    }
}

/// All that can be typed, with a flag for each setting. Of the commands, `serve` alone shows these in its help: elsewhere they
/// would bury what is the command's own.
pub(super) fn command() -> clap::Command {
    let settings: Vec<Arg> = settings().collect();
    let hidden: Vec<_> = settings.iter().map(|setting| setting.clone().hide_long_help(true)).collect();
    let line = with_words(with_references(Line::command())).args(settings);
    let line = line.mut_subcommands(|below| if below.get_name() == SERVE { below } else { below.args(&hidden) });
    let name = name();
    let line = with_examples(line, &name);
    if name == OURS { line } else { renamed(line, &name) }
}

/// The command that shows the settings.
const SERVE: &str = "serve";

/// A flag for each setting.
fn settings() -> impl Iterator<Item = Arg> {
    SETTINGS.iter().map(|setting| {
        // Its address too: a password may stand in it.
        let help = if setting.secret || setting.address {
            let Setting { description, name, .. } = setting;
            format!(
                "{description}. Other users of this machine can see it here: prefer {name}, or the file of --config"
            )
        } else {
            setting.description.to_owned()
        };
        Arg::new(setting.name)
            .long(setting.flag())
            .global(true)
            .value_name("VALUE")
            .help(help)
            .help_heading("Settings")
            .hide_short_help(true)
    })
}

/// Reads the arguments of the process; prints help or a usage error and exits where that is what they ask for.
pub(super) fn parse() -> Result<Option<Arguments>, Failure> {
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) if error.use_stderr() => error.exit(),
        Err(help) => {
            let printed = help.print().and_then(|()| std::io::stdout().flush());
            return printed.map(|()| None).map_err(Failure::Output);
        }
    };
    let line = Line::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let given = matches.subcommand().map_or(&matches, |(_, inner)| inner);
    let settings = SETTINGS
        .iter()
        .filter_map(|setting| given.get_one::<String>(setting.name).map(|value| (setting.name, value.clone())))
        .collect();
    Ok(Some(Arguments {
        command: line.command.unwrap_or_else(|| Command::Serve(ServeOptions::of_nothing())),
        config: line.config,
        settings,
    }))
}

fn constraint() -> PossibleValuesParser {
    PossibleValuesParser::new(optional_constraints())
}

fn life(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
