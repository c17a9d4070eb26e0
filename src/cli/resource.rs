//! `tenant | user | role | group` with `list | get | create | update | remove`: daily work with a service.

use std::io::IsTerminal;

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value as Json, json};

use super::context::Context;
use super::failure::Failure;
use super::print::{ask, program, say};
use super::reach::{self, Reach};
use super::table;
use crate::client::{Answer, Client};

/// What is worked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Tenants.
    Tenant,
    /// Users of a tenant.
    User,
    /// Roles of a tenant.
    Role,
    /// Groups of a tenant.
    Group,
}

impl Kind {
    /// The last part of its path.
    fn collection(self) -> &'static str {
        match self {
            Self::Tenant => "tenants",
            Self::User => "users",
            Self::Role => "roles",
            Self::Group => "groups",
        }
    }

    /// What a table shows unless somebody asks for more.
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Tenant => &["id", "key", "name", "status"],
            Self::User => &["id", "username", "email", "firstName", "lastName", "roleId", "status"],
            Self::Role => &["id", "name", "roleType", "description"],
            Self::Group => &["id", "name", "description"],
        }
    }
}

/// Options of all five.
#[derive(Debug, Args)]
pub(super) struct Common {
    #[command(flatten)]
    reach: Reach,
    /// The tenant whose users, roles or groups they are; without it, the tenant of the token.
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// The form of the result.
    #[arg(long, short, value_enum, default_value_t = Output::Table)]
    output: Output,
}

/// The forms of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// A table of the columns that matter most.
    Table,
    /// JSON, all properties.
    Json,
    /// Comma-separated values, all properties (RFC 4180).
    Csv,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// List them.
    List {
        #[command(flatten)]
        common: Common,
        /// A filter of `LoopBack`, as JSON: {"where": {"name": {"like": "A%"}}, "limit": 10}
        #[arg(long, value_name = "JSON", value_parser = object)]
        filter: Option<Map<String, Json>>,
        /// Only those with this value; repeatable.
        #[arg(long = "where", value_name = "NAME=VALUE", value_parser = pair)]
        conditions: Vec<(String, Json)>,
        /// In the order of this property, as in "name" or "name DESC"; repeatable.
        #[arg(long, value_name = "PROPERTY")]
        order: Vec<String>,
        /// So many at most.
        #[arg(long)]
        limit: Option<u64>,
        /// Not the first so many.
        #[arg(long)]
        skip: Option<u64>,
    },
    /// Show one.
    Get {
        /// Its id.
        id: String,
        #[command(flatten)]
        common: Common,
    },
    /// Make one.
    Create {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        values: Values,
    },
    /// Change one.
    Update {
        /// Its id.
        id: String,
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        values: Values,
    },
    /// Remove one: a tenant, a role or a group; or a user from the tenant.
    Remove {
        /// Its id.
        id: String,
        #[command(flatten)]
        common: Common,
        /// Do not ask; needed where nobody can answer.
        #[arg(long)]
        yes: bool,
    },
}

/// Properties to set.
#[derive(Debug, Args)]
pub(super) struct Values {
    /// A property and its value: JSON where it is some, else text; repeatable.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, Json)>,
    /// All properties at once, as JSON.
    #[arg(long, value_name = "JSON", value_parser = object)]
    data: Option<Map<String, Json>>,
}

impl Values {
    fn body(self) -> Result<Json, Failure> {
        let mut body = self.data.unwrap_or_default();
        body.extend(self.set);
        if body.is_empty() {
            return Err(Failure::Usage("nothing is set: give --set NAME=VALUE or --data JSON".to_owned()));
        }
        Ok(body.into())
    }
}

fn object(text: &str) -> Result<Map<String, Json>, String> {
    serde_json::from_str(text).map_err(|error| format!("no JSON object: {error}"))
}

fn pair(text: &str) -> Result<(String, Json), String> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("it must be NAME=VALUE")?;
    Ok((name.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| value.into())))
}

/// Does it, and prints the result.
pub(super) async fn resource(context: &Context, kind: Kind, action: Action) -> Result<(), Failure> {
    match action {
        Action::List { common, filter, conditions, order, limit, skip } => {
            let filter = merged(filter.unwrap_or_default(), conditions, &order, limit, skip)?;
            let path = Path::open(context, kind, &common).await?;
            let answer = path.send(&Method::GET, "", Some(("filter", filter)), None).await?;
            table::print(&answer.body, kind.columns(), common.output)
        }
        Action::Get { id, common } => {
            let path = Path::open(context, kind, &common).await?;
            let rows = path.find(&id).await?;
            table::print(&rows, kind.columns(), common.output)
        }
        Action::Create { common, values } => {
            let body = values.body()?;
            let path = Path::open(context, kind, &common).await?;
            let answer = path.send(&Method::POST, "", None, Some(&body)).await?;
            table::print(&json!([answer.body]), kind.columns(), common.output)
        }
        Action::Update { id, common, values } => {
            let body = values.body()?;
            let path = Path::open(context, kind, &common).await?;
            path.update(&id, &body).await?;
            table::print(&path.find(&id).await?, kind.columns(), common.output)
        }
        Action::Remove { id, common, yes } => {
            let path = Path::open(context, kind, &common).await?;
            let rows = path.find(&id).await?;
            if !yes {
                confirm(kind, &rows[0])?;
            }
            path.send(&Method::DELETE, &segment(&id), None, None).await?;
            say(&format!("removed {id}"));
            Ok(())
        }
    }
}

fn confirm(kind: Kind, row: &Json) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage("nobody can be asked here: give --yes to remove it".to_owned()));
    }
    let name = ["name", "username"].iter().find_map(|name| row[*name].as_str()).unwrap_or_default();
    let question = format!("Remove {name} from the {}? [y/N] ", kind.collection());
    match ask(&question) {
        Ok(true) => Ok(()),
        _ => Err(Failure::other("nothing was removed")),
    }
}

/// The flags for the common cases, put into the filter.
fn merged(
    mut filter: Map<String, Json>,
    conditions: Vec<(String, Json)>,
    order: &[String],
    limit: Option<u64>,
    skip: Option<u64>,
) -> Result<Json, Failure> {
    let twice = |name: &str| Failure::Usage(format!("--filter has a {name:?} already; give it in one place"));
    let mut put = |name: &str, value: Option<Json>| match value {
        Some(_) if filter.contains_key(name) => Err(twice(name)),
        Some(value) => {
            filter.insert(name.to_owned(), value);
            Ok(())
        }
        None => Ok(()),
    };
    put("where", (!conditions.is_empty()).then(|| conditions.into_iter().collect::<Map<_, _>>().into()))?;
    put("order", (!order.is_empty()).then(|| json!(order)))?;
    put("limit", limit.map(Json::from))?;
    put("skip", skip.map(Json::from))?;
    Ok(filter.into())
}

/// Where the rows are, and the way there.
struct Path {
    client: Client,
    kind: Kind,
    base: String,
}

impl Path {
    async fn open(context: &Context, kind: Kind, common: &Common) -> Result<Self, Failure> {
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

    /// Sends a request, and fails unless it was carried out.
    async fn send(
        &self,
        method: &Method,
        below: &str,
        query: Option<(&str, Json)>,
        body: Option<&Json>,
    ) -> Result<Answer, Failure> {
        let mut target = format!("{}{below}", self.base);
        if let Some((name, value)) = query {
            let encoded: String = form_urlencoded::byte_serialize(value.to_string().as_bytes()).collect();
            target = format!("{target}?{name}={encoded}");
        }
        let answer = self.client.send(method, &target, body).await;
        let answer = answer.map_err(|error| Failure::Other("the service cannot be reached".to_owned(), Some(error)))?;
        if answer.is_success() { Ok(answer) } else { Err(refused(&answer)) }
    }

    /// The row with this id, in a list of one.
    async fn find(&self, id: &str) -> Result<Json, Failure> {
        let filter = json!({ "where": { "id": id } });
        let answer = self.send(&Method::GET, "", Some(("filter", filter)), None).await?;
        if answer.body.as_array().is_some_and(|rows| rows.len() == 1) {
            return Ok(answer.body);
        }
        Err(Failure::other(format!("there is no {id} among the {}", self.kind.collection())))
    }

    async fn update(&self, id: &str, body: &Json) -> Result<(), Failure> {
        match self.kind {
            Kind::Tenant | Kind::User => self.send(&Method::PATCH, &segment(id), None, Some(body)).await?,
            // The original changes these by a condition only.
            Kind::Role | Kind::Group => {
                self.find(id).await?;
                self.send(&Method::PATCH, "", Some(("where", json!({ "id": id }))), Some(body)).await?
            }
        };
        Ok(())
    }
}

/// A part of a path, with the slash before it.
fn segment(text: &str) -> String {
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
