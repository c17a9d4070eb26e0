//! Leaving a mail in the outbox.

use serde_json::json;
use user_tenant_store::record::New;
use user_tenant_store::scope::{Scope, Sees};
use user_tenant_store::session::{Session, Write};
use uuid::Uuid;

use super::send::SEND;
use crate::error::{Error, Result};
use crate::jobs::enqueue;
use crate::mail::MailKind;
use crate::model::{Job, Mail};

/// A mail that is to be sent.
pub(crate) struct Post<'a> {
    /// What it is.
    pub(crate) kind: &'static MailKind,
    /// Who sends it; none where the service itself does.
    pub(crate) tenant: Option<Uuid>,
    /// What it is about.
    pub(crate) about: Uuid,
    /// Who gets it.
    pub(crate) recipient: &'a str,
    /// In which language, where that is known.
    pub(crate) locale: Option<&'a str>,
}

/// Leaves a mail in the outbox, in the caller's transaction: it is sent if that is committed.
pub(crate) async fn post<S>(session: &Session<S, Write>, mail: Post<'_>) -> Result<Uuid>
where
    S: Scope + Sees<Mail> + Sees<Job>,
{
    let new = New::<Mail>::empty()
        .with(Mail::KIND, mail.kind.name)?
        .with(Mail::ABOUT, mail.about)?
        .with(Mail::RECIPIENT, mail.recipient)?
        .with(Mail::LOCALE, mail.locale)?
        .with(Mail::STATE, Mail::WAITING)?
        .with(Mail::CREATED_ON, session.now())?;
    let new = match mail.tenant {
        Some(tenant) => new.with(Mail::TENANT_ID, tenant)?,
        None => new,
    };
    let made = session.repository::<Mail>().create(new).await?;
    let id = made.id().ok_or_else(|| Error::Internal("a mail has no id".into()))?;
    enqueue(session, &SEND, mail.tenant, json!({ "mail": id }), None).await?;
    Ok(id)
}
