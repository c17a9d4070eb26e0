//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a request that comes twice is carried out once, and answered alike.
//!
//! The answer is kept with the change, by [`Once`]. So a process that ends at any statement leaves both or neither, and whoever asks
//! again is answered what was answered, or is the first.

mod key;

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::response::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value as Json};
use user_tenant_store::record::New;
use user_tenant_store::session::Committed;
use uuid::Uuid;

pub(super) use self::key::{LONGEST, key};
use super::answer::render;
use super::route::{Call, Route};
use crate::access::once::{MOST, Once, Seen, id_of};
use crate::access::sessions::CallerSessions;
use crate::error::{Error, Result};
use crate::model::IdempotencyKey;

/// Says that an answer is one that was given before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest answer that is kept, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// What this process is carrying out.
#[derive(Default)]
pub(super) struct AtWork(Mutex<HashSet<Uuid>>);

/// What is carried out, until this is dropped.
struct Doing<'a>(&'a AtWork, Uuid);

impl AtWork {
    fn begin(&self, id: Uuid) -> Result<Doing<'_>> {
        let begun = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        if begun { Ok(Doing(self, id)) } else { Err(Error::IdempotencyKeyAtWork) }
    }
}

impl Drop for Doing<'_> {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

/// A request that named a key.
pub(super) struct Asked {
    /// The key.
    pub(super) key: String,
    /// What tells it from another request with the same key.
    pub(super) fingerprint: String,
}

/// Carries out a request, or answers what was answered before; and whether it was carried out.
pub(super) async fn answer(
    at_work: &AtWork,
    route: &Route,
    asked: Asked,
    sessions: CallerSessions,
    call: Call,
    query: &str,
) -> Result<(Response, bool)> {
    let (tenant, membership) = (sessions.tenant(), sessions.membership());
    let id = id_of(tenant, membership, route.operation, &asked.key);
    let _doing = at_work.begin(id)?;
    if let Some(known) = sessions.answered(id).await? {
        return replay(&known, &asked).map(|response| (response, false));
    }
    let once = Once::new(id, tenant, membership);
    let outcome = (route.handle)(sessions.clone().once(&once), call).await;
    match once.seen() {
        Some(Seen::AtWork) => return Err(Error::IdempotencyKeyAtWork),
        Some(Seen::Answered(known)) => return replay(&known, &asked).map(|response| (response, false)),
        Some(Seen::TooMany) => {
            return Err(Error::QuotaExceeded { what: "idempotency keys of the caller", limit: MOST });
        }
        None => {}
    }
    match outcome {
        Ok(reply) => {
            // Where it fails, the transaction is dropped with it.
            let (head, body) = whole(render(reply, query)?).await?;
            let session = match once.take()? {
                Some(session) => session,
                None => sessions.write_tenant().await?,
            };
            let row = row(id, membership, &asked, session.now(), &head, &body)?;
            session.create_and_commit(row).await.map(Committed::into_inner)?;
            Ok((Response::from_parts(head, Body::from(body)), true))
        }
        Err(error) => {
            if is_final(&error)
                && let Err(failure) = keep(route, &asked, &sessions, id, &error).await
            {
                // It changed nothing: to ask again is as good.
                tracing::debug!(%failure, "a refusal could not be kept");
            }
            Err(error)
        }
    }
}

/// Whether a refusal is the answer, and not an accident on the way to one.
fn is_final(error: &Error) -> bool {
    let status = error.code().row().status;
    (400..500).contains(&status) && status != StatusCode::UNAUTHORIZED.as_u16()
}

/// Keeps a refusal, which has no transaction of its own.
async fn keep(route: &Route, asked: &Asked, sessions: &CallerSessions, id: Uuid, error: &Error) -> Result<()> {
    let (head, body) = whole(route.surface.render(error, route.operation)).await?;
    let session = sessions.write_tenant().await?;
    let row = row(id, sessions.membership(), asked, session.now(), &head, &body)?;
    session.create_and_commit(row).await.map(Committed::into_inner)?;
    Ok(())
}

/// The answer as it will be sent; nothing is kept of one that is too long, nor of what it would have changed.
async fn whole(response: Response) -> Result<(Parts, Bytes)> {
    let (head, body) = response.into_parts();
    let body = to_bytes(body, LONGEST_ANSWER).await.map_err(|_| {
        Error::AnswerTooLarge(format!(
            "The answer would have more than {LONGEST_ANSWER} bytes, and is not kept: ask without an Idempotency-Key."
        ))
    })?;
    Ok((head, body))
}

fn row(
    id: Uuid,
    membership: Uuid,
    asked: &Asked,
    now: time::OffsetDateTime,
    head: &Parts,
    body: &Bytes,
) -> Result<New<IdempotencyKey>> {
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers: Map<String, Json> =
        head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value).into())).collect();
    let body = std::str::from_utf8(body).map_err(|error| Error::Internal(Box::new(error)))?;
    let row = New::<IdempotencyKey>::empty()
        .with_id(id)?
        .with(IdempotencyKey::MEMBERSHIP_ID, membership)?
        .with(IdempotencyKey::FINGERPRINT, asked.fingerprint.as_str())?
        .with(IdempotencyKey::STATUS, i32::from(head.status.as_u16()))?
        .with(IdempotencyKey::HEADERS, Json::Object(headers))?
        .with(IdempotencyKey::BODY, body)?
        .with(IdempotencyKey::CREATED_ON, now)?;
    Ok(row)
}

/// What was answered before, byte for byte, to who asks the same again.
fn replay(known: &IdempotencyKey, asked: &Asked) -> Result<Response> {
    if known.fingerprint != asked.fingerprint {
        return Err(Error::IdempotencyKeyReused);
    }
    let status = u16::try_from(known.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut headers = HeaderMap::new();
    for (name, value) in known.headers.as_object().into_iter().flatten() {
        let name = HeaderName::try_from(name.as_str());
        let value = HeaderValue::try_from(value.as_str().unwrap_or_default());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    let status = status.ok_or_else(|| Error::Internal("an answer is kept with a status that is none".into()))?;
    Ok((status, headers, known.body.clone()).into_response())
}

#[cfg(all(test, feature = "sqlite", feature = "postgres"))]
mod tests;
