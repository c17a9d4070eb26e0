//! Invitations into a tenant by address, and how they end.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use user_tenant_store::Entity;
use uuid::Uuid;

use super::{date_time, forms};

/// An invitation into a tenant. It has no `Debug`, so that no log can hold its secrets.
#[derive(Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "invitations",
    tenancy(column = "tenantId"),
    unique(name = "uq_invitations_tenant_id_address", properties = ["tenantId", "address"], in_any_case = ["address"]),
    unique(name = "uq_invitations_token", properties = ["token"], deleted_too),
    unique(name = "uq_invitations_secret", properties = ["secret"], deleted_too)
)]
pub struct Invitation {
    /// Id of the invitation.
    #[property(id)]
    pub id: Uuid,
    /// Id of the tenant.
    #[property(parent)]
    pub tenant_id: Uuid,
    /// E-mail address of who is invited, in lower case.
    #[property(max_length = 150, form = forms::EMAIL)]
    pub address: String,
    /// Given name of who is invited, where it is known.
    #[property(max_length = 50)]
    pub first_name: Option<String>,
    /// Family name of who is invited, where it is known.
    #[property(max_length = 50)]
    pub last_name: Option<String>,
    /// Id of the role that they get.
    pub role_id: Uuid,
    /// Ids of the groups that they come into.
    #[property(max_items = 100, max_length = 36)]
    pub group_ids: Vec<String>,
    /// Language and region of the mail and of the membership: `en`, `pt-br`.
    #[property(max_length = 5)]
    pub locale: Option<String>,
    /// Id of the membership that invites; null where it was the operator.
    pub inviter_id: Option<Uuid>,
    /// Whether who invites reaches every tenant.
    pub by_master: bool,
    /// SHA-256 of the token in the mail, in hexadecimal.
    #[property(hidden, max_length = 64)]
    #[serde(skip_serializing)]
    pub token: Option<String>,
    /// SHA-256 of the token in the link that a caller was given, in hexadecimal.
    #[property(hidden, max_length = 64)]
    #[serde(skip_serializing)]
    pub secret: Option<String>,
    /// Until when it can be accepted.
    #[serde(with = "date_time::instant")]
    pub expires_on: OffsetDateTime,
    /// Where it stands. One that is `pending` is over too once `expiresOn` has come.
    #[property(one_of_text = ["pending", "accepted", "declined", "revoked", "expired"])]
    pub status: String,
    /// What has become of the mail.
    #[property(one_of_text = ["queued", "sent", "refused"])]
    pub delivery: String,
    /// Why the mail server refuses the address.
    #[property(max_length = 500)]
    pub delivery_reason: Option<String>,
    /// Id of the membership that came of it.
    pub accepted_by: Option<Uuid>,
}

impl Invitation {
    /// To be accepted or declined.
    pub const PENDING: &'static str = "pending";
    /// Over: somebody has come.
    pub const ACCEPTED: &'static str = "accepted";
    /// Over: they do not want to.
    pub const DECLINED: &'static str = "declined";
    /// Over: it was taken back.
    pub const REVOKED: &'static str = "revoked";
    /// Over: nobody came in time, and the address was invited anew.
    pub const EXPIRED: &'static str = "expired";
    /// Its mail is to be sent.
    pub const QUEUED: &'static str = "queued";
    /// Its mail has been sent.
    pub const SENT: &'static str = "sent";
    /// The mail server refuses the address.
    pub const REFUSED: &'static str = "refused";

    /// Why it can no more be accepted at this moment, if that is so.
    pub fn end(&self, now: OffsetDateTime) -> Option<InvitationEnd> {
        match self.status.as_str() {
            Self::ACCEPTED => Some(InvitationEnd::Used),
            Self::DECLINED => Some(InvitationEnd::Declined),
            Self::REVOKED => Some(InvitationEnd::Revoked),
            Self::PENDING if now < self.expires_on => None,
            _ => Some(InvitationEnd::Expired),
        }
    }
}

/// Why an invitation cannot be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvitationEnd {
    /// Its time is over, or the tenant is not open.
    Expired,
    /// Somebody has come by it.
    Used,
    /// Who was invited does not want to come.
    Declined,
    /// It was taken back.
    Revoked,
    /// Whoever invites may not give any more what it promises.
    Withdrawn,
    /// The role or a group of it is not there any more.
    Outdated,
}
