//! Query strings in bracket form (`filter[where][name]=x`) to the JSON that [`super::parse`] reads.

use serde_json::Value as Json;

/// Most parameters of a query string.
const MAX_PARAMETERS: usize = 1_000;
/// Deepest nesting of brackets, as the original counts it.
const MAX_DEPTH: usize = 5;

/// Why a query string cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BracketError {
    /// More parameters than the bound.
    #[error("a query string has at most {MAX_PARAMETERS} parameters")]
    TooMany,
    /// Not a query string, or indexes of a list that leave gaps.
    #[error("the query string is malformed")]
    Malformed(#[source] serde_qs::Error),
}

/// Reads a whole query string into one JSON object; all leaves are strings.
///
/// # Errors
/// [`BracketError`] when there are too many parameters or the string is malformed.
pub fn parse(query: &str) -> Result<Json, BracketError> {
    if query.split('&').count() > MAX_PARAMETERS {
        return Err(BracketError::TooMany);
    }
    serde_qs::Config::new()
        .max_depth(MAX_DEPTH)
        .use_form_encoding(true)
        .deserialize_str(query)
        .map_err(BracketError::Malformed)
}
