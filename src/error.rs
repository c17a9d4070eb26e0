//! Every outcome of a request that is not success: one variant an outcome. [`crate::http`] turns each into an answer once.

mod unique;

use serde_json::Value as Json;
use user_tenant_store::migrate::{Finding, MigrateError};
use user_tenant_store::{Entity, StoreError};

pub(crate) use self::unique::Unique;
use self::unique::conflict;

/// A refusal or failure. The public message is the answer's; `source()` is for the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No bearer token.
    #[error("no bearer token")]
    Unauthenticated,
    /// The `Authorization` header is malformed.
    #[error("malformed Authorization header")]
    MalformedAuthorization,
    /// A signed request's signature is not good, or was good before.
    #[error("Unauthorized")]
    BadSignature,
    /// The token does not verify.
    #[error("TokenExpired")]
    InvalidToken,
    /// The caller's user, membership or tenant is not live.
    #[error("TokenExpired")]
    CallerNotActive,
    /// The caller's password has expired.
    #[error("PasswordExpiryError")]
    PasswordExpired,
    /// The caller lacks the permission, or may never do this.
    #[error("NotAllowedAccess")]
    NotAllowed,
    /// The token grants the permission, and the database does not any more.
    #[error("NotAllowedAccess")]
    PermissionWithdrawn,
    /// A refusal in the original's own words, which clients compare.
    #[error("{0}")]
    Forbidden(&'static str),
    /// What the request names is not of the tenant that it acts on, in the original's own words.
    #[error("{0}")]
    Foreign(&'static str),
    /// The path names another user than the caller.
    #[error("NotAllowedAccess")]
    ForeignUser,
    /// No route has this method and path.
    #[error("API not found !")]
    UnknownRoute,
    /// A row to read is not there.
    #[error("EntityNotFound")]
    NotFound(Sought),
    /// A row of the tenant is not there, or is another tenant's.
    #[error("Not Found")]
    RowNotFound(Sought),
    /// The tenant that the request acts on is not active.
    #[error("The tenant is not active.")]
    TenantNotActive,
    /// A row to write is not there.
    #[error("Entity not found: {table} with id {}", Json::from(.id.as_str()))]
    EntityNotFound {
        /// The table, as the original names the model.
        table: &'static str,
        /// The id of the path.
        id: String,
    },
    /// A query parameter is none of the route's.
    #[error("The query parameter {} is unknown here.", Json::from(.0.as_str()))]
    UnknownParameter(String),
    /// A query parameter is invalid.
    #[error("Invalid data {value} for parameter {}.", Json::from(*.name))]
    InvalidParameter {
        /// The parameter.
        name: &'static str,
        /// What it held.
        value: Box<Json>,
        /// The violations, or `{syntaxError}`; null for none.
        details: Box<Json>,
    },
    /// A clause of a filter is invalid.
    #[error("{message}")]
    InvalidFilter {
        /// What is wrong.
        message: String,
        /// Code of the contract, if it has one.
        code: Option<&'static str>,
        /// Further members of the answer; null for none.
        details: Box<Json>,
    },
    /// More rows than one answer may hold.
    #[error("{0}")]
    TooManyRows(String),
    /// More bytes than one answer may take.
    #[error("{0}")]
    AnswerTooLarge(String),
    /// The request must name what it means to change.
    #[error("A non-empty \"where\" is required.")]
    WhereRequired,
    /// The request is no message of HTTP that only one reading has.
    #[error("{0}")]
    InvalidMessage(&'static str),
    /// The body is in a transfer coding that nothing here decodes.
    #[error("The only transfer coding is chunked.")]
    UnknownTransferCoding,
    /// The body is no JSON.
    #[error("{0}")]
    MalformedJson(String),
    /// The body names a key that no JavaScript program would survive.
    #[error("JSON string cannot contain {} key.", Json::from(*.0))]
    ProhibitedKey(&'static str),
    /// The operation needs a body.
    #[error("Request body is required")]
    BodyRequired,
    /// The body breaks its schema.
    #[error("The request body is invalid. See error object `details` property for more info.")]
    InvalidBody(Box<Json>),
    /// The body's id is not that of the path.
    #[error("id property (id) cannot be updated from {path} to {body}")]
    IdMismatch {
        /// The id of the path.
        path: String,
        /// The id of the body.
        body: String,
    },
    /// The body is not `application/json`.
    #[error("Content-type {0} does not match [application/json].")]
    UnsupportedMediaType(String),
    /// The body is in another character set or encoding.
    #[error("unsupported {what} {}", Json::from(.value.as_str()))]
    UnsupportedEncoding {
        /// `charset` or `content encoding`.
        what: &'static str,
        /// What the client named.
        value: String,
    },
    /// The body is longer than allowed.
    #[error("request entity too large")]
    PayloadTooLarge,
    /// The e-mail address is none.
    #[error("Invalid Email")]
    InvalidEmail,
    /// Members of the tenant have the role.
    #[error("The role is in use: {holders} {} it.", if *.holders == 1 { "member has" } else { "members have" })]
    RoleInUse {
        /// How many.
        holders: u64,
    },
    /// Nobody would be left who can let others in.
    #[error("The tenant would have no administrator left.")]
    LastAdministrator,
    /// The tenant or the member has as many of them as it may.
    #[error("There are {limit} {what} already, which is as many as there may be.")]
    QuotaExceeded {
        /// What there would be more of.
        what: &'static str,
        /// The most.
        limit: u64,
    },
    /// A unique constraint is in the way.
    #[error("{0}")]
    Conflict(String),
    /// Something that the request refers to is not there; what it is, where that is known.
    #[error("Related entity not found !")]
    RelatedNotFound(Option<Sought>),
    /// The database or the token keys cannot be reached, or too many requests wait.
    #[error("Service Unavailable")]
    Unavailable(#[source] Option<BoxError>),
    /// A defect.
    #[error("Internal Server Error")]
    Internal(#[source] BoxError),
}

/// What was looked for and not found. Of another tenant's row no more is said than of one that is not there.
#[derive(Debug, PartialEq, Eq)]
pub struct Sought {
    /// Name of the model.
    pub(crate) entity: &'static str,
    /// The id, as it was given.
    pub(crate) id: String,
}

impl Sought {
    /// The most letters of an id that an answer repeats: more are none.
    const LONGEST: usize = 100;

    /// A row of an entity.
    pub(crate) fn of<E: Entity>(id: &(impl ToString + ?Sized)) -> Self {
        let id = id.to_string();
        let id = match id.char_indices().nth(Self::LONGEST) {
            Some((end, _)) => format!("{}…", &id[..end]),
            None => id,
        };
        Self { entity: E::meta().name, id }
    }
}

/// A cause, kept for the log.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Result of the service.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a service could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Nothing said how to verify tokens.
    #[error("no token verifier is set")]
    NoVerifier,
    /// The database cannot be opened or read.
    #[error("the database cannot be used")]
    Database(#[source] BoxError),
    /// The schema is not the one of this program.
    #[error("the database schema is not ready: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Schema(Vec<Finding>),
    /// A migration failed.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The token verifier or the HTTP side was given something impossible.
    #[error("invalid option: {0}")]
    Options(#[source] BoxError),
}

impl Error {
    /// How a request is refused that names something outside the tenant that it acts on. Of a row that is not
    /// found nobody can tell whether it is another tenant's or nobody's.
    pub(crate) fn wall_refusal(&self) -> Option<&'static str> {
        match self {
            Self::Foreign(_) | Self::ForeignUser => Some("forbidden"),
            Self::NotFound(_) | Self::RowNotFound(_) | Self::EntityNotFound { .. } | Self::RelatedNotFound(_) => {
                Some("not_found")
            }
            _ => None,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Filter(error) => error.into(),
            StoreError::Conflict { constraint, attempted, .. } => Self::Conflict(conflict(&constraint, &attempted)),
            StoreError::MissingReference | StoreError::OutsideScope => Self::RelatedNotFound(None),
            StoreError::TooManyRows { .. } => Self::TooManyRows(error.to_string()),
            StoreError::TooManyBytes { .. } => Self::AnswerTooLarge(error.to_string()),
            StoreError::InvalidValue(source) => {
                // The schemas ought to have refused it; the log tells which rule they lack.
                tracing::debug!(%source, "the database refused a value");
                Self::InvalidBody(Box::new(serde_json::json!([])))
            }
            StoreError::StillReferenced => Self::Conflict("The row is still referred to.".to_owned()),
            StoreError::Timeout(source) | StoreError::Unavailable(source) | StoreError::Contention(source) => {
                Self::Unavailable(Some(source))
            }
            StoreError::Aborted | StoreError::Database(_) => Self::Internal(Box::new(error)),
        }
    }
}

impl From<user_tenant_store::filter::FilterError> for Error {
    fn from(error: user_tenant_store::filter::FilterError) -> Self {
        use user_tenant_store::filter::FilterError;
        let message = error.to_string();
        let (code, details) = match error {
            FilterError::Invalid { path, code, message, info } => {
                (None, serde_json::json!([{ "path": path, "code": code, "message": message, "info": info }]))
            }
            FilterError::Clause(_) => (None, Json::Null),
            FilterError::Inclusion(_) | FilterError::GoesBack { .. } => (Some("INVALID_INCLUSION_FILTER"), Json::Null),
            FilterError::OperatorNotAllowed { operators, predicate } => (
                Some("OPERATOR_NOT_ALLOWED_IN_QUERY"),
                serde_json::json!({ "operators": operators, "where": predicate }),
            ),
            FilterError::TooDeep { .. } => (Some("QUERY_OBJECT_TOO_DEEP"), Json::Null),
        };
        Self::InvalidFilter { message, code, details: Box::new(details) }
    }
}

impl From<user_tenant_store::record::InvalidRecord> for Error {
    fn from(error: user_tenant_store::record::InvalidRecord) -> Self {
        use user_tenant_store::form::Unwritable;
        use user_tenant_store::record::InvalidRecord;
        let (name, code) = match &error {
            InvalidRecord::UnknownProperty(name) => (name.as_str(), "additionalProperties"),
            InvalidRecord::WrongType(name, _) => (*name, "type"),
            InvalidRecord::NotSettable(name) => (*name, "readOnly"),
            InvalidRecord::TooLong(name, _) => (*name, "maxBytes"),
            InvalidRecord::Unwritable(name, Unwritable::Empty) => (*name, "minLength"),
            InvalidRecord::Unwritable(name, Unwritable::TooLong(_)) => (*name, "maxLength"),
            InvalidRecord::Unwritable(name, Unwritable::Not(_)) => (*name, "format"),
        };
        let message = match &error {
            InvalidRecord::WrongType(_, wrong) => wrong.to_string(),
            InvalidRecord::TooLong(_, most) => format!("must NOT have more than {most} bytes as JSON"),
            InvalidRecord::Unwritable(_, reason) => reason.to_string(),
            other => other.to_string(),
        };
        let info = match &error {
            InvalidRecord::Unwritable(_, Unwritable::Empty) => serde_json::json!({ "limit": 1 }),
            InvalidRecord::Unwritable(_, Unwritable::TooLong(most)) => serde_json::json!({ "limit": most }),
            _ => serde_json::json!({}),
        };
        Self::InvalidBody(Box::new(
            serde_json::json!([{ "path": format!("/{name}"), "code": code, "message": message, "info": info }]),
        ))
    }
}
