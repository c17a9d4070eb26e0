//! What a member holds now, by the role and by permissions of their own: the measure of what they may give and take.

use user_tenant_store::StoreResult;
use user_tenant_store::filter::Filter;
use user_tenant_store::scope::{Scope, Sees};
use user_tenant_store::session::{Mode, Session};
use uuid::Uuid;

use super::principal::Principal;
use crate::error::{Error, Result};
use crate::model::effective::Effective;
use crate::model::{Holding, UserLevelPermission};

/// What a membership holds.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// The permissions of the role and of the member.
    pub(crate) permissions: Effective<'static>,
    /// Kind of the role.
    pub(crate) role_type: Option<i32>,
    /// Ids of the client applications that the role is bound to; empty where it is bound to none.
    pub(crate) clients: Vec<String>,
}

/// What a membership of the session's scope holds; nothing where there is no such membership.
pub(crate) async fn of<S, M>(session: &Session<S, M>, membership: Uuid) -> StoreResult<Held>
where
    S: Scope + Sees<Holding> + Sees<UserLevelPermission>,
    M: Mode,
{
    let (holdings, own) = (session.repository::<Holding>(), session.repository::<UserLevelPermission>());
    let own = own.pages(Filter::matching(UserLevelPermission::USER_TENANT_ID.is(membership)));
    let (holding, own) = session.ask((holdings.find_one(Holding::ID.is(membership)), own.begun())).await?;
    let Some(holding) = holding else { return Ok(Held::default()) };
    let own = own.typed().await?;
    let role = holding.permissions.unwrap_or_default();
    Ok(Held {
        permissions: Effective::of(role, own.into_iter().map(|own| (own.permission, own.allowed))),
        role_type: holding.role_type,
        clients: holding.allowed_clients.unwrap_or_default(),
    })
}

/// Refuses the principal who holds less than the membership does: members are protected from those below them.
pub(crate) async fn protect<S, M>(session: &Session<S, M>, principal: &Principal<'_>, membership: Uuid) -> Result<()>
where
    S: Scope + Sees<Holding> + Sees<UserLevelPermission>,
    M: Mode,
{
    let held = of(session, membership).await?;
    let reached =
        principal.master || held.permissions.names().all(|permission| principal.permissions.contains(permission));
    if reached { Ok(()) } else { Err(Error::MemberHoldsMore) }
}
