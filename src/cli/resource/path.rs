//! The way to the rows of one kind: requests to their collection, and what a refusal means.

use axum::http::Method;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::print::{plain, program};
use super::super::target;
use super::{Common, Kind, names};
use crate::access::caller::ClaimMap;
use crate::client::{Answer, Client};
use crate::error::BoxError;
use crate::http::CURSOR;

/// How many rows `--all` asks for at once.
const PAGE: usize = 500;

/// Codes of a caller who may not act, though the token is good.
const NOT_ACTIVE: [&str; 7] = [
    "USER_DEACTIVATED",
    "TENANT_PENDING",
    "TENANT_SUSPENDED",
    "TENANT_ARCHIVED",
    "MEMBERSHIP_REGISTERED",
    "MEMBERSHIP_SUSPENDED",
    "MEMBERSHIP_REJECTED",
];

/// Where the rows are, and the way there.
pub(super) struct Path {
    client: Client,
    pub(super) kind: Kind,
    /// What stands before the collection: the tenant whose rows they are.
    within: String,
    /// That tenant as people know it: by what was typed, else by its id.
    tenant: Option<String>,
}

impl Path {
    pub(super) async fn open(context: &Context, kind: Kind, common: &Common) -> Result<Self, Failure> {
        if kind == Kind::Tenant && common.tenant.is_some() {
            let message = "--tenant: tenants belong to none; for one of them:  tenant get NAME";
            return Err(Failure::Usage(message.to_owned()));
        }
        let tenants = Self::beside_tenants(context, common).await?;
        let tenant = match (kind, &common.tenant) {
            (Kind::Tenant, _) => return Ok(tenants),
            (_, Some(tenant)) => names::id(&tenants, tenant).await?,
            (_, None) => match tenant_of(&context.config.claims, &tenants.client) {
                Some(tenant) => tenant.to_string(),
                None => return Err(Failure::Usage("which tenant? Give --tenant NAME, or a --token of one".to_owned())),
            },
        };
        let known = common.tenant.clone().unwrap_or_else(|| tenant.clone());
        Ok(Self { kind, within: format!("/tenants/{tenant}"), tenant: Some(known), ..tenants })
    }

    /// The way to what is of no tenant.
    pub(super) async fn beside_tenants(context: &Context, common: &Common) -> Result<Self, Failure> {
        let client = target::open(context, &common.target).await?;
        Ok(Self { client, kind: Kind::Tenant, within: String::new(), tenant: None })
    }

    /// The path of the tenant whose rows they are; empty where there is none.
    pub(super) fn within(&self) -> &str {
        &self.within
    }

    /// The answer at a path of the service.
    pub(super) async fn get(&self, path: &str) -> Result<Json, Failure> {
        self.at(&Method::GET, path, None).await
    }

    /// The answer to a request at a path of the service.
    pub(super) async fn at(&self, method: &Method, path: &str, body: Option<&Json>) -> Result<Json, Failure> {
        let answer = self.client.send(method, path, body).await.map_err(unreachable)?;
        Ok(self.carried_out(answer)?.body)
    }

    /// The same of a GET; `None` where the service does not answer, or answers that it is not ready.
    pub(super) async fn get_if_ready(&self, path: &str) -> Result<Option<Json>, Failure> {
        match self.client.send(&Method::GET, path, None).await {
            Ok(answer) if answer.status != 503 => Ok(Some(self.carried_out(answer)?.body)),
            _ => Ok(None),
        }
    }

    /// The same of a GET; `None` where what the path names is not there.
    pub(super) async fn get_if_there(&self, path: &str) -> Result<Option<Json>, Failure> {
        let answer = self.client.send(&Method::GET, path, None).await.map_err(unreachable)?;
        if answer.status == 404 { Ok(None) } else { Ok(Some(self.carried_out(answer)?.body)) }
    }

    /// The way to rows of another kind in the same tenant.
    pub(super) fn beside(&self, kind: Kind) -> Self {
        Self { client: self.client.clone(), kind, within: self.within.clone(), tenant: self.tenant.clone() }
    }

    /// The way to the same kind beside tenants.
    pub(super) fn outside(&self) -> Self {
        Self { client: self.client.clone(), kind: self.kind, within: String::new(), tenant: None }
    }

    /// Where the rows are, as a part of a sentence.
    pub(super) fn place(&self) -> String {
        self.tenant.as_ref().map(|tenant| format!(" in the tenant {}", plain(tenant))).unwrap_or_default()
    }

    /// Whether the rows are those of one tenant.
    pub(super) fn is_in_a_tenant(&self) -> bool {
        self.tenant.is_some()
    }

    /// The rows of a list.
    pub(super) async fn list(&self, filter: Map<String, Json>) -> Result<Json, Failure> {
        Ok(self.send(&Method::GET, "", &[("filter", Json::from(filter).to_string())], None).await?.body)
    }

    /// All rows of a list.
    pub(super) async fn all(&self, filter: Map<String, Json>) -> Result<Json, Failure> {
        if filter.contains_key("limit") {
            return Err(Failure::Usage(
                "--filter has a \"limit\", which --all would go beyond; leave one out".to_owned(),
            ));
        }
        self.at_least(usize::MAX, filter).await
    }

    /// So many rows of a list or some more, where it has them, page by page: behind the cursor of the page before, or where
    /// the order has none, by `skip`.
    pub(super) async fn at_least(&self, wanted: usize, mut filter: Map<String, Json>) -> Result<Json, Failure> {
        let skipped = filter.get("skip").and_then(Json::as_u64).unwrap_or_default();
        let mut rows: Vec<Json> = Vec::new();
        let mut next: Option<String> = None;
        let mut size = PAGE.min(wanted);
        loop {
            filter.insert("limit".to_owned(), size.into());
            let mut query = vec![("filter", Json::from(filter.clone()).to_string())];
            query.extend(next.clone().map(|cursor| (CURSOR, cursor)));
            let answer = self.ask(&Method::GET, "", &query, None).await?;
            if answer.is_too_long() && size > 1 {
                size /= 2;
                continue;
            }
            let answer = self.carried_out(answer)?;
            next = answer.next;
            let Json::Array(page) = answer.body else { return Ok(answer.body) };
            let is_last = page.len() < size;
            rows.extend(page);
            if is_last || rows.len() >= wanted {
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
        self.carried_out(self.ask(method, below, query, body).await?)
    }

    fn carried_out(&self, answer: Answer) -> Result<Answer, Failure> {
        if answer.is_success() { Ok(answer) } else { Err(refused(&answer, self.client.is_of_operator())) }
    }

    async fn ask(
        &self,
        method: &Method,
        below: &str,
        query: &[(&str, String)],
        body: Option<&Json>,
    ) -> Result<Answer, Failure> {
        let mut target = format!("{}/{}{below}", self.within, self.kind.collection());
        if !query.is_empty() {
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
            target = format!("{target}?{query}");
        }
        let answer = self.client.send(method, &target, body).await;
        answer.map_err(unreachable)
    }

    /// The row with this id, in a list of one.
    pub(super) async fn find(&self, id: &str) -> Result<Json, Failure> {
        let filter = json!({ "where": { "id": id } }).to_string();
        let answer = self.send(&Method::GET, "", &[("filter", filter)], None).await?;
        if answer.body.as_array().is_some_and(|rows| rows.len() == 1) {
            return Ok(answer.body);
        }
        Err(Failure::other(format!("there is no {} with the id {id}", self.kind.name())))
    }

    /// A row that was just made, in a list of one, as lists show it: the answer to its making lacks a user's role and status.
    pub(super) async fn made(&self, row: Json) -> Json {
        if let (Kind::User, Some(id)) = (self.kind, row["id"].as_str())
            && let Ok(rows) = self.find(id).await
        {
            return rows;
        }
        // It is there, whether or not this caller may read it.
        json!([row])
    }

    pub(super) async fn update(&self, id: &str, body: &Json) -> Result<(), Failure> {
        match self.kind {
            Kind::Tenant | Kind::User => self.send(&Method::PATCH, &format!("/{id}"), &[], Some(body)).await?,
            // The original changes these by a condition only.
            Kind::Role | Kind::Group | Kind::Invitation => {
                self.find(id).await?;
                self.send(&Method::PATCH, "", &[("where", json!({ "id": id }).to_string())], Some(body)).await?
            }
        };
        Ok(())
    }
}

fn unreachable(error: BoxError) -> Failure {
    Failure::Other("the service cannot be reached".to_owned(), Some(error))
}

/// The tenant that the client's token is of, as it says itself.
fn tenant_of(claims: &ClaimMap, client: &Client) -> Option<Uuid> {
    let tenant = claims.caller(&client.claims()?).ok()?.tenant_id;
    (!tenant.is_nil()).then_some(tenant)
}

/// What the contract says where it does not say why.
const GENERAL: [&str; 2] = ["NotAllowedAccess", "Access to different Tenant Not Allowed"];

/// What the service says, and what to do about it.
fn refused(answer: &Answer, by_operator: bool) -> Failure {
    let error = &answer.body["error"];
    let message = error["message"]["message"].as_str().or(error["message"].as_str()).or(answer.body["detail"].as_str());
    let message = message.unwrap_or("no reason is given");
    let details: String = match (&error["details"], &answer.body["errors"]) {
        (Json::Array(details), _) => details.iter().map(detail).collect(),
        (_, Json::Array(errors)) => errors.iter().map(violation).collect(),
        (details, _) => sought(details).unwrap_or_default(),
    };
    let code = error["code"].as_str().or(answer.body["code"].as_str()).unwrap_or_default();
    let next = match answer.status {
        401 if NOT_ACTIVE.contains(&code) => "\nThe token is good; whoever it is of may not act now.".to_owned(),
        401 => format!("\nThe token is missing, over or not of this service. Mint one with:  {} token", program()),
        // Some say by themselves what they refuse.
        403 if !GENERAL.iter().any(|general| message.contains(general)) => String::new(),
        // Of the operator no permission is asked.
        403 if by_operator => {
            "\nIf it is not the name that is taken: there is no such tenant, or it is not active.".to_owned()
        }
        403 => "\nIf it is not the name that is taken: the token lacks the permission, or the tenant is another's."
            .to_owned(),
        _ => String::new(),
    };
    match answer.status {
        // No service runs for it: the command is carried out here, and its log says why.
        503 if by_operator => Failure::Unreachable("the lines above say why".into()),
        status if by_operator => Failure::other(plain(&format!("refused ({status}): {message}{details}{next}"))),
        status => Failure::other(plain(&format!("the service answers {status}: {message}{details}{next}"))),
    }
}

/// What was looked for, and is not there.
fn sought(details: &Json) -> Option<String> {
    Some(format!(": there is no {} with the id {}", details["entity"].as_str()?, details["id"].as_str()?))
}

/// Where a value is wrong, and why.
fn violation(violation: &Json) -> String {
    let [pointer, detail] = ["pointer", "detail"].map(|name| violation[name].as_str().unwrap_or_default());
    format!("\n  {pointer} {detail}")
}

/// Where a value is wrong, why, and what would be right.
fn detail(detail: &Json) -> String {
    let [path, message] = ["path", "message"].map(|name| detail[name].as_str().unwrap_or_default());
    let info = &detail["info"];
    let more = match (&info["additionalProperty"], &info["allowedValues"]) {
        (Json::String(name), _) => format!(": {name}"),
        (_, Json::Array(allowed)) => {
            format!(": {}", allowed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
        _ => String::new(),
    };
    format!("\n  {path} {message}{more}")
}
