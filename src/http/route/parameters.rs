//! Query parameters of our own routes: each by its name, of one kind, and at most once.

use std::ops::RangeInclusive;

use serde_json::{Value as Json, json};
use time::OffsetDateTime;
use user_tenant_store::entity::PropertyType;
use user_tenant_store::value::Value;

use super::argument::{Argument, Part};
use super::call::Call;
use super::{Query, Row};
use crate::error::{Error, Result};

/// The longest text, in bytes.
const LONGEST: usize = 1_000;

/// A parameter of a query.
#[derive(Debug)]
pub(crate) struct Parameter {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) kind: Kind,
    /// What it does, in one line.
    pub(crate) description: &'static str,
}

/// What a parameter holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A text.
    Text,
    /// A number between these.
    Number(u32, u32),
    /// A point in time (RFC 3339).
    Instant,
}

impl Parameter {
    /// Its JSON Schema.
    pub(crate) fn schema(&self) -> Json {
        match self.kind {
            Kind::Text => json!({ "type": "string", "maxLength": LONGEST }),
            Kind::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Kind::Instant => json!({ "type": "string", "format": "date-time" }),
        }
    }

    fn refuse(&self, value: &str, rule: &str, message: impl Into<String>) -> Error {
        let shown: String = value.chars().take(LONGEST).collect();
        Error::InvalidParameter {
            name: self.name,
            value: Box::new(shown.into()),
            details: Box::new(json!([{ "path": "", "code": rule, "message": message.into(), "info": {} }])),
        }
    }
}

/// The parameters that a request has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given(Vec<(&'static Parameter, String)>);

impl Given {
    /// Those of a query string, whose names are known to be among these. An empty one is none.
    pub(crate) fn of(known: &'static [Parameter], query: &str) -> Result<Self> {
        let mut given: Vec<(&'static Parameter, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty()) {
            let Some(parameter) = known.iter().find(|parameter| parameter.name == name) else { continue };
            if given.iter().any(|(other, _)| other.name == name) {
                return Err(parameter.refuse(&value, "unique", "must not be there twice"));
            }
            if value.len() > LONGEST || value.contains('\0') {
                return Err(parameter.refuse(&value, "maxLength", "must be a shorter text"));
            }
            given.push((parameter, value.into_owned()));
        }
        Ok(Self(given))
    }

    fn get(&self, name: &str) -> Option<(&'static Parameter, &str)> {
        self.0
            .iter()
            .find(|(parameter, _)| parameter.name == name)
            .map(|(parameter, value)| (*parameter, value.as_str()))
    }

    /// A text, as it was sent.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).map(|(_, value)| value)
    }

    /// What `read` makes of a text; refused with these words where that is nothing.
    pub(crate) fn read<T>(&self, name: &str, wanted: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>> {
        let Some((parameter, value)) = self.get(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| parameter.refuse(value, parameter.name, wanted))
    }

    /// The refusal of a parameter whose value was read, and does not do.
    pub(crate) fn refuse(&self, name: &str, wanted: &str) -> Error {
        match self.get(name) {
            Some((parameter, value)) => parameter.refuse(value, parameter.name, wanted),
            None => Error::UnknownParameter(name.to_owned()),
        }
    }

    /// A number within the bounds of its parameter.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u32>> {
        let Some((parameter, value)) = self.get(name) else { return Ok(None) };
        let Kind::Number(least, most) = parameter.kind else { return Ok(None) };
        let bounds: RangeInclusive<u32> = least..=most;
        let number = value.parse().ok().filter(|number| bounds.contains(number));
        number
            .map(Some)
            .ok_or_else(|| parameter.refuse(value, "type", format!("must be a number from {least} to {most}")))
    }

    /// A point in time.
    pub(crate) fn instant(&self, name: &str) -> Result<Option<OffsetDateTime>> {
        self.read(name, "must be a time, as 2026-05-06T07:08:09Z", |text| {
            match Value::from_json(PropertyType::Timestamp, &text.into()) {
                Ok(Value::Timestamp(at)) => Some(at),
                _ => None,
            }
        })
    }
}

/// Parameters as a type of their own.
pub(crate) trait Parameters: Send + Sized + 'static {
    /// All that there are.
    const ALL: &'static [Parameter];

    /// What a request gives.
    fn read(given: &Given) -> Result<Self>;
}

/// An argument that takes parameters.
pub(crate) struct By<P>(pub(crate) P);

impl<P: Parameters> Argument for By<P> {
    const PART: Part = Part::Query;

    fn declare(row: Row) -> Row {
        Row { query: Query::Parameters(P::ALL), ..row }
    }

    fn take(call: &mut Call) -> Result<Self> {
        P::read(&call.given).map(Self)
    }
}
