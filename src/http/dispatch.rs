//! Takes a request through the checks that the contract orders: media type, body, parameters, schema, token, permission, path; then the handler.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawPathParams, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use user_tenant_store::filter::{Filter, Predicate};
use user_tenant_store::schema;

use super::layers::HttpOptions;
use super::route::{Call, Form, Query, Reply, Route};
use super::validation::Validator;
use super::{body, query};
use crate::error::{BoxError, Error, Result};
use crate::service::Service;

/// A route with its schemas compiled.
struct Operation {
    route: Route,
    query: Option<Validator>,
    body: Option<Validator>,
}

/// Serves all routes of the table. A method that a path does not know is an unknown route.
pub(super) fn router(
    service: &Arc<Service>,
    routes: Vec<Route>,
    options: &HttpOptions,
) -> std::result::Result<Router, BoxError> {
    let mut paths: BTreeMap<&'static str, Vec<Operation>> = BTreeMap::new();
    for route in routes {
        paths.entry(route.path).or_default().push(Operation::compile(route)?);
    }
    let body_limit = options.max_body_bytes;
    Ok(paths.into_iter().fold(Router::new(), |router, (path, operations)| {
        let (service, operations) = (service.clone(), Arc::new(operations));
        let answer = move |parameters: std::result::Result<RawPathParams, _>, request: Request| async move {
            let operation = operations
                .iter()
                .find(|operation| operation.route.method == *request.method())
                .ok_or(Error::UnknownRoute)?;
            let id = parameters
                .ok()
                .and_then(|parameters| parameters.iter().find(|(name, _)| *name == "id").map(|(_, id)| id.to_owned()));
            operation.answer(&service, id, request, body_limit).await
        };
        router.route(path, any(answer))
    }))
}

impl Operation {
    fn compile(route: Route) -> std::result::Result<Self, BoxError> {
        let query = match route.query {
            Query::None => None,
            Query::Filter(meta) => Some(schema::filter(meta())),
            Query::FilterById(meta) => Some(schema::filter_by_id(meta())),
            Query::FreeFilter(_) => Some(schema::free_filter()),
            Query::Where(_) => Some(schema::where_()),
        };
        let body = route.body.as_ref().map(|body| match body.form {
            Form::Create => schema::create((body.entity)(), body.excluding),
            Form::Partial => schema::partial((body.entity)(), body.excluding),
            Form::Replace => schema::replace((body.entity)()),
        });
        let compile = |schema: Option<Json>| schema.map(Validator::new).transpose().map_err(|error| error.to_string());
        Ok(Self { query: compile(query)?, body: compile(body)?, route })
    }

    async fn answer(
        &self,
        service: &Service,
        id: Option<String>,
        request: Request,
        body_limit: usize,
    ) -> Result<Response> {
        let (head, body) = request.into_parts();
        let sent = match &self.body {
            Some(_) => Some(body::read(&head.headers, body, body_limit).await?),
            None => None,
        };
        let (filter, predicate) = self.query(head.uri.query().unwrap_or_default())?;
        let body = match (&self.body, sent) {
            (Some(validator), Some(sent)) => checked_body(validator, sent.ok_or(Error::BodyRequired)?)?,
            _ => Map::new(),
        };
        let proof =
            service.guard.admit(&service.doors, &head, self.route.permissions, self.route.reach, id.as_deref()).await?;
        let changes = self.route.body.as_ref().is_some_and(|body| body.form != Form::Create);
        if changes && body.get("deleted") == Some(&Json::Bool(true)) {
            // Deleting has a permission of its own.
            return Err(Error::NotAllowed);
        }
        let call = Call { doors: service.doors.open_to(proof), id: id.unwrap_or_default(), filter, predicate, body };
        let reply = (self.route.handler)(call).await?;
        if self.route.method != Method::GET {
            service.guard.forget_callers();
        }
        render(reply)
    }

    fn query(&self, text: &str) -> Result<(Filter, Option<Predicate>)> {
        Ok(match (&self.query, self.route.query) {
            (Some(validator), Query::Filter(meta) | Query::FilterById(meta) | Query::FreeFilter(meta)) => {
                (query::filter(text, validator, meta())?, None)
            }
            (Some(validator), Query::Where(meta)) => (Filter::default(), query::predicate(text, validator, meta())?),
            _ => Default::default(),
        })
    }
}

fn checked_body(validator: &Validator, body: Json) -> Result<Map<String, Json>> {
    let details = validator.check(&body);
    match body {
        Json::Object(object) if details.is_empty() => Ok(object),
        _ => Err(Error::InvalidBody(Box::new(json!(details)))),
    }
}

fn render(reply: Reply) -> Result<Response> {
    match reply {
        Reply::One(row) => json_response(&row),
        Reply::Many(rows) => json_response(&rows),
        Reply::Count(count) => json_response(&json!({ "count": count })),
        Reply::Empty => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

fn json_response(value: &impl Serialize) -> Result<Response> {
    let bytes = serde_json::to_vec(value).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], Bytes::from(bytes)).into_response())
}
