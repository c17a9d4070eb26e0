//! Answers held to the rules: exclusive and dependent ones, names that can be names of crates, databases and images.

use std::path::{Path, PathBuf};

use super::ScaffoldError;
use super::answers::{Answers, BASE_SERVICES, DATASOURCES, OURS};
use super::source::Source;

/// Names that would be something else to cargo or to the compiler, or are those of what a service depends on.
const RESERVED: [&str; 20] = [
    "alloc",
    "axum",
    "build",
    "core",
    "crate",
    "deps",
    "examples",
    "greeting",
    "http-body-util",
    "incremental",
    "proc-macro",
    "self",
    "serde-json",
    "std",
    "super",
    "tempfile",
    "test",
    "tokio",
    "tower",
    OURS,
];
const LONGEST_NAME: usize = 60;
/// Databases and users that every server has.
const OTHERS_DATABASES: [&str; 4] = ["postgres", "public", "template0", "template1"];

/// What is written, every question answered.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Name of the service and of its crate: `my-user-tenant`.
    pub(crate) name: String,
    /// Name of its container image.
    pub(crate) image: String,
    /// Name of its database.
    pub(crate) database: String,
    /// Whether it runs on `PostgreSQL`; on `SQLite` else.
    pub(crate) postgres: bool,
    /// Whether it has a copy of our migrations.
    pub(crate) include_migrations: bool,
    /// Whether it has migrations of its own.
    pub(crate) custom_migrations: bool,
    /// What it depends on.
    pub(crate) source: Source,
    /// What somebody should know before it is used, in words.
    pub(crate) notes: Vec<String>,
}

impl Plan {
    /// Holds the answers to the rules. `place` is where relative directories begin.
    pub(crate) fn new(answers: &Answers, place: &Path) -> Result<Self, ScaffoldError> {
        exclusive(answers)?;
        let missing = Self::missing(answers);
        if !missing.is_empty() {
            return Err(ScaffoldError::Missing(missing));
        }
        base(answers)?;
        let name = name(answers.name.as_deref().unwrap_or_default())?;
        let prefix = answers.unique_prefix.as_deref().filter(|prefix| !prefix.is_empty());
        let image = match prefix {
            Some(prefix) => format!("{}-{name}", word("--uniquePrefix", prefix, "-.")?.to_lowercase()),
            None => name.clone(),
        };
        let database = match answers.datasource_name.as_deref().filter(|name| !name.is_empty()) {
            Some(given) => database(given)?,
            None => name.replace('-', "_"),
        };
        let postgres = match answers.datasource_type.as_deref() {
            Some("postgres" | "postgresql") => true,
            Some("sqlite") => false,
            Some("mysql") => {
                return Err(ScaffoldError::Answer(
                    "--datasourceType: mysql is not supported; choose postgresql or sqlite".to_owned(),
                ));
            }
            other => {
                return Err(ScaffoldError::Answer(format!(
                    "--datasourceType: {:?} is none of {}",
                    other.unwrap_or_default(),
                    DATASOURCES.join(", ")
                )));
            }
        };
        let source = Source::of(answers.source.as_deref(), place)?;
        let mut notes = Vec::new();
        if answers.sequelize {
            notes.push("--sequelize changes nothing: no ORM is needed here".to_owned());
        }
        match &source {
            Source::Path(path) => notes.push(format!(
                "it depends on the checkout at {}, which other machines lack; name a version or a repository in \
                 Cargo.toml before its CI runs elsewhere (or give --source)",
                path.display()
            )),
            // What was not said is ours.
            _ if answers.source.is_none() => {}
            Source::Version(version) => {
                notes.push(format!("it depends on version {version} of {OURS}, as --source says"));
            }
            Source::Git(address) => notes.push(format!(
                "it depends on the repository {address}, as --source says, and builds and runs what is there: check that it \
                 is the one you mean"
            )),
        }
        Ok(Self {
            name,
            image,
            database,
            postgres,
            include_migrations: answers.include_migrations,
            custom_migrations: answers.custom_migrations,
            source,
            notes,
        })
    }

    /// The flags without which there is no plan, in the order of the questions.
    pub(crate) fn missing(answers: &Answers) -> Vec<&'static str> {
        let absent = [
            ("NAME", answers.name.is_none()),
            ("--baseOnService", answers.base_on_service.is_none()),
            ("--baseService", answers.base_on_service != Some(false) && answers.base_service.is_none()),
            ("--datasourceType", answers.datasource_type.is_none()),
        ];
        absent.into_iter().filter(|(_, absent)| *absent).map(|(flag, _)| flag).collect()
    }

    /// Where the service goes.
    pub(crate) fn directory(&self, place: &Path) -> PathBuf {
        directory(&self.name, place)
    }
}

/// Whether the answers given so far can lead to a plan: what excludes what, and what is offered.
pub(crate) fn promising(answers: &Answers) -> Result<(), ScaffoldError> {
    exclusive(answers)?;
    if answers.base_on_service == Some(false) || answers.base_service.is_some() { base(answers) } else { Ok(()) }
}

/// The name of a database.
pub(crate) fn database(given: &str) -> Result<String, ScaffoldError> {
    let name = word("--datasourceName", given, "_-")?;
    if OTHERS_DATABASES.contains(&name.to_lowercase().as_str()) {
        return Err(ScaffoldError::Answer(format!("--datasourceName: {given:?} is what PostgreSQL has for itself")));
    }
    Ok(name)
}

/// Whether a service of this name can be written, which need not wait for the other answers.
pub(crate) fn vacant(given: &str, place: &Path) -> Result<(), ScaffoldError> {
    let directory = directory(&name(given)?, place);
    if directory.symlink_metadata().is_ok() { Err(ScaffoldError::Exists(directory)) } else { Ok(()) }
}

/// Among the services of a monorepo of the original, else right here.
fn directory(name: &str, place: &Path) -> PathBuf {
    if place.join("lerna.json").exists() { place.join("services").join(name) } else { place.join(name) }
}

/// Answers that exclude each other, or need another. They hold whatever else is missing.
fn exclusive(answers: &Answers) -> Result<(), ScaffoldError> {
    let Answers { facade, include_migrations, custom_migrations, .. } = *answers;
    let beside_facade = [
        ("--baseOnService", answers.base_on_service == Some(true)),
        ("--baseService", answers.base_service.is_some()),
        ("--datasourceName", answers.datasource_name.is_some()),
        ("--datasourceType", answers.datasource_type.is_some()),
        ("--sequelize", answers.sequelize),
        ("--includeMigrations", include_migrations),
        ("--customMigrations", custom_migrations),
    ];
    let says = |text: String| Err(ScaffoldError::Answer(text));
    if let Some((flag, _)) = beside_facade.into_iter().find(|(_, given)| facade && *given) {
        return says(format!("{flag} cannot be given with --facade"));
    }
    if facade {
        return says(format!(
            "--facade: a facade has no users, tenants and roles in it, so there is nothing of {OURS} to write; leave it out"
        ));
    }
    if include_migrations && custom_migrations {
        return says("--includeMigrations cannot be given with --customMigrations".to_owned());
    }
    if include_migrations && answers.base_service.is_none() {
        return says("--includeMigrations needs --baseService".to_owned());
    }
    if answers.base_service.is_some() && answers.base_on_service != Some(true) {
        return says("--baseService needs --baseOnService".to_owned());
    }
    Ok(())
}

fn base(answers: &Answers) -> Result<(), ScaffoldError> {
    let offer = format!("this program writes services based on {OURS}");
    let says = |text: String| Err(ScaffoldError::Answer(text));
    match (answers.base_on_service, answers.base_service.as_deref()) {
        (Some(true), Some(OURS)) => Ok(()),
        (Some(true), Some(other)) if BASE_SERVICES.contains(&other) => {
            says(format!("--baseService: {other} is not offered here; {offer}"))
        }
        (Some(true), Some(other)) => says(format!("--baseService: there is no {other:?}; {offer}")),
        _ => says(format!("--no-baseOnService: for a service without a base, cargo new is enough; {offer}")),
    }
}

/// The name in kebab case: `myUserTenant` becomes `my-user-tenant`.
fn name(given: &str) -> Result<String, ScaffoldError> {
    let mut name = String::new();
    let mut before = ' ';
    for letter in given.trim().chars() {
        if letter.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            name.push('-');
        }
        name.push(if matches!(letter, '_' | ' ') { '-' } else { letter.to_ascii_lowercase() });
        before = letter;
    }
    let wrong = |why: &str| Err(ScaffoldError::Answer(format!("NAME: {given:?} {why}")));
    let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) || !name.chars().all(fits) {
        wrong("must begin with a letter, and hold letters, digits and hyphens only")
    } else if name.ends_with('-') || name.contains("--") {
        wrong("must not hold two hyphens in a row, nor end with one")
    } else if name.len() > LONGEST_NAME {
        wrong(&format!("has more than {LONGEST_NAME} letters"))
    } else if RESERVED.contains(&name.as_str()) || syn_keyword(&name) {
        wrong("means something else to cargo or the compiler")
    } else {
        Ok(name)
    }
}

/// Whether a crate of this name could not be named in Rust (Reference, "Keywords").
fn syn_keyword(name: &str) -> bool {
    const KEYWORDS: &str = "abstract as async await become box break const continue do dyn else enum extern false final \
        fn for gen if impl in let loop macro match mod move mut override priv pub ref return static struct trait true try \
        type typeof unsafe unsized use virtual where while yield";
    KEYWORDS.split_ascii_whitespace().any(|keyword| keyword == name)
}

fn word(flag: &str, given: &str, also: &str) -> Result<String, ScaffoldError> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || also.contains(letter);
    if given.starts_with(|first: char| first.is_ascii_alphabetic())
        && given.ends_with(|last: char| last.is_ascii_alphanumeric())
        && given.chars().all(fits)
        && given.len() <= LONGEST_NAME
    {
        return Ok(given.to_owned());
    }
    let also: Vec<String> = also.chars().map(|letter| format!("{letter:?}")).collect();
    Err(ScaffoldError::Answer(format!(
        "{flag}: {given:?} must begin with a letter, end with one or a digit, hold letters, digits and {} only, and be at most {LONGEST_NAME} long",
        also.join(" and ")
    )))
}

#[cfg(test)]
mod tests;
