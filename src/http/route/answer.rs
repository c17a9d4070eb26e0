//! What a handler answers, as types: each says the shape of its answer, and the row of the route follows from it.

use std::marker::PhantomData;

use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::Value as Json;
use user_tenant_store::Entity;
use user_tenant_store::cursor;
use user_tenant_store::record::{Record, Reservation};

use super::Meta;

/// The shape of an answer.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// One row.
    One(Meta),
    /// Rows.
    Many(Meta),
    /// Rows of a list that goes on behind a cursor.
    Page(Meta),
    /// A number of rows.
    Count,
    /// What is no row, by a schema of its own.
    Plain(PlainShape),
    /// Nothing: 204.
    Empty,
}

/// The shape of an answer that is no row.
#[derive(Clone, Copy)]
pub(crate) struct PlainShape {
    /// Its JSON Schema, whose title the document names it by.
    pub(crate) schema: fn() -> Json,
    /// Its status.
    pub(crate) status: StatusCode,
    /// The headers that it has, and what each says.
    pub(crate) headers: &'static [(&'static str, &'static str)],
}

/// An answer, ready to be written.
pub(crate) enum Reply {
    /// One row.
    One(Record),
    /// Rows.
    Many(Vec<Record>),
    /// Rows of a list, and where it goes on.
    Page(cursor::Page),
    /// A number of rows.
    Count(u64),
    /// What is no row: status, headers, and the text as JSON.
    Plain(StatusCode, HeaderMap, serde_json::Result<Vec<u8>>, Option<Reservation>),
    /// Nothing: 204.
    Empty,
}

/// The result of a handler.
pub(crate) trait Answer {
    /// Its shape.
    fn shape() -> Shape;

    /// The answer to write.
    fn into_reply(self) -> Reply;
}

/// Makes the types of answers that hold rows of an entity.
macro_rules! rows {
    ($($(#[$documented:meta])+ $name:ident($rows:ty);)+) => { $(
        $(#[$documented])+
        pub(crate) struct $name<E>($rows, PhantomData<fn() -> E>);

        impl<E> From<$rows> for $name<E> {
            fn from(rows: $rows) -> Self {
                Self(rows, PhantomData)
            }
        }

        impl<E: Entity> Answer for $name<E> {
            fn shape() -> Shape {
                Shape::$name(E::meta)
            }

            fn into_reply(self) -> Reply {
                Reply::$name(self.0)
            }
        }
    )+ };
}

rows! {
    /// One row.
    One(Record);
    /// Rows, all of them.
    Many(Vec<Record>);
    /// A page of a list.
    Page(cursor::Page);
}

/// A number of rows.
pub(crate) struct Count(pub(crate) u64);

impl Answer for Count {
    fn shape() -> Shape {
        Shape::Count
    }

    fn into_reply(self) -> Reply {
        Reply::Count(self.0)
    }
}

/// Nothing: 204.
pub(crate) struct Empty;

impl Answer for Empty {
    fn shape() -> Shape {
        Shape::Empty
    }

    fn into_reply(self) -> Reply {
        Reply::Empty
    }
}

/// What an answer says that is no row.
pub(crate) trait Described: Serialize + 'static {
    /// The status of the answer.
    const STATUS: StatusCode = StatusCode::OK;
    /// The headers that [`Self::headers`] makes, and what each says.
    const HEADERS: &'static [(&'static str, &'static str)] = &[];

    /// Its JSON Schema, with the title by which the document names it.
    fn schema() -> Json;

    /// Headers of its own.
    fn headers(&self) -> HeaderMap {
        HeaderMap::new()
    }

    /// What the rows that it was made of have reserved among all answers, until it is written.
    fn reservation(&self) -> Option<Reservation> {
        None
    }
}

/// An answer that is no row.
pub(crate) struct Told<T>(pub(crate) T);

impl<T: Described> Answer for Told<T> {
    fn shape() -> Shape {
        Shape::Plain(PlainShape { schema: T::schema, status: T::STATUS, headers: T::HEADERS })
    }

    fn into_reply(self) -> Reply {
        Reply::Plain(T::STATUS, self.0.headers(), serde_json::to_vec(&self.0), self.0.reservation())
    }
}
