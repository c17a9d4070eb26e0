//! What managers do with invitations: send one again, or revoke it.

use time::OffsetDateTime;
use user_tenant_store::record::Patch;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Session, Write};
use uuid::Uuid;

use super::super::mail::INVITATION;
use super::power::Groups;
use super::{Inviter, mail, unknown};
use crate::domain::principal::Principal;
use crate::domain::{seats, tenants, users};
use crate::error::{Error, Result, Sought};
use crate::model::{Invitation, InvitationEnd, Role, Tenant};
use crate::outbox::{Received, post, supersede};
use crate::random;

/// Sends an invitation again, which may be late and is not over otherwise. Earlier mails and links lead nowhere from now on; and it is
/// whoever sends it again who invites.
pub(crate) async fn resend(
    session: Session<System, Write>,
    principal: &Principal<'_>,
    tenant: Uuid,
    inviter: Inviter,
    id: Uuid,
) -> Result<Committed<(OffsetDateTime, Option<String>)>> {
    let (here, invitation) = found(&session, tenant, id).await?;
    tenants::not_purging(&here)?;
    if invitation.status != Invitation::PENDING {
        return Err(Error::InvitationOver(invitation.end(session.now()).unwrap_or(InvitationEnd::Expired)));
    }
    let is_role = Role::ID.is(invitation.role_id).and(Some(&Role::TENANT_ID.is(tenant)));
    let role = session.repository::<Role>().find_one(is_role).await?;
    let gone = |error| match error {
        Error::NotFound(_) => Error::InvitationOver(InvitationEnd::Outdated),
        other => other,
    };
    users::may_assign(principal, invitation.role_id, role.as_ref()).map_err(gone)?;
    Groups::of(&session, tenant).may_give(principal, &invitation.group_ids).await.map_err(gone)?;
    if invitation.end(session.now()).is_some() {
        // One that is late counted no more.
        seats::in_turn(&session, tenant).await?;
        let taken = seats::taken(&session, tenant).await?;
        seats::room_for_address(&here, &taken)?;
    }
    let (link, expires_on) = (inviter.link()?, inviter.until(session.now()));
    let patch = Patch::empty()
        .with(Invitation::TOKEN, None::<String>)?
        .with(Invitation::SECRET, link.as_deref().map(random::digest))?
        .with(Invitation::INVITER_ID, inviter.membership)?
        .with(Invitation::BY_MASTER, principal.master)?
        .with(Invitation::EXPIRES_ON, expires_on)?
        .with(Invitation::DELIVERY, Invitation::QUEUED)?
        .with(Invitation::DELIVERY_REASON, None::<String>)?;
    supersede(&session, id).await?;
    Received::of(&session, &INVITATION, tenant, &invitation.address).await?.refuse_many()?;
    post(&session, mail(tenant, id, &invitation.address, invitation.locale.as_deref())).await?;
    let changed = session.update_by_id_and_commit(id, patch).await?.ok_or_else(|| unknown(&id))?;
    Ok(changed.map(|()| (expires_on, link)))
}

/// Takes an invitation back that is not over. Whoever has its mail is told so.
pub(crate) async fn revoke(session: Session<System, Write>, tenant: Uuid, id: Uuid) -> Result<Committed<()>> {
    let (_, invitation) = found(&session, tenant, id).await?;
    match invitation.end(session.now()) {
        None => {}
        // It is late, and may be sent again until somebody says that it may not.
        Some(InvitationEnd::Expired) if invitation.status == Invitation::PENDING => {}
        Some(end) => return Err(Error::InvitationOver(end)),
    }
    let patch = Patch::empty().with(Invitation::STATUS, Invitation::REVOKED)?;
    session.update_by_id_and_commit(id, patch).await?.ok_or_else(|| unknown(&id))
}

/// The tenant, held, and an invitation of it, locked.
async fn found(session: &Session<System, Write>, tenant: Uuid, id: Uuid) -> Result<(Tenant, Invitation)> {
    let (tenants, invitations) = (session.repository::<Tenant>(), session.repository::<Invitation>());
    let here = Invitation::ID.is(id).and(Some(&Invitation::TENANT_ID.is(tenant)));
    let asked = (tenants.hold(tenant), invitations.lock_by_id(id), invitations.find_one(here));
    let (here, _, invitation) = session.ask(asked).await?;
    let here = here.ok_or_else(|| Error::NotFound(Sought::of::<Tenant>(&tenant)))?;
    Ok((here, invitation.ok_or_else(|| unknown(&id))?))
}
