//! What kinds of mails are: a row each, with a name, what it says, and who hears what became of it.

use std::pin::Pin;

use secrecy::SecretString;
use time::OffsetDateTime;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Session, Write};
use uuid::Uuid;

use super::Links;
use crate::error::Result;

/// A question to the rules of a kind, on its way.
pub(crate) type Telling<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A kind of mail.
pub(crate) struct MailKind {
    /// Its name in the outbox and in the names of templates; it never changes.
    pub(crate) name: &'static str,
    /// Which address of the deployment it leads to, if any.
    pub(crate) link: fn(&Links) -> Option<&str>,
    /// What a mail about this says, asked anew each time that it is tried: it makes the token that the mail carries, and keeps its
    /// hash, in the transaction that is given and committed before the mail goes. `None` where it is wanted no more.
    pub(crate) fresh: for<'a> fn(&'a Session<System, Write>, Uuid) -> Telling<'a, Option<Values>>,
    /// Hears that a mail about this was taken, or never will be. Where it fails it hears so again, later.
    pub(crate) ended: for<'a> fn(&'a Session<System, Write>, Uuid, &'a Delivery) -> Telling<'a, ()>,
}

/// What templates are filled with, beside the address of who gets the mail. It has no `Debug`, since it may hold a token.
#[derive(Clone, Default)]
pub(crate) struct Values {
    /// Name of the tenant.
    pub(crate) tenant: Option<String>,
    /// First name of who invites.
    pub(crate) inviter: Option<String>,
    /// What lets the one who gets it in.
    pub(crate) token: Option<SecretString>,
    /// Until when it does.
    pub(crate) expires_on: Option<OffsetDateTime>,
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// The mail server has taken it.
    Sent,
    /// It is tried no more, for this reason.
    Refused(String),
}
