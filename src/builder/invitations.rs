//! Invitations: for an application, without HTTP.

use std::collections::HashSet;

use uuid::Uuid;

use super::UserTenantService;
use crate::error::{Error, Result};
use crate::features::invitations::rules::{self, Inviter, LIFE, LONGEST_LIFE, MOST};
use crate::features::invitations::{Invited, Invitee};

impl UserTenantService {
    /// Invites people into a tenant, and tells what has become of each, in their order. The invitations last for so many hours; a
    /// week where `None`.
    ///
    /// ```
    /// use user_tenant_service::{Invitee, InviteeRole, Result, UserTenantService};
    /// use uuid::Uuid;
    ///
    /// async fn team(users: &UserTenantService, tenant: Uuid) -> Result<()> {
    ///     let role = InviteeRole::Name("member".to_owned());
    ///     let ben = Invitee { first_name: Some("Ben".to_owned()), ..Invitee::new("ben@acme.example", role) };
    ///     users.invite(tenant, vec![ben], None, Some("Order 4711")).await.map(drop)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`crate::ErrorCode::TooManyItems`], [`Error::NotFound`] when there is no such tenant, and when the database fails.
    pub async fn invite(
        &self,
        tenant: Uuid,
        invitees: Vec<Invitee>,
        hours: Option<u16>,
        reason: Option<&str>,
    ) -> Result<Vec<Invited>> {
        if invitees.len() > MOST {
            return Err(Error::TooManyItems { property: "invitees", limit: MOST });
        }
        let session = self.write_because(reason).await?.in_name_of(tenant);
        let nobody = HashSet::new();
        let done =
            rules::invite(session, &self.principal(&nobody), tenant, operator(hours), invitees).await?.into_inner();
        Ok(done.into_iter().map(|(_, invited)| invited).collect())
    }

    /// Sends an invitation again, which nobody has accepted, declined or revoked; it may be late. It lasts for so many hours from now on; a
    /// week where `None`. Earlier mails and links lead nowhere then.
    ///
    /// ```
    /// use user_tenant_service::{Invited, Result, UserTenantService};
    /// use uuid::Uuid;
    ///
    /// async fn link(users: &UserTenantService, tenant: Uuid, invitation: Uuid) -> Result<Option<String>> {
    ///     let sent = users.resend_invitation(tenant, invitation, Some(48), Some("They lost the mail")).await?;
    ///     Ok(if let Invited::Invited { link, .. } = sent { link } else { None })
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::InvitationOver`], [`crate::ErrorCode::QuotaExceeded`] when it is late and others have its place, [`Error::NotFound`], and
    /// when the database fails.
    pub async fn resend_invitation(
        &self,
        tenant: Uuid,
        invitation: Uuid,
        hours: Option<u16>,
        reason: Option<&str>,
    ) -> Result<Invited> {
        let session = self.write_because(reason).await?.in_name_of(tenant);
        let nobody = HashSet::new();
        let sent = rules::resend(session, &self.principal(&nobody), tenant, operator(hours), invitation).await?;
        let (expires_on, link) = sent.into_inner();
        Ok(Invited::Invited { id: invitation, expires_on, link })
    }

    /// Revokes an invitation that nobody has accepted or declined.
    ///
    /// # Errors
    /// [`Error::InvitationOver`], [`Error::NotFound`], and when the database fails.
    pub async fn revoke_invitation(&self, tenant: Uuid, invitation: Uuid, reason: Option<&str>) -> Result<()> {
        let session = self.write_because(reason).await?.in_name_of(tenant);
        rules::revoke(session, tenant, invitation).await?.into_inner();
        Ok(())
    }
}

/// The operator, who invites for so many hours and is given the links.
fn operator(hours: Option<u16>) -> Inviter {
    let life = hours.map_or(LIFE, |hours| i64::from(hours).clamp(1, LONGEST_LIFE));
    Inviter { membership: None, sees_links: true, life }
}
