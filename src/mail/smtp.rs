//! Mails by a mail server, over connections that are kept.

use std::time::Duration;

use axum::http::Uri;
use lettre::address::AddressError;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::{AsyncSmtpTransportBuilder, Error as SmtpError, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message as Letter, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use user_tenant_store::environment::Environment;

use super::mailer::{Mailer, Message, Sending, Unsent};

/// How long the server may take for each command.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Most connections to the server, as many as mails are handed over at once.
const CONNECTIONS: u32 = 2;

/// Hands mails to a mail server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Why a mail server cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SmtpUnusable {
    /// The address of the server is none. It is not repeated: it may hold a password.
    #[error(
        "this is no address of a mail server: smtp://host:port, smtp://user:password@host:port?tls=required (STARTTLS) or smtps://user:password@host:port"
    )]
    Address,
    /// The password would go over the network for everybody to read.
    #[error("a password goes over the network only with TLS: smtps://…, or smtp://…?tls=required for STARTTLS")]
    InClear,
    /// The sender's address is none.
    #[error("{0} is no address of a sender: users@example.com, or Users <users@example.com>")]
    From(String),
}

impl SmtpMailer {
    /// One that hands over to the server at `url` in the name of `from`. It connects when there is something to send.
    ///
    /// ```
    /// use user_tenant_service::mail::SmtpMailer;
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let url = "smtps://users:secret@mail.example.com".into();
    /// let mailer = SmtpMailer::new(&url, "Users <users@example.com>")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`SmtpUnusable`] says what is wrong with the one or the other.
    pub fn new(url: &SecretString, from: &str) -> Result<Self, SmtpUnusable> {
        let (transport, from) = parts(url, from)?;
        let transport = transport.timeout(Some(TIMEOUT)).pool_config(PoolConfig::new().max_size(CONNECTIONS)).build();
        Ok(Self { transport, from })
    }

    /// Whether [`Self::new`] takes these.
    #[cfg(feature = "cli")]
    pub(crate) fn check(url: &SecretString, from: &str) -> Result<(), SmtpUnusable> {
        parts(url, from).map(drop)
    }

    /// Whether others on the way to the server can read the mails, and what lets people in with them.
    #[cfg(feature = "cli")]
    pub(crate) fn is_in_clear(url: &SecretString) -> bool {
        let uri = url.expose_secret().parse::<Uri>();
        uri.is_ok_and(|uri| !is_encrypted(&uri) && uri.host().is_some_and(|host| !is_here(host)))
    }

    async fn hand_over(&self, message: &Message) -> Result<(), Unsent> {
        let letter = letter(&self.from, message)?;
        self.transport.send(letter).await.map(drop).map_err(|error| unsent(&error))
    }
}

fn parts(url: &SecretString, from: &str) -> Result<(AsyncSmtpTransportBuilder, Mailbox), SmtpUnusable> {
    let url = url.expose_secret();
    let uri: Uri = url.parse().map_err(|_| SmtpUnusable::Address)?;
    let authority = uri.authority().ok_or(SmtpUnusable::Address)?;
    if authority.as_str().contains('@') && !is_encrypted(&uri) && !is_here(authority.host()) {
        return Err(SmtpUnusable::InClear);
    }
    let from = from.parse().map_err(|_: AddressError| SmtpUnusable::From(from.to_owned()))?;
    let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| SmtpUnusable::Address)?;
    Ok((transport, from))
}

impl Mailer for SmtpMailer {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(self.hand_over(message))
    }
}

impl std::fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpMailer").field("from", &self.from).finish_non_exhaustive()
    }
}

/// Whether nothing is sent without TLS.
fn is_encrypted(uri: &Uri) -> bool {
    uri.scheme_str() == Some("smtps") || uri.query() == Some("tls=required")
}

/// Whether a host is this machine.
fn is_here(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A mail in the form of mails: nothing in it can be taken for a header.
fn letter(from: &Mailbox, message: &Message) -> Result<Letter, Unsent> {
    let refused = |error: AddressError| Unsent::Refused(format!("this is no address of a mail: {error}"));
    let to = Mailbox::new(None, message.to.parse().map_err(refused)?);
    let letter = Letter::builder().from(from.clone()).to(to).subject(message.subject.as_str());
    // By the sender's domain: without one, the library takes the name of this machine.
    let id = Environment::system().new_id();
    let letter = letter.message_id(Some(format!("<{id}@{}>", from.email.domain()))).header(AutoSubmitted);
    let letter = match &message.html {
        Some(html) => letter.multipart(MultiPart::alternative_plain_html(message.text.clone(), html.clone())),
        None => letter.singlepart(lettre::message::SinglePart::plain(message.text.clone())),
    };
    letter.map_err(|error| Unsent::Refused(error.to_string()))
}

/// That no person wrote it, so that no program answers it (RFC 3834).
#[derive(Clone, Copy)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// What the server's answer means for the mail.
fn unsent(error: &SmtpError) -> Unsent {
    let code = error.status().filter(|_| error.is_permanent()).map(|code| code.to_string());
    let said = error.to_string();
    match code {
        Some(code) if is_of_address(&code, &said) => Unsent::Refused(said),
        _ => Unsent::Later(said),
    }
}

/// Whether a permanent refusal is of the address. What is wrong with us, as a sender or password that the server does not take, is
/// for an operator to mend: then the mail is not lost.
fn is_of_address(code: &str, said: &str) -> bool {
    let class = said.split_whitespace().find_map(enhanced);
    match class {
        // RFC 3463: addresses but for the sender's, mailboxes, and what their policy refuses.
        Some((1, detail)) => !matches!(detail, 7 | 8),
        Some((2, _)) => true,
        Some((7, _)) => matches!(code, "550" | "553" | "554"),
        Some(_) => false,
        None => matches!(code, "550" | "551" | "552" | "553" | "556"),
    }
}

/// Subject and detail of an enhanced code of a permanent refusal: `5.1.1` is `(1, 1)`.
fn enhanced(word: &str) -> Option<(u16, u16)> {
    let (subject, detail) = word.strip_prefix("5.")?.split_once('.')?;
    Some((subject.parse().ok()?, detail.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use lettre::message::Mailbox;

    use super::{SmtpMailer, SmtpUnusable, is_of_address, letter};
    use crate::mail::{Message, Unsent};

    #[test]
    fn what_is_refused_for_good_is_told_from_what_an_operator_mends() {
        for (code, said, of_address) in [
            ("550", "permanent error (550): 5.1.1 No such user", true),
            ("550", "permanent error (550): No such user", true),
            ("552", "permanent error (552): 5.2.2 Mailbox full", true),
            ("554", "permanent error (554): 5.7.1 Refused by policy", true),
            ("550", "permanent error (550): 5.1.8 Sender's domain unknown", false),
            ("553", "permanent error (553): 5.1.7 Sender refused", false),
            ("535", "permanent error (535): 5.7.8 Wrong password", false),
            ("530", "permanent error (530): Log in first", false),
            ("554", "permanent error (554): No mail service here", false),
            ("500", "permanent error (500): 5.5.1 What?", false),
        ] {
            assert_eq!(is_of_address(code, said), of_address, "{said}");
        }
    }

    #[tokio::test]
    async fn a_server_is_named_so_that_a_password_stays_secret() {
        let new = |url: &str, from| SmtpMailer::new(&url.to_owned().into(), from).map(drop);
        for url in ["smtp://mail:25", "smtps://u:p@mail", "smtp://u:p@mail:587?tls=required", "smtp://u:p@localhost:25"]
        {
            assert!(new(url, "Users <users@example.com>").is_ok(), "{url}");
        }
        for url in ["smtp://u:p@mail:25", "smtp://u:p@mail?tls=opportunistic"] {
            assert!(matches!(new(url, "users@example.com"), Err(SmtpUnusable::InClear)), "{url}");
        }
        for url in ["mail:25", "http://mail", "smtp://"] {
            let error = new(url, "users@example.com").unwrap_err();
            assert!(matches!(error, SmtpUnusable::Address), "{url}: {error}");
        }
        assert!(matches!(new("smtp://mail:25", "users"), Err(SmtpUnusable::From(_))));
    }

    #[test]
    fn nothing_in_a_mail_becomes_a_header() {
        let from: Mailbox = "users@example.com".parse().unwrap();
        let message = |to: &str, subject: &str| Message {
            to: to.to_owned(),
            subject: subject.to_owned(),
            text: "\r\n.\r\nBcc: everybody@example.com".to_owned(),
            html: None,
        };
        let hostile = message("amelie@example.com", "Hello\r\nBcc: everybody@example.com");
        let sent = String::from_utf8(letter(&from, &hostile).unwrap().formatted()).unwrap();
        let (head, _) = sent.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
        assert!(head.contains("Auto-Submitted: auto-generated"), "{head}");
        let id = head.lines().find(|line| line.starts_with("Message-ID: ")).unwrap();
        assert!(id.ends_with("@example.com>"), "{id}");
        for to in ["a@example.com\r\nRCPT TO:<b@example.com>", "a@example.com, b@example.com", "nobody"] {
            assert!(matches!(letter(&from, &message(to, "Hello")), Err(Unsent::Refused(_))), "{to}");
        }
    }
}
