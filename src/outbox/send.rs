//! The job that sends a mail: what it says is made and committed first, then it is handed over, then that is noted, then told.

use std::time::Duration;

use serde::Deserialize;
use time::OffsetDateTime;
use user_tenant_store::record::Patch;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Session, Write};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::jobs::{Finished, Kind, Work};
use crate::mail::{Delivery, MailKind, Unsent};
use crate::model::Mail;

/// How often a mail is tried: over some four days, as mail servers do.
const ATTEMPTS: i32 = 130;
/// How long a mailer may take.
const LONGEST: Duration = Duration::from_mins(1);
/// Most letters that are kept of why a mail was refused.
const LONGEST_REASON: usize = 500;

/// Sends a mail.
pub(crate) const SEND: Kind = Kind {
    name: "mails.send",
    step: |work| Box::pin(send(work)),
    attempts: ATTEMPTS,
    at_once: crate::mail::AT_ONCE,
    periodic: None,
};

/// What the job carries.
#[derive(Deserialize)]
struct Payload {
    mail: Uuid,
}

async fn send(work: Work) -> Result<Finished> {
    let Payload { mail: id } =
        serde_json::from_value(work.payload().clone()).map_err(|error| Error::Internal(error.into()))?;
    let room = work.mail().ok_or_else(|| Error::Internal("this process sends no mails".into()))?;
    let session = work.write().await?;
    let Some(mail) = session.repository::<Mail>().get(id).await? else { return work.done(session).await };
    let kind = room.kind(&mail.kind).ok_or_else(|| Error::Internal(format!("no mail is a {}", mail.kind).into()))?;
    if mail.state != Mail::WAITING {
        return tell(work, session, kind, &mail).await;
    }
    let Some(values) = (kind.fresh)(&session, mail.about).await? else {
        over(&session, id, Mail::UNWANTED, None).await?;
        return work.done(session).await;
    };
    let message = room.compose(kind, &mail, &values)?;
    // What lets people in holds before anybody reads it; and whoever has lost the job sends nothing.
    let Some(work) = work.committed(session).await? else { return Ok(Finished::LOST) };
    let sent = tokio::time::timeout(LONGEST, room.mailer().send(&message)).await;
    let sent = sent.unwrap_or_else(|_| Err(Unsent::Later("it took longer than a minute".to_owned())));
    let (state, reason) = match sent {
        Ok(()) => (Mail::SENT, None),
        Err(Unsent::Later(reason)) if !work.is_last_attempt() => {
            work.mailed(kind.name, "retried");
            return Err(Error::MailNotSent(reason));
        }
        Err(Unsent::Refused(reason) | Unsent::Later(reason)) => (Mail::REFUSED, Some(shortened(&reason))),
    };
    if let Some(reason) = &reason {
        tracing::warn!(mail = %id, kind = kind.name, reason, "a mail was refused, and is tried no more");
    }
    work.mailed(kind.name, state);
    // By itself, so that nothing that fails from now on sends the mail again.
    let session = work.write().await?;
    over(&session, id, state, reason.as_deref()).await?;
    let Some(work) = work.committed(session).await? else { return Ok(Finished::LOST) };
    let session = work.write().await?;
    tell(work, session, kind, &Mail { state: state.to_owned(), reason, ..mail }).await
}

/// Tells the kind what the row of a mail says has become of it, and ends the job. Where that fails, the job comes here again.
async fn tell(work: Work, session: Session<System, Write>, kind: &MailKind, mail: &Mail) -> Result<Finished> {
    let delivery = match mail.state.as_str() {
        Mail::SENT => Some(Delivery::Sent),
        Mail::REFUSED => Some(Delivery::Refused(mail.reason.clone().unwrap_or_default())),
        _ => None,
    };
    if let Some(delivery) = delivery {
        (kind.ended)(&session, mail.about, &delivery).await?;
    }
    work.done(session).await
}

async fn over(session: &Session<System, Write>, mail: Uuid, state: &str, reason: Option<&str>) -> Result<()> {
    let now: OffsetDateTime = session.now();
    let patch =
        Patch::<Mail>::empty().with(Mail::STATE, state)?.with(Mail::REASON, reason)?.with(Mail::FINISHED_ON, now)?;
    session.repository::<Mail>().update_by_id(mail, patch).await?;
    Ok(())
}

fn shortened(reason: &str) -> String {
    reason.chars().take(LONGEST_REASON).collect()
}
