//! Rows of which not everything may be shown: what the query says of each, laid on the values that were read.

use serde_json::{Map, Value as Json};

use crate::entity::{Property, Veil};
use crate::error::{StoreError, StoreResult};
use crate::value::Value;

/// The column that says of a row whether it is veiled, and what it shows.
pub(super) const COLUMN: &str = "veil";
/// What precedes the name of a column that holds the value itself.
pub(super) const OWN: &str = "own_";

/// Whether some of these properties are not shown of every row.
pub(super) fn is_over(projection: &[&'static Property]) -> bool {
    projection.iter().any(|property| property.veil != Veil::None)
}

/// Takes the veil off the end of a row's values, and hides and replaces by it.
///
/// # Errors
/// [`StoreError::Database`] where it is no JSON document.
pub(crate) fn lay(projection: &[&'static Property], row: &mut Vec<Value>) -> StoreResult<()> {
    let veil = match row.pop() {
        Some(Value::Null) => return Ok(()),
        Some(Value::Text(text) | Value::JsonText(text)) => serde_json::from_str::<Json>(&text),
        _ => return Err(StoreError::Database("a row has no veil".into())),
    };
    let veil = veil.map_err(|error| StoreError::Database(Box::new(error)))?;
    for (property, value) in projection.iter().zip(row) {
        match (property.veil, veil.as_object()) {
            (Veil::Hides, _) => *value = Value::Null,
            (Veil::Replaces, Some(shown)) => *value = shown_by(shown, property),
            (Veil::Replaces, None) | (Veil::None, _) => {}
        }
    }
    Ok(())
}

fn shown_by(shown: &Map<String, Json>, property: &Property) -> Value {
    shown.get(property.name).and_then(Json::as_str).map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn property(name: &'static str, veil: Veil) -> Property {
        Property { name, column: name, veil, ..Property::PLAIN }
    }

    static ALWAYS: Property = property("status", Veil::None);
    static HIDDEN: Property = property("phone", Veil::Hides);
    static REPLACED: Property = property("email", Veil::Replaces);

    fn under(veil: Value) -> StoreResult<Vec<Value>> {
        let mut row = vec!["new".into(), "+1".into(), "jo@home.example".into(), veil];
        lay(&[&ALWAYS, &HIDDEN, &REPLACED], &mut row).map(|()| row)
    }

    #[test]
    fn a_row_shows_what_its_veil_leaves() {
        let all = ["new".into(), "+1".into(), "jo@home.example".into()];
        assert_eq!(under(Value::Null).unwrap(), all);
        assert_eq!(under("null".into()).unwrap(), ["new".into(), Value::Null, "jo@home.example".into()]);
        let given = Value::JsonText(r#"{"email":"jo@work.example","phone":"+2"}"#.into());
        assert_eq!(under(given).unwrap(), ["new".into(), Value::Null, "jo@work.example".into()]);
        assert_eq!(under("{}".into()).unwrap(), ["new".into(), Value::Null, Value::Null]);
    }

    #[test]
    fn without_a_veil_that_can_be_read_nothing_is_shown() {
        assert!(under("{".into()).is_err() && under(true.into()).is_err());
        assert!(lay(&[&ALWAYS], &mut Vec::new()).is_err());
    }
}
