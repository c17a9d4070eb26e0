//! What a handler takes, as types: each says what of a request it reads, and the row of the route follows from it.

use std::marker::PhantomData;

use serde_json::{Map, Value as Json};
use user_tenant_store::Entity;
use user_tenant_store::filter::{Filter, Predicate};
use user_tenant_store::record::{New, Patch};
use user_tenant_store::value::parse_uuid;
use uuid::Uuid;

use super::body::{Body, Form};
use super::call::Call;
use super::{Query, Row};
use crate::error::{Error, Result, Sought};

/// A part of a request, which one argument of a handler takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// What the path names last.
    Path,
    /// The query parameter.
    Query,
    /// The body.
    Body,
}

/// An argument of a handler.
pub(crate) trait Argument: Send + Sized + 'static {
    /// What of a request it takes; no other argument takes the same.
    const PART: Part;

    /// The row of its route, once it says so.
    fn declare(row: Row) -> Row;

    /// Takes it out of a checked request.
    fn take(call: &mut Call) -> Result<Self>;
}

/// The id of the row that the path names last.
pub(crate) struct RowId<E>(pub(crate) Uuid, PhantomData<fn() -> E>);

impl<E: Entity> Argument for RowId<E> {
    const PART: Part = Part::Path;

    fn declare(row: Row) -> Row {
        Row { has_id: true, ..row }
    }

    fn take(call: &mut Call) -> Result<Self> {
        let id = call.path.take_last();
        // What is no id names no row.
        parse_uuid(&id).map(|id| Self(id, PhantomData)).map_err(|_| Error::NotFound(Sought::of::<E>(&id)))
    }
}

/// What the path names last, as sent, where a rule refuses it in its own way.
pub(crate) struct Named(pub(crate) String);

impl Argument for Named {
    const PART: Part = Part::Path;

    fn declare(row: Row) -> Row {
        Row { has_id: true, ..row }
    }

    fn take(call: &mut Call) -> Result<Self> {
        Ok(Self(call.path.take_last()))
    }
}

/// Makes the types of filters: each is the parameter `filter`, checked in another way.
macro_rules! filters {
    ($($(#[$documented:meta])+ $name:ident;)+) => { $(
        $(#[$documented])+
        pub(crate) struct $name<E>(pub(crate) Filter, PhantomData<fn() -> E>);

        impl<E: Entity> Argument for $name<E> {
            const PART: Part = Part::Query;

            fn declare(row: Row) -> Row {
                Row { query: Query::$name(E::meta), ..row }
            }

            fn take(call: &mut Call) -> Result<Self> {
                Ok(Self(std::mem::take(&mut call.filter), PhantomData))
            }
        }
    )+ };
}

filters! {
    /// The filter of a list, checked against the entity.
    Filtered;
    /// The filter of one row: without conditions.
    FilteredById;
    /// The filter of a list of which only the meaning is checked.
    FilteredFreely;
}

/// The condition `where`; `None` where the request has none.
pub(crate) struct Where<E>(pub(crate) Option<Predicate>, PhantomData<fn() -> E>);

impl<E: Entity> Argument for Where<E> {
    const PART: Part = Part::Query;

    fn declare(row: Row) -> Row {
        Row { query: Query::Where(E::meta), ..row }
    }

    fn take(call: &mut Call) -> Result<Self> {
        Ok(Self(call.predicate.take(), PhantomData))
    }
}

/// A condition that is checked and then ignored, as the original does where the path names the one row.
pub(crate) struct IgnoredWhere<E>(PhantomData<fn() -> E>);

impl<E: Entity> Argument for IgnoredWhere<E> {
    const PART: Part = Part::Query;

    fn declare(row: Row) -> Row {
        Row { query: Query::IgnoredWhere(E::meta), ..row }
    }

    fn take(_: &mut Call) -> Result<Self> {
        Ok(Self(PhantomData))
    }
}

/// Makes the types of bodies that describe an entity.
macro_rules! bodies {
    ($($(#[$documented:meta])+ $name:ident, $form:ident;)+) => { $(
        $(#[$documented])+
        pub(crate) struct $name<E> {
            /// The properties as they were sent.
            pub(crate) sent: Map<String, Json>,
            entity: PhantomData<fn() -> E>,
        }

        impl<E: Entity> Argument for $name<E> {
            const PART: Part = Part::Body;

            fn declare(row: Row) -> Row {
                Row { body: Some(Body::of(E::meta, Form::$form)), ..row }
            }

            fn take(call: &mut Call) -> Result<Self> {
                Ok(Self { sent: std::mem::take(&mut call.body), entity: PhantomData })
            }
        }
    )+ };
}

bodies! {
    /// A new row.
    Create, Create;
    /// Some properties of existing rows.
    Change, Partial;
    /// All properties of an existing row.
    Replace, Replace;
}

impl<E: Entity> Create<E> {
    /// The new row.
    pub(crate) fn row(&self) -> Result<New<E>> {
        New::from_json(&self.sent).map_err(Error::from)
    }
}

impl<E: Entity> Change<E> {
    /// The changes.
    pub(crate) fn patch(&self) -> Result<Patch<E>> {
        Patch::from_json(&self.sent).map_err(Error::from)
    }
}

impl<E: Entity> Replace<E> {
    /// What the row is to be.
    pub(crate) fn patch(&self) -> Result<Patch<E>> {
        Patch::from_json(&self.sent).map_err(Error::from)
    }
}

/// What a body says that no entity says alone.
pub(crate) trait Document: 'static {
    /// What it is for.
    const FORM: Form;
    /// Whether it may be left out, which is as if it were empty.
    const OPTIONAL: bool = false;

    /// Its JSON Schema.
    fn schema() -> Json;
}

/// A body by a schema of its own.
pub(crate) struct Sent<D>(pub(crate) Map<String, Json>, PhantomData<fn() -> D>);

impl<D: Document> Argument for Sent<D> {
    const PART: Part = Part::Body;

    fn declare(row: Row) -> Row {
        Row { body: Some(Body::by(D::schema, D::FORM, D::OPTIONAL)), ..row }
    }

    fn take(call: &mut Call) -> Result<Self> {
        Ok(Self(std::mem::take(&mut call.body), PhantomData))
    }
}

/// A body that is an array of such documents, each a new row.
pub(crate) struct SentAll<D>(pub(crate) Vec<Map<String, Json>>, PhantomData<fn() -> D>);

impl<D: Document> Argument for SentAll<D> {
    const PART: Part = Part::Body;

    fn declare(row: Row) -> Row {
        Row { body: Some(Body::by(D::schema, Form::CreateMany, false)), ..row }
    }

    fn take(call: &mut Call) -> Result<Self> {
        Ok(Self(std::mem::take(&mut call.items), PhantomData))
    }
}
