//! Why a command failed, what to do next, and the exit code of each kind.

use std::collections::BTreeSet;

use user_tenant_store::StoreError;
use user_tenant_store::migrate::{Finding, MigrateError};
use user_tenant_store::session::DatabaseOptions;

use super::print::program;
use crate::error::{BoxError, BuildError, Error};

/// A failure of a command.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// What was typed cannot be done.
    #[error("{0}")]
    Usage(String),
    /// A setting is missing or wrong.
    #[error("{0}")]
    Configuration(String),
    /// The file of the database is damaged.
    #[error("the file of the database is damaged")]
    Damaged(#[source] BoxError),
    /// The database does not answer.
    #[error("the database cannot be reached")]
    Unreachable(#[source] BoxError),
    /// The schema is not the one of this program.
    #[error("{0}")]
    Schema(String),
    /// A result cannot be written.
    #[error("the result cannot be written to standard output: {0}")]
    Output(std::io::Error),
    /// Anything else.
    #[error("{0}")]
    Other(String, #[source] Option<BoxError>),
}

impl Failure {
    /// A failure in words.
    pub(super) fn other(message: impl Into<String>) -> Self {
        Self::Other(message.into(), None)
    }

    /// A schema that is not the one of this program, why, and what to type.
    pub(super) fn schema(findings: &[Finding]) -> Self {
        let violated: BTreeSet<_> = findings
            .iter()
            .filter_map(|finding| match finding {
                Finding::Violation(violation) => Some(format!(" --without {}", violation.constraint)),
                _ => None,
            })
            .collect();
        let holds_nulls = findings.iter().any(|finding| matches!(finding, Finding::Nulls(_)));
        let next = if !violated.is_empty() {
            let options: String = violated.into_iter().collect();
            format!(
                "Mend these rows, or do without what they violate:  {} migrate up{options}\nNothing has been changed.",
                program()
            )
        } else if findings.contains(&Finding::ForeignSchema) {
            FOREIGN.to_owned()
        } else if findings.iter().any(|finding| matches!(finding, Finding::Triggers(_)))
            && findings.iter().all(Finding::is_bearable)
        {
            format!("Make them anew with:  {} migrate up", program())
        } else if findings.iter().all(Finding::is_bearable) {
            "The schema is the one of this program, but what is named above fails until that is mended.".to_owned()
        } else if holds_nulls {
            MEND.to_owned()
        } else if findings.contains(&Finding::Adoptable) {
            format!("No row stands in the way. Adopt it with:  {} migrate up", program())
        } else if findings.iter().all(|finding| finding.is_bearable() || matches!(finding, Finding::Pending(_))) {
            format!("Bring it there with:  {} migrate up", program())
        } else {
            "Restore the text of the migrations or the database, or use the program that applied them.".to_owned()
        };
        let what = if findings.iter().all(Finding::is_bearable) {
            "the database is not as this program needs it"
        } else {
            "the database schema is not the one of this program"
        };
        Self::listing(what, findings, &next)
    }

    fn listing(what: &str, findings: &[Finding], next: &str) -> Self {
        let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
        Self::Schema(format!("{what}:\n{}\n{next}", lines.join("\n")))
    }

    /// Why the database does not do what it is asked.
    fn of_database(source: BoxError) -> Self {
        match source.downcast_ref() {
            Some(StoreError::Damaged(_)) => Self::Damaged(source),
            _ => Self::Unreachable(source),
        }
    }

    /// The same with the name of the file, where it is damaged.
    pub(super) fn in_file(self, database: &DatabaseOptions) -> Self {
        match (self, database) {
            (Self::Damaged(source), DatabaseOptions::Sqlite(options)) => {
                let (path, why) = (options.path.display().to_string(), causes(&*source));
                MigrateError::Unusable { path, source: why.unwrap_or(source) }.into()
            }
            (other, _) => other,
        }
    }

    /// The exit code of the process.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Output(_) | Self::Other(..) => 1,
            Self::Usage(_) => 2,
            Self::Configuration(_) | Self::Damaged(_) => 3,
            Self::Unreachable(_) => 4,
            Self::Schema(_) => 5,
        }
    }
}

impl From<MigrateError> for Failure {
    fn from(error: MigrateError) -> Self {
        match error {
            // The server answered and refused, or the address makes no sense: trying again does not help.
            MigrateError::Unreachable(source) if matches!(*source, StoreError::Database(_)) => {
                let why = causes(&*source).map(|cause| format!(": {cause}")).unwrap_or_default();
                Self::Configuration(format!("DATABASE_URL or DB_HOST: must lead to a database that lets us in{why}"))
            }
            MigrateError::Unreachable(source) => Self::Unreachable(source),
            MigrateError::Unusable { path, source } => Self::Configuration(format!(
                "DATA_DIR or DATABASE_URL: {path} must be a database of SQLite that is whole, in a directory that can be \
                 written to: {source}\n{RESTORE}"
            )),
            MigrateError::Occupied(_) => Self::Schema(format!(
                "{error}\nNothing has been changed. Name another database, or take it away from this one"
            )),
            MigrateError::Denied(_) => Self::Configuration(format!(
                "DATABASE_URL or DB_USER: {error}\nName a user who may, or have the owner of the database let this one, with  \
                 GRANT … TO …"
            )),
            MigrateError::Encoding(_) => Self::Configuration(format!(
                "DATABASE_URL or DB_DATABASE: {error}\nMake one with  CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
            )),
            MigrateError::ForeignSchema => Self::Schema(format!("{error}\n{FOREIGN}")),
            MigrateError::InTheWay(findings) if findings.iter().all(Finding::is_bearable) => {
                Self::listing("rows stand in the way of adoption", &findings, MEND)
            }
            MigrateError::InTheWay(findings) => Self::schema(&findings),
            MigrateError::NotAdopted => Self::Configuration(format!("--without, --with: {error}")),
            other @ (MigrateError::Changed(_) | MigrateError::Unknown(_)) => Self::Schema(other.to_string()),
            other => Self::Other(other.to_string(), causes(&other)),
        }
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Migrate(error) => error.into(),
            BuildError::Schema(findings) => Self::schema(&findings),
            BuildError::Database(source) => Self::of_database(source),
            BuildError::NoVerifier | BuildError::Options(_) => Self::Configuration(error.to_string()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(Some(source)) => Self::of_database(source),
            Error::Taken(taken) => {
                let option = taken.properties().iter().find_map(|property| option(property));
                let next = option.map(|option| format!("\nName another with {option}.")).unwrap_or_default();
                Self::other(format!("{taken}{next}"))
            }
            Error::LoginTaken => Self::other(format!("{}\nName others with --username or --email.", Error::LoginTaken)),
            Error::InvalidEmail => Self::Usage("--email: this is no e-mail address".to_owned()),
            Error::InvalidProperty { property, rule } => {
                Self::Usage(format!("{}: {}", option(&property).unwrap_or(&property), rule.asks()))
            }
            Error::Internal(source) => Self::Other("an internal error".to_owned(), Some(source)),
            Error::TookTooLong(source) => Self::Other("the database took too long".to_owned(), Some(source)),
            other => Self::other(other.to_string()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::other(error.to_string())
    }
}

/// A property, and the option that gives its value.
const OPTIONS: &[(&str, &str)] = &[
    ("key", "--tenant-key"),
    ("username", "--username"),
    ("email", "--email"),
    ("firstName", "--first-name"),
    ("keyId", "--kid"),
];

/// The option that gives a property its value.
fn option(property: &str) -> Option<&'static str> {
    OPTIONS.iter().find(|(named, _)| *named == property).map(|(_, option)| *option)
}

/// What to do about a file that is no database, or not a whole one.
const RESTORE: &str = "A file that is damaged is replaced by a backup: see Backup in docs/operations.md";

/// What to do about rows that nothing can be done without.
const MEND: &str = "Mend these rows first. Nothing has been changed.";

/// What to do with a database that cannot be adopted.
const FOREIGN: &str = "Nothing has been changed. Only a database that a migration of the original has made, or of its \
    authentication service, can be adopted, and none that is a file. Name another one";

/// The causes of an error, first one first, as one.
fn causes(error: &dyn std::error::Error) -> Option<BoxError> {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    (!causes.is_empty()).then(|| causes.join(": ").into())
}
