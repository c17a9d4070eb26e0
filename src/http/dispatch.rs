//! Takes a request through the checks in their order: media type, token, body, parameters, schema, permission, path; then the handler.
//!
//! Nothing that a stranger sends is read further than the head. Of a caller whose token is good, JSON, parameters and
//! schema are looked at before the permission, as in the original.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::HttpBody;
use axum::extract::{RawPathParams, Request};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::{Map, Value as Json, json};
use user_tenant_store::filter::{Filter, Predicate};

use super::answer::render;
use super::body::{self, Bodies, Held, Sent};
use super::idempotency::{self, AtWork};
use super::layers::{self, HttpOptions};
use super::places::WorkPlace;
use super::query;
use super::route::{Call, Form, Given, PathParameters, Query, Route, Shape};
use super::surface::Surface;
use super::validation::Validator;
use crate::access::active_callers::Place;
use crate::access::caller::Caller;
use crate::access::entrance::Entrance;
use crate::access::guard::Authorized;
use crate::access::once::fingerprint;
use crate::access::sessions::Origin;
use crate::error::{Error, Result};
use crate::host::Change;
use crate::service::Service;

/// A JSON object.
type Object = Map<String, Json>;

/// A route with its schemas, each compiled when it is first needed: few services use all routes.
struct Operation {
    route: Route,
    query: OnceLock<Compiled>,
    body: OnceLock<Compiled>,
    /// What is being carried out that is carried out once.
    at_work: Arc<AtWork>,
}

/// What a request says, checked but for who may say it.
struct Said {
    filter: Filter,
    predicate: Option<Predicate>,
    body: Object,
    items: Vec<Object>,
    /// What the body may take of the memory for all, for as long as the request is at work.
    held: Option<Held>,
}

/// Who sends a request.
enum Sender {
    /// The caller of a good token, and the place of the request among those of the tenant.
    Caller(Arc<Caller>, Place),
    /// Somebody without one, on a route that lets them in this way, and the place of the request among those of strangers.
    Stranger(&'static Entrance, Held),
}

/// What the query string says.
type Parameters = (Filter, Option<Predicate>);

/// A body as JSON, before it is held against its schema.
struct Parsed {
    /// What was sent; `None` of an empty body, and of a route without one.
    json: Option<Json>,
    held: Option<Held>,
}

impl Parsed {
    fn of(sent: Option<Sent>) -> Result<Self> {
        let (json, held) = sent.map(Sent::parse).transpose()?.unzip();
        Ok(Self { json: json.flatten(), held: held.flatten() })
    }
}

/// A compiled schema, if there is one; or why it cannot be compiled, which is a defect.
type Compiled = std::result::Result<Option<Validator>, String>;

fn compiled(once: &OnceLock<Compiled>, schema: impl FnOnce() -> Option<Json>) -> Result<Option<&Validator>> {
    let compile = || schema().map(Validator::new).transpose().map_err(|error| error.to_string());
    match once.get_or_init(compile) {
        Ok(validator) => Ok(validator.as_ref()),
        Err(error) => Err(Error::Internal(error.as_str().into())),
    }
}

/// The operations of a path, each of another method.
type OfPath = Vec<Arc<Operation>>;

/// What another path makes of a path: its operations, and the values of its parameters.
type ReadAs = (Arc<OfPath>, Vec<(String, String)>);

/// Serves all routes of the table. A method that a path does not know is an unknown route.
pub(super) fn router(service: &Arc<Service>, routes: Vec<Route>, options: &HttpOptions) -> Router {
    let mut paths: BTreeMap<&'static str, OfPath> = BTreeMap::new();
    for route in routes {
        paths.entry(route.path).or_default().push(Arc::new(Operation::new(route)));
    }
    let paths: BTreeMap<_, _> = paths.into_iter().map(|(path, operations)| (path, Arc::new(operations))).collect();
    let bodies = Arc::new(Bodies::new(options));
    paths.iter().fold(Router::new(), |router, (path, operations)| {
        let other = contract_of(&paths, path, operations).map(Arc::new);
        let (service, bodies, operations) = (service.clone(), bodies.clone(), operations.clone());
        let answer = move |parameters: std::result::Result<RawPathParams, _>, request: Request| async move {
            let (operation, path) = if let Some(operation) = by_method(&operations, request.method()) {
                let given = parameters.iter().flatten();
                (operation, given.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
            } else if let Some((others, given)) = other.as_deref()
                && let Some(operation) = by_method(others, request.method())
            {
                (operation, given.iter().cloned().collect())
            } else {
                return Error::UnknownRoute.into_response();
            };
            let Route { method, path: template, operation: name, surface, .. } = &operation.route;
            operation.answer(&service, &bodies, path, request).await.unwrap_or_else(|error| {
                if let Some(refusal) = error.wall_refusal() {
                    service.metrics.wall_refused(method, template, refusal);
                }
                surface.answer(&error, name)
            })
        };
        router.route(path, any(answer))
    })
}

/// The operation of a method.
fn by_method<'a>(operations: &'a [Arc<Operation>], method: &Method) -> Option<&'a Arc<Operation>> {
    operations.iter().find(|operation| operation.route.method == *method)
}

/// What the contract makes of a path that is ours alone: a word of it is an id there. Methods that are not ours are answered as
/// they would be without us.
fn contract_of(
    paths: &BTreeMap<&'static str, Arc<OfPath>>,
    path: &str,
    operations: &[Arc<Operation>],
) -> Option<ReadAs> {
    let is_ours = |operations: &[Arc<Operation>]| operations.iter().all(|of| of.route.surface == Surface::Problem);
    let contract = paths.iter().filter(|(_, others)| is_ours(operations) && !is_ours(others));
    contract.into_iter().find_map(|(template, others)| Some((others.clone(), read_as(template, path)?)))
}

/// The parameters of a template, where a path is one that it takes.
fn read_as(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (mut segments, mut given) = (path.split('/'), Vec::new());
    for wanted in template.split('/') {
        let segment = segments.next()?;
        match wanted.strip_prefix('{').and_then(|wanted| wanted.strip_suffix('}')) {
            Some(name) if !segment.starts_with('{') => given.push((name.to_owned(), segment.to_owned())),
            _ if wanted == segment => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(given)
}

impl Operation {
    fn new(route: Route) -> Self {
        Self { route, query: OnceLock::new(), body: OnceLock::new(), at_work: Arc::default() }
    }

    /// What checks the query parameter, where the route has one.
    fn query_validator(&self) -> Result<Option<&Validator>> {
        compiled(&self.query, || self.route.row.query.parameter().map(|(_, schema)| schema))
    }

    /// What checks the body, where the route has one.
    fn body_validator(&self) -> Result<Option<&Validator>> {
        compiled(&self.body, || self.route.row.body.as_ref().map(|body| body.schema_around(body.schema())))
    }

    async fn answer(
        self: &Arc<Self>,
        service: &Service,
        bodies: &Bodies,
        path: PathParameters,
        request: Request,
    ) -> Result<Response> {
        let (head, body) = request.into_parts();
        let limit = bodies.limit(self.route.entrance.is_some());
        let sender = match self.identify(service, bodies, &head, body.size_hint().lower(), limit).await {
            Ok(sender) => sender,
            Err(refusal) => {
                body::discard(&head.headers, body, limit);
                return Err(refusal);
            }
        };
        let key = match self.key(&head) {
            Ok(key) => key,
            Err(refusal) => {
                body::discard(&head.headers, body, limit);
                return Err(refusal);
            }
        };
        if let (Sender::Caller(caller, _), true) = (&sender, self.route.row.body.is_some() && body::may_be_long(&body))
            && let Err(refusal) = service.guard.check_permission(caller, self.route.permissions)
        {
            // The original looks at the body first; but a caller without the permission may not take the room of others.
            body::discard(&head.headers, body, limit);
            return Err(refusal);
        }
        let sent = match &self.route.row.body {
            Some(_) => {
                let (tenant, read) = match &sender {
                    Sender::Caller(caller, _) => (Some(caller.tenant_id), bodies.read(body, limit, true)),
                    Sender::Stranger(..) => (None, bodies.read(body, limit, false)),
                };
                Some(WorkPlace::left_for(head.extensions.get(), tenant, read).await?)
            }
            None => None,
        };
        let query = head.uri.query().unwrap_or_default();
        let once = key.map(|key| {
            let target = head.uri.path_and_query().map_or("", |target| target.as_str());
            let body = sent.as_ref().map(Sent::bytes).unwrap_or_default();
            idempotency::Asked { key, fingerprint: fingerprint(head.method.as_str(), target, body) }
        });
        let (said, proof, _place) = match sender {
            Sender::Stranger(entrance, _place) => {
                let parsed = bodies.of_stranger(sent, Parsed::of).await?;
                let proof = (entrance.admit)(&service.guard, &head.headers, parsed.json.as_ref()).await?;
                let parameters = self.parameters(query)?;
                (self.said_in(parsed, parameters)?, proof, None)
            }
            Sender::Caller(caller, place) => {
                let said = self.said(bodies, &head, sent).await?;
                if self.route.row.body.is_some() {
                    // A body may take its time, and callers are what they are now.
                    service.guard.check_active(&caller, &place).await?;
                }
                (said, service.guard.admit(caller, self.route.opening(), path.get("id")).await?, Some(place))
            }
        };
        let Said { filter, predicate, body, items, held: _held } = said;
        let filter = Filter { counted: query::is_counted(&head.headers), ..filter };
        let changes =
            self.route.row.body.as_ref().is_some_and(|body| matches!(body.form, Form::Partial | Form::Replace));
        if changes && body.get("deleted") == Some(&Json::Bool(true)) {
            // Deleting has a permission of its own.
            return Err(Error::DeletedByChange);
        }
        let tell = (self.route.writes && service.listeners.are_there()).then(|| self.change(&path, &proof));
        let origin = if self.route.writes { layers::origin() } else { Origin::default() };
        let given = Given::of(self.route.row.query.parameters(), query)?;
        let call = Call { path, filter, predicate, given, body, items };
        let sessions = service.sessions.open_to(proof, origin);
        let (response, is_new) = match once {
            None => (render((self.route.handle)(sessions, call).await?, query), true),
            // Boxed: all other requests would have room for it.
            Some(asked) => {
                let answer = idempotency::answer(&self.at_work, &self.route, asked, sessions, call, query);
                let (response, is_new) = Box::pin(answer).await?;
                (Ok(response), is_new)
            }
        };
        if let Some(change) = tell.filter(|_| is_new) {
            service.listeners.tell(&change);
        }
        response
    }

    /// The key by which the request is carried out once, where the route does that and the request names one.
    fn key(&self, head: &Parts) -> Result<Option<String>> {
        if self.route.idempotent { idempotency::key(&head.headers) } else { Ok(None) }
    }

    /// Who sends the request, by its head alone.
    async fn identify(
        &self,
        service: &Service,
        bodies: &Bodies,
        head: &Parts,
        length: u64,
        limit: usize,
    ) -> Result<Sender> {
        if self.route.row.body.is_some() {
            body::check_head(&head.headers, length, limit)?;
        }
        if let Some(entrance) = self.route.entrance {
            (entrance.check_head)(&service.guard, &head.headers)?;
            return Ok(Sender::Stranger(entrance, bodies.stranger()?));
        }
        service.guard.identify(head).await.map(|(caller, place)| Sender::Caller(caller, place))
    }

    /// What a caller says, and so what is wrong with it.
    async fn said(self: &Arc<Self>, bodies: &Bodies, head: &Parts, sent: Option<Sent>) -> Result<Said> {
        let weight =
            body::weight(head.uri.query().unwrap_or_default().as_bytes()) + sent.as_ref().map_or(0, |sent| sent.weight);
        let (operation, uri) = (self.clone(), head.uri.clone());
        let work = move || {
            let parsed = Parsed::of(sent)?;
            let parameters = operation.parameters(uri.query().unwrap_or_default())?;
            operation.said_in(parsed, parameters)
        };
        bodies.work(weight, work).await
    }

    /// The body by its schema, beside the parameters.
    fn said_in(&self, parsed: Parsed, (filter, predicate): Parameters) -> Result<Said> {
        let Parsed { json, held } = parsed;
        let (body, items) = match self.body_validator()? {
            Some(validator) => {
                let optional = self.route.row.body.as_ref().is_some_and(|body| body.optional);
                let json = json.or_else(|| optional.then(|| Json::Object(Map::new())));
                checked_body(validator, json.ok_or(Error::BodyRequired)?)?
            }
            None => Default::default(),
        };
        Ok(Said { filter, predicate, body, items, held })
    }

    /// What a request changes, for whoever wants to know.
    fn change(&self, path: &PathParameters, proof: &Authorized) -> Change {
        let caller = proof.caller();
        Change {
            method: self.route.method.clone(),
            path: self.route.path,
            operation: self.route.operation,
            parameters: path.to_map(),
            tenant_id: proof.tenant(),
            user_id: caller.id,
            membership_id: caller.user_tenant_id,
        }
    }

    fn parameters(&self, text: &str) -> Result<Parameters> {
        query::check_names(text, |name| self.route.takes(name))?;
        Ok(match (self.query_validator()?, self.route.row.query) {
            (Some(validator), Query::Filtered(meta) | Query::FilteredById(meta) | Query::FilteredFreely(meta)) => {
                let filter = query::filter(text, validator, meta())?;
                match self.route.row.reply {
                    Shape::Page(_) => (query::behind_cursor(text, meta(), filter)?, None),
                    _ => (filter, None),
                }
            }
            (Some(validator), Query::Where(meta) | Query::IgnoredWhere(meta)) => {
                (Filter::default(), query::predicate(text, validator, meta())?)
            }
            _ => Default::default(),
        })
    }
}

/// The body as one object, or as the objects of an array.
fn checked_body(validator: &Validator, body: Json) -> Result<(Object, Vec<Object>)> {
    let details = validator.check(&body);
    let object = |item: Json| match item {
        Json::Object(object) => Some(object),
        _ => None,
    };
    match body {
        Json::Object(object) if details.is_empty() => Ok((object, Vec::new())),
        Json::Array(items) if details.is_empty() => Ok((Map::new(), items.into_iter().filter_map(object).collect())),
        _ => Err(Error::InvalidBody(Box::new(json!(details)))),
    }
}

#[cfg(test)]
mod tests {
    use super::Operation;
    use crate::http::routes;

    #[test]
    fn every_schema_compiles() {
        for route in routes() {
            let name = route.operation;
            let (has_query, has_body) = (route.row.query.parameter().is_some(), route.row.body.is_some());
            let operation = Operation::new(route);
            let query = operation.query_validator().unwrap_or_else(|error| panic!("{name}: {error:?}"));
            let body = operation.body_validator().unwrap_or_else(|error| panic!("{name}: {error:?}"));
            assert_eq!((query.is_some(), body.is_some()), (has_query, has_body), "{name}");
        }
    }

    #[test]
    fn what_a_handler_reads_of_the_path_is_there() {
        for route in routes() {
            let parameters = route.path.matches('{').count();
            // The locator has the first one.
            assert!(!route.row.has_id || parameters > usize::from(route.locator.is_some()), "{}", route.operation);
            assert!(route.locator.is_none() || route.path.contains("{id}"), "{}", route.operation);
        }
    }

    #[test]
    fn a_route_is_open_to_somebody() {
        for route in routes() {
            assert!(route.permissions.is_empty() == route.entrance.is_some(), "{}", route.operation);
        }
    }
}
