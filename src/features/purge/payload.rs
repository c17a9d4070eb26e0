//! What the job of a purge carries: who asked for it, and how far it has come.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use user_tenant_store::audit::{Actor, ActorKind, Context};
use user_tenant_store::session::{Session, Write};
use uuid::Uuid;

/// The payload of the job.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payload {
    /// Who asked.
    pub(super) asked: Asked,
    /// How far it has come.
    #[serde(default)]
    pub(super) progress: Progress,
}

/// Who asked for a purge, and why: its last line of the audit log says it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    membership: Option<Uuid>,
    user: Option<Uuid>,
    kind: String,
    request: Option<String>,
    pub(super) reason: Option<String>,
}

/// How far a purge has come.
#[derive(Debug)]
pub(crate) struct UnderWay {
    /// When it was asked for.
    pub(crate) since: OffsetDateTime,
    /// Where its job stands.
    pub(crate) state: String,
    /// How many rows it has removed.
    pub(crate) rows: u64,
    /// Of how many lines of the audit log it has taken what may not stay.
    pub(crate) lines: u64,
    /// Why a step of it did not succeed.
    pub(crate) last_error: Option<String>,
}

/// What is done already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Progress {
    /// What is at work, by its name; from the beginning where this program has no such thing.
    pub(super) at: String,
    /// How many rows were removed, by table.
    pub(super) rows: BTreeMap<String, u64>,
    /// Of how many lines of the audit log values were taken.
    pub(super) lines: u64,
    /// The position up to which the tenant's lines were looked through.
    pub(super) behind: i64,
    /// Whether one of them still held something.
    pub(super) found: bool,
}

impl Asked {
    /// Whoever writes in this session.
    pub(super) fn by<S>(session: &Session<S, Write>) -> Self {
        let (actor, context) = session.author();
        Self {
            membership: actor.membership,
            user: actor.user,
            kind: context.kind.unwrap_or(ActorKind::System).as_str().to_owned(),
            request: context.request.as_deref().map(ToOwned::to_owned),
            reason: context.reason.as_deref().map(ToOwned::to_owned),
        }
    }

    /// What the audit log says of a step. The reason stands in the last line alone, or each would have to be found again.
    pub(super) fn says(&self, tenant: Uuid) -> (Actor, Context) {
        let kinds = [ActorKind::Member, ActorKind::Operator, ActorKind::System];
        let kind = kinds.into_iter().find(|kind| kind.as_str() == self.kind);
        let request = self.request.as_deref().map(Into::into);
        let context = Context { kind, tenant: Some(tenant), request, address: None, reason: None };
        (Actor { membership: self.membership, user: self.user, tenant: None }, context)
    }
}
