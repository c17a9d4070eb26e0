//! What members may do, and what has happened: for an application, without HTTP.

use user_tenant_store::scope::SystemReason;
use uuid::Uuid;

use super::UserTenantService;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::features::events::{EventPage, EventQuery, recorded};
use crate::features::permissions::{EffectivePermissions, PermissionQuestion, rules};

impl UserTenantService {
    /// What a member may do, each permission with its sources: role, groups, own grant or denial. `None` where there is no such
    /// member.
    ///
    /// # Errors
    /// [`Error::AnswerTooLarge`], and when the database fails.
    pub async fn effective_permissions(&self, membership: Uuid) -> Result<Option<EffectivePermissions>> {
        let session = self.sessions().read_system(SystemReason::HostApplication);
        rules::effective(&session, self.sessions().acceptance(), membership).await
    }

    /// Whether members may do something: an answer for each question, in their order. Who is no active member may do nothing.
    ///
    /// ```
    /// use user_tenant_service::{PermissionQuestion, Result, UserTenantService};
    /// use uuid::Uuid;
    ///
    /// async fn may_bake(users: &UserTenantService, membership: Uuid) -> Result<bool> {
    ///     let question = PermissionQuestion { membership, permission: "UseOven".to_owned() };
    ///     Ok(users.check_permissions(vec![question]).await? == [true])
    /// }
    /// ```
    ///
    /// # Errors
    /// When the database fails.
    pub async fn check_permissions(&self, questions: Vec<PermissionQuestion>) -> Result<Vec<bool>> {
        let session = self.sessions().read_system(SystemReason::HostApplication);
        let decisions = rules::decide(&session, self.sessions().acceptance(), questions).await?;
        Ok(decisions.into_iter().map(|decision| decision.allowed).collect())
    }

    /// What has happened, in order: who goes on behind `next` misses nothing and sees nothing twice.
    ///
    /// ```
    /// use user_tenant_service::{EventQuery, Result, UserTenantService};
    ///
    /// async fn follow(users: &UserTenantService) -> Result<()> {
    ///     let mut query = EventQuery { types: vec!["tenant.suspended".to_owned()], ..EventQuery::default() };
    ///     loop {
    ///         let page = users.events(query.clone()).await?;
    ///         for event in page.events {
    ///             println!("{:?} {:?}", event.tenant_id, event.reason);
    ///         }
    ///         if !page.more {
    ///             return Ok(());
    ///         }
    ///         query.behind = page.next;
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// [`crate::ErrorCode::InvalidParameter`] for a type that is none, and for a position that was never written here;
    /// and when the database fails.
    pub async fn events(&self, query: EventQuery) -> Result<EventPage> {
        recorded::read(self.sessions().read_system(SystemReason::HostApplication), query).await
    }
}
