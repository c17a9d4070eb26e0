//! Passwords and how people begin: for an application, without HTTP.

use std::collections::HashSet;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use user_tenant_store::audit::ActorKind;
use uuid::Uuid;

use super::{Builder, UserTenantService};
use crate::domain::passwords::{Blocklist, Password, Passwords};
use crate::error::{BuildError, ErrorCode, Result};
use crate::features::passwords::resets::{self, Way};
use crate::features::passwords::rules::Name;
use crate::features::passwords::steps::{self, Typed};
use crate::model::NewUsers;

/// Who has proven a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenLogin {
    /// The person.
    pub user: Uuid,
    /// The tenant that they would work in, and their membership there, if there is one.
    pub membership: Option<(Uuid, Uuid)>,
    /// Why a token for it would be refused, if it would: then none is to be issued.
    pub refusal: Option<ErrorCode>,
    /// Whether they must change the password first.
    pub must_change: bool,
    /// When the password is over, where the tenant has passwords expire.
    pub expires_on: Option<OffsetDateTime>,
}

impl Builder {
    /// How people begin who are new.
    ///
    /// ```
    /// use user_tenant_service::model::UserStatus;
    /// use user_tenant_service::{Builder, NewUserProvider, NewUsers};
    ///
    /// fn beside_the_authentication_service(builder: Builder) -> Builder {
    ///     builder.new_users(NewUsers { provider: NewUserProvider::Internal, status: UserStatus::PasswordChangeNeeded })
    /// }
    /// ```
    #[must_use]
    pub fn new_users(self, new_users: NewUsers) -> Self {
        Self { new_users, ..self }
    }

    /// The cost of hashes of passwords, from 10 to 14, and a file of passwords that nobody may have, if there is one.
    ///
    /// # Errors
    /// [`BuildError::Options`] when the cost is another, or the file cannot be read.
    pub fn password_hashes(self, cost: u32, blocklist: Option<&Path>) -> std::result::Result<Self, BuildError> {
        if !(10..=14).contains(&cost) {
            return Err(BuildError::Options("the cost of hashes must be from 10 to 14".into()));
        }
        let blocklist = blocklist.map(Blocklist::read).transpose();
        let blocklist = blocklist.map_err(|error| BuildError::Options(format!("the blocklist {error}").into()))?;
        Ok(self.passwords(Arc::new(Passwords::new(cost, blocklist))))
    }

    pub(crate) fn passwords(self, passwords: Arc<Passwords>) -> Self {
        Self { passwords, ..self }
    }
}

impl UserTenantService {
    /// Sets the password of a person, as far as the policy of their home lets it; links by which they could set one end.
    ///
    /// ```
    /// use user_tenant_service::{Result, UserTenantService};
    /// use uuid::Uuid;
    ///
    /// async fn first(users: &UserTenantService, user: Uuid) -> Result<()> {
    ///     users.set_password(user, "correct horse battery staple").await
    /// }
    /// ```
    ///
    /// # Errors
    /// [`crate::Error::PasswordPolicy`], [`crate::Error::LoginElsewhere`], [`crate::Error::NotFound`], and when the database fails.
    pub async fn set_password(&self, user: Uuid, password: &str) -> Result<()> {
        steps::set(&self.sessions().logins(ActorKind::System), user, Password::new(password)).await
    }

    /// Mails a member of a tenant a link by which they set a new password, once; until when it is of use, a day where `life` is
    /// `None`. The mail is sent where jobs are done.
    ///
    /// ```
    /// use user_tenant_service::{Result, UserTenantService};
    /// use uuid::Uuid;
    ///
    /// async fn forgotten(users: &UserTenantService, tenant: Uuid, user: Uuid) -> Result<()> {
    ///     users.mail_password_reset(tenant, user, None).await.map(drop)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`crate::Error::InvalidEmail`] of who has no address, [`crate::Error::TooManyAttempts`],
    /// [`crate::Error::PersonDeactivated`], [`crate::Error::LoginElsewhere`], [`crate::Error::NotFound`], and when the database fails.
    pub async fn mail_password_reset(
        &self,
        tenant: Uuid,
        user: Uuid,
        life: Option<Duration>,
    ) -> Result<OffsetDateTime> {
        let session = self.write().await?.in_name_of(tenant);
        let (nobody, life) = (HashSet::new(), life.unwrap_or(resets::LIFE).min(resets::LONGEST_LIFE));
        let asked = resets::request(session, &self.principal(&nobody), tenant, user, Way::Mail, life).await?;
        Ok(asked.into_inner().expires_on)
    }

    /// Whether a username or an e-mail address and a password are of one person, who would work in `tenant` or else at home; none
    /// where they are not, whatever is wrong. Failures count, of the person and of `address`.
    ///
    /// ```
    /// use user_tenant_service::{Result, UserTenantService};
    ///
    /// async fn log_in(users: &UserTenantService) -> Result<bool> {
    ///     let proven = users.verify_credentials("ann", "correct horse battery staple", None, None).await?;
    ///     Ok(proven.is_some_and(|proven| proven.refusal.is_none()))
    /// }
    /// ```
    ///
    /// # Errors
    /// [`crate::Error::TooManyAttempts`], and when the database fails.
    pub async fn verify_credentials(
        &self,
        name: &str,
        password: &str,
        tenant: Option<Uuid>,
        address: Option<IpAddr>,
    ) -> Result<Option<ProvenLogin>> {
        let name = if name.contains('@') { Name::Email(name.to_owned()) } else { Name::Username(name.to_owned()) };
        let typed = Typed { name, password: Password::new(password), tenant, address };
        let proven = steps::verify(&self.sessions().logins(ActorKind::System), typed).await?;
        Ok(proven.map(|proven| ProvenLogin {
            user: proven.user,
            membership: proven.membership,
            refusal: proven.refusal,
            must_change: proven.must_change,
            expires_on: proven.expires_on,
        }))
    }
}
