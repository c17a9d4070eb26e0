//! Mails: who carries them, what they say, and whether they arrive.

use std::sync::Arc;

use uuid::Uuid;

use super::{Builder, UserTenantService};
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::mail::{MailOptions, Mailer};
use crate::outbox::{Post, TRIAL, post};

impl Builder {
    /// Who carries mails; by default they are lines of the log, and nobody gets them.
    #[must_use]
    pub fn mailer(self, mailer: impl Mailer) -> Self {
        Self { mailer: Arc::new(mailer), ..self }
    }

    /// Templates of mails, and the addresses that they lead to.
    ///
    /// ```
    /// use user_tenant_service::Builder;
    /// use user_tenant_service::mail::MailOptions;
    ///
    /// fn with_pages(builder: Builder) -> Builder {
    ///     let mut options = MailOptions::default();
    ///     options.invitation_url = Some("https://app.example/join?token={token}".to_owned());
    ///     builder.mail(options)
    /// }
    /// ```
    #[must_use]
    pub fn mail(self, options: MailOptions) -> Self {
        Self { mail: options, ..self }
    }
}

impl UserTenantService {
    /// Leaves a mail in the outbox by which an operator sees whether mails arrive. Its id, of the outbox.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot be reached.
    pub async fn send_trial_mail(&self, recipient: &str, locale: Option<&str>) -> Result<Uuid> {
        let session = self.write().await?;
        let id = post(&session, Post { kind: &TRIAL, tenant: None, about: Uuid::nil(), recipient, locale }).await?;
        Ok(session.commit(id).await?.into_inner())
    }
}
