//! Where a setting's value comes from: flag, then environment, then file, then default.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use super::ConfigError;
use super::settings::SETTINGS;

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A flag of the command line.
    Flag,
    /// An environment variable.
    Environment,
    /// The configuration file.
    File,
    /// The table of settings.
    Default,
}

impl Source {
    /// Its name, for people.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::File => "file",
            Self::Default => "default",
        }
    }
}

/// The value of every setting that has one, with its source.
#[derive(Debug, Clone, Default)]
pub(crate) struct Effective(BTreeMap<&'static str, (String, Source)>);

/// Collects the values. An empty variable counts as not set.
///
/// # Errors
/// [`ConfigError`] when the file cannot be read or names an unknown setting.
pub(crate) fn load(
    flags: &BTreeMap<&'static str, String>,
    environment: impl Fn(&str) -> Option<String>,
    file: Option<&Path>,
) -> Result<Effective, ConfigError> {
    let file = file.map(read).transpose()?.unwrap_or_default();
    let value = |setting: &super::settings::Setting| {
        let given = |text: Option<String>, source| text.filter(|text| !text.is_empty()).map(|text| (text, source));
        given(flags.get(setting.name).cloned(), Source::Flag)
            .or_else(|| given(environment(setting.name), Source::Environment))
            .or_else(|| given(file.get(&setting.key()).cloned(), Source::File))
            .or_else(|| given(setting.default.map(ToOwned::to_owned), Source::Default))
    };
    Ok(Effective(SETTINGS.iter().filter_map(|setting| value(setting).map(|value| (setting.name, value))).collect()))
}

fn read(path: &Path) -> Result<BTreeMap<String, String>, ConfigError> {
    let wrong = |problem: String| ConfigError::new("--config", &path.display().to_string(), problem);
    let values: BTreeMap<String, config::Value> = config::Config::builder()
        .add_source(config::File::from(path).format(config::FileFormat::Toml))
        .build()
        .and_then(config::Config::try_deserialize)
        .map_err(|error| wrong(error.to_string()))?;
    values
        .into_iter()
        .map(|(key, value)| {
            if !SETTINGS.iter().any(|setting| setting.key() == key) {
                return Err(wrong(format!("`{key}` is no setting; docs/configuration.md lists them")));
            }
            value
                .into_string()
                .map(|value| (key.clone(), value))
                .map_err(|_| wrong(format!("`{key}` must be a string or a number")))
        })
        .collect()
}

impl Effective {
    /// The value, if there is one.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|(text, _)| text.as_str())
    }

    /// Where the value came from.
    pub(crate) fn source(&self, name: &str) -> Option<Source> {
        self.0.get(name).map(|(_, source)| *source)
    }

    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(ToOwned::to_owned)
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, ConfigError> {
        self.text(name).ok_or_else(|| ConfigError::new(name, "not set", "must be set"))
    }

    pub(super) fn wrong(&self, name: &str, problem: &str) -> ConfigError {
        ConfigError::new(name, self.source(name).map_or("not set", Source::as_str), problem)
    }

    pub(super) fn number<T: FromStr>(&self, name: &str) -> Result<T, ConfigError> {
        self.required(name)?.trim().parse().map_err(|_| self.wrong(name, "must be a whole number in range"))
    }

    pub(super) fn positive<T: FromStr + PartialOrd + From<u8>>(&self, name: &str) -> Result<T, ConfigError> {
        self.number(name).and_then(|number| {
            if number < T::from(1) { Err(self.wrong(name, "must be 1 or more")) } else { Ok(number) }
        })
    }

    pub(super) fn milliseconds(&self, name: &str) -> Result<Duration, ConfigError> {
        self.number(name).map(Duration::from_millis)
    }
}
