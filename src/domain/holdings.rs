//! What a member holds now, by the role, by groups and by permissions of their own: the measure of what they may give and take.

use std::collections::HashSet;

use user_tenant_store::StoreResult;
use user_tenant_store::filter::Filter;
use user_tenant_store::scope::{Sees, TenantScope};
use user_tenant_store::session::{Mode, Session, Write};
use uuid::Uuid;

use super::giving::{self, Giving, SeesGroups};
use super::principal::Principal;
use crate::error::{Error, Result};
use crate::model::effective::Effective;
use crate::model::{Belonging, Holding, Inactive, Standing, UserLevelPermission, UserTenant};

/// What a membership holds.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// The permissions of the role, of groups and of the member.
    pub(crate) permissions: Effective<'static>,
    /// Kind of the role.
    pub(crate) role_type: Option<i32>,
    /// Ids of the client applications that the role is bound to; empty where it is bound to none.
    pub(crate) clients: Vec<String>,
}

/// What a membership of the session's scope holds; nothing where there is no such membership. Groups give permissions only: the
/// kind and the client applications are those of the member's own role.
pub(crate) async fn of<S, M>(session: &Session<S, M>, membership: Uuid) -> StoreResult<Held>
where
    S: SeesGroups + Sees<Holding> + Sees<UserLevelPermission>,
    M: Mode,
{
    let (holdings, own) = (session.repository::<Holding>(), session.repository::<UserLevelPermission>());
    let own = own.pages(Filter::matching(UserLevelPermission::USER_TENANT_ID.is(membership)));
    let places = Filter::matching(Belonging::USER_TENANT_ID.is(membership));
    let places = session.repository::<Belonging>().pages(places);
    let asked = session.ask((holdings.find_one(Holding::ID.is(membership)), own.begun(), places.begun()));
    let (holding, own, places) = asked.await?;
    let Some(holding) = holding else { return Ok(Held::default()) };
    let own = own.typed().await?;
    let giving = Giving::by_places(session, places).await?;
    let by_groups = giving::granted(session, giving.roles()).await?;
    let role = holding.permissions.unwrap_or_default();
    Ok(Held {
        permissions: Effective::of(role, by_groups, own.into_iter().map(|own| (own.permission, own.allowed))),
        role_type: holding.role_type,
        clients: holding.allowed_clients.unwrap_or_default(),
    })
}

/// Refuses the principal who holds less than the membership does: members are protected from those below them.
pub(crate) async fn protect<S, M>(session: &Session<S, M>, principal: &Principal<'_>, membership: Uuid) -> Result<()>
where
    S: SeesGroups + Sees<Holding> + Sees<UserLevelPermission>,
    M: Mode,
{
    let held = of(session, membership).await?;
    let reached =
        principal.master || held.permissions.names().all(|permission| principal.permissions.contains(permission));
    if reached { Ok(()) } else { Err(Error::MemberHoldsMore) }
}

/// Whom a group gives something.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whom<'a> {
    /// Members who come into it.
    Members(&'a [Uuid]),
    /// Whoever is in it, now or later, and in those that it holds.
    All,
}

/// Refuses to give by a group what the principal does not hold. The tenant must be locked or held, so that what is read stays.
///
/// Nobody raises themselves, not even a master: where the principal is or could be among those who get it, all of it must be
/// held. In their own tenant that is what is held at this moment: who was kept out, or lost something, since the request
/// began would else get it back by a group that stays.
pub(crate) async fn may_give(
    session: &Session<TenantScope, Write>,
    principal: &Principal<'_>,
    given: &HashSet<String>,
    whom: Whom<'_>,
) -> Result<()> {
    if given.is_empty() {
        return Ok(());
    }
    // By the person: a master acts in this tenant by a membership of another one.
    let own = session.repository::<UserTenant>().find_one(UserTenant::USER_ID.is(principal.user)).await?;
    let own = own.map(|own| own.id);
    let is_concerned = own.is_some_and(|own| match whom {
        Whom::Members(members) => members.contains(&own),
        Whom::All => true,
    });
    if principal.master && !is_concerned {
        return Ok(());
    }
    if !principal.master || own == Some(principal.membership) {
        let standing = session.repository::<Standing>().find_one(Standing::ID.is(principal.membership)).await?;
        let standing = standing.map_or(Err(Inactive::Unknown), |standing| standing.check(principal.acceptance));
        standing.map_err(Error::CallerNotActive)?;
        let now = of(session, principal.membership).await?;
        if !given.iter().all(|permission| now.permissions.has(permission)) {
            return Err(Error::PermissionNotHeld { permission: None });
        }
    }
    let holds = given.iter().all(|permission| principal.permissions.contains(permission));
    if holds { Ok(()) } else { Err(Error::PermissionNotHeld { permission: None }) }
}

/// Refuses to take from a group, or from those in it, what the principal does not hold.
pub(crate) fn may_take(principal: &Principal<'_>, taken: &HashSet<String>) -> Result<()> {
    let holds = || taken.iter().all(|permission| principal.permissions.contains(permission));
    if principal.master || holds() { Ok(()) } else { Err(Error::PermissionNotHeld { permission: None }) }
}
