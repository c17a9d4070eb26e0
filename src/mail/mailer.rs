//! Who carries mails: the log, a mail server, or what the application that embeds the library brings.

use std::pin::Pin;

/// How many mails one process hands over at once. A server that says nothing leaves the other places to jobs of other kinds.
pub(crate) const AT_ONCE: usize = 2;

/// A mail, as it is handed over. It has no `Debug`: its text lets people in.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// Address of who gets it.
    pub to: String,
    /// What it is about, on one line.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// The same in HTML, where there is a template of it.
    pub html: Option<String>,
}

/// Why a mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// The address is refused: trying again is of no use.
    #[error("{0}")]
    Refused(String),
    /// It may go well later.
    #[error("{0}")]
    Later(String),
}

/// A mail on its way.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), Unsent>> + Send + 'a>>;

/// Hands mails over.
///
/// ```
/// use user_tenant_service::mail::{Mailer, Message, Sending};
///
/// /// Hands mails to nobody.
/// struct Silence;
///
/// impl Mailer for Silence {
///     fn send<'a>(&'a self, _: &'a Message) -> Sending<'a> {
///         Box::pin(async { Ok(()) })
///     }
/// }
///
/// fn silent(builder: user_tenant_service::Builder) -> user_tenant_service::Builder {
///     builder.mailer(Silence)
/// }
/// ```
pub trait Mailer: Send + Sync + 'static {
    /// Hands over one mail. It may be called for some at once; what takes longer than a minute is broken off, and tried again.
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a>;
}
