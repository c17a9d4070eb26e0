//! `mail test`: a mail by which an operator sees whether mails arrive.

use clap::Subcommand;
use user_tenant_store::scope::SystemReason;
use uuid::Uuid;

use super::context::Context;
use super::failure::Failure;
use super::print::{program, say};
use crate::error::Error;
use crate::outbox::{Post, TRIAL, post};

/// What to do with mails.
#[derive(Debug, Subcommand)]
pub(super) enum MailAction {
    /// Leave a mail in the outbox, to see whether mails arrive: a running service sends it.
    Test {
        /// Who gets it.
        address: String,
        /// In which language.
        #[arg(long, value_name = "LOCALE")]
        locale: Option<String>,
    },
}

/// Does it.
pub(super) async fn mail(context: &Context, action: MailAction) -> Result<(), Failure> {
    let MailAction::Test { address, locale } = action;
    if !email_address::EmailAddress::is_valid(&address) {
        return Err(Failure::Usage(format!("{address}: this is no e-mail address")));
    }
    let session = context.sessions().await?.write_system(SystemReason::CommandLine).await.map_err(Error::from)?;
    let trial = Post { kind: &TRIAL, tenant: None, about: Uuid::nil(), recipient: &address, locale: locale.as_deref() };
    let posted = post(&session, trial).await?;
    session.commit(posted).await.map_err(Error::from)?.into_inner();
    say(&format!("a running service sends it; whether it did:  {} jobs list --kind mails.send", program()))
}
