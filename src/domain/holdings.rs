//! What a member holds now, by the role and by permissions of their own: the measure of what they may give and take.

use std::collections::HashSet;

use user_tenant_store::StoreResult;
use user_tenant_store::filter::Predicate;
use user_tenant_store::scope::{Scope, Sees};
use user_tenant_store::session::Session;
use uuid::Uuid;

use super::principal::Principal;
use crate::error::{Error, Result};
use crate::model::{Holding, UserLevelPermission};

/// What a membership holds.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// Keys of the permissions that the role grants, and of those granted to the member alone.
    pub(crate) granted: HashSet<String>,
    /// Keys of the permissions that are withheld from the member, whatever the role grants.
    pub(crate) withheld: HashSet<String>,
    /// Kind of the role.
    pub(crate) role_type: Option<i32>,
    /// Ids of the client applications that the role is bound to; empty where it is bound to none.
    pub(crate) clients: Vec<String>,
}

impl Held {
    /// The permissions that count: granted, and not withheld under the same key.
    pub(crate) fn permissions(&self) -> impl Iterator<Item = &String> {
        self.granted.difference(&self.withheld)
    }
}

/// What a membership of the session's scope holds; nothing where there is no such membership.
pub(crate) async fn of<S, M>(session: &Session<S, M>, membership: Uuid) -> StoreResult<Held>
where
    S: Scope + Sees<Holding> + Sees<UserLevelPermission>,
{
    let (holdings, own) = (session.repository::<Holding>(), session.repository::<UserLevelPermission>());
    let (holding, own) = tokio::try_join!(
        biased;
        holdings.find_one(Predicate::is::<Holding>("id", membership)),
        own.find_typed(Predicate::is::<UserLevelPermission>("userTenantId", membership)),
    )?;
    let Some(holding) = holding else { return Ok(Held::default()) };
    let mut held = Held {
        granted: holding.permissions.unwrap_or_default().into_iter().collect(),
        withheld: HashSet::new(),
        role_type: holding.role_type,
        clients: holding.allowed_clients.unwrap_or_default(),
    };
    for own in own {
        let of_its_kind = if own.allowed { &mut held.granted } else { &mut held.withheld };
        of_its_kind.insert(own.permission);
    }
    Ok(held)
}

/// Refuses the principal who holds less than the membership does: members are protected from those below them.
pub(crate) async fn protect<S, M>(session: &Session<S, M>, principal: &Principal<'_>, membership: Uuid) -> Result<()>
where
    S: Scope + Sees<Holding> + Sees<UserLevelPermission>,
{
    let held = of(session, membership).await?;
    let reached = principal.master || held.permissions().all(|permission| principal.permissions.contains(permission));
    if reached { Ok(()) } else { Err(Error::Forbidden("NotAllowedAccess")) }
}
