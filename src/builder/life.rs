//! Steps in the lives of tenants, members and people, and the limits of tenants: for an application, without HTTP.

use std::collections::HashSet;

use user_tenant_store::record::Patch;
use user_tenant_store::scope::{AllTenants, CallerScope, System};
use user_tenant_store::session::{Session, Write};
use uuid::Uuid;

use super::UserTenantService;
use crate::domain::principal::{Permissions, Principal};
use crate::domain::users::{self, Change, Wanted};
use crate::error::{Error, Result};
use crate::features::{lifecycle, purge};
use crate::model::lifecycle::{ACTIVATE, ARCHIVE, DEACTIVATE, REACTIVATE, RESTORE, SUSPEND};
use crate::model::{PersonState, Tenant, TenantState, UserStatus};

/// A step of a tenant's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantStep {
    /// Open it.
    Activate,
    /// Let nobody work in it.
    Suspend,
    /// Let nobody change it either; it is purged at the end of its retention.
    Archive,
    /// Give an archived one back what it was.
    Restore,
}

/// A step of a membership's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberStep {
    /// Let an invited member in as one who has come.
    Activate,
    /// Keep them out of the tenant.
    Suspend,
    /// Give a suspended one back what they were.
    Reactivate,
}

/// A step of a person's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonStep {
    /// Keep them out of all tenants.
    Deactivate,
    /// Let them in again where their memberships do.
    Reactivate,
}

/// How much a tenant may have; `None` for any number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TenantLimits {
    /// Members who may act.
    pub max_members: Option<i32>,
    /// Those of them who have not come yet.
    pub max_invitations: Option<i32>,
    /// How many days it can be restored once it is archived; `None` for what the deployment says.
    pub retention_days: Option<i32>,
}

impl UserTenantService {
    /// Takes a step of a tenant's life, and tells where it stands then.
    ///
    /// ```
    /// use user_tenant_service::{Result, TenantStep, UserTenantService};
    /// use uuid::Uuid;
    ///
    /// async fn close(users: &UserTenantService, tenant: Uuid) -> Result<()> {
    ///     users.step_tenant(tenant, TenantStep::Suspend, Some("Not paid")).await?;
    ///     users.step_tenant(tenant, TenantStep::Archive, None).await.map(drop)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::NoTransition`], [`Error::RetentionOver`], [`Error::OutOfReach`], and when the database fails.
    pub async fn step_tenant(&self, tenant: Uuid, step: TenantStep, reason: Option<&str>) -> Result<TenantState> {
        let step = match step {
            TenantStep::Activate => ACTIVATE,
            TenantStep::Suspend => SUSPEND,
            TenantStep::Archive => ARCHIVE,
            TenantStep::Restore => RESTORE,
        };
        let session = self.write_because(reason).await?.in_name_of(tenant).narrow(CallerScope::All(AllTenants));
        Ok(lifecycle::rules::tenant(session, tenant, step, self.sessions().retention_days()).await?.into_inner())
    }

    /// Has an archived tenant purged, and tells the id of the job: every row of it goes for good, with people who have no other
    /// tenant. Nothing leads back. [`Self::run_jobs`] does it, here or in another process.
    ///
    /// ```
    /// use user_tenant_service::{Result, TenantStep, UserTenantService};
    /// use uuid::Uuid;
    ///
    /// async fn forget(users: &UserTenantService, tenant: Uuid) -> Result<()> {
    ///     users.step_tenant(tenant, TenantStep::Archive, None).await?;
    ///     users.purge_tenant(tenant, Some("They asked for it")).await.map(drop)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::NoTransition`] unless the tenant is archived, [`Error::OutOfReach`], and when the database fails.
    pub async fn purge_tenant(&self, tenant: Uuid, reason: Option<&str>) -> Result<Uuid> {
        let session = self.write_because(reason).await?.in_name_of(tenant).narrow(CallerScope::All(AllTenants));
        Ok(purge::rules::request(session, tenant, None).await?.into_inner())
    }

    /// Limits a tenant. Those who have a seat keep it.
    ///
    /// # Errors
    /// [`Error::OutOfReach`], and when the database fails.
    pub async fn limit_tenant(&self, tenant: Uuid, limits: TenantLimits) -> Result<()> {
        let patch = Patch::empty()
            .with(Tenant::MAX_MEMBERS, limits.max_members)?
            .with(Tenant::MAX_INVITATIONS, limits.max_invitations)?
            .with(Tenant::RETENTION_DAYS, limits.retention_days)?;
        let session = self.write_because(None).await?.in_name_of(tenant).narrow(CallerScope::All(AllTenants));
        lifecycle::rules::limit(session, tenant, patch).await?.into_inner();
        Ok(())
    }

    /// Takes a step of a membership's life, and tells its status then.
    ///
    /// # Errors
    /// [`Error::NoTransition`], [`Error::LastAdministrator`], [`Error::QuotaExceeded`], [`Error::NotFound`], and when the
    /// database fails.
    pub async fn step_member(
        &self,
        tenant: Uuid,
        user: Uuid,
        step: MemberStep,
        reason: Option<&str>,
    ) -> Result<UserStatus> {
        let step = match step {
            MemberStep::Activate => ACTIVATE,
            MemberStep::Suspend => SUSPEND,
            MemberStep::Reactivate => REACTIVATE,
        };
        let session = self.write_because(reason).await?.in_name_of(tenant);
        let change = Change { person: None, role: None, status: Some(Wanted::Step(step)) };
        let nobody = HashSet::new();
        let status = users::update(session, self.principal(&nobody), tenant, user, change).await?.into_inner();
        UserStatus::try_from(status).map_err(|_| Error::Internal("a step leads to a status that is none".into()))
    }

    /// Takes a step of a person's life, in all tenants.
    ///
    /// # Errors
    /// [`Error::NoTransition`], [`Error::NotFound`], and when the database fails.
    pub async fn step_person(&self, user: Uuid, step: PersonStep, reason: Option<&str>) -> Result<PersonState> {
        let step = match step {
            PersonStep::Deactivate => DEACTIVATE,
            PersonStep::Reactivate => REACTIVATE,
        };
        let session = self.write_because(reason).await?;
        let nobody = HashSet::new();
        Ok(lifecycle::rules::person(session, &self.principal(&nobody), user, step).await?.into_inner())
    }

    pub(super) async fn write_because(&self, reason: Option<&str>) -> Result<Session<System, Write>> {
        Ok(self.write().await?.because(reason))
    }

    /// The application, which is nobody's member and reaches every tenant.
    pub(super) fn principal<'a>(&'a self, permissions: &'a HashSet<String>) -> Principal<'a> {
        Principal {
            user: Uuid::nil(),
            membership: Uuid::nil(),
            master: true,
            permissions: Permissions::of(permissions, None),
            catalogue: self.sessions().catalogue(),
            acceptance: self.sessions().acceptance(),
            new_users: self.sessions().new_users(),
            default_clients: self.sessions().default_clients(),
            role_type: None,
            clients: &[],
        }
    }
}
