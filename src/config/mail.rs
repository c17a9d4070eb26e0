//! How mails are sent: into the log, or by a mail server.

use secrecy::SecretString;

use super::{ConfigError, Effective};
use crate::mail::{MailOptions, SmtpMailer, SmtpUnusable};

/// How mails are sent, as configured.
#[derive(Debug, Clone)]
pub(crate) struct MailConfig {
    /// The mail server and the sender's address; without one, mails are lines of the log.
    pub(crate) smtp: Option<(SecretString, String)>,
    /// What mails say, and where they lead.
    pub(crate) options: MailOptions,
}

impl MailConfig {
    /// As the settings have it. Templates are read where the service is built.
    pub(super) fn new(settings: &Effective) -> Result<Self, ConfigError> {
        let options = MailOptions {
            templates: settings.owned("MAIL_TEMPLATES_DIR").map(Into::into),
            invitation_url: page(settings, "INVITATION_URL")?,
            password_reset_url: page(settings, "PASSWORD_RESET_URL")?,
        };
        let smtp = match settings.required("MAILER")? {
            "log" => None,
            "smtp" => Some(smtp(settings)?),
            _ => return Err(settings.wrong("MAILER", "must be log or smtp")),
        };
        Ok(Self { smtp, options })
    }
}

fn smtp(settings: &Effective) -> Result<(SecretString, String), ConfigError> {
    let needed = |name: &str, what: &str, assumed| {
        let problem = format!("must be {what}, with MAILER=smtp");
        settings.owned(name).ok_or_else(|| ConfigError::new(name, "not set", problem).assuming(assumed))
    };
    let url: SecretString = needed("SMTP_URL", "the address of the mail server", "smtp://assumed.example")?.into();
    let from = needed("MAIL_FROM", "the address of the sender", "assumed@assumed.example")?;
    let wrong = |error: SmtpUnusable| match error {
        SmtpUnusable::From(_) => settings.wrong("MAIL_FROM", "must be users@example.com, or Users <users@example.com>"),
        error => settings.wrong("SMTP_URL", &error.to_string()).assuming("smtp://assumed.example"),
    };
    SmtpMailer::check(&url, &from).map_err(wrong)?;
    Ok((url, from))
}

fn page(settings: &Effective, name: &str) -> Result<Option<String>, ConfigError> {
    let page = settings.owned(name);
    match page.as_deref().map(MailOptions::is_page) {
        Some(false) => {
            let problem = "must be an address with {token} in it, once: https://app.example/join?token={token}";
            Err(settings.wrong(name, problem))
        }
        _ => Ok(page),
    }
}
