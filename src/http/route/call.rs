//! A checked request on its way into a handler's arguments.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use user_tenant_store::filter::{Filter, Predicate};

use super::parameters::Given;

/// What a request says, checked by the route's schemas. Arguments take their parts out of it.
#[derive(Default)]
pub(crate) struct Call {
    /// The parameters of the path, as sent.
    pub(crate) path: PathParameters,
    /// The filter, without conditions where the route has none.
    pub(crate) filter: Filter,
    /// The `where` parameter.
    pub(crate) predicate: Option<Predicate>,
    /// The parameters by name.
    pub(crate) given: Given,
    /// The body, valid by its schema; of an array, nothing.
    pub(crate) body: Map<String, Json>,
    /// The items of a body that is an array, each valid by the schema.
    pub(crate) items: Vec<Map<String, Json>>,
}

/// The values of a path's parameters, by name, as sent.
#[derive(Debug, Default)]
pub(crate) struct PathParameters(Vec<(String, String)>);

impl PathParameters {
    /// All of them, by name.
    pub(crate) fn to_map(&self) -> BTreeMap<String, String> {
        self.0.iter().cloned().collect()
    }

    /// The value of a parameter; empty when the path has no such parameter.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }

    /// The value of the last parameter; empty when the path has none.
    pub(super) fn take_last(&mut self) -> String {
        self.0.pop().map(|(_, value)| value).unwrap_or_default()
    }
}

impl FromIterator<(String, String)> for PathParameters {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(parameters: I) -> Self {
        Self(parameters.into_iter().collect())
    }
}
