//! One row a route: method, path, who may call, schemas, handler. Router, authorization, `OpenAPI`, metrics and tests read it.

mod answer;
mod argument;
mod body;
mod call;
mod handler;
mod parameters;

use axum::http::Method;
use serde_json::Value as Json;
use user_tenant_store::{EntityMeta, schema};

pub(crate) use self::answer::{Count, Described, Empty, Many, One, Page, PlainShape, Reply, Shape, Told};
pub(crate) use self::argument::{
    Change, Create, Document, Filtered, FilteredById, FilteredFreely, IgnoredWhere, Named, Replace, RowId, Sent,
    SentAll, Where,
};
pub(crate) use self::body::{Body, Form};
pub(crate) use self::call::{Call, PathParameters};
use self::handler::{Handle, Handler};
pub(crate) use self::parameters::{By, Given, Kind, Parameter, Parameters};
use super::query::CURSOR;
use super::surface::Surface;
use crate::access::entrance::Entrance;
use crate::access::guard::Opening;
use crate::access::locator::Locator;

/// The metadata of an entity.
pub(crate) type Meta = fn() -> &'static EntityMeta;

/// One operation.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Route {
    /// HTTP method.
    pub(crate) method: Method,
    /// Path template: `/tenants/{id}`.
    pub(crate) path: &'static str,
    /// `<Controller>.<operation>`, as the original names it.
    pub(crate) operation: &'static str,
    /// What it does, in one line.
    pub(crate) summary: &'static str,
    /// Any one of these permissions opens it to a caller with a token.
    pub(crate) permissions: &'static [&'static str],
    /// How a caller without a token gets in; `None` where nobody does.
    pub(crate) entrance: Option<&'static Entrance>,
    /// What `{id}` of the path names; `None` of a route to the caller's tenant, and for a master to every tenant.
    pub(crate) locator: Option<&'static Locator>,
    /// Whether it changes something.
    pub(crate) writes: bool,
    /// Whether it gives or takes power, so that what the caller holds in the database now counts as well as the token.
    pub(crate) gives_power: bool,
    /// Whether a request that names an `Idempotency-Key` is carried out once.
    pub(crate) idempotent: bool,
    /// Whether passwords are compared, which may be wrong only so often.
    pub(crate) counts_attempts: bool,
    /// Whether only who reaches every tenant may call it.
    pub(crate) for_masters: bool,
    /// Whether assistants seldom need it, so that it is no tool of its own.
    #[cfg_attr(not(feature = "mcp"), expect(dead_code, reason = "tools ask"))]
    pub(crate) seldom: bool,
    /// What the handler takes and answers.
    pub(crate) row: Row,
    /// The form of its errors.
    pub(crate) surface: Surface,
    /// What it does.
    pub(crate) handle: Handle,
}

/// What the arguments and the result of a handler say of its route.
pub(crate) struct Row {
    /// Its query parameter.
    pub(crate) query: Query,
    /// Its body.
    pub(crate) body: Option<Body>,
    /// The shape of its answer.
    pub(crate) reply: Shape,
    /// Whether it reads what the path names last.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test holds it against the path"))]
    pub(crate) has_id: bool,
}

impl Row {
    /// That of a handler without arguments.
    pub(crate) fn answering(reply: Shape) -> Self {
        Self { query: Query::None, body: None, reply, has_id: false }
    }
}

/// The query parameter of a route.
#[derive(Clone, Copy)]
pub(crate) enum Query {
    /// None.
    None,
    /// `filter`, checked against the entity.
    Filtered(Meta),
    /// `filter` without `where`.
    FilteredById(Meta),
    /// `filter` of which only the meaning is checked.
    FilteredFreely(Meta),
    /// `where`.
    Where(Meta),
    /// `where`, checked and without effect.
    IgnoredWhere(Meta),
    /// Parameters by name.
    Parameters(&'static [Parameter]),
}

impl Query {
    /// Name of the parameter, if there is one.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::None | Self::Parameters(_) => None,
            Self::Filtered(_) | Self::FilteredById(_) | Self::FilteredFreely(_) => Some("filter"),
            Self::Where(_) | Self::IgnoredWhere(_) => Some("where"),
        }
    }

    /// The parameters by name.
    pub(crate) fn parameters(self) -> &'static [Parameter] {
        if let Self::Parameters(all) = self { all } else { &[] }
    }

    /// Name and JSON Schema of the parameter, if there is one.
    pub(crate) fn parameter(self) -> Option<(&'static str, Json)> {
        Some(match self {
            Self::None | Self::Parameters(_) => return None,
            Self::Filtered(meta) => ("filter", schema::filter(meta())),
            Self::FilteredById(meta) => ("filter", schema::filter_by_id(meta())),
            Self::FilteredFreely(_) => ("filter", schema::free_filter()),
            Self::Where(_) | Self::IgnoredWhere(_) => ("where", schema::where_()),
        })
    }
}

impl Route {
    /// A route that `handler` answers, whose arguments and result are its query, body and answer; the rest is chained on.
    /// Until then nobody may call it.
    pub(crate) fn new<Arguments, H: Handler<Arguments>>(
        method: Method,
        path: &'static str,
        operation: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        Self {
            writes: method != Method::GET,
            // Every route that writes, until it says otherwise.
            gives_power: method != Method::GET,
            method,
            path,
            operation,
            summary,
            permissions: &[],
            entrance: None,
            locator: None,
            idempotent: false,
            counts_attempts: false,
            for_masters: false,
            seldom: false,
            row: H::row(),
            surface: Surface::LoopBack,
            handle: handler.handle(),
        }
    }

    /// Any one of these permissions opens it.
    pub(crate) fn any_of(self, permissions: &'static [&'static str]) -> Self {
        Self { permissions, ..self }
    }

    /// Callers without a token get in this way.
    pub(crate) fn by(self, entrance: &'static Entrance) -> Self {
        Self { entrance: Some(entrance), ..self }
    }

    /// What `{id}` of its path names.
    pub(crate) fn on(self, locator: &'static Locator) -> Self {
        Self { locator: Some(locator), ..self }
    }

    /// Only who reaches every tenant may call it.
    pub(crate) fn for_masters(self) -> Self {
        Self { for_masters: true, ..self }
    }

    /// It writes, and what it writes gives no member power and takes none: the token alone opens it.
    pub(crate) fn without_power(self) -> Self {
        Self { gives_power: false, ..self }
    }

    /// It asks by a body and changes nothing.
    pub(crate) fn that_reads(self) -> Self {
        Self { writes: false, gives_power: false, ..self }
    }

    /// The properties at these positions are no part of its body, since the path names them.
    pub(crate) fn excluding(mut self, properties: &'static [usize]) -> Self {
        if let Some(body) = &mut self.row.body {
            body.excluding = properties;
        }
        self
    }

    /// The form of its errors; LoopBack's, until it says otherwise.
    pub(crate) fn surface(self, surface: Surface) -> Self {
        Self { surface, ..self }
    }

    /// A request that names an `Idempotency-Key` is carried out once, and answered alike for a day. Its handler makes one
    /// transaction and reads nothing behind it; the answer is kept as it was sent, so that it holds no secret but one that the
    /// database holds in the clear anyhow.
    pub(crate) fn idempotent(self) -> Self {
        Self { idempotent: true, ..self }
    }

    /// It counts attempts, of which there may be so many in a while: passwords that are wrong, links by mail.
    pub(crate) fn counting_attempts(self) -> Self {
        Self { counts_attempts: true, ..self }
    }

    /// Whether assistants seldom need it.
    pub(crate) fn seldom(self, seldom: bool) -> Self {
        Self { seldom, ..self }
    }

    /// What opens it.
    pub(crate) fn opening(&self) -> Opening {
        Opening {
            permissions: self.permissions,
            locator: self.locator,
            gives_power: self.gives_power,
            for_masters: self.for_masters,
        }
    }

    /// Whether it takes this query parameter.
    pub(crate) fn takes(&self, parameter: &str) -> bool {
        self.row.query.name() == Some(parameter)
            || self.row.query.parameters().iter().any(|known| known.name == parameter)
            || (parameter == CURSOR && matches!(self.row.reply, Shape::Page(_)))
    }
}
