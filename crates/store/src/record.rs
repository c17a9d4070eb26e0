//! Rows on their way out ([`Record`]) and in ([`New`], [`Patch`]): property maps checked against the metadata.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::entity::{Entity, EntityMeta, Property, PropertyRole};
use crate::error::{StoreError, StoreResult};
use crate::form::Unwritable;
use crate::length;
use crate::meter::{self, Meter};
use crate::typed::{TypedProperty, ValueOf};
use crate::value::{Value, WrongType};

/// One row: the values of some properties, and the related rows that were included.
#[derive(Debug, Clone)]
pub struct Record {
    pub(crate) properties: Arc<[&'static Property]>,
    pub(crate) values: Vec<Value>,
    pub(crate) shown: usize,
    pub(crate) related: Vec<(&'static str, Related)>,
    /// What the answer has reserved of the bytes of all answers; rows that are included leave it to those that include them.
    pub(crate) reservation: Option<Reservation>,
}

/// What an answer of many bytes holds until it is written: its part of the bytes of all answers of the store.
#[derive(Debug, Clone)]
pub struct Reservation(Arc<Meter>);

impl Reservation {
    pub(crate) fn of(meter: Meter) -> Option<Self> {
        meter.has_reservation().then(|| Self(Arc::new(meter)))
    }

    /// How many bytes the answer takes in memory.
    pub fn bytes(&self) -> u64 {
        self.0.used()
    }
}

/// Included rows of one relation.
#[derive(Debug, Clone)]
pub enum Related {
    /// Of a relation to many.
    Many(Vec<Record>),
    /// Of a relation to one.
    One(Box<Record>),
}

impl Related {
    fn rows(&self) -> &[Record] {
        match self {
            Self::Many(rows) => rows,
            Self::One(row) => std::slice::from_ref(row),
        }
    }
}

impl Record {
    /// A record that shows these values.
    pub(crate) fn of(values: Values) -> Self {
        let (properties, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
        Self { shown: properties.len(), properties: properties.into(), values, related: Vec::new(), reservation: None }
    }

    /// Its columns with what they hold as text, to tell what conflicts.
    pub(crate) fn attempted(&self) -> Vec<(&'static str, String)> {
        let columns = self.properties.iter().zip(&self.values);
        columns.filter_map(|(property, value)| Some((property.column, value.to_key()?))).collect()
    }

    /// What answers show of the row itself: no hidden property, and none that was read only to find related rows.
    pub(crate) fn shown(&self) -> impl Iterator<Item = (&'static Property, &Value)> {
        let read = self.properties.iter().copied().zip(&self.values).take(self.shown);
        read.filter(|(property, _)| !property.hidden)
    }

    /// The value of a property, if it was read.
    pub fn get<E: Entity, V>(&self, property: TypedProperty<E, V>) -> Option<&Value> {
        self.value(property.property())
    }

    /// The value of a property that metadata names, if it was read.
    pub fn value(&self, wanted: &Property) -> Option<&Value> {
        self.properties.iter().position(|property| std::ptr::eq(*property, wanted)).and_then(|at| self.values.get(at))
    }

    /// The value of the property with this name, as relations name keys.
    pub(crate) fn key(&self, name: &str) -> Option<&Value> {
        self.properties.iter().position(|property| property.name == name).and_then(|at| self.values.get(at))
    }

    /// The value of a property that holds an id, if it was read and is not null.
    pub fn uuid<E: Entity>(&self, property: TypedProperty<E, Uuid>) -> Option<Uuid> {
        self.get(property).and_then(Value::to_uuid)
    }

    /// The row's id, if it was read.
    pub fn id(&self) -> Option<Uuid> {
        let id = self.properties.iter().find(|property| property.role == PropertyRole::Id)?;
        self.value(id).and_then(Value::to_uuid)
    }

    /// The row with only these properties, without related rows.
    #[must_use]
    pub fn only(self, wanted: &[&'static Property]) -> Self {
        let kept = self.properties.iter().zip(self.values).take(self.shown);
        let (properties, values): (Vec<_>, Vec<_>) = kept
            .filter(|(property, _)| wanted.iter().any(|wanted| std::ptr::eq(*wanted, **property)))
            .map(|(property, value)| (*property, value))
            .unzip();
        Self {
            shown: properties.len(),
            properties: properties.into(),
            values,
            related: Vec::new(),
            reservation: self.reservation,
        }
    }

    /// The reservation of the answer that the row is of, if it takes so many bytes that it has one. The writer of the answer keeps
    /// it until the last byte is gone.
    pub fn reservation(&self) -> Option<Reservation> {
        self.reservation.clone()
    }

    /// What the row takes, with all that is included in it: rows and bytes.
    pub(crate) fn size(&self) -> (u64, u64) {
        let own = self.values.iter().fold(meter::row(&self.properties), |bytes, value| bytes + meter::held(value));
        self.related
            .iter()
            .flat_map(|(_, related)| related.rows())
            .map(Self::size)
            .fold((1, own), |sum, (rows, bytes)| (sum.0 + rows, sum.1 + bytes))
    }

    /// The row as a typed entity.
    ///
    /// # Errors
    /// [`StoreError::Database`] when a property that the type needs was not read or has another type.
    pub fn into_entity<E: Entity>(self) -> StoreResult<E> {
        let all = Self { shown: self.properties.len(), ..self };
        serde_json::to_value(Typed(&all))
            .and_then(serde_json::from_value)
            .map_err(|error| StoreError::Database(Box::new(error)))
    }
}

/// What answers show; [`Record::to_json`] writes the same.
impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (property, value) in self.shown() {
            map.serialize_entry(property.name, value)?;
        }
        for (name, related) in &self.related {
            match related {
                Related::Many(rows) => map.serialize_entry(name, rows)?,
                Related::One(row) => map.serialize_entry(name, row)?,
            }
        }
        map.end()
    }
}

/// The row with its hidden properties, for typed entities only.
struct Typed<'a>(&'a Record);

impl Serialize for Typed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.properties.iter().map(|property| property.name).zip(&self.0.values))
    }
}

/// Values for a new row of `E`.
pub struct New<E> {
    pub(crate) values: Values,
    entity: PhantomData<fn() -> E>,
}

/// Values to change in a row of `E`; what is absent stays as it is.
pub struct Patch<E> {
    pub(crate) values: Values,
    entity: PhantomData<fn() -> E>,
}

/// Values by property, in the order of the entity.
pub(crate) type Values = Vec<(&'static Property, Value)>;

/// A property map that does not fit its entity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecord {
    /// No such property.
    #[error("`{0}` is not a property")]
    UnknownProperty(String),
    /// A value of another type.
    #[error("`{0}` {1}")]
    WrongType(&'static str, #[source] WrongType),
    /// A document that is longer than its property may be.
    #[error("`{0}` must NOT have more than {1} bytes as JSON")]
    TooLong(&'static str, u32),
    /// A text that has not the form of its property.
    #[error("`{0}` {1}")]
    Unwritable(&'static str, #[source] Unwritable),
    /// The property is not the client's to set.
    #[error("`{0}` cannot be set")]
    NotSettable(&'static str),
}

fn read(meta: &'static EntityMeta, json: &serde_json::Map<String, Json>) -> Result<Values, InvalidRecord> {
    if let Some(name) = json.keys().find(|name| meta.property(name).is_none()) {
        return Err(InvalidRecord::UnknownProperty(name.clone()));
    }
    meta.properties
        .iter()
        .filter(|property| matches!(property.role, PropertyRole::Data | PropertyRole::Parent))
        .filter_map(|property| json.get(property.name).map(|value| (property, value)))
        .map(|(property, value)| {
            if let Some(most) = property.rules.max_bytes.filter(|most| length::of_document(value) > u64::from(*most)) {
                return Err(InvalidRecord::TooLong(property.name, most));
            }
            let value = Value::from_json(property.kind, value)
                .map_err(|error| InvalidRecord::WrongType(property.name, error))?;
            Ok((property, formed(property, value)?))
        })
        .collect()
}

/// The value in the form of its property.
fn formed(property: &'static Property, value: Value) -> Result<Value, InvalidRecord> {
    match property.form {
        Some(form) => {
            let value = form.set(value).map_err(|error| InvalidRecord::Unwritable(property.name, error))?;
            match (&value, property.rules.max_length) {
                // It may have grown.
                (Value::Text(text), Some(most)) if text.chars().count() > most as usize => {
                    Err(InvalidRecord::Unwritable(property.name, Unwritable::TooLong(most)))
                }
                _ => Ok(value),
            }
        }
        None => Ok(value),
    }
}

fn set(values: &mut Values, property: &'static Property, value: Value) -> Result<(), InvalidRecord> {
    if matches!(property.role, PropertyRole::Audit | PropertyRole::Derived) {
        return Err(InvalidRecord::NotSettable(property.name));
    }
    let value = formed(property, value)?;
    values.retain(|(other, _)| other.name != property.name);
    values.push((property, value));
    Ok(())
}

impl<E: Entity> New<E> {
    /// No values yet.
    pub fn empty() -> Self {
        Self { values: Vec::new(), entity: PhantomData }
    }

    /// Reads a JSON object. Audit properties and the id are accepted and ignored.
    ///
    /// # Errors
    /// [`InvalidRecord`] names the property.
    pub fn from_json(json: &serde_json::Map<String, Json>) -> Result<Self, InvalidRecord> {
        Ok(Self { values: read(E::meta(), json)?, entity: PhantomData })
    }

    /// Sets one property, also the id and the parent key.
    ///
    /// # Errors
    /// [`InvalidRecord`] when the store sets the property itself, or its rules refuse the value.
    pub fn with<V>(self, property: TypedProperty<E, V>, value: impl ValueOf<V>) -> Result<Self, InvalidRecord> {
        self.with_value(property, value.into())
    }

    /// Sets the id.
    ///
    /// # Errors
    /// [`InvalidRecord`] when the rules of the property refuse it.
    pub fn with_id(mut self, id: Uuid) -> Result<Self, InvalidRecord> {
        set(&mut self.values, E::meta().id(), Value::Uuid(id))?;
        Ok(self)
    }

    /// Sets one property to a value whose type the compiler does not know, such as one that a client sent.
    ///
    /// # Errors
    /// As [`Self::with`].
    pub fn with_value<V>(mut self, property: TypedProperty<E, V>, value: Value) -> Result<Self, InvalidRecord> {
        set(&mut self.values, property.property(), value)?;
        Ok(self)
    }

    /// The value of a property, if set.
    pub fn get<V>(&self, property: TypedProperty<E, V>) -> Option<&Value> {
        given(&self.values, property.property())
    }
}

impl<E: Entity> New<E> {
    /// What was given, as a record that answers show.
    pub fn into_record(mut self) -> Record {
        self.values.sort_by_key(|(property, _)| E::meta().position(property.name));
        Record::of(self.values)
    }
}

impl<E: Entity> Patch<E> {
    /// No values yet.
    pub fn empty() -> Self {
        Self { values: Vec::new(), entity: PhantomData }
    }

    /// Reads a JSON object. Audit properties, the id and parent keys are accepted and ignored.
    ///
    /// # Errors
    /// [`InvalidRecord`] names the property.
    pub fn from_json(json: &serde_json::Map<String, Json>) -> Result<Self, InvalidRecord> {
        let mut values = read(E::meta(), json)?;
        values.retain(|(property, _)| property.role == PropertyRole::Data);
        Ok(Self { values, entity: PhantomData })
    }

    /// Leaves a property as it is.
    #[must_use]
    pub fn without<V>(mut self, property: TypedProperty<E, V>) -> Self {
        self.values.retain(|(other, _)| other.name != property.name());
        self
    }

    /// Whether nothing is to change.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Makes it a replacement: every property of the client's that is absent becomes null or its default. A hidden one is not
    /// the client's.
    #[must_use]
    pub fn into_replacement(mut self) -> Self {
        let of_clients = |property: &&Property| property.role == PropertyRole::Data && !property.hidden;
        for property in E::meta().properties.iter().filter(of_clients) {
            if !self.values.iter().any(|(other, _)| other.name == property.name) {
                self.values.push((property, default_of(property).unwrap_or(Value::Null)));
            }
        }
        self
    }

    /// Sets one property.
    ///
    /// # Errors
    /// [`InvalidRecord`] when a row never changes the property, or its rules refuse the value.
    pub fn with<V>(self, property: TypedProperty<E, V>, value: impl ValueOf<V>) -> Result<Self, InvalidRecord> {
        self.with_value(property, value.into())
    }

    /// Sets one property to a value whose type the compiler does not know, such as one that a client sent.
    ///
    /// # Errors
    /// As [`Self::with`].
    pub fn with_value<V>(mut self, property: TypedProperty<E, V>, value: Value) -> Result<Self, InvalidRecord> {
        match property.property() {
            property if property.role != PropertyRole::Data => Err(InvalidRecord::NotSettable(property.name)),
            property => set(&mut self.values, property, value).map(|()| self),
        }
    }

    /// The value of a property, if set.
    pub fn get<V>(&self, property: TypedProperty<E, V>) -> Option<&Value> {
        given(&self.values, property.property())
    }
}

fn given<'a>(values: &'a Values, wanted: &Property) -> Option<&'a Value> {
    values.iter().find(|(property, _)| property.name == wanted.name).map(|(_, value)| value)
}

/// The value that a new row gets for a property that nobody named.
pub(crate) fn default_of(property: &Property) -> Option<Value> {
    let json = serde_json::from_str(property.rules.default?).ok()?;
    Value::from_json(property.kind, &json).ok()
}

impl<E: Entity> fmt::Debug for New<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        names(f, "New", E::meta(), &self.values)
    }
}

impl<E: Entity> fmt::Debug for Patch<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        names(f, "Patch", E::meta(), &self.values)
    }
}

/// Names only: values may be secrets or personal data, and this ends in logs.
fn names(f: &mut fmt::Formatter<'_>, kind: &str, meta: &EntityMeta, values: &Values) -> fmt::Result {
    write!(f, "{kind}<{}>", meta.name)?;
    f.debug_list().entries(values.iter().map(|(property, _)| property.name)).finish()
}
