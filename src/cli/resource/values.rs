//! Properties and conditions as they are typed: `NAME=VALUE`, or a JSON object with all of them.

use std::str::FromStr;

use clap::Args;
use serde_json::{Map, Value as Json, json};
use user_tenant_store::EntityMeta;
use user_tenant_store::entity::PropertyType;

use super::super::failure::Failure;
use super::Kind;
use super::references::References;

/// Properties to set.
#[derive(Debug, Args)]
pub(in crate::cli) struct Values {
    /// A property and its value: text for a property that is one, a word for a status, else JSON where it is some;
    /// repeatable.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<Assignment>,
    /// All properties at once, as JSON.
    #[arg(long, value_name = "JSON", value_parser = object)]
    data: Option<Map<String, Json>>,
    #[command(flatten)]
    references: References,
}

impl Values {
    /// The body of a request, with names where ids of other rows are wanted.
    pub(super) fn body(self, kind: Kind) -> Result<Map<String, Json>, Failure> {
        let mut body = self.data.unwrap_or_default();
        body.extend(Assignment::read(self.set, kind.meta()));
        referred("--set or --data", &self.references, kind, &mut body)?;
        if body.is_empty() {
            return Err(Failure::Usage("nothing is set: give --set NAME=VALUE or --data JSON".to_owned()));
        }
        numbered(&mut body, kind.meta())?;
        Ok(body)
    }
}

/// What a list is narrowed to, in the common cases.
#[derive(Debug, Args)]
pub(in crate::cli) struct Conditions {
    /// Only those with this value; repeatable, once for each property.
    #[arg(long = "where", value_name = "NAME=VALUE")]
    equal: Vec<Assignment>,
    /// In the order of this property, as in "name" or "name DESC"; repeatable.
    #[arg(long, value_name = "PROPERTY")]
    order: Vec<String>,
    /// So many at most.
    #[arg(long)]
    limit: Option<u64>,
    /// Not the first so many.
    #[arg(long)]
    skip: Option<u64>,
    #[command(flatten)]
    references: References,
}

impl Conditions {
    /// The filter with these in it, and with names where ids of other rows are wanted.
    pub(super) fn filter(self, mut filter: Map<String, Json>, kind: Kind) -> Result<Map<String, Json>, Failure> {
        let twice = |name: &str| Failure::Usage(format!("--filter has a {name:?} already; give it in one place"));
        let mut put = |name: &str, value: Option<Json>| match value {
            Some(_) if filter.contains_key(name) => Err(twice(name)),
            Some(value) => {
                filter.insert(name.to_owned(), value);
                Ok(())
            }
            None => Ok(()),
        };
        let mut all = Map::new();
        for (name, value) in Assignment::read(self.equal, kind.meta()) {
            if all.contains_key(&name) {
                return Err(Failure::Usage(format!(
                    "--where has {name:?} twice; for one of several values:  --filter '{{\"where\": {{\"{name}\": {{\"inq\": […]}}}}}}'"
                )));
            }
            all.insert(name, value);
        }
        referred("--where", &self.references, kind, &mut all)?;
        numbered(&mut all, kind.meta())?;
        put("where", (!all.is_empty()).then(|| all.into()))?;
        put("order", (!self.order.is_empty()).then(|| json!(self.order)))?;
        put("limit", self.limit.map(Json::from))?;
        put("skip", self.skip.map(Json::from))?;
        Ok(filter)
    }
}

/// Puts what relations were given by name under their keys.
fn referred(place: &str, references: &References, kind: Kind, values: &mut Map<String, Json>) -> Result<(), Failure> {
    for (relation, name) in references.of(kind) {
        if values.insert(relation.local.to_owned(), name.into()).is_some() {
            let message =
                format!("{place} has a {:?} already; give it there or with --{}", relation.local, relation.name);
            return Err(Failure::Usage(message));
        }
    }
    Ok(())
}

/// Puts numbers where words stand for them.
fn numbered(values: &mut Map<String, Json>, meta: &EntityMeta) -> Result<(), Failure> {
    for (name, value) in values {
        let words = meta.property(name).and_then(|property| property.rules.words);
        if let (Some(words), Some(word)) = (words, value.as_str()) {
            let number = words.iter().position(|known| known.eq_ignore_ascii_case(word));
            let wrong = || Failure::Usage(format!("{name} is no {word:?}; it is one of: {}", words.join(", ")));
            *value = number.ok_or_else(wrong)?.into();
        }
    }
    Ok(())
}

/// `NAME=VALUE`, as it was typed.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Assignment {
    name: String,
    text: String,
}

impl FromStr for Assignment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, text) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("it must be NAME=VALUE")?;
        Ok(Self { name: name.to_owned(), text: text.to_owned() })
    }
}

impl Assignment {
    /// Names and values, each value by what its property is.
    pub(super) fn read(all: Vec<Self>, meta: &EntityMeta) -> Vec<(String, Json)> {
        let read = |Self { name, text }| {
            let value = value(&text, is_text(meta, &name));
            (name, value)
        };
        all.into_iter().map(read).collect()
    }
}

/// Whether the property's values are texts in JSON, so that `1984` is one too.
fn is_text(meta: &EntityMeta, name: &str) -> bool {
    use PropertyType::{Date, Text, Timestamp, Uuid};
    meta.property(name).is_some_and(|property| matches!(property.kind, Uuid | Text | Timestamp | Date))
}

fn value(text: &str, is_text: bool) -> Json {
    match serde_json::from_str(text) {
        Ok(Json::Number(_) | Json::Bool(_)) if is_text => text.into(),
        Ok(json) => json,
        Err(_) => text.into(),
    }
}

/// A JSON object.
pub(super) fn object(text: &str) -> Result<Map<String, Json>, String> {
    serde_json::from_str(text).map_err(|error| format!("no JSON object: {error}"))
}
