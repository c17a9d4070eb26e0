//! The relations that `include` can follow, read from the record schemas of `/openapi.json`.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

/// A relation of an entity.
struct Relation {
    name: String,
    /// The entity that it leads to.
    target: String,
    /// Whether it leads to many rows.
    many: bool,
}

/// Relations by entity.
pub(super) struct Relations(BTreeMap<String, Vec<Relation>>);

/// The relations that an include has followed, each with its entity.
type Way<'a> = Vec<(&'a str, &'a Relation)>;

impl Relations {
    /// Reads them: a property that refers to another schema is a relation.
    pub(super) fn read(document: &Json) -> Self {
        let schemas = document["components"]["schemas"].as_object().expect("the document has schemas");
        let relations = schemas.iter().map(|(entity, schema)| {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let relations = properties.filter_map(|(name, property)| {
                let reference = property["$ref"].as_str().or(property["items"]["$ref"].as_str())?;
                let (name, target) = (name.clone(), reference.rsplit('/').next()?.to_owned());
                Some(Relation { name, target, many: property["items"].is_object() })
            });
            (entity.clone(), relations.collect())
        });
        let relations = Self(relations.collect());
        assert!(relations.of("Tenant").len() >= 5 && relations.of("Role").len() >= 3, "the schemas show relations");
        relations
    }

    fn of(&self, entity: &str) -> &[Relation] {
        self.0.get(entity).map_or(&[], Vec::as_slice)
    }

    /// An `include` for each relation, with everything below it that may be asked for, `depth` relations deep.
    pub(super) fn trees(&self, entity: &str, depth: usize) -> Vec<Json> {
        self.below(entity, depth, &Way::new())
    }

    fn below<'a>(&'a self, entity: &'a str, depth: usize, way: &Way<'a>) -> Vec<Json> {
        // Nothing may be included in the row that all of the last relation came from.
        let returned = match way.as_slice() {
            [.., (origin, out), (_, back)] => out.many && !back.many && back.target == **origin,
            _ => false,
        };
        if depth == 0 || returned {
            return Vec::new();
        }
        let fresh = self.of(entity).iter().filter(|relation| {
            // And no relation may be followed twice.
            !way.iter().any(|(other, step)| *other == entity && step.name == relation.name)
        });
        let tree = |relation: &'a Relation| {
            let further = way.iter().copied().chain([(entity, relation)]).collect();
            json!({ "relation": relation.name, "scope": { "include": self.below(&relation.target, depth - 1, &further) } })
        };
        fresh.map(tree).collect()
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
