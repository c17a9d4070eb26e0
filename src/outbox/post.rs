//! Leaving a mail in the outbox.

use serde_json::json;
use user_tenant_store::record::New;
use user_tenant_store::repository::Prepared;
use user_tenant_store::scope::{Scope, Sees};
use user_tenant_store::session::{Session, Write};
use uuid::Uuid;

use super::send::SEND;
use crate::domain::provisioning;
use crate::error::Result;
use crate::jobs;
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
    let rows = prepared(session, &mail)?;
    let id = provisioning::id(rows[0].record())?;
    session.insert(rows).await?;
    Ok(id)
}

/// The rows of such a mail, itself and its job, for who leaves many at once.
pub(crate) fn prepared<S>(session: &Session<S, Write>, mail: &Post<'_>) -> Result<[Prepared; 2]>
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
    let made = session.repository::<Mail>().prepare(new)?;
    let payload = json!({ "mail": provisioning::id(made.record())? });
    Ok([made, jobs::prepared(session, &SEND, mail.tenant, payload, None)?])
}
