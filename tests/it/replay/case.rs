//! Recorded cases and expectations as they lie in `tests/contract`, and how a recorded request is sent.

use std::error::Error;
use std::net::SocketAddr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::signature::Signature;
use crate::support::http::{self, Answer, Message};
use crate::support::{contract_file, token};

/// Which caller replays the cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Pass {
    /// The caller of the recording.
    Recorded,
    /// A master token in place of the full one, for lists and counts of tenants.
    Master,
}

/// A request and what the original answered; in `own/`, what a rule demands.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// The file it stands in, without ending.
    #[serde(skip)]
    pub(super) group: String,
    /// Unique name: `tenant.find/ok`.
    pub(super) name: String,
    /// The rule that an own case pins.
    pub(super) rule: Option<String>,
    /// Statements that change the fixture first, in words of both databases.
    pub(super) pre_sql: Option<String>,
    /// Requests that are sent first, whatever is answered.
    #[serde(default)]
    pub(super) pre: Vec<Recorded>,
    /// What is sent.
    pub(super) request: Recorded,
    /// What comes back.
    pub(super) response: Response,
    /// What it changes in the tables.
    pub(super) db_diff: Option<Vec<Json>>,
}

/// A request in the form of the recordings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
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
    hmac: Option<Signature>,
}

/// An answer in the form of the recordings; no `body` means an empty one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Response {
    /// The status code.
    pub(super) status: u16,
    /// The body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Json>,
}

/// What we answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectation {
    /// The file it stands in, without ending.
    #[serde(skip)]
    pub(super) group: String,
    /// Name of the case.
    pub(super) name: String,
    /// The only pass it is for; none means both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pass: Option<Pass>,
    /// The rule of `docs/compatibility.md`; none means that the recording is the expectation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<String>,
    /// The answer.
    pub(super) response: Response,
    /// What changes in the tables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) db_diff: Vec<Json>,
}

/// All expectations that differ from the recordings.
pub(super) fn expectations() -> Vec<Expectation> {
    read("expected", |group, expectation| Expectation { group, ..expectation })
}

/// The cases of a pass, group by group in the order of the recordings.
pub(super) fn cases(pass: Pass) -> Vec<Case> {
    let mut cases: Vec<Case> = read("cases", |group, case| Case { group, ..case });
    match pass {
        Pass::Recorded => cases.extend(read("own", |group, case| Case { group, ..case })),
        Pass::Master => {
            cases.retain(Case::lists_tenants);
            for case in &mut cases {
                case.request.token = Some("master_a".to_owned());
            }
        }
    }
    cases
}

/// Reads the files of a directory in the order of their names; a file is a group, a line is an item.
fn read<T: DeserializeOwned>(directory: &str, in_group: fn(String, T) -> T) -> Vec<T> {
    let entries = std::fs::read_dir(contract_file(directory)).expect("the directory exists");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("the directory can be read").path()).collect();
    files.sort();
    let mut items = Vec::new();
    for file in files {
        let group = file.file_stem().expect("a file has a name").to_string_lossy();
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        items.extend(text.lines().map(|line| {
            let item = serde_json::from_str(line);
            in_group(group.to_string(), item.unwrap_or_else(|error| panic!("{}: {error} in {line}", file.display())))
        }));
    }
    items
}

impl Case {
    /// Whether `REPLAY_ONLY` asks for the case: by its group, or by how its name starts.
    pub(super) fn is_asked_for(&self, only: &str) -> bool {
        self.group == only || self.name.starts_with(only)
    }

    /// What we answer in this pass: an expectation of its own, or the recording.
    pub(super) fn expectation(&self, expectations: &[Expectation], pass: Pass) -> Expectation {
        let own = expectations.iter().find(|own| own.name == self.name && own.pass.is_none_or(|only| only == pass));
        own.cloned().unwrap_or_else(|| Expectation {
            group: self.group.clone(),
            name: self.name.clone(),
            pass: None,
            rule: self.rule.clone(),
            response: self.response.clone(),
            db_diff: self.db_diff.clone().unwrap_or_default(),
        })
    }

    /// Whether neither it nor what comes before it changes anything.
    pub(super) fn only_reads(&self) -> bool {
        self.request.only_reads() && self.pre.is_empty()
    }

    /// Whether a master token is to show what the original shows anyone.
    pub(super) fn lists_tenants(&self) -> bool {
        self.request.method == "GET"
            && matches!(self.request.path.as_str(), "/tenants" | "/tenants/count")
            && self.request.token.as_deref() == Some("admin_a")
            && self.group != "http"
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
        let body = match (&self.json, &self.raw, self.raw_repeat) {
            (Some(json), ..) => Some(json.to_string()),
            (_, Some(raw), _) => Some(with_token(raw)),
            (.., Some(length)) => Some(format!(r#"{{"name":"{}","status":1}}"#, "x".repeat(length))),
            _ => None,
        };
        let mut headers = Vec::new();
        if let Some(authorization) = token::authorization(self.token.as_deref()) {
            headers.push(("authorization".to_owned(), Some(authorization)));
        }
        if self.json.is_some() || self.raw_repeat.is_some() {
            headers.push(("content-type".to_owned(), Some("application/json".to_owned())));
        }
        if let Some(signature) = &self.hmac {
            headers.extend(signature.headers(body.as_deref().unwrap_or_default()));
        }
        headers.extend(self.headers.iter().map(|(name, value)| (name.clone(), value.as_str().map(ToOwned::to_owned))));
        http::send(
            address,
            &Message {
                method: self.method.clone(),
                target: with_token(&format!("{}{query}", self.path)),
                headers,
                body: body.map(String::into_bytes),
            },
        )
    }
}
