//! One row a route: method, path, permissions, schemas, handler. Router, authorization, `OpenAPI`, metrics and tests read it.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use axum::http::Method;
use serde_json::{Map, Value as Json, json};
use user_tenant_store::cursor::Page;
use user_tenant_store::filter::{Filter, Predicate};
use user_tenant_store::record::{New, Patch, Record};
use user_tenant_store::value::parse_uuid;
use user_tenant_store::{Entity, EntityMeta, schema};
use uuid::Uuid;

use super::query::CURSOR;
use super::surface::Surface;
use crate::access::doors::CallerDoors;
use crate::access::guard::{Opening, Reach};
use crate::error::{Error, Result, Sought};

/// The metadata of an entity.
pub(crate) type Meta = fn() -> &'static EntityMeta;

/// Most items of a body that is an array.
const MOST_ITEMS: usize = 1_000;

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
    /// Whether it gives or takes power, so that what the caller holds in the database now counts as well as the token.
    pub(crate) gives_power: bool,
    /// Its query parameter.
    pub(crate) query: Query,
    /// Its body.
    pub(crate) body: Option<Body>,
    /// The shape of its answer.
    pub(crate) reply: Shape,
    /// The form of its errors.
    pub(crate) surface: Surface,
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

impl Query {
    /// Name of the parameter, if there is one.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Filter(_) | Self::FilterById(_) | Self::FreeFilter(_) => Some("filter"),
            Self::Where(_) => Some("where"),
        }
    }

    /// Name and JSON Schema of the parameter, if there is one.
    pub(crate) fn parameter(self) -> Option<(&'static str, Json)> {
        Some(match self {
            Self::None => return None,
            Self::Filter(meta) => ("filter", schema::filter(meta())),
            Self::FilterById(meta) => ("filter", schema::filter_by_id(meta())),
            Self::FreeFilter(_) => ("filter", schema::free_filter()),
            Self::Where(_) => ("where", schema::where_()),
        })
    }
}

/// The body of a route.
pub(crate) struct Body {
    /// What it is for.
    pub(crate) form: Form,
    /// What it describes.
    subject: Subject,
}

/// What a body describes.
enum Subject {
    /// An entity, less the properties that it may not name, since the path does.
    Entity(Meta, &'static [&'static str]),
    /// What no entity is alone; by a schema of its own.
    Schema(fn() -> Json),
}

/// What a body is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A new row.
    Create,
    /// An array of new rows.
    CreateMany,
    /// Some properties of existing rows.
    Partial,
    /// All properties of an existing row.
    Replace,
}

impl Body {
    /// A body that describes an entity.
    pub(crate) fn of(entity: Meta, form: Form, excluding: &'static [&'static str]) -> Self {
        Self { form, subject: Subject::Entity(entity, excluding) }
    }

    /// The JSON Schema that a body must satisfy; of one item, where it is an array.
    pub(crate) fn schema(&self) -> Json {
        match self.subject {
            Subject::Schema(schema) => schema(),
            Subject::Entity(meta, excluding) => match self.form {
                Form::Create | Form::CreateMany => schema::create(meta(), excluding),
                Form::Partial => schema::partial(meta(), excluding),
                Form::Replace => schema::replace(meta()),
            },
        }
    }

    /// The schema of a body whose items have the schema `item`, which may be a reference.
    pub(crate) fn schema_around(&self, item: Json) -> Json {
        if self.form == Form::CreateMany {
            json!({ "type": "array", "maxItems": MOST_ITEMS, "items": item })
        } else {
            item
        }
    }
}

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
    /// Nothing: 204.
    Empty,
}

/// What a handler answers.
pub(crate) enum Reply {
    /// One row.
    One(Record),
    /// Rows.
    Many(Vec<Record>),
    /// Rows of a list, and where it goes on.
    Page(Page),
    /// A number of rows.
    Count(u64),
    /// Nothing: 204.
    Empty,
}

/// A checked request, in the hands of a handler.
pub(crate) struct Call {
    /// The ways to the store that are open to this caller.
    pub(crate) doors: CallerDoors,
    /// The parameters of the path, as sent.
    pub(crate) path: PathParameters,
    /// The filter, without conditions where the route has none.
    pub(crate) filter: Filter,
    /// The `where` parameter.
    pub(crate) predicate: Option<Predicate>,
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
}

impl FromIterator<(String, String)> for PathParameters {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(parameters: I) -> Self {
        Self(parameters.into_iter().collect())
    }
}

impl Call {
    /// The row that a parameter of the path names. What is no id names no row.
    pub(crate) fn row<E: Entity>(&self, parameter: &str) -> Result<Uuid> {
        let id = self.path.get(parameter);
        parse_uuid(id).map_err(|_| Error::NotFound(Sought::of::<E>(id)))
    }

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
    /// Whether it takes this query parameter.
    pub(crate) fn takes(&self, parameter: &str) -> bool {
        self.query.name() == Some(parameter) || (parameter == CURSOR && matches!(self.reply, Shape::Page(_)))
    }

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
            // Every route that writes, until it says otherwise.
            gives_power: method != Method::GET,
            method,
            path,
            operation,
            summary,
            permissions: &[],
            reach: Reach::CallerTenants,
            query: Query::None,
            body: None,
            reply: Shape::Empty,
            surface: Surface::LoopBack,
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

    /// It writes, and what it writes gives no member power and takes none: the token alone opens it.
    pub(crate) fn without_power(self) -> Self {
        Self { gives_power: false, ..self }
    }

    /// What opens it.
    pub(crate) fn opening(&self) -> Opening {
        Opening { permissions: self.permissions, reach: self.reach, gives_power: self.gives_power }
    }

    /// Its query parameter.
    pub(crate) fn query(self, query: Query) -> Self {
        Self { query, ..self }
    }

    /// Its body.
    pub(crate) fn body(self, entity: Meta, form: Form, excluding: &'static [&'static str]) -> Self {
        Self { body: Some(Body::of(entity, form, excluding)), ..self }
    }

    /// Its body, by a schema of its own.
    pub(crate) fn body_schema(self, form: Form, schema: fn() -> Json) -> Self {
        Self { body: Some(Body { form, subject: Subject::Schema(schema) }), ..self }
    }

    /// The form of its errors; LoopBack's, until it says otherwise.
    #[cfg_attr(not(test), expect(dead_code, reason = "the next route of our own declares it"))]
    pub(crate) fn surface(self, surface: Surface) -> Self {
        Self { surface, ..self }
    }

    /// The shape of its answer.
    pub(crate) fn reply(self, reply: Shape) -> Self {
        Self { reply, ..self }
    }
}
