//! Recorded cases and expectations as they lie in `tests/contract/*.jsonl`, and how a recorded request is sent.

use std::error::Error;
use std::net::SocketAddr;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::support::http::{self, Answer, Message};
use crate::support::{contract_text, token};

/// Which caller replays the cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Pass {
    /// The caller of the recording.
    Recorded,
    /// A master token in place of the full one, for lists and counts of tenants.
    Master,
}

/// A request and what the original answered; in `own.jsonl`, what a rule demands.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Case {
    /// Unique name: `tenant.find/ok`.
    pub(super) name: String,
    /// The rule that an own case pins.
    pub(super) rule: Option<String>,
    /// What is sent.
    pub(super) request: Recorded,
    /// What comes back.
    pub(super) response: Response,
    /// What it changes in the tables.
    pub(super) db_diff: Option<Vec<Json>>,
}

/// A request in the form of the recordings.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Recorded {
    method: String,
    path: String,
    query: Option<String>,
    token: Option<String>,
    #[serde(default)]
    headers: Map<String, Json>,
    json: Option<Json>,
    raw: Option<String>,
    /// Length of a name that fills the body.
    raw_repeat: Option<usize>,
}

/// An answer in the form of the recordings; no `body` means an empty one.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Response {
    /// The status code.
    pub(super) status: u16,
    /// The body.
    pub(super) body: Option<Json>,
}

/// What we answer.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Expectation {
    /// Name of the case.
    pub(super) name: String,
    /// The only pass it is for; none means both.
    pass: Option<Pass>,
    /// The rule of `docs/compatibility.md`; none means that the recording is the expectation.
    pub(super) rule: Option<String>,
    /// The answer.
    pub(super) response: Response,
    /// What changes in the tables.
    #[serde(default)]
    pub(super) db_diff: Vec<Json>,
}

/// All expectations that differ from the recordings.
pub(super) fn expectations() -> Vec<Expectation> {
    lines("expected.jsonl")
}

/// The cases of a pass, in the order of the recordings.
pub(super) fn cases(pass: Pass) -> Vec<Case> {
    let mut cases: Vec<Case> = lines("cases.jsonl");
    match pass {
        Pass::Recorded => cases.extend(lines::<Case>("own.jsonl")),
        Pass::Master => {
            cases.retain(Case::lists_tenants);
            for case in &mut cases {
                case.request.token = Some("master_a".to_owned());
            }
        }
    }
    cases
}

fn lines<T: serde::de::DeserializeOwned>(file: &str) -> Vec<T> {
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{file}: {error} in {line}"));
    contract_text(file).lines().map(parse).collect()
}

impl Case {
    /// What we answer in this pass: an expectation of its own, or the recording.
    pub(super) fn expectation(&self, expectations: &[Expectation], pass: Pass) -> Expectation {
        let own = expectations.iter().find(|own| own.name == self.name && own.pass.is_none_or(|only| only == pass));
        own.cloned().unwrap_or_else(|| Expectation {
            name: self.name.clone(),
            pass: None,
            rule: self.rule.clone(),
            response: self.response.clone(),
            db_diff: self.db_diff.clone().unwrap_or_default(),
        })
    }

    fn lists_tenants(&self) -> bool {
        self.request.method == "GET"
            && matches!(self.request.path.as_str(), "/tenants" | "/tenants/count")
            && self.request.token.as_deref() == Some("admin_a")
            && !self.name.starts_with("http/")
    }
}

impl Recorded {
    /// Whether the request can change nothing.
    pub(super) fn only_reads(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS")
    }

    /// Path, query and body as text: ids in it are known, and not replaced in the answer.
    pub(super) fn text(&self) -> String {
        let json = self.json.as_ref().map(Json::to_string).unwrap_or_default();
        format!(
            "{}?{} {json} {}",
            self.path,
            self.query.as_deref().unwrap_or_default(),
            self.raw.as_deref().unwrap_or_default()
        )
    }

    /// Sends the request.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub(super) fn send(&self, address: SocketAddr) -> Result<Answer, Box<dyn Error>> {
        let with_token = |text: &str| text.replace("{{token:admin_a}}", &token::token("admin_a"));
        let query = self.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let mut headers = Vec::new();
        if let Some(authorization) = token::authorization(self.token.as_deref()) {
            headers.push(("authorization".to_owned(), Some(authorization)));
        }
        let is_json = self.json.is_some() || self.raw_repeat.is_some();
        if is_json {
            headers.push(("content-type".to_owned(), Some("application/json".to_owned())));
        }
        headers.extend(self.headers.iter().map(|(name, value)| (name.clone(), value.as_str().map(ToOwned::to_owned))));
        let body = match (&self.json, &self.raw, self.raw_repeat) {
            (Some(json), ..) => Some(json.to_string().into_bytes()),
            (_, Some(raw), _) => Some(with_token(raw).into_bytes()),
            (.., Some(length)) => Some(format!(r#"{{"name":"{}","status":1}}"#, "x".repeat(length)).into_bytes()),
            _ => None,
        };
        http::send(
            address,
            &Message {
                method: self.method.clone(),
                target: with_token(&format!("{}{query}", self.path)),
                headers,
                body,
            },
        )
    }
}
