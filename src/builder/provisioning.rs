//! A tenant with all that it begins with: for an application, without HTTP.

use super::UserTenantService;
use crate::error::Result;
use crate::features::provisioning::{Provision, Provisioned, rules};

impl UserTenantService {
    /// Makes a tenant with roles of templates, an administrator, configuration, groups and a client application: all of it in one
    /// transaction, or nothing. The administrator is somebody new, or a known person, who is invited.
    ///
    /// ```
    /// use user_tenant_service::model::{AuthClient, Group, Tenant, User};
    /// use user_tenant_service::store::record::New;
    /// use user_tenant_service::{Provision, Result, UserTenantService};
    ///
    /// async fn customer(users: &UserTenantService) -> Result<uuid::Uuid> {
    ///     let tenant = New::empty().with(Tenant::NAME, "Acme")?.with(Tenant::KEY, "acme")?.with(Tenant::MAX_MEMBERS, 50)?;
    ///     let administrator = New::empty().with(User::FIRST_NAME, "Ann")?.with(User::EMAIL, "ann@acme.example")?;
    ///     let wanted = Provision {
    ///         groups: vec![New::empty().with(Group::NAME, "Night shift")?],
    ///         client: Some(New::<AuthClient>::empty()),
    ///         ..Provision::new(tenant, administrator)
    ///     };
    ///     let made = users.provision(wanted, Some("Order 4711")).await?;
    ///     Ok(made.tenant)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`crate::ErrorCode::Taken`] when the tenant's key or the application's name is taken,
    /// [`crate::ErrorCode::LoginTaken`] when username and address lead to two people, or to one who is deactivated,
    /// [`crate::ErrorCode::UnknownTemplate`], [`crate::ErrorCode::ValidationFailed`], and when the database fails.
    pub async fn provision(&self, wanted: Provision, reason: Option<&str>) -> Result<Provisioned> {
        let (session, sessions) = (self.write().await?.because(reason), self.sessions());
        let made =
            rules::provision(session, sessions.catalogue(), sessions.new_users(), sessions.default_clients(), wanted)
                .await?;
        Ok(made.into_inner())
    }
}
