//! Rules of invitations: who may invite whom, what ends an invitation, and what happens when somebody comes.

mod again;
mod coming;
mod invite;
mod power;

use time::{Duration, OffsetDateTime};
use user_tenant_store::scope::System;
use user_tenant_store::session::{Mode, Session};
use uuid::Uuid;

pub(crate) use self::again::{resend, revoke};
pub(crate) use self::coming::{Came, Coming, Shown, accept, asked_of_password, decline, shown};
pub(crate) use self::invite::invite;
pub use self::invite::{Invited, Invitee, InviteeRole};
use super::mail::INVITATION;
use crate::error::{Error, Result, Sought};
use crate::model::{Invitation, User, UserTenant};
use crate::outbox::Post;
use crate::random;

/// Most people that one request invites.
pub(crate) const MOST: usize = 500;
/// How long an invitation lasts, in hours, unless somebody says otherwise; and how long at most.
pub(crate) const LIFE: i64 = 7 * 24;
pub(crate) const LONGEST_LIFE: i64 = 90 * 24;

/// Who invites.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inviter {
    /// The membership; none of the operator.
    pub(crate) membership: Option<Uuid>,
    /// Whether they are given the link, beside who gets the mail.
    pub(crate) sees_links: bool,
    /// How many hours the invitation lasts.
    pub(crate) life: i64,
}

impl Inviter {
    /// Until when an invitation lasts that is sent now.
    fn until(self, now: OffsetDateTime) -> OffsetDateTime {
        now + Duration::hours(self.life)
    }

    /// A new secret of a link, where they are given one.
    fn link(self) -> Result<Option<String>> {
        if self.sees_links { random::secret().map(Some).map_err(Error::Internal) } else { Ok(None) }
    }
}

/// That there is no such invitation in the tenant.
fn unknown(id: &impl ToString) -> Error {
    Error::NotFound(Sought::of::<Invitation>(id))
}

/// The mail of an invitation, which gets its secret when it is sent.
fn mail<'a>(tenant: Uuid, id: Uuid, address: &'a str, locale: Option<&'a str>) -> Post<'a> {
    Post { kind: &INVITATION, tenant: Some(tenant), about: id, recipient: address, locale }
}

/// Who invites, where it is somebody who is still there.
pub(super) async fn inviter_of<M: Mode>(session: &Session<System, M>, invitation: &Invitation) -> Result<Option<User>> {
    let Some(inviter) = invitation.inviter_id else { return Ok(None) };
    let Some(inviter) = session.repository::<UserTenant>().get(inviter).await? else { return Ok(None) };
    Ok(session.repository::<User>().get(inviter.user_id).await?)
}
