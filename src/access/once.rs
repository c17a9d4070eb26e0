//! Requests that are carried out once: what was answered is written in the transaction of what was changed, so that either both are
//! there or neither is, whenever the process ends.

use std::sync::{Arc, OnceLock};

use user_tenant_store::filter::{Comparison, Predicate};
use user_tenant_store::scope::{Scope, Sees, TenantScope};
use user_tenant_store::session::{Held, Session, Write};
use user_tenant_store::{StoreError, StoreResult};
use uuid::{Builder, Uuid};

use super::digest::sha256;
use crate::model::IdempotencyKey;

/// Most answers that are kept for one caller in one tenant.
pub(crate) const MOST: u64 = 10_000;

/// A request that is carried out once.
#[derive(Clone)]
pub(crate) struct Once(Arc<State>);

struct State {
    /// Of the answer that is kept.
    id: Uuid,
    tenant: Uuid,
    membership: Uuid,
    /// Where the transaction waits for its answer.
    held: Held,
    seen: OnceLock<Seen>,
}

/// Why a request was not carried out.
#[derive(Clone)]
pub(crate) enum Seen {
    /// Another process carries it out.
    AtWork,
    /// It was answered before.
    Answered(Box<IdempotencyKey>),
    /// As many answers are kept for the caller as may be.
    TooMany,
}

impl Once {
    /// One whose answer is kept under this id.
    pub(crate) fn new(id: Uuid, tenant: Uuid, membership: Uuid) -> Self {
        Self(Arc::new(State { id, tenant, membership, held: Held::default(), seen: OnceLock::new() }))
    }

    /// Why it was not carried out, if it was not. What its handler answered means nothing then.
    pub(crate) fn seen(&self) -> Option<Seen> {
        self.0.seen.get().cloned()
    }

    /// Takes up the transaction that the handler has ended; none where it made none.
    pub(crate) fn take(&self) -> StoreResult<Option<Session<TenantScope, Write>>> {
        self.0.held.take(TenantScope(self.0.tenant))
    }

    /// Begins the transaction of the request, whose commit waits for the answer; unless somebody else has begun it, or has
    /// ended it. While it lasts, no other process can begin one.
    pub(super) async fn begin<S>(&self, session: Session<S, Write>) -> StoreResult<Session<S, Write>>
    where
        S: Scope + Sees<IdempotencyKey>,
    {
        let State { id, tenant, membership, held, seen } = &*self.0;
        let keys = session.repository::<IdempotencyKey>();
        let lock = session.try_serialize_on(&format!("idempotency_keys {id}"));
        let own = kept(&session).and(Some(&IdempotencyKey::MEMBERSHIP_ID.is(*membership)));
        let own = own.and(Some(&IdempotencyKey::TENANT_ID.is(*tenant)));
        // Read behind the lock, and so after whoever had it before.
        let (is_first, known, all) = session.ask((lock, keys.get(*id), keys.count(Some(&own)))).await?;
        let before = match known {
            _ if !is_first => Some(Seen::AtWork),
            Some(known) if known.is_kept(session.now()) => Some(Seen::Answered(Box::new(known))),
            Some(_) => {
                keys.destroy_by_id(*id).await?;
                None
            }
            None if all >= MOST => Some(Seen::TooMany),
            None => None,
        };
        if let Some(before) = before {
            let _ = seen.set(before);
            // It ends the handler, whose answer nobody gets.
            return Err(StoreError::Aborted);
        }
        Ok(session.held_in(held))
    }
}

/// That an answer is not too old.
fn kept<S: Scope>(session: &Session<S, Write>) -> Predicate {
    IdempotencyKey::CREATED_ON.compare(Comparison::GreaterOrEqual((session.now() - IdempotencyKey::LIFE).into()))
}

/// Under which id an answer is kept: a digest of whose it is, what was to be done, and the key. Lengths keep two texts from being
/// read as two others.
pub(crate) fn id_of(tenant: Uuid, membership: Uuid, operation: &str, key: &str) -> Uuid {
    let mut text = Vec::with_capacity(64 + operation.len() + key.len());
    for part in [tenant.as_bytes().as_slice(), membership.as_bytes(), operation.as_bytes(), key.as_bytes()] {
        text.extend(part.len().to_be_bytes());
        text.extend(part);
    }
    let mut id = [0; 16];
    id.copy_from_slice(&sha256(&text)[..16]);
    Builder::from_custom_bytes(id).into_uuid()
}

/// What tells a request from another one with the same key: a digest of method, target and body, byte for byte.
pub(crate) fn fingerprint(method: &str, target: &str, body: &[u8]) -> String {
    let mut text = Vec::with_capacity(32 + target.len() + body.len());
    for part in [method.as_bytes(), target.as_bytes(), body] {
        text.extend(part.len().to_be_bytes());
        text.extend(part);
    }
    data_encoding::HEXLOWER.encode(&sha256(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_of_all_its_parts() {
        let [one, two] = [Uuid::from_u128(1), Uuid::from_u128(2)];
        let ids = [
            id_of(one, one, "A.b", "key"),
            id_of(two, one, "A.b", "key"),
            id_of(one, two, "A.b", "key"),
            id_of(one, one, "A.bk", "ey"),
            id_of(one, one, "A.b", "Key"),
        ];
        let different: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(different.len(), ids.len());
        assert_eq!(ids[0], id_of(one, one, "A.b", "key"));
        assert_eq!((ids[0].get_version_num(), fingerprint("POST", "/a", b"{}").len()), (8, 64));
        assert_ne!(fingerprint("POST", "/a", b"b"), fingerprint("POST", "/ab", b""));
    }
}
