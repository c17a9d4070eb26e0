//! How mails are written and sent: kinds, templates, and who carries them. The outbox, `src/outbox.rs`, says when.

mod kind;
mod log;
mod mailer;
mod room;
mod smtp;
mod templates;

pub(crate) use self::kind::{Delivery, MailKind, Values};
pub(crate) use self::log::LogMailer;
pub(crate) use self::mailer::AT_ONCE;
pub use self::mailer::{Mailer, Message, Sending, Unsent};
pub use self::room::MailOptions;
pub(crate) use self::room::{Links, Room};
pub use self::smtp::{SmtpMailer, SmtpUnusable};

#[cfg(test)]
mod tests;
