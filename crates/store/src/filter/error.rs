//! Why a filter was refused; each variant is one wording of the contract.

use serde_json::Value as Json;

/// A filter that cannot be answered. The texts follow the service that this one replaces.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FilterError {
    /// A place in the filter names something unknown or holds a value of the wrong type.
    #[error("{path} {message}")]
    Invalid {
        /// JSON pointer into the predicate, or `/order`, `/include`.
        path: String,
        /// `unknownProperty`, `unknownOperator` or `type`.
        code: &'static str,
        /// What is wrong.
        message: String,
        /// The offending name, or the type expected.
        info: Box<Json>,
    },
    /// A clause has the wrong shape.
    #[error("{0}")]
    Clause(String),
    /// `include` names relations that do not exist or cannot be included.
    #[error("Invalid \"filter.include\" entries: {0}")]
    Inclusion(String),
    /// `include` goes on from where it has been before.
    #[error("The include of \"{relation}\" goes back the way it came")]
    GoesBack {
        /// The relation.
        relation: &'static str,
    },
    /// A key starts with `$`.
    #[error("Operators \"{}\" are not allowed in query", .operators.join(", "))]
    OperatorNotAllowed {
        /// The keys.
        operators: Vec<String>,
        /// The predicate.
        predicate: Box<Json>,
    },
    /// Nested deeper than the contract allows.
    #[error("The query object exceeds maximum depth {limit}")]
    TooDeep {
        /// The bound.
        limit: usize,
    },
}
