//! Why a command failed, what to do next, and the exit code of each kind.

use user_tenant_store::migrate::MigrateError;

use crate::error::{BoxError, BuildError, Error};

/// A failure of a command.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// A setting is missing or wrong.
    #[error("{0}")]
    Configuration(String),
    /// The database does not answer.
    #[error("the database cannot be reached")]
    Unreachable(#[source] BoxError),
    /// The schema is not the one of this program.
    #[error("{0}")]
    Schema(String),
    /// Anything else.
    #[error("{0}")]
    Other(String, #[source] Option<BoxError>),
}

impl Failure {
    /// A failure in words.
    pub(super) fn other(message: impl Into<String>) -> Self {
        Self::Other(message.into(), None)
    }

    /// The exit code of the process.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Other(..) => 1,
            Self::Configuration(_) => 3,
            Self::Unreachable(_) => 4,
            Self::Schema(_) => 5,
        }
    }
}

impl From<MigrateError> for Failure {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Unreachable(source) => Self::Unreachable(source),
            other @ (MigrateError::ForeignSchema | MigrateError::Changed(_) | MigrateError::Unknown(_)) => {
                Self::Schema(other.to_string())
            }
            other => Self::Other(
                other.to_string(),
                std::error::Error::source(&other).map(|source| source.to_string().into()),
            ),
        }
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Migrate(error) => error.into(),
            BuildError::Schema(_) => {
                Self::Schema(format!("{error}\nBring it there with:  user-tenant-service migrate up"))
            }
            BuildError::Database(source) => Self::Unreachable(source),
            BuildError::NoVerifier | BuildError::Options(_) => Self::Configuration(error.to_string()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(Some(source)) => Self::Unreachable(source),
            Error::Internal(source) => Self::Other("an internal error".to_owned(), Some(source)),
            other => Self::other(other.to_string()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::other(error.to_string())
    }
}
