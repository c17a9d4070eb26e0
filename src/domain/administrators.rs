//! A tenant keeps somebody who can let others in: changes after which nobody could are refused.

use std::collections::{HashMap, HashSet};

use user_tenant_store::filter::{Predicate, Test};
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Session, Write};
use uuid::Uuid;

use super::principal::Principal;
use crate::error::{Error, Result};
use crate::model::{MembershipAcceptance, Role, UserLevelPermission, UserView};

/// What an administrator holds, each by name and by number.
const NEEDED: [[&str; 2]; 2] = [["UpdateTenantUser", "14"], ["UpdateRoles", "9"]];

/// Whether the tenant had an administrator before a change.
#[must_use]
pub(crate) struct Administrators {
    were_there: bool,
    acceptance: MembershipAcceptance,
}

impl Administrators {
    /// Looks before the change. The tenant must be locked, so that no other change comes between.
    pub(crate) async fn before(session: &Session<TenantScope, Write>, principal: &Principal<'_>) -> Result<Self> {
        let acceptance = principal.acceptance;
        Ok(Self { were_there: exist(session, acceptance).await?, acceptance })
    }

    /// Refuses the change when it took the last administrator away.
    pub(crate) async fn remain(self, session: &Session<TenantScope, Write>) -> Result<()> {
        if self.were_there && !exist(session, self.acceptance).await? {
            return Err(Error::LastAdministrator);
        }
        Ok(())
    }
}

/// Whether a live member holds all of [`NEEDED`], by its role and its own permissions together.
async fn exist(session: &Session<TenantScope, Write>, acceptance: MembershipAcceptance) -> Result<bool> {
    let named = Predicate::is_one_of::<UserLevelPermission, _>("permission", NEEDED.into_iter().flatten());
    let mut own: HashMap<Uuid, Vec<UserLevelPermission>> = HashMap::new();
    for permission in session.repository::<UserLevelPermission>().find_typed(named).await? {
        own.entry(permission.user_tenant_id).or_default().push(permission);
    }
    // No other roles: how many there are and how long, any member decides who may make them.
    let granting = Predicate::holds_any::<Role>("permissions", NEEDED.into_iter().flatten());
    let roles = session.repository::<Role>().find_typed(granting).await?;
    let permissions: HashMap<Uuid, HashSet<&str>> =
        roles.iter().map(|role| (role.id, role.permissions.iter().flatten().map(String::as_str).collect())).collect();

    // Of a member who has not come, the view shows a home only where it is this tenant.
    let live = || acceptance.live::<UserView>(("defaultTenantId", Test::NotNull));
    let enough = permissions.iter().filter(|(_, held)| suffices(held)).map(|(id, _)| *id);
    let by_role = Predicate::And(vec![
        live(),
        Predicate::is_one_of::<UserView, _>("roleId", enough),
        Predicate::is_none_of::<UserView, _>("userTenantId", own.keys().copied()),
    ]);
    let members = session.repository::<UserView>();
    if members.count(Some(&by_role)).await? > 0 {
        return Ok(true);
    }
    let exceptional =
        Predicate::And(vec![live(), Predicate::is_one_of::<UserView, _>("userTenantId", own.keys().copied())]);
    Ok(members.find_typed(exceptional).await?.iter().any(|member| {
        let mut held = permissions.get(&member.role_id).cloned().unwrap_or_default();
        for permission in own.get(&member.user_tenant_id).into_iter().flatten() {
            if permission.allowed {
                held.insert(&permission.permission);
            } else {
                // Under its name and its number, as when the member acts.
                let spellings = NEEDED.into_iter().find(|names| names.contains(&permission.permission.as_str()));
                held.retain(|name| !spellings.is_some_and(|names| names.contains(name)));
            }
        }
        suffices(&held)
    }))
}

fn suffices(held: &HashSet<&str>) -> bool {
    NEEDED.iter().all(|names| names.iter().any(|name| held.contains(name)))
}
