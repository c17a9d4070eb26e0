//! Where a setting's value comes from: flag, then environment, then file, then default.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use super::ConfigError;
use super::settings::SETTINGS;
use super::trust::{self, Doubt};

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
#[derive(Clone, Default)]
pub(crate) struct Effective {
    values: BTreeMap<&'static str, (String, Source)>,
    warnings: Vec<String>,
    slips: Vec<ConfigError>,
}

/// What a file says, what is doubtful about it, and what is wrong.
#[derive(Default)]
struct Settled {
    values: BTreeMap<String, String>,
    warnings: Vec<String>,
    slips: Vec<ConfigError>,
}

/// Collects the values. An empty variable counts as not set. What is wrong with single values is found with the rest, by
/// [`super::Config::checked`].
///
/// # Errors
/// [`ConfigError`] when the file cannot be read, so that nothing is known of what it says.
pub(crate) fn load(
    flags: &BTreeMap<&'static str, String>,
    environment: impl Fn(&str) -> Option<OsString>,
    file: Option<&Path>,
) -> Result<Effective, ConfigError> {
    let mut file = file.map(read).transpose()?.unwrap_or_default();
    let mut effective = BTreeMap::new();
    for setting in SETTINGS {
        let variable = environment(setting.name).map(OsString::into_string).transpose().unwrap_or_else(|_| {
            file.slips.push(ConfigError::new(setting.name, Source::Environment.as_str(), "must be Unicode text"));
            None
        });
        let sources = [
            (flags.get(setting.name).cloned(), Source::Flag),
            (variable, Source::Environment),
            (file.values.get(&setting.key()).cloned(), Source::File),
            (setting.default.map(ToOwned::to_owned), Source::Default),
        ];
        let given =
            sources.into_iter().find_map(|(text, source)| Some((text.filter(|text| !text.is_empty())?, source)));
        effective.extend(given.map(|given| (setting.name, given)));
    }
    Ok(Effective { values: effective, warnings: file.warnings, slips: file.slips })
}

fn read(path: &Path) -> Result<Settled, ConfigError> {
    let wrong = |problem: String| ConfigError::new("--config", &path.display().to_string(), problem);
    let (text, doubts) = trust::read(path).map_err(|error| wrong(error.to_string()))?;
    if doubts.contains(&Doubt::WritableByAll) {
        let path = path.display();
        return Err(wrong(format!(
            "everybody may write this file, so the settings may be another's: chmod 600 {path}"
        )));
    }
    let table: toml::Table = text.parse().map_err(|error| wrong(slip(&text, &error)))?;
    let (mut values, mut slips) = (BTreeMap::new(), Vec::new());
    for (key, value) in table {
        if !SETTINGS.iter().any(|setting| setting.key() == key) {
            slips.push(wrong(format!("`{key}` is no setting; docs/configuration.md lists them")));
        } else if let Some(value) = if key == "permissions" { described(value) } else { scalar(value) } {
            values.insert(key, value);
        } else {
            slips.push(wrong(format!("`{key}` must be a text, a number or a list of them")));
        }
    }
    let has_secret = SETTINGS.iter().any(|setting| setting.secret && values.contains_key(&setting.key()));
    let path = path.display();
    let warnings = doubts.into_iter().filter(|doubt| has_secret || *doubt != Doubt::Readable).map(|doubt| {
        let why = if doubt == Doubt::Readable { ", and holds a secret" } else { "" };
        format!("the file of settings {path} {}{why}; mend it with  chmod 600 {path}", doubt.words())
    });
    Ok(Settled { warnings: warnings.collect(), values, slips })
}

/// Where the file is no TOML, and why. The parser's own text would quote the line, which may hold a secret.
fn slip(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let place = before.map_or_else(String::new, |before| {
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("line {}, column {column}: ", before.matches('\n').count() + 1)
    });
    format!("must be TOML: {place}{}", error.message())
}

/// A list of tables as JSON, anything else as [`scalar`] has it.
fn described(value: toml::Value) -> Option<String> {
    match &value {
        toml::Value::Array(items) if items.iter().any(toml::Value::is_table) => serde_json::to_string(items).ok(),
        _ => scalar(value),
    }
}

/// A scalar as text, a list with commas.
fn scalar(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::Array(items) => {
            items.into_iter().map(scalar).collect::<Option<Vec<_>>>().map(|items| items.join(","))
        }
        toml::Value::Table(_) => None,
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(is) => Some(is.to_string()),
        toml::Value::Datetime(time) => Some(time.to_string()),
    }
}

impl Effective {
    /// The value, if there is one.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(text, _)| text.as_str())
    }

    /// Replaces what is wrong or missing by what would do; false where it is that already.
    pub(super) fn replace(&mut self, error: &ConfigError) -> bool {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == error.name()) else { return false };
        let instead = error.assumed().or(setting.default).map(|text| (text.to_owned(), Source::Default));
        let before = self.values.remove(setting.name);
        let is_other = before != instead;
        self.values.extend(instead.map(|instead| (setting.name, instead)));
        is_other
    }

    /// What is wrong with single values, and known without the others.
    pub(super) fn slips(&self) -> &[ConfigError] {
        &self.slips
    }

    /// Where the value came from.
    pub(crate) fn source(&self, name: &str) -> Option<Source> {
        self.values.get(name).map(|(_, source)| *source)
    }

    /// What is doubtful about where the values came from, in words.
    pub(super) fn warnings(&self) -> &[String] {
        &self.warnings
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

    /// A whole number within `range`.
    pub(super) fn number<T>(&self, name: &str, range: RangeInclusive<T>) -> Result<T, ConfigError>
    where
        T: FromStr + PartialOrd + Display,
    {
        let number = self.required(name)?.trim().parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| {
            self.wrong(name, &format!("must be a whole number from {} to {}", range.start(), range.end()))
        })
    }

    /// A time, given in milliseconds.
    pub(super) fn milliseconds(&self, name: &str, range: RangeInclusive<u64>) -> Result<Duration, ConfigError> {
        self.number(name, range).map(Duration::from_millis)
    }
}
