//! The way to the rows of one kind: requests to their collection, and what a refusal means.

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value as Json, json};

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::print::program;
use super::super::reach;
use super::{Common, Kind};
use crate::client::{Answer, Client};
use crate::http::CURSOR;

/// How many rows `--all` asks for at once.
const PAGE: usize = 500;

/// Where the rows are, and the way there.
pub(super) struct Path {
    client: Client,
    kind: Kind,
    base: String,
}

impl Path {
    pub(super) async fn open(context: &Context, kind: Kind, common: &Common) -> Result<Self, Failure> {
        if kind == Kind::Tenant && common.tenant.is_some() {
            let message = "--tenant: tenants belong to none; for one of them:  tenant get ID";
            return Err(Failure::Usage(message.to_owned()));
        }
        let client = reach::open(context, &common.reach).await?;
        let base = match (kind, &common.tenant) {
            (Kind::Tenant, _) => "/tenants".to_owned(),
            (_, Some(tenant)) => format!("/tenants{}/{}", segment(tenant), kind.collection()),
            (_, None) => match client.token().and_then(tenant_of) {
                Some(tenant) => format!("/tenants{}/{}", segment(&tenant), kind.collection()),
                None => return Err(Failure::Usage("which tenant? Give --tenant ID, or a --token of one".to_owned())),
            },
        };
        Ok(Self { client, kind, base })
    }

    /// The rows of a list.
    pub(super) async fn list(&self, filter: Map<String, Json>) -> Result<Json, Failure> {
        Ok(self.send(&Method::GET, "", &[("filter", Json::from(filter).to_string())], None).await?.body)
    }

    /// All rows of a list, page by page: behind the cursor of the page before, or where the order has none, by `skip`.
    pub(super) async fn all(&self, mut filter: Map<String, Json>) -> Result<Json, Failure> {
        if filter.contains_key("limit") {
            return Err(Failure::Usage(
                "--filter has a \"limit\", which --all would go beyond; leave one out".to_owned(),
            ));
        }
        let skipped = filter.get("skip").and_then(Json::as_u64).unwrap_or_default();
        filter.insert("limit".to_owned(), PAGE.into());
        let mut rows: Vec<Json> = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let mut query = vec![("filter", Json::from(filter.clone()).to_string())];
            query.extend(next.take().map(|cursor| (CURSOR, cursor)));
            let answer = self.send(&Method::GET, "", &query, None).await?;
            next = answer.next;
            let Json::Array(page) = answer.body else { return Ok(answer.body) };
            let is_last = page.len() < PAGE;
            rows.extend(page);
            if is_last {
                return Ok(rows.into());
            }
            filter.insert("skip".to_owned(), (skipped + rows.len() as u64).into());
        }
    }

    /// Sends a request, and fails unless it was carried out.
    pub(super) async fn send(
        &self,
        method: &Method,
        below: &str,
        query: &[(&str, String)],
        body: Option<&Json>,
    ) -> Result<Answer, Failure> {
        let mut target = format!("{}{below}", self.base);
        if !query.is_empty() {
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
            target = format!("{target}?{query}");
        }
        let answer = self.client.send(method, &target, body).await;
        let answer = answer.map_err(|error| Failure::Other("the service cannot be reached".to_owned(), Some(error)))?;
        if answer.is_success() { Ok(answer) } else { Err(refused(&answer)) }
    }

    /// The row with this id, in a list of one.
    pub(super) async fn find(&self, id: &str) -> Result<Json, Failure> {
        let filter = json!({ "where": { "id": id } }).to_string();
        let answer = self.send(&Method::GET, "", &[("filter", filter)], None).await?;
        if answer.body.as_array().is_some_and(|rows| rows.len() == 1) {
            return Ok(answer.body);
        }
        Err(Failure::other(format!("there is no {id} among the {}", self.kind.collection())))
    }

    pub(super) async fn update(&self, id: &str, body: &Json) -> Result<(), Failure> {
        match self.kind {
            Kind::Tenant | Kind::User => self.send(&Method::PATCH, &segment(id), &[], Some(body)).await?,
            // The original changes these by a condition only.
            Kind::Role | Kind::Group => {
                self.find(id).await?;
                self.send(&Method::PATCH, "", &[("where", json!({ "id": id }).to_string())], Some(body)).await?
            }
        };
        Ok(())
    }
}

/// A part of a path, with the slash before it.
pub(super) fn segment(text: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    format!("/{}", encoded.replace('+', "%20"))
}

/// The tenant that a token is of, as it says itself.
fn tenant_of(token: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Json = serde_json::from_slice(&payload).ok()?;
    claims["tenantId"].as_str().map(ToOwned::to_owned)
}

/// What the service says, and what to do about it.
fn refused(answer: &Answer) -> Failure {
    let error = &answer.body["error"];
    let message = error["message"].as_str().or(error["message"]["message"].as_str()).unwrap_or("no reason is given");
    let details: Vec<_> = error["details"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|detail| {
            let [path, message] = ["path", "message"].map(|name| detail[name].as_str().unwrap_or_default());
            format!("\n  {path} {message}")
        })
        .collect();
    let next = match answer.status {
        401 => format!("\nThe token is missing, over or not of this service. Mint one with:  {} token", program()),
        403 => "\nThe token lacks the permission, or the tenant is another's.".to_owned(),
        _ => String::new(),
    };
    Failure::other(format!("the service answers {}: {message}{}{next}", answer.status, details.concat()))
}
