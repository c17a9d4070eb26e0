//! Client applications, and what people say of their own memberships: for an application, without HTTP.

use user_tenant_store::record::New;
use uuid::Uuid;

use super::UserTenantService;
use crate::domain::clients::{self, IssuedClient};
use crate::error::Result;
use crate::features::own_memberships::rules;
use crate::model::AuthClient;

impl UserTenantService {
    /// Makes a client application, with secrets that are made here.
    ///
    /// ```
    /// use user_tenant_service::model::AuthClient;
    /// use user_tenant_service::store::record::New;
    /// use user_tenant_service::{Result, UserTenantService};
    ///
    /// async fn web(users: &UserTenantService) -> Result<i32> {
    ///     Ok(users.create_client(New::empty().with(AuthClient::CLIENT_ID, "web")?).await?.id)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`crate::ErrorCode::Taken`] when the name is taken, and when the database fails.
    pub async fn create_client(&self, client: New<AuthClient>) -> Result<IssuedClient> {
        Ok(clients::create(self.write().await?, client).await?.into_inner())
    }

    /// Gives a client application another secret. The one before is good no more.
    ///
    /// # Errors
    /// [`crate::ErrorCode::NotFound`], and when the database fails.
    pub async fn rotate_client(&self, id: i32) -> Result<IssuedClient> {
        Ok(clients::rotate(self.write().await?, &id.to_string()).await?.into_inner())
    }

    /// Removes a client application that nobody may log in with, and that no role is bound to.
    ///
    /// # Errors
    /// [`crate::ErrorCode::StillReferenced`], [`crate::ErrorCode::NotFound`], and when the database fails.
    pub async fn remove_client(&self, id: i32) -> Result<()> {
        clients::unused(&self.read(), &id.to_string()).await?;
        clients::remove(self.write().await?, &id.to_string()).await?.into_inner();
        Ok(())
    }

    /// Lets a person log in with these client applications, by their names, and with no others.
    ///
    /// # Errors
    /// [`crate::ErrorCode::RelatedNotFound`], [`crate::ErrorCode::NotFound`], and when the database fails.
    pub async fn allow_clients(&self, user: Uuid, names: &[&str]) -> Result<()> {
        clients::allow(self.write().await?, user, names).await?.into_inner();
        Ok(())
    }

    /// Accepts a membership in the person's name, who has come and said so. Tells its id.
    ///
    /// # Errors
    /// [`crate::ErrorCode::NotFound`], [`crate::ErrorCode::NoTransition`] where it is suspended or rejected,
    /// [`crate::ErrorCode::TenantNotActive`], and when the database fails.
    pub async fn accept_membership(&self, user: Uuid, tenant: Uuid) -> Result<Uuid> {
        let session = self.write().await?.in_name_of(tenant);
        Ok(rules::accept(session, user, tenant).await?.into_inner().0)
    }

    /// Makes a tenant the one that a person logs in to.
    ///
    /// # Errors
    /// [`crate::ErrorCode::RelatedNotFound`], [`crate::ErrorCode::MembershipNotActive`],
    /// [`crate::ErrorCode::TenantNotActive`], and when the database fails.
    pub async fn set_default_tenant(&self, user: Uuid, tenant: Uuid) -> Result<()> {
        let session = self.write().await?.in_name_of(tenant);
        rules::settle(session, user, tenant).await?.into_inner();
        Ok(())
    }
}
