//! Mails as lines of the log: for trying the service, since who reads the log can then use what the mails let people do.

use super::mailer::{Mailer, Message, Sending};

/// Writes mails into the log, and sends none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogMailer;

impl Mailer for LogMailer {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        tracing::info!(
            to = message.to,
            subject = message.subject,
            text = message.text,
            "a mail, which MAILER=log sends to nobody"
        );
        Box::pin(std::future::ready(Ok(())))
    }
}
