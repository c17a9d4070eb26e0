//! What groups give: for an application, without HTTP.

use std::collections::HashSet;

use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Session, Write};
use uuid::Uuid;

use super::UserTenantService;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::features::giving::rules;

impl UserTenantService {
    /// Lets a group carry a role of its tenant: whoever is in the group has it.
    ///
    /// # Errors
    /// [`Error::OutOfReach`], [`Error::RelatedNotFound`], [`Error::Taken`], [`Error::QuotaExceeded`], and when the database fails.
    pub async fn give_role_to_group(&self, tenant: Uuid, group: Uuid, role: Uuid) -> Result<()> {
        let (session, nobody) = (self.write_in(tenant).await?, HashSet::new());
        rules::carry(session, &self.principal(&nobody), group, role).await?.into_inner();
        Ok(())
    }

    /// Takes a role from a group.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::LastAdministrator`], and when the database fails.
    pub async fn take_role_from_group(&self, tenant: Uuid, group: Uuid, role: Uuid) -> Result<()> {
        let (session, nobody) = (self.write_in(tenant).await?, HashSet::new());
        rules::drop_role(session, &self.principal(&nobody), group, role).await?.into_inner();
        Ok(())
    }

    /// Puts a group into another: whoever is in it is in that one as well.
    ///
    /// # Errors
    /// [`Error::GroupCycle`], [`Error::GroupsTooDeep`], [`Error::OutOfReach`], [`Error::RelatedNotFound`], [`Error::Taken`],
    /// [`Error::QuotaExceeded`], and when the database fails.
    pub async fn put_group_into(&self, tenant: Uuid, group: Uuid, holder: Uuid) -> Result<()> {
        let (session, nobody) = (self.write_in(tenant).await?, HashSet::new());
        rules::hold(session, &self.principal(&nobody), holder, group).await?.into_inner();
        Ok(())
    }

    /// Takes a group out of another.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::LastAdministrator`], and when the database fails.
    pub async fn take_group_out_of(&self, tenant: Uuid, group: Uuid, holder: Uuid) -> Result<()> {
        let (session, nobody) = (self.write_in(tenant).await?, HashSet::new());
        rules::release(session, &self.principal(&nobody), holder, group).await?.into_inner();
        Ok(())
    }

    async fn write_in(&self, tenant: Uuid) -> Result<Session<TenantScope, Write>> {
        Ok(self.write().await?.in_name_of(tenant).narrow(TenantScope(tenant)))
    }
}
