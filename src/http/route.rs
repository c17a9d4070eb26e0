//! One row a route: method, path, permissions, schemas, handler. Router, authorization, `OpenAPI`, metrics and tests read it.

use std::pin::Pin;
use std::sync::Arc;

use axum::http::Method;
use serde_json::{Map, Value as Json};
use user_tenant_store::filter::{Filter, Predicate};
use user_tenant_store::record::{New, Patch, Record};
use user_tenant_store::{Entity, EntityMeta};

use crate::access::doors::CallerDoors;
use crate::access::guard::Reach;
use crate::error::{Error, Result};

/// The metadata of an entity.
pub(crate) type Meta = fn() -> &'static EntityMeta;

/// One operation.
pub(crate) struct Route {
    /// HTTP method.
    pub(crate) method: Method,
    /// Path template: `/tenants/{id}`.
    pub(crate) path: &'static str,
    /// `<Controller>.<operation>`, as the original names it.
    pub(crate) operation: &'static str,
    /// What it does, in one line.
    pub(crate) summary: &'static str,
    /// Any one of these permissions opens it.
    pub(crate) permissions: &'static [&'static str],
    /// Whose rows it is about.
    pub(crate) reach: Reach,
    /// Its query parameter.
    pub(crate) query: Query,
    /// Its body.
    pub(crate) body: Option<Body>,
    /// The shape of its answer.
    pub(crate) reply: Shape,
    /// What it does.
    pub(crate) handler: Handler,
}

/// The query parameter of a route.
#[derive(Clone, Copy)]
pub(crate) enum Query {
    /// None.
    None,
    /// `filter`, checked against the entity.
    Filter(Meta),
    /// `filter` without `where`.
    FilterById(Meta),
    /// `filter` of which only the meaning is checked.
    FreeFilter(Meta),
    /// `where`.
    Where(Meta),
}

/// The body of a route.
pub(crate) struct Body {
    /// The entity it describes.
    pub(crate) entity: Meta,
    /// In which form.
    pub(crate) form: Form,
    /// Properties that it may not name, since the path does.
    pub(crate) excluding: &'static [&'static str],
}

/// What a body is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A new row.
    Create,
    /// Some properties of existing rows.
    Partial,
    /// All properties of an existing row.
    Replace,
}

/// The shape of an answer.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// One row.
    One(Meta),
    /// Rows.
    Many(Meta),
    /// A number of rows.
    Count,
    /// Nothing: 204.
    Empty,
}

/// What a handler answers.
pub(crate) enum Reply {
    /// One row.
    One(Record),
    /// Rows.
    Many(Vec<Record>),
    /// A number of rows.
    Count(u64),
    /// Nothing: 204.
    Empty,
}

/// A checked request, in the hands of a handler.
pub(crate) struct Call {
    /// The ways to the store that are open to this caller.
    pub(crate) doors: CallerDoors,
    /// `{id}` of the path, as sent.
    pub(crate) id: String,
    /// The filter, without conditions where the route has none.
    pub(crate) filter: Filter,
    /// The `where` parameter.
    pub(crate) predicate: Option<Predicate>,
    /// The body, valid by its schema.
    pub(crate) body: Map<String, Json>,
}

impl Call {
    /// The body as a new row.
    pub(crate) fn new_row<E: Entity>(&self) -> Result<New<E>> {
        New::from_json(&self.body).map_err(Error::from)
    }

    /// The body as changes of a row.
    pub(crate) fn patch<E: Entity>(&self) -> Result<Patch<E>> {
        Patch::from_json(&self.body).map_err(Error::from)
    }
}

/// Answers a checked request.
pub(crate) type Handler = Arc<dyn Fn(Call) -> Pin<Box<dyn Future<Output = Result<Reply>> + Send>> + Send + Sync>;

impl Route {
    /// A route without query, body and answer; the rest is chained on.
    pub(crate) fn new<F, Answer>(
        method: Method,
        path: &'static str,
        operation: &'static str,
        summary: &'static str,
        handler: F,
    ) -> Self
    where
        F: Fn(Call) -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<Reply>> + Send + 'static,
    {
        Self {
            method,
            path,
            operation,
            summary,
            permissions: &[],
            reach: Reach::CallerTenants,
            query: Query::None,
            body: None,
            reply: Shape::Empty,
            handler: Arc::new(move |call| Box::pin(handler(call))),
        }
    }

    /// Any one of these permissions opens it.
    pub(crate) fn any_of(self, permissions: &'static [&'static str]) -> Self {
        Self { permissions, ..self }
    }

    /// Whose rows it is about.
    pub(crate) fn reach(self, reach: Reach) -> Self {
        Self { reach, ..self }
    }

    /// Its query parameter.
    pub(crate) fn query(self, query: Query) -> Self {
        Self { query, ..self }
    }

    /// Its body.
    pub(crate) fn body(self, entity: Meta, form: Form, excluding: &'static [&'static str]) -> Self {
        Self { body: Some(Body { entity, form, excluding }), ..self }
    }

    /// The shape of its answer.
    pub(crate) fn reply(self, reply: Shape) -> Self {
        Self { reply, ..self }
    }
}
