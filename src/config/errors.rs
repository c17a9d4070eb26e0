//! What is wrong with settings, in words: all of it at once, so that nobody mends one setting for each start.

use super::{Config, Effective, SETTINGS};

/// A setting that is missing or wrong: which one, where it came from, what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}{origin}: {problem}")]
pub(crate) struct ConfigError {
    name: String,
    origin: String,
    problem: String,
    assumed: Option<&'static str>,
}

impl ConfigError {
    pub(super) fn new(name: &str, origin: &str, problem: impl Into<String>) -> Self {
        let origin = if origin.is_empty() { String::new() } else { format!(" ({origin})") };
        Self { name: name.to_owned(), origin, problem: problem.into(), assumed: None }
    }

    /// The same with a value that would do, in place of the default, to see what else is wrong.
    pub(super) fn assuming(self, value: &'static str) -> Self {
        Self { assumed: Some(value), ..self }
    }

    /// The variable of the setting.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A value that would do, if the default does not.
    pub(super) fn assumed(&self) -> Option<&'static str> {
        self.assumed
    }
}

/// Every setting that is missing or wrong, a line each.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub(crate) struct ConfigErrors(Vec<ConfigError>);

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl Config {
    /// Reads and checks the effective settings, those of the verifier too where tokens are to be verified.
    ///
    /// # Errors
    /// All that is wrong or missing.
    pub(crate) fn checked(settings: &Effective, verifies: bool) -> Result<Self, ConfigErrors> {
        let mut errors = settings.slips().to_vec();
        let mut rest = settings.clone();
        // Each setting is found wrong, and then missing, at most.
        for _ in 0..=2 * SETTINGS.len() {
            // What a verifier needs is not known of one that does not exist.
            let verifies = verifies && errors.iter().all(|error: &ConfigError| error.name() != "JWT_VERIFIER");
            let checked = Self::new(&rest).and_then(|config| {
                if verifies {
                    config.check_verifier(&rest)?;
                }
                Ok(config)
            });
            let error = match checked {
                Ok(config) if errors.is_empty() => return Ok(config),
                Ok(_) => break,
                Err(error) => error,
            };
            let goes_on = rest.replace(&error);
            // What is wrong, and left out, is not missing too.
            if errors.iter().all(|known| known.name() != error.name()) {
                errors.push(error);
            }
            if !goes_on {
                break;
            }
        }
        Err(ConfigErrors(errors))
    }
}
