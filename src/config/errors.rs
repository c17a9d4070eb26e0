//! What is wrong with settings, in words.

/// A setting that is missing or wrong: which one, where it came from, what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}{origin}: {problem}")]
pub(crate) struct ConfigError {
    name: String,
    origin: String,
    problem: String,
}

impl ConfigError {
    pub(super) fn new(name: &str, origin: &str, problem: impl Into<String>) -> Self {
        let origin = if origin.is_empty() { String::new() } else { format!(" ({origin})") };
        Self { name: name.to_owned(), origin, problem: problem.into() }
    }

    /// The variable of the setting.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// Every setting that is missing or wrong, a line each.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub(crate) struct ConfigErrors(Vec<ConfigError>);

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        vec![error].into()
    }
}

impl From<Vec<ConfigError>> for ConfigErrors {
    fn from(errors: Vec<ConfigError>) -> Self {
        Self(errors)
    }
}
