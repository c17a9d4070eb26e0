//! `mail test | list`: a mail by which an operator sees whether mails arrive, and what became of those of the last week.

use clap::Subcommand;
use serde_json::{Value as Json, json};
use user_tenant_store::filter::Filter;
use user_tenant_store::scope::SystemReason;
use user_tenant_store::value::format_timestamp;
use uuid::Uuid;

use super::context::Context;
use super::failure::Failure;
use super::print::{program, say};
use super::resource::Output;
use super::table;
use crate::error::Error;
use crate::model::Mail;
use crate::outbox::{Post, TRIAL, post};

/// The columns of the table.
const COLUMNS: [&str; 6] = ["createdOn", "kind", "recipient", "state", "reason", "tenantId"];

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
    /// List mails of the last week, the newest first, and what became of them.
    List {
        /// Those in this state only. Of one that waits, `jobs list` says what the mail server answered.
        #[arg(long, value_parser = [Mail::WAITING, Mail::SENT, Mail::REFUSED, Mail::UNWANTED])]
        state: Option<String>,
        /// So many at most.
        #[arg(long, default_value_t = 100, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=10_000))]
        limit: u64,
        /// The form of the result.
        #[arg(long, short, value_enum, default_value_t = Output::Table)]
        output: Output,
    },
}

/// Does it.
pub(super) async fn mail(context: &Context, action: MailAction) -> Result<(), Failure> {
    match action {
        MailAction::Test { address, locale } => test(context, &address, locale.as_deref()).await,
        MailAction::List { state, limit, output } => {
            let session = context.sessions().await?.read_system(SystemReason::CommandLine);
            let filter = Filter {
                predicate: state.map(|state| Mail::STATE.is(state)),
                order: vec![Mail::CREATED_ON.descending()],
                limit: Some(limit),
                ..Filter::default()
            };
            let rows = session.repository::<Mail>().find(&filter).await.map_err(Error::from)?;
            let rows = rows.into_iter().map(|row| row.into_entity().map(|mail| shown(&mail)));
            let rows = rows.collect::<Result<Vec<Json>, _>>().map_err(Error::from)?;
            table::print(&rows.into(), None, &COLUMNS, output)
        }
    }
}

fn shown(mail: &Mail) -> Json {
    json!({
        "createdOn": format_timestamp(mail.created_on), "kind": mail.kind, "recipient": mail.recipient,
        "state": mail.state, "reason": mail.reason, "tenantId": mail.tenant_id,
    })
}

async fn test(context: &Context, address: &str, locale: Option<&str>) -> Result<(), Failure> {
    if !email_address::EmailAddress::is_valid(address) {
        return Err(Failure::Usage(format!("{address}: this is no e-mail address")));
    }
    let session = context.sessions().await?.write_system(SystemReason::CommandLine).await.map_err(Error::from)?;
    let trial = Post { kind: &TRIAL, tenant: None, about: Uuid::nil(), recipient: address, locale };
    let posted = post(&session, trial).await?;
    session.commit(posted).await.map_err(Error::from)?.into_inner();
    say(&format!("a running service sends it; whether it did:  {} mail list", program()))
}
