//! Brings a database to the schema of a program and back: connect a [`Migrator`] and call its methods.
//!
//! A ledger table, `schema_migrations`, says what was applied, when, and from which text. Each
//! migration runs in one transaction together with its row of the ledger, under a lock: a failed one
//! leaves nothing behind, and any number of processes may run them at once.

use std::fmt;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::error::{BoxError, StoreError};

mod adoption;
mod audit;
mod migrator;
mod obstacles;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use adoption::{Addition, Adoption, Choice, Kind, Nulls, Violation};
pub use audit::AuditTriggers;
pub use migrator::{Migrations, Migrator};

/// One step of the schema and its way back, as text in the program. Never edited once released.
///
/// On `PostgreSQL` a text calls the schema of the tables `main` and that of the audit log `logs`. Where the tables lie in another
/// one ([`SchemaName`](crate::session::SchemaName)), both words are replaced by its name when the text is carried out: before a
/// dot, as `'main'`, and after `SCHEMA`.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its place in the order, from 1.
    pub version: u32,
    /// What it does, in a word or two: `initial`.
    pub name: &'static str,
    /// SQL statements that make the step; they run in a transaction that is already open.
    pub up: &'static str,
    /// SQL statements that undo it.
    pub down: &'static str,
    /// Whether programs that do not know it read and write as before once it is applied. The ledger says so to those, so
    /// that processes of the version before can be started while others are of the new one.
    pub additive: bool,
}

impl Migration {
    /// SHA-256 of both texts in hexadecimal, by which an edited migration is recognised.
    pub fn checksum(&self) -> String {
        HEXLOWER.encode(&Sha256::new().chain_update(self.up).chain_update(self.down).finalize())
    }

    fn step(&self) -> Step {
        Step { version: self.version, name: self.name.to_owned() }
    }
}

/// Names a migration; what [`Migrator::up`] and [`Migrator::down`] did is a list of them, in the order done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its version.
    pub version: u32,
    /// Its name.
    pub name: String,
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04} {}", self.version, self.name)
    }
}

/// One migration, and where the database stands with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Which migration.
    pub step: Step,
    /// Where it stands.
    pub state: State,
}

/// Where a database stands with one migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Applied, from the text that the program has.
    Applied {
        /// When, in UTC.
        on: OffsetDateTime,
    },
    /// Another program has made the schema, and this one has adopted it.
    Adopted {
        /// When, in UTC.
        on: OffsetDateTime,
        /// The constraints that were left out, by name.
        without: Vec<String>,
    },
    /// Not applied yet.
    Pending,
    /// Applied, from another text than the program has.
    Changed,
    /// Applied, and the program does not have it: the database is newer than the program.
    Unknown,
    /// As [`State::Unknown`], but the ledger marks the migration as additive: this program works without it.
    Ahead,
}

/// One reason why a database is not the one that the program expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It holds a schema that other means than these migrations have made.
    ForeignSchema,
    /// What such a schema lacks to be adopted.
    Unlike(String),
    /// It holds a schema that another program has made and that can be adopted.
    Adoptable,
    /// Rows that stand in the way of adoption.
    Violation(Violation),
    /// Rows that hold null where the program needs a value: reads of those fail.
    Nulls(Nulls),
    /// A table that takes no change, and why.
    Unwritable(String),
    /// The migration is not applied.
    Pending(Step),
    /// The migration was applied from another text.
    Changed(Step),
    /// A migration was applied that the program does not have.
    Unknown(Step),
    /// A migration was applied that the program does not have and need not.
    Ahead(Step),
    /// A table that cannot be read as the entities are: it was dropped or changed beside the migrations, or may not be read.
    Unreadable(String),
    /// A table whose triggers are not those that the program makes from its entities.
    Triggers(String),
}

impl Finding {
    /// Whether the program works all the same, but for the rows and tables that are named.
    pub const fn is_bearable(&self) -> bool {
        matches!(self, Self::Nulls(_) | Self::Unwritable(_) | Self::Ahead(_) | Self::Triggers(_))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForeignSchema => formatter.write_str(FOREIGN_SCHEMA),
            Self::Unlike(difference) => formatter.write_str(difference),
            Self::Adoptable => formatter.write_str("the database was made by another program and can be adopted"),
            Self::Violation(violation) => violation.fmt(formatter),
            Self::Nulls(nulls) => nulls.fmt(formatter),
            Self::Unwritable(why) => formatter.write_str(why),
            Self::Pending(step) => write!(formatter, "migration {step} is not applied"),
            Self::Changed(step) => {
                write!(formatter, "migration {step} was applied with another content")
            }
            Self::Unknown(step) => {
                write!(formatter, "migration {step} is applied, but not part of this program")
            }
            Self::Ahead(step) => {
                write!(formatter, "migration {step} is newer than this program, which works on without it")
            }
            Self::Unreadable(table) => write!(
                formatter,
                "{table} cannot be read: it is missing, lacks a column, or its owner does not let this user read it"
            ),
            Self::Triggers(table) => {
                write!(formatter, "the triggers of {table} are not those of this program: changes are logged otherwise")
            }
        }
    }
}

/// Why a schema could not be read or changed. What the driver said is in `source()`.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database cannot be opened.
    #[error("the database cannot be opened")]
    Unreachable(#[source] Box<StoreError>),
    /// The file of the database is none, or cannot be written to: it, or where it lies, must be mended.
    #[error("{path} cannot be used as a database")]
    Unusable {
        /// Where the file is.
        path: String,
        /// What is wrong with it.
        source: BoxError,
    },
    /// The database has these of the same names as what the first migration makes, or as the ledger; nothing was changed.
    #[error("the database holds something that this service would make itself: {}", .0.join(", "))]
    Occupied(Vec<String>),
    /// The user of the database lacks a right, as the server says; what was not done before is not done.
    #[error("the database does not let its user do this: {0}")]
    Denied(String),
    /// The database is encoded so, and cannot hold every name; nothing was changed.
    #[error("the encoding of the database must be UTF8, and is {0}")]
    Encoding(String),
    /// The database has our tables but no ledger; nothing was changed.
    #[error("{FOREIGN_SCHEMA}")]
    ForeignSchema,
    /// Rows stand in the way of adoption: findings of the kinds [`Finding::Violation`] and [`Finding::Nulls`]; nothing was
    /// changed.
    #[error("{} {} in the way of adoption", .0.len(), if .0.len() == 1 { "conflict stands" } else { "conflicts stand" })]
    InTheWay(Vec<Finding>),
    /// Constraints can be chosen for an adopted database only; nothing was changed.
    #[error("constraints can be left out or added only where a database of another program is adopted")]
    NotAdopted,
    /// The database that was to be adopted could not be read or changed; it is as it was.
    #[error("adopting the database failed and was rolled back")]
    Adoption(#[source] BoxError),
    /// The text of an applied migration differs from the program's; nothing was changed.
    #[error("migration {0} was applied with another content; restore its text, or the database")]
    Changed(Step),
    /// The database has a migration that the program lacks; nothing was changed.
    #[error("migration {0} is applied, but not part of this program; use the program that applied it")]
    Unknown(Step),
    /// The statements of a migration failed; it left nothing behind, earlier ones stay done.
    #[error("migration {step} failed and was rolled back")]
    Failed {
        /// Which one.
        step: Step,
        /// What the driver said.
        source: BoxError,
    },
    /// The ledger cannot be reached, read or written.
    #[error("the record of applied migrations cannot be read or written")]
    Ledger(#[source] BoxError),
}

const FOREIGN_SCHEMA: &str =
    "the database already holds tables of this service's kind that no migration of this program has made";

/// One row of the ledger.
#[derive(Debug)]
struct Record {
    version: u32,
    name: String,
    checksum: String,
    applied_on: OffsetDateTime,
    additive: bool,
}

/// Sets what the program has against what the ledger says, in order of version.
fn compare(migrations: &[Migration], ledger: &[Record]) -> Vec<Status> {
    let known = migrations.iter().map(|migration| {
        let record = ledger.iter().find(|record| record.version == migration.version);
        let state = record.map_or(State::Pending, |record| {
            if record.checksum == migration.checksum() {
                State::Applied { on: record.applied_on }
            } else {
                State::Changed
            }
        });
        Status { step: migration.step(), state }
    });
    let unknown = ledger
        .iter()
        .filter(|record| migrations.iter().all(|migration| migration.version != record.version))
        .map(|record| Status {
            step: Step { version: record.version, name: record.name.clone() },
            state: if record.additive { State::Ahead } else { State::Unknown },
        });
    let mut statuses: Vec<Status> = known.chain(unknown).collect();
    statuses.sort_by_key(|status| status.step.version);
    statuses
}

/// All that separates the database from what the program expects. `foreign`: see [`Finding::ForeignSchema`].
fn findings(migrations: &[Migration], ledger: &[Record], foreign: bool) -> Vec<Finding> {
    if foreign {
        return vec![Finding::ForeignSchema];
    }
    compare(migrations, ledger)
        .into_iter()
        .filter_map(|Status { step, state }| match state {
            State::Applied { .. } | State::Adopted { .. } => None,
            State::Pending => Some(Finding::Pending(step)),
            State::Changed => Some(Finding::Changed(step)),
            State::Unknown => Some(Finding::Unknown(step)),
            State::Ahead => Some(Finding::Ahead(step)),
        })
        .collect()
}

/// The next migration to apply, unless the database is not ours to change.
fn next_up<'a>(
    migrations: &'a [Migration],
    ledger: &[Record],
    foreign: bool,
) -> Result<Option<&'a Migration>, MigrateError> {
    let mut next = None;
    for finding in findings(migrations, ledger, foreign) {
        match finding {
            // Only where there is a ledger; without one, `findings` says no more than that the schema is foreign.
            Finding::Unlike(_)
            | Finding::Adoptable
            | Finding::Violation(_)
            | Finding::Nulls(_)
            | Finding::Unwritable(_)
            | Finding::Unreadable(_)
            | Finding::Triggers(_)
            | Finding::Ahead(_) => {}
            Finding::ForeignSchema => return Err(MigrateError::ForeignSchema),
            Finding::Changed(step) => return Err(MigrateError::Changed(step)),
            Finding::Unknown(step) => return Err(MigrateError::Unknown(step)),
            Finding::Pending(step) => next = next.or(Some(step.version)),
        }
    }
    Ok(migrations.iter().find(|migration| Some(migration.version) == next))
}

/// The next migration to undo on the way down to version `to`, which itself stays.
fn next_down<'a>(
    migrations: &'a [Migration],
    ledger: &[Record],
    to: u32,
) -> Result<Option<&'a Migration>, MigrateError> {
    let statuses = compare(migrations, ledger);
    let Some(Status { step, state }) =
        statuses.into_iter().rev().find(|status| status.step.version > to && status.state != State::Pending)
    else {
        return Ok(None);
    };
    match state {
        State::Changed => Err(MigrateError::Changed(step)),
        State::Unknown | State::Ahead => Err(MigrateError::Unknown(step)),
        State::Applied { .. } | State::Adopted { .. } | State::Pending => {
            Ok(migrations.iter().find(|migration| migration.version == step.version))
        }
    }
}

fn ledger_error(source: impl Into<BoxError>) -> MigrateError {
    MigrateError::Ledger(source.into())
}

/// A table of the ledger's name that is none.
fn foreign_ledger(name: &str) -> MigrateError {
    MigrateError::Occupied(vec![format!("{}, and is another program's", obstacles::exists("table", name))])
}

fn failed(migration: &Migration, source: impl Into<BoxError>) -> MigrateError {
    MigrateError::Failed { step: migration.step(), source: source.into() }
}
