//! `microservice`: asks for what was not said, and writes a new service.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::{ArgAction, Args};
use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, Select};

use super::failure::Failure;
use super::print::{note, say};
use crate::scaffold::{self, Answers, OURS, Plan, ScaffoldError};

/// Options of `microservice`, under the names that the original's command has for them.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "one for each flag of the original")]
pub(super) struct MicroserviceOptions {
    /// Name of the microservice.
    name: Option<String>,
    /// Create as facade inside the facades folder.
    #[arg(long, overrides_with = "no_facade")]
    facade: bool,
    /// Create no facade (the default).
    #[arg(long = "no-facade", hide = true)]
    no_facade: bool,
    /// Base it on one of the base services.
    #[arg(long = "baseOnService", overrides_with = "no_base_on_service")]
    base_on_service: bool,
    /// Base it on none.
    #[arg(long = "no-baseOnService", hide = true)]
    no_base_on_service: bool,
    /// The base service; needs --baseOnService.
    #[arg(short = 's', long = "baseService", value_name = "SERVICE", help = base_service_help())]
    base_service: Option<String>,
    /// Unique prefix for the names of container images.
    #[arg(short = 'p', long = "uniquePrefix", value_name = "PREFIX")]
    unique_prefix: Option<String>,
    /// Name of the datasource, which is the name of the database.
    #[arg(long = "datasourceName", value_name = "NAME")]
    datasource_name: Option<String>,
    /// Type of the datasource: postgres (or postgresql) or sqlite.
    #[arg(long = "datasourceType", value_name = "TYPE")]
    datasource_type: Option<String>,
    /// Accepted, and without effect: an ORM of Node.js.
    #[arg(long, action = ArgAction::SetTrue)]
    sequelize: bool,
    /// Copy the migrations of the base service, and use them from there; needs --baseService.
    #[arg(long = "includeMigrations")]
    include_migrations: bool,
    /// Begin migrations of its own; not beside --includeMigrations.
    #[arg(long = "customMigrations")]
    custom_migrations: bool,
    /// What it depends on: a version (0.1), an address of git, or the directory of a checkout.
    ///
    /// Without it: the checkout that this program was built in, or else the published repository.
    #[arg(long, value_name = "VERSION|URL|DIRECTORY")]
    source: Option<String>,
    /// Where the service is written; its name is added. In a monorepo with a lerna.json, `services/` is too.
    #[arg(long, value_name = "DIRECTORY", default_value = ".")]
    directory: PathBuf,
}

fn base_service_help() -> String {
    format!("The base service, {OURS}; needs --baseOnService")
}

/// Writes the service, and says what to do next.
pub(super) fn microservice(options: MicroserviceOptions) -> Result<(), Failure> {
    let place = options.directory.clone();
    let mut answers = Answers {
        name: options.name,
        facade: options.facade,
        base_on_service: (options.base_on_service || options.no_base_on_service).then_some(options.base_on_service),
        base_service: options.base_service,
        unique_prefix: options.unique_prefix,
        datasource_name: options.datasource_name,
        datasource_type: options.datasource_type,
        sequelize: options.sequelize,
        include_migrations: options.include_migrations,
        custom_migrations: options.custom_migrations,
        source: options.source,
    };
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && !answers.facade {
        scaffold::promising(&answers)?;
        ask_name(&mut answers, &place).map_err(unasked)?;
        scaffold::vacant(answers.name.as_deref().unwrap_or_default(), &place)?;
        ask(&mut answers).map_err(unasked)?;
    }
    let plan = Plan::new(&answers, Path::new("."))?;
    for text in &plan.notes {
        note(text);
    }
    let written = scaffold::write(&plan, &place)?;
    say(&format!("{} has been written to {}:", plan.name, written.directory.display()))?;
    for file in &written.files {
        say(&format!("  {}", file.display()))?;
    }
    say(&format!(
        "\nNext:\n  cd {}\n  cargo run        # serves on http://127.0.0.1:3000\n  cargo test",
        written.directory.display()
    ))
}

fn unasked(error: dialoguer::Error) -> Failure {
    Failure::Other("nothing was written".to_owned(), Some(error.into()))
}

fn ask_name(answers: &mut Answers, place: &Path) -> dialoguer::Result<()> {
    if answers.name.is_none() {
        let name: String = Input::with_theme(&ColorfulTheme::default())
            .with_prompt("Name of the microservice")
            .default("microservice".to_owned())
            .validate_with(|name: &String| scaffold::vacant(name, place))
            .interact_text()?;
        answers.name = Some(name);
    }
    Ok(())
}

/// Asks for the other answers that are missing, in the order of the original's questions.
fn ask(answers: &mut Answers) -> dialoguer::Result<()> {
    let theme = ColorfulTheme::default();
    if answers.base_on_service.is_none() {
        let prompt = format!("Base it on {OURS}");
        answers.base_on_service = Some(Confirm::with_theme(&theme).with_prompt(prompt).default(true).interact()?);
    }
    if answers.base_on_service == Some(false) {
        return Ok(()); // refused at once, with what is offered
    }
    if answers.base_service.is_none() {
        answers.base_service = Some(OURS.to_owned());
    }
    if answers.datasource_name.is_none() {
        let name: String = Input::with_theme(&theme)
            .with_prompt("Name of the datasource (the database)")
            .default("userdb".to_owned())
            .validate_with(|name: &String| scaffold::database(name).map(drop))
            .interact_text()?;
        answers.datasource_name = Some(name);
    }
    if answers.datasource_type.is_none() {
        let offered = ["postgresql", "sqlite"];
        let at =
            Select::with_theme(&theme).with_prompt("Type of the datasource").items(offered).default(0).interact()?;
        answers.datasource_type = offered.get(at).map(|name| (*name).to_owned());
    }
    let migrations = answers.include_migrations || answers.custom_migrations;
    if !migrations {
        let offered = ["those of the library", "a copy of the library's", "the library's and some of its own"];
        let at = Select::with_theme(&theme).with_prompt("Migrations").items(offered).default(0).interact()?;
        (answers.include_migrations, answers.custom_migrations) = (at == 1, at == 2);
    }
    Ok(())
}

impl From<ScaffoldError> for Failure {
    fn from(error: ScaffoldError) -> Self {
        let message = error.to_string();
        match error {
            ScaffoldError::Missing(_) | ScaffoldError::Answer(_) => Self::Usage(message),
            ScaffoldError::Exists(_) => Self::other(message),
            ScaffoldError::Write(_, source) => Self::Other(message, Some(source.into())),
            ScaffoldError::Template(source) => Self::Other(message, Some(source.into())),
        }
    }
}
