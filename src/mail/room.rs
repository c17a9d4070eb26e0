//! What mails are made and sent with: the deployment's mailer, templates and addresses.

use std::path::PathBuf;
use std::sync::Arc;

use axum::http::Uri;
use secrecy::ExposeSecret;
use serde::Serialize;
use time::OffsetDateTime;
use time::macros::format_description;

use super::kind::{MailKind, Values};
use super::mailer::{Mailer, Message};
use super::templates::{MailUnwritable, Templates};
use crate::error::{Error, Result};
use crate::model::Mail;

/// Where in an address the token goes.
const TOKEN: &str = "{token}";
/// Most letters of a name.
const LONGEST_NAME: usize = 100;

/// What mails say and where they lead.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct MailOptions {
    /// Folder with templates of the deployment: `<kind>.<locale>.subject`, `.txt` and `.html`. One that is there takes the place of
    /// the built-in one of this kind and locale.
    pub templates: Option<PathBuf>,
    /// Address where somebody accepts an invitation, with `{token}` in it. Without it, the mail tells the token alone.
    pub invitation_url: Option<String>,
    /// Address where somebody chooses a password, with `{token}` in it. Without it, the mail tells the token alone.
    pub password_reset_url: Option<String>,
}

impl MailOptions {
    /// Whether an address leads to a page with a token, and can be used here.
    pub(crate) fn is_page(url: &str) -> bool {
        let leads = |uri: Uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
        url.matches(TOKEN).count() == 1 && url.replace(TOKEN, "token").parse().is_ok_and(leads)
    }
}

/// Addresses of the deployment's pages, each with `{token}` in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Links {
    /// Where somebody accepts an invitation.
    pub(crate) invitation: Option<String>,
    /// Where somebody chooses a password.
    pub(crate) password_reset: Option<String>,
}

/// Where mails are made.
pub(crate) struct Room {
    mailer: Arc<dyn Mailer>,
    templates: Templates,
    links: Links,
    kinds: &'static [&'static MailKind],
}

/// What a template can name. What is not known of a mail is none.
#[derive(Clone, Serialize)]
struct Filling<'a> {
    address: &'a str,
    tenant: Option<String>,
    inviter: Option<String>,
    link: Option<String>,
    token: Option<&'a str>,
    expires: Option<String>,
}

/// The token of no mail, with which templates are tried.
const EXAMPLE: &str = "the-token-of-no-mail";

impl Room {
    /// One that writes these kinds. Every template is filled with all that there may be, and with as little as there may be, so that a
    /// bad one is found at the start.
    pub(crate) fn new(
        mailer: Arc<dyn Mailer>,
        options: &MailOptions,
        kinds: &'static [&'static MailKind],
    ) -> std::result::Result<Self, MailUnwritable> {
        let links = Links {
            invitation: checked(options.invitation_url.as_deref())?,
            password_reset: checked(options.password_reset_url.as_deref())?,
        };
        let names: Vec<_> = kinds.iter().map(|kind| kind.name).collect();
        let templates = Templates::load(options.templates.as_deref(), &names)?;
        let all = Filling {
            address: "amelie@example.com",
            tenant: Some("Bakery".to_owned()),
            inviter: Some("Bruno".to_owned()),
            link: Some("https://app.example/".to_owned()),
            token: Some(EXAMPLE),
            expires: Some("2026-01-01 12:00 UTC".to_owned()),
        };
        templates.try_all("all that a mail may have", &all)?;
        let least = Filling { tenant: None, inviter: None, link: None, token: None, expires: None, ..all.clone() };
        templates.try_all("nothing but the address: tenant, inviter, link, token and expires are none", &least)?;
        let every = Links { invitation: Some(String::new()), password_reset: Some(String::new()) };
        for kind in kinds.iter().filter(|kind| (kind.link)(&every).is_some()) {
            let link = (kind.link)(&links).map(|page| page.replace(TOKEN, EXAMPLE));
            templates.must_tell(kind.name, EXAMPLE, &Filling { link, ..all.clone() })?;
        }
        Ok(Self { mailer, templates, links, kinds })
    }

    /// A kind, by its name.
    pub(crate) fn kind(&self, name: &str) -> Option<&'static MailKind> {
        self.kinds.iter().copied().find(|kind| kind.name == name)
    }

    /// Who carries the mails.
    pub(crate) fn mailer(&self) -> &dyn Mailer {
        &*self.mailer
    }

    /// A mail as it is sent.
    ///
    /// # Errors
    /// [`Error::Internal`] where a template fails on these values.
    pub(crate) fn compose(&self, kind: &MailKind, mail: &Mail, values: &Values) -> Result<Message> {
        let token = values.token.as_ref().map(ExposeSecret::expose_secret);
        let link = (kind.link)(&self.links).zip(token).map(|(link, token)| link.replace(TOKEN, token));
        let filling = Filling {
            address: &mail.recipient,
            tenant: values.tenant.as_deref().map(plain),
            inviter: values.inviter.as_deref().map(plain),
            link,
            token,
            expires: values.expires_on.map(instant),
        };
        let written = self.templates.write(kind.name, mail.locale.as_deref(), &filling);
        let written = written.map_err(|error| Error::Internal(error.into()))?;
        Ok(Message { to: mail.recipient.clone(), subject: written.subject, text: written.text, html: written.html })
    }
}

fn checked(url: Option<&str>) -> std::result::Result<Option<String>, MailUnwritable> {
    match url {
        Some(url) if !MailOptions::is_page(url) => Err(MailUnwritable::Link(url.to_owned())),
        url => Ok(url.map(ToOwned::to_owned)),
    }
}

/// A name on one line, as it reads: it can neither end a line, nor turn round what stands behind it, nor become a link in programs that
/// make links of text. Whoever names a tenant writes to strangers in our name.
fn plain(name: &str) -> String {
    let turns = |letter| matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let is_dot = |letter| matches!(letter, '.' | '\u{2024}' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}');
    let mut plain = String::with_capacity(name.len());
    let mut before = ' ';
    for letter in name.chars().map(|letter| if letter.is_control() || turns(letter) { ' ' } else { letter }) {
        // `evil. example` and `http: //` are links nowhere; no top-level domain begins with a digit, so that `2.0` stays as it is.
        if (is_dot(before) && letter.is_alphabetic()) || (before == ':' && letter == '/') {
            plain.push(' ');
        }
        plain.push(letter);
        before = letter;
    }
    match plain.char_indices().nth(LONGEST_NAME) {
        Some(_) => plain.chars().take(LONGEST_NAME - 1).chain(['…']).collect(),
        None => plain,
    }
}

fn instant(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    at.format(format_description!("[year]-[month]-[day] [hour]:[minute] UTC")).unwrap_or_default()
}
