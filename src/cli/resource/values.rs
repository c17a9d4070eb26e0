//! Properties and conditions as they are typed: `NAME=VALUE`, or a JSON object with all of them.

use std::str::FromStr;

use clap::Args;
use serde_json::{Map, Value as Json, json};
use user_tenant_store::EntityMeta;
use user_tenant_store::entity::PropertyType;

use super::super::failure::Failure;

/// Properties to set.
#[derive(Debug, Args)]
pub(in crate::cli) struct Values {
    /// A property and its value: text for a property that is one, else JSON where it is some; repeatable.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<Assignment>,
    /// All properties at once, as JSON.
    #[arg(long, value_name = "JSON", value_parser = object)]
    data: Option<Map<String, Json>>,
}

impl Values {
    /// The body of a request.
    pub(super) fn body(self, meta: &EntityMeta) -> Result<Json, Failure> {
        let mut body = self.data.unwrap_or_default();
        body.extend(Assignment::read(self.set, meta));
        if body.is_empty() {
            return Err(Failure::Usage("nothing is set: give --set NAME=VALUE or --data JSON".to_owned()));
        }
        Ok(body.into())
    }
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

/// The flags for the common cases, put into the filter.
pub(super) fn merged(
    mut filter: Map<String, Json>,
    conditions: Vec<(String, Json)>,
    order: &[String],
    limit: Option<u64>,
    skip: Option<u64>,
) -> Result<Map<String, Json>, Failure> {
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
    for (name, value) in conditions {
        if all.contains_key(&name) {
            return Err(Failure::Usage(format!(
                "--where has {name:?} twice; for one of several values:  --filter '{{\"where\": {{\"{name}\": {{\"inq\": […]}}}}}}'"
            )));
        }
        all.insert(name, value);
    }
    put("where", (!all.is_empty()).then(|| all.into()))?;
    put("order", (!order.is_empty()).then(|| json!(order)))?;
    put("limit", limit.map(Json::from))?;
    put("skip", skip.map(Json::from))?;
    Ok(filter)
}
