//! The mail of an invitation: it gets its secret when it is sent, and the invitation hears what became of it.

use secrecy::SecretString;
use user_tenant_store::record::Patch;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Session, Write};
use uuid::Uuid;

use super::rules::inviter_of;
use crate::error::{Error, Result};
use crate::mail::{Delivery, MailKind, Values};
use crate::model::{Invitation, Tenant, TenantState};
use crate::random;

/// The kind of mail.
pub(crate) const INVITATION: MailKind = MailKind {
    name: "invitation",
    link: |links| links.invitation.as_deref(),
    fresh: |session, about| Box::pin(fresh(session, about)),
    ended: |session, about, delivery| Box::pin(ended(session, about, delivery)),
};

/// What the mail says, with a new secret; nothing where the invitation is over.
async fn fresh(session: &Session<System, Write>, id: Uuid) -> Result<Option<Values>> {
    let invitations = session.repository::<Invitation>();
    let (_, invitation) = session.ask((invitations.lock_by_id(id), invitations.get(id))).await?;
    let Some(invitation) = invitation.filter(|invitation| invitation.end(session.now()).is_none()) else {
        return Ok(None);
    };
    let tenant = session.repository::<Tenant>().get(invitation.tenant_id).await?;
    let Some(tenant) = tenant.filter(|tenant| tenant.state() == TenantState::Active) else { return Ok(None) };
    let inviter = inviter_of(session, &invitation).await?;
    let secret = random::secret().map_err(Error::Internal)?;
    let patch = Patch::empty().with(Invitation::TOKEN, random::digest(&secret))?;
    invitations.update_by_id(id, patch).await?;
    Ok(Some(Values {
        tenant: Some(tenant.name),
        inviter: inviter.map(|person| person.first_name),
        token: Some(SecretString::from(secret)),
        expires_on: Some(invitation.expires_on),
    }))
}

/// Notes at the invitation what became of its mail.
async fn ended(session: &Session<System, Write>, id: Uuid, delivery: &Delivery) -> Result<()> {
    let (delivery, reason) = match delivery {
        Delivery::Sent => (Invitation::SENT, None),
        Delivery::Refused(reason) => (Invitation::REFUSED, Some(reason.as_str())),
    };
    let patch = Patch::empty().with(Invitation::DELIVERY, delivery)?.with(Invitation::DELIVERY_REASON, reason)?;
    session.repository::<Invitation>().update_by_id(id, patch).await?;
    Ok(())
}
