//! The relations that `include` can follow, read from the record schemas of `/openapi.json`.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

/// Relations by entity: name, and the entity it leads to.
pub(super) struct Relations(BTreeMap<String, Vec<(String, String)>>);

impl Relations {
    /// Reads them: a property that refers to another schema is a relation.
    pub(super) fn read(document: &Json) -> Self {
        let schemas = document["components"]["schemas"].as_object().expect("the document has schemas");
        let relations = schemas.iter().map(|(entity, schema)| {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let relations = properties.filter_map(|(name, property)| {
                let reference = property["$ref"].as_str().or(property["items"]["$ref"].as_str())?;
                Some((name.clone(), reference.rsplit('/').next()?.to_owned()))
            });
            (entity.clone(), relations.collect())
        });
        let relations = Self(relations.collect());
        assert!(relations.of("Tenant").len() >= 5 && relations.of("Role").len() >= 3, "the schemas show relations");
        relations
    }

    fn of(&self, entity: &str) -> &[(String, String)] {
        self.0.get(entity).map_or(&[], Vec::as_slice)
    }

    /// An `include` for each relation, with everything below it, `depth` relations deep.
    pub(super) fn trees(&self, entity: &str, depth: usize) -> Vec<Json> {
        if depth == 0 {
            return Vec::new();
        }
        let tree = |(name, target): &(String, String)| json!({ "relation": name, "scope": { "include": self.trees(target, depth - 1) } });
        self.of(entity).iter().map(tree).collect()
    }
}

/// The same includes, each with a condition of its own.
pub(super) fn with_condition(include: &Json, condition: &Json) -> Json {
    let mut include = include.clone();
    let below = include["scope"]["include"].as_array().cloned().unwrap_or_default();
    include["scope"]["where"] = condition.clone();
    include["scope"]["include"] = below.iter().map(|include| with_condition(include, condition)).collect();
    include
}
