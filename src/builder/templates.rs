//! Templates of roles: for an application, without HTTP.

use std::collections::HashSet;

use user_tenant_store::scope::SystemReason;
use user_tenant_store::session::Committed;
use uuid::Uuid;

use super::UserTenantService;
use crate::domain::role_templates;
use crate::error::{Error, Result};
use crate::features::role_templates::{
    self as feature, Application, RoleApplied, RoleDifference, RoleTemplateVersion, Versions,
};
use crate::model::RoleTemplate;

impl UserTenantService {
    /// The newest version of each template that is not retired, in the order of their names.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn role_templates(&self) -> Result<Vec<RoleTemplate>> {
        feature::rules::list(&self.sessions().read_system(SystemReason::HostApplication)).await
    }

    /// Saves a template, or its next version, and returns it. What is said already makes none. Roles that there are stay as
    /// they are.
    ///
    /// ```
    /// use user_tenant_service::{Result, RoleTemplateVersion, UserTenantService};
    ///
    /// async fn bakers(users: &UserTenantService) -> Result<i32> {
    ///     let permissions = vec!["ViewTenant".to_owned(), "UseOven".to_owned()];
    ///     let baker = RoleTemplateVersion { name: "baker".to_owned(), permissions, ..RoleTemplateVersion::default() };
    ///     Ok(users.save_role_template(baker).await?.version)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownPermission`], [`Error::TemplateChanged`], and when the database fails.
    pub async fn save_role_template(&self, wanted: RoleTemplateVersion) -> Result<RoleTemplate> {
        let all: HashSet<String> = wanted.permissions.iter().flat_map(|name| spelled(name)).collect();
        let saved = feature::rules::save(self.write().await?, &self.principal(&all), wanted).await;
        saved.map(Committed::into_inner)
    }

    /// Retires a template: no role is made of it any more. Roles of it stay.
    ///
    /// # Errors
    /// [`Error::NotFound`], and when the database fails.
    pub async fn retire_role_template(&self, name: &str) -> Result<()> {
        feature::rules::retire(self.write().await?, name).await.map(Committed::into_inner)
    }

    /// Roles that do not grant what the newest version of their template says, or are of another version; at most so many, behind
    /// the role with this id. Tells behind which role to go on, if there may be more. A page may have fewer, or none.
    ///
    /// # Errors
    /// [`Error::UnknownTemplate`], and when the database fails.
    pub async fn role_template_differences(
        &self,
        name: &str,
        behind: Option<Uuid>,
        limit: usize,
    ) -> Result<(Vec<RoleDifference>, Option<Uuid>)> {
        let session = self.sessions().read_system(SystemReason::HostApplication);
        feature::differences::page(&session, self.newest(name).await?, behind, limit).await
    }

    /// Gives a tenant's roles of a template what its newest version says, and tells what became of each.
    ///
    /// ```
    /// use user_tenant_service::{Application, Result, UserTenantService};
    /// use uuid::Uuid;
    ///
    /// async fn let_bake(users: &UserTenantService, tenant: Uuid) -> Result<usize> {
    ///     let how = Application { create: true, ..Application::default() };
    ///     Ok(users.apply_role_template("baker", tenant, how, Some("New ovens")).await?.len())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownTemplate`], [`Error::OutOfReach`], [`Error::TenantNotActive`], [`Error::LastAdministrator`], [`crate::ErrorCode::Taken`], and when the database fails.
    pub async fn apply_role_template(
        &self,
        name: &str,
        tenant: Uuid,
        how: Application,
        reason: Option<&str>,
    ) -> Result<Vec<RoleApplied>> {
        let newest = self.newest(name).await?;
        let all: HashSet<String> = newest.permissions.iter().flat_map(|name| spelled(name)).collect();
        let session = self.write_because(reason).await?;
        let mut versions = Versions::of(newest);
        let applied = feature::rules::apply(session, &self.principal(&all), tenant, &mut versions, how).await?;
        Ok(applied.into_inner().roles)
    }

    async fn newest(&self, name: &str) -> Result<RoleTemplate> {
        let session = self.sessions().read_system(SystemReason::HostApplication);
        let newest = role_templates::newest(&session, &[name.to_owned()]).await?.pop();
        newest.ok_or_else(|| Error::UnknownTemplate(name.to_owned()))
    }
}

/// A permission as it may be written.
fn spelled(permission: &str) -> impl Iterator<Item = String> {
    crate::model::permission::spellings(permission).map(ToOwned::to_owned)
}
