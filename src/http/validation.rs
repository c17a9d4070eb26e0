//! Checks JSON against a schema and words refusals as AJV does, since clients read these details.
//!
//! [`coerce`] first turns the strings of a query into the scalars that the schema wants. Bodies are
//! not coerced.

mod coerce;
mod wording;

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{Draft, ValidationError};
use serde::Serialize;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

pub(crate) use coerce::coerce;
use wording::{duplicates, wording};

/// Keywords in the order in which AJV evaluates them, and so reports their violations.
const ORDER: [&str; 17] = [
    "type",
    "maximum",
    "minimum",
    "multipleOf",
    "maxLength",
    "minLength",
    "pattern",
    "format",
    "enum",
    "maxItems",
    "anyOf",
    "oneOf",
    "uniqueItems",
    "items",
    "required",
    "additionalProperties",
    "properties",
];

/// Most violations that are listed: a body of nothing but errors must not cost more than a good one.
const MOST_DETAILS: usize = 100;
/// Most values of an instance whose violations are all looked for: they are all found before the first can be taken.
const MOST_VALUES: usize = 10_000;
/// Most bytes of a name or a path that a violation repeats: as many violations as are listed may share one.
const LONGEST_NAME: usize = 512;

/// One violation, as the `details` of an error list it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Detail {
    /// Where, as a JSON pointer (RFC 6901); empty for the whole.
    path: String,
    /// The violated keyword of JSON Schema.
    code: String,
    /// What must hold, in English.
    message: String,
    /// The keyword's values, as AJV names them.
    info: Value,
}

/// A compiled schema.
#[derive(Debug)]
pub(crate) struct Validator {
    schema: Value,
    compiled: jsonschema::Validator,
}

impl Validator {
    /// Compiles a schema (JSON Schema 2020-12, no references to elsewhere), formats checked.
    ///
    /// # Errors
    /// When it is not a valid schema.
    pub(crate) fn new(schema: Value) -> Result<Self, ValidationError<'static>> {
        let compiled = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .with_format("date-time", is_date_time)
            .build(&schema)?;
        Ok(Self { schema, compiled })
    }

    /// The schema it was made of.
    pub(crate) fn schema(&self) -> &Value {
        &self.schema
    }

    /// The violations, in AJV's order; none when the instance is valid. Of a large instance it is only the first.
    pub(crate) fn check(&self, instance: &Value) -> Vec<Detail> {
        let mut found = Vec::new();
        if has_more_values(instance, &mut { MOST_VALUES }) {
            if let Err(error) = self.compiled.validate(instance) {
                self.collect(&error, &mut found);
            }
        } else if !self.compiled.is_valid(instance) {
            for error in self.compiled.iter_errors(instance).take(MOST_DETAILS) {
                self.collect(&error, &mut found);
            }
            found.sort_by(|(left, _), (right, _)| left.cmp(right));
        }
        let mut details: Vec<_> = found.into_iter().map(|(_, detail)| detail).collect();
        refuse_nul(instance, &mut Vec::new(), &mut details);
        details.truncate(MOST_DETAILS);
        details
    }

    /// Adds an error, and those of the alternatives it comes from, with the rank of each.
    fn collect(&self, error: &ValidationError<'_>, found: &mut Vec<(Vec<usize>, Detail)>) {
        if found.len() >= 4 * MOST_DETAILS {
            return;
        }
        let rank = self.rank(error);
        let required = self.schema.pointer(error.schema_path().as_str()).unwrap_or(&Value::Null);
        let mut add = |rank, (message, info)| {
            let path = shortened(error.instance_path().as_str().to_owned(), LONGEST_NAME);
            let code = error.kind().keyword().to_owned();
            found.push((rank, Detail { path, code, message, info }));
        };
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                let position = required.as_array().and_then(|all| all.iter().position(|one| one == property));
                let message = format!("must have required property '{}'", property.as_str().unwrap_or_default());
                add([rank, position.into_iter().collect()].concat(), (message, json!({"missingProperty": property})));
            }
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                for name in unexpected.iter().take(MOST_DETAILS) {
                    let name = shortened(name.clone(), LONGEST_NAME);
                    let message = "must NOT have additional properties".to_owned();
                    add(rank.clone(), (message, json!({"additionalProperty": name})));
                }
            }
            ValidationErrorKind::UniqueItems => add(rank, duplicates(error.instance())),
            kind => {
                add(rank, wording(kind.keyword(), required));
                if let ValidationErrorKind::AnyOf { context }
                | ValidationErrorKind::OneOfNotValid { context }
                | ValidationErrorKind::OneOfMultipleValid { context } = kind
                {
                    for error in context.iter().flatten() {
                        self.collect(error, found);
                    }
                }
            }
        }
    }

    /// Where AJV would report an error: the order of keywords from the root down, of properties in
    /// the schema, of items in the instance; the alternatives before the keyword that tries them.
    fn rank(&self, error: &ValidationError<'_>) -> Vec<usize> {
        let mut schema = &self.schema;
        let mut rank = Vec::new();
        let mut keywords = error.schema_path().segments().map(|segment| segment.to_string());
        let mut instance = error.instance_path().segments().map(|segment| segment.to_string());
        while let Some(keyword) = keywords.next() {
            rank.push(ORDER.iter().position(|known| *known == keyword).unwrap_or(ORDER.len()));
            schema = &schema[&keyword];
            match keyword.as_str() {
                "properties" => {
                    let (name, _) = (keywords.next().unwrap_or_default(), instance.next());
                    let position = schema.as_object().and_then(|all| all.keys().position(|key| *key == name));
                    rank.push(position.unwrap_or(usize::MAX));
                    schema = &schema[&name];
                }
                "items" => rank.push(instance.next().and_then(|index| index.parse().ok()).unwrap_or(usize::MAX)),
                "anyOf" | "oneOf" => {
                    let branch = keywords.next().and_then(|index| index.parse().ok()).unwrap_or(usize::MAX);
                    rank.push(branch);
                    schema = schema.get(branch).unwrap_or(&Value::Null);
                }
                _ => {}
            }
        }
        rank
    }
}

/// Refuses the character U+0000, which `PostgreSQL` can store in neither text nor JSON.
fn refuse_nul<'v>(value: &'v Value, path: &mut Vec<LocationSegment<'v>>, details: &mut Vec<Detail>) {
    if details.len() >= MOST_DETAILS {
        return;
    }
    // Paths are written for refusals only: they are made of names that may be as long as the body.
    let refusal = |path: &[LocationSegment<'v>]| {
        let path = shortened(path.iter().cloned().collect::<Location>().as_str().to_owned(), LONGEST_NAME);
        let (message, info) = wording("pattern", &json!("^[^\\u0000]*$"));
        Detail { path, code: "pattern".to_owned(), message, info }
    };
    match value {
        Value::String(text) if text.contains('\0') => details.push(refusal(path)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(LocationSegment::Index(index));
                refuse_nul(item, path, details);
                path.pop();
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                path.push(LocationSegment::Property(key.into()));
                if key.contains('\0') {
                    details.push(refusal(path));
                }
                refuse_nul(value, path, details);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Whether there are more values in a value, itself among them, than are left.
fn has_more_values(value: &Value, left: &mut usize) -> bool {
    let Some(rest) = left.checked_sub(1) else { return true };
    *left = rest;
    match value {
        Value::Array(items) => items.iter().any(|item| has_more_values(item, left)),
        Value::Object(entries) => entries.values().any(|value| has_more_values(value, left)),
        _ => false,
    }
}

/// A text of a client's, as far as a refusal repeats it.
pub(super) fn shortened(mut text: String, longest: usize) -> String {
    if text.len() > longest {
        text.truncate(text.floor_char_boundary(longest));
        text.push('…');
    }
    text
}

/// A date with time and zone (RFC 3339) that has a year of four digits in UTC too.
fn is_date_time(text: &str) -> bool {
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .and_then(|instant| instant.checked_to_offset(UtcOffset::UTC))
        .is_some_and(|instant| (0..=9999).contains(&instant.year()))
}

#[cfg(test)]
pub(super) mod tests;
