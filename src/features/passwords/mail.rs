//! The mail with the link by which a person sets a password: its token is made when it is sent, and goes to nobody else.

use std::future::ready;

use secrecy::SecretString;
use user_tenant_store::record::Patch;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Session, Write};
use uuid::Uuid;

use super::resets;
use crate::error::{Error, Result};
use crate::mail::{MailKind, Values};
use crate::model::{PasswordReset, User};
use crate::random;

/// The kind of mail. Nobody asks a reset what became of its mail: whoever wants another one asks for it.
pub(crate) const PASSWORD_RESET: MailKind = MailKind {
    name: "password-reset",
    link: |links| links.password_reset.as_deref(),
    fresh: |session, about| Box::pin(fresh(session, about)),
    ended: |_, _, _| Box::pin(ready(Ok(()))),
};

/// What the mail says, with a new token; nothing where the reset is over.
async fn fresh(session: &Session<System, Write>, id: Uuid) -> Result<Option<Values>> {
    let resets = session.repository::<PasswordReset>();
    let Some(reset) = resets.get(id).await? else { return Ok(None) };
    // As who uses the link of an attempt before does: one of the two comes first.
    session.repository::<User>().lock_by_id(reset.user_id).await?;
    let unused = resets.get(id).await?.filter(|reset| reset.used_on.is_none());
    let Some(reset) = unused else { return Ok(None) };
    let Some(tenant) = resets::tenant_of(session, &reset).await? else { return Ok(None) };
    let token = random::secret().map_err(Error::Internal)?;
    let patch = Patch::empty().with(PasswordReset::TOKEN, Some(random::digest(&token)))?;
    resets.update_by_id(id, patch).await?;
    Ok(Some(Values {
        tenant: Some(tenant.name),
        inviter: None,
        token: Some(SecretString::from(token)),
        expires_on: Some(reset.expires_on),
    }))
}
