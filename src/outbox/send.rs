//! The job that sends a mail: what it says is made and committed first, then it is handed over, then it is noted.

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
pub(crate) const SEND: Kind =
    Kind { name: "mails.send", step: |work| Box::pin(send(work)), attempts: ATTEMPTS, periodic: None };

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
    let waiting = session.repository::<Mail>().get(id).await?.filter(|mail| mail.state == Mail::WAITING);
    let Some(mail) = waiting else { return work.done(session).await };
    let kind = room.kind(&mail.kind).ok_or_else(|| Error::Internal(format!("no mail is a {}", mail.kind).into()))?;
    let Some(values) = (kind.fresh)(&session, mail.about).await? else {
        over(&session, id, Mail::UNWANTED, None).await?;
        return work.done(session).await;
    };
    let message = room.compose(kind, &mail, &values)?;
    // What lets people in holds before anybody reads it; and whoever has lost the job sends nothing.
    let Some(work) = work.committed(session).await? else { return Ok(Finished::LOST) };
    let sent = tokio::time::timeout(LONGEST, room.mailer().send(&message)).await;
    let sent = sent.unwrap_or_else(|_| Err(Unsent::Later("it took longer than a minute".to_owned())));
    let delivery = match sent {
        Ok(()) => Delivery::Sent,
        Err(Unsent::Refused(reason)) => Delivery::Refused(shortened(&reason)),
        Err(Unsent::Later(reason)) if work.is_last_attempt() => Delivery::Refused(shortened(&reason)),
        Err(Unsent::Later(reason)) => {
            work.mailed(kind.name, "retried");
            return Err(Error::MailNotSent(reason));
        }
    };
    if let Delivery::Refused(reason) = &delivery {
        tracing::warn!(mail = %id, kind = kind.name, reason, "a mail was refused, and is tried no more");
    }
    work.mailed(kind.name, if delivery == Delivery::Sent { "sent" } else { "refused" });
    note(work, kind, &mail, &delivery).await
}

/// Writes what became of a mail. That nobody can be told of it sends no mail again.
async fn note(work: Work, kind: &MailKind, mail: &Mail, delivery: &Delivery) -> Result<Finished> {
    let (state, reason) = match delivery {
        Delivery::Sent => (Mail::SENT, None),
        Delivery::Refused(reason) => (Mail::REFUSED, Some(reason.as_str())),
    };
    let session = work.write().await?;
    let told = (kind.ended)(&session, mail.about, delivery).await;
    let session = match told {
        Ok(()) => session,
        Err(error) => {
            tracing::error!(mail = %mail.id, kind = kind.name, %error, "what became of a mail could not be told where it began");
            drop(session);
            work.write().await?
        }
    };
    over(&session, mail.id, state, reason).await?;
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
