//! Properties as constants that know entity and type: with a wrong name or a wrong value a program does not compile.

use std::marker::PhantomData;

use serde_json::Value as Json;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::entity::{Entity, Property};
use crate::filter::{Comparison, Order, Predicate};
use crate::value::Value;

/// A property of the entity `E`, whose values are of the type `V`. The derive makes a constant of each: the property `userId`
/// of `UserTenant` is `UserTenant::USER_ID`.
///
/// `V` is `Uuid`, `String`, `i32`, `i64`, `bool`, [`OffsetDateTime`], [`Date`], [`Json`], `Vec<String>` or `Vec<i32>`, whether or not
/// a row may be without a value.
#[derive(Debug)]
pub struct TypedProperty<E, V> {
    at: usize,
    types: PhantomData<fn() -> (E, V)>,
}

// Not derived, since neither entity nor value need be copied for it.
impl<E, V> Clone for TypedProperty<E, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, V> Copy for TypedProperty<E, V> {}

impl<E, V> TypedProperty<E, V> {
    /// The property at this position in the entity's metadata; only the derive knows that it is of this type.
    #[doc(hidden)]
    pub const fn at(at: usize) -> Self {
        Self { at, types: PhantomData }
    }
}

impl<E: Entity, V> TypedProperty<E, V> {
    /// What the metadata says of it.
    pub fn property(self) -> &'static Property {
        &E::meta().properties[self.at]
    }

    /// Its name in JSON: `userId`.
    pub fn name(self) -> &'static str {
        self.property().name
    }

    /// Its position in the metadata, as [`crate::filter::Filter::fields`] names it.
    pub const fn position(self) -> usize {
        self.at
    }

    /// A comparison of it.
    pub fn compare(self, comparison: Comparison) -> Predicate {
        Predicate::Comparison { property: self.property(), path: Vec::new(), comparison }
    }

    /// That it equals a value.
    pub fn is(self, value: impl ValueOf<V>) -> Predicate {
        self.compare(Comparison::Equal(value.into()))
    }

    /// That it equals one of the values.
    pub fn is_one_of<T: ValueOf<V>>(self, values: impl IntoIterator<Item = T>) -> Predicate {
        self.compare(Comparison::In(values.into_iter().map(Into::into).collect()))
    }

    /// That it is not null, and equals none of the values.
    pub fn is_none_of<T: ValueOf<V>>(self, values: impl IntoIterator<Item = T>) -> Predicate {
        self.compare(Comparison::NotIn(values.into_iter().map(Into::into).collect()))
    }

    /// Rows in its order, small values first.
    pub fn ascending(self) -> Order {
        Order { property: self.property(), descending: false }
    }

    /// Rows in its order, large values first.
    pub fn descending(self) -> Order {
        Order { property: self.property(), descending: true }
    }
}

impl<E: Entity> TypedProperty<E, String> {
    /// That it equals a text, whatever the case of the letters of either.
    pub fn is_in_any_case(self, text: &str) -> Predicate {
        self.compare(Comparison::EqualInLowerCase(text.to_lowercase()))
    }

    /// That it has a character outside ASCII.
    pub fn is_beyond_ascii(self) -> Predicate {
        self.compare(Comparison::BeyondAscii)
    }
}

impl<E: Entity> TypedProperty<E, Vec<String>> {
    /// That it holds at least one of these.
    pub fn holds_any<'a>(self, items: impl IntoIterator<Item = &'a str>) -> Predicate {
        self.compare(Comparison::HoldsAny(items.into_iter().map(Value::from).collect()))
    }
}

/// Types that the derive names, whatever its user calls them.
#[doc(hidden)]
pub mod types {
    pub use time::OffsetDateTime;
    pub use uuid::Uuid;
}

/// What can be a value of a property of the type `V`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value of this property, whose values are of the type `{V}`",
    label = "not a `{V}`"
)]
pub trait ValueOf<V>: Into<Value> {}

macro_rules! values {
    ($($of:ty: $($value:ty),+;)*) => { $($(
        impl ValueOf<$of> for $value {}
        impl ValueOf<$of> for Option<$value> {}
    )+)* };
}

values! {
    Uuid: Uuid;
    String: String, &str, &String;
    i32: i32;
    i64: i64;
    bool: bool;
    OffsetDateTime: OffsetDateTime;
    Date: Date;
    Json: Json;
    Vec<String>: Vec<String>;
    Vec<i32>: Vec<i32>;
}
