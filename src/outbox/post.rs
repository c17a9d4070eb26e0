//! Leaving a mail in the outbox.

use serde_json::json;
use user_tenant_store::record::{New, Patch};
use user_tenant_store::repository::Prepared;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Session, Write};
use uuid::Uuid;

use super::bounds::turn;
use super::send::SEND;
use crate::domain::provisioning;
use crate::error::Result;
use crate::jobs;
use crate::mail::MailKind;
use crate::model::Mail;

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
pub(crate) async fn post(session: &Session<System, Write>, mail: Post<'_>) -> Result<Uuid> {
    // At once: what somebody waits for is not behind what was left for many.
    let rows = prepared(session, &mail, 0)?;
    let id = provisioning::id(rows[0].record())?;
    session.insert(rows).await?;
    Ok(id)
}

/// Has mails about this not be sent that wait, since another takes their place: what an earlier one lets people do would end as the later
/// one is sent, or the other way round.
pub(crate) async fn supersede(session: &Session<System, Write>, about: Uuid) -> Result<()> {
    let waiting = Mail::ABOUT.is(about).and(Some(&Mail::STATE.is(Mail::WAITING)));
    let over = Patch::<Mail>::empty().with(Mail::STATE, Mail::UNWANTED)?.with(Mail::FINISHED_ON, session.now())?;
    session.repository::<Mail>().update_all(Some(&waiting), over).await?;
    Ok(())
}

/// The rows of such a mail, itself and its job, for who leaves many at once; so many of the tenant wait before it.
pub(crate) fn prepared(session: &Session<System, Write>, mail: &Post<'_>, waiting: u64) -> Result<[Prepared; 2]> {
    let now = session.now();
    let new = New::<Mail>::empty()
        .with(Mail::KIND, mail.kind.name)?
        .with(Mail::ABOUT, mail.about)?
        .with(Mail::RECIPIENT, mail.recipient)?
        .with(Mail::LOCALE, mail.locale)?
        .with(Mail::STATE, Mail::WAITING)?
        .with(Mail::CREATED_ON, now)?;
    let new = match mail.tenant {
        Some(tenant) => new.with(Mail::TENANT_ID, tenant)?,
        None => new,
    };
    let made = session.repository::<Mail>().prepare(new)?;
    let payload = json!({ "mail": provisioning::id(made.record())? });
    Ok([made, jobs::prepared(session, &SEND, mail.tenant, payload, turn(waiting, now))?])
}
