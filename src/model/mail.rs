//! Mails that are to be sent, or were.

use serde::Deserialize;
use time::OffsetDateTime;
use user_tenant_store::Entity;
use uuid::Uuid;

use super::date_time;

/// A mail of the outbox: of what kind, about what, and to whom. What it says is made when it is sent, so that nothing rests here that
/// lets anybody in. It has no `Debug`, so that no log can hold an address.
#[derive(Clone, PartialEq, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "mails",
    audit = "none",
    unlogged = "it is the program's own note of what is to be sent; what the mail is about is logged there",
    tenancy(column = "tenantId")
)]
pub struct Mail {
    /// Id of the mail.
    #[property(id)]
    pub id: Uuid,
    /// Id of the tenant that sends it; null of the service's own.
    #[property(parent)]
    pub tenant_id: Option<Uuid>,
    /// What it is, as the list of kinds names it.
    #[property(max_length = 50)]
    pub kind: String,
    /// Id of what it is about: an invitation, or a link to set a password.
    pub about: Uuid,
    /// Address of who gets it.
    #[property(hidden, max_length = 254)]
    pub recipient: String,
    /// Language of who gets it, where it is known.
    #[property(max_length = 35)]
    pub locale: Option<String>,
    /// Where it stands.
    #[property(one_of_text = ["waiting", "sent", "refused", "unwanted"])]
    pub state: String,
    /// Why it was not sent, of one that never will be.
    #[property(max_length = 500)]
    pub reason: Option<String>,
    /// When it was made.
    #[serde(with = "date_time::instant")]
    pub created_on: OffsetDateTime,
    /// When it was over.
    #[serde(default, with = "date_time::instant::option")]
    pub finished_on: Option<OffsetDateTime>,
}

impl Mail {
    /// To be sent.
    pub const WAITING: &'static str = "waiting";
    /// Taken by the mail server.
    pub const SENT: &'static str = "sent";
    /// Not taken, and not tried again.
    pub const REFUSED: &'static str = "refused";
    /// About something that is no longer there to be told of.
    pub const UNWANTED: &'static str = "unwanted";
}
