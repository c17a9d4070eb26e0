//! A tenant keeps somebody who can let others in: changes after which nobody could are refused.

use std::collections::HashMap;

use user_tenant_store::filter::{Predicate, Test};
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Session, Write};
use uuid::Uuid;

use super::principal::Principal;
use crate::error::{Error, Result};
use crate::model::effective::Effective;
use crate::model::permission::{UPDATE_ROLES, UPDATE_TENANT_USER, in_every_spelling};
use crate::model::{MembershipAcceptance, Role, UserLevelPermission, UserView};

/// What an administrator holds.
const NEEDED: [&str; 2] = [UPDATE_TENANT_USER, UPDATE_ROLES];

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
    let spellings = in_every_spelling(NEEDED.map(str::to_owned));
    let named = UserLevelPermission::PERMISSION.is_one_of(spellings.iter().map(String::as_str));
    let mut own: HashMap<Uuid, Vec<UserLevelPermission>> = HashMap::new();
    for permission in session.repository::<UserLevelPermission>().find_typed(named).await? {
        own.entry(permission.user_tenant_id).or_default().push(permission);
    }
    // No other roles: how many there are and how long, any member decides who may make them.
    let granting = Role::PERMISSIONS.holds_any(spellings.iter().map(String::as_str));
    let roles = session.repository::<Role>().find_typed(granting).await?;
    let granted = |role: &Role| role.permissions.clone().unwrap_or_default();
    let roles: HashMap<Uuid, Vec<String>> = roles.iter().map(|role| (role.id, granted(role))).collect();

    // Of a member who has not come, the view shows a home only where it is this tenant.
    let live = || acceptance.live(UserView::STATUS, &UserView::DEFAULT_TENANT_ID.test(Test::NotNull));
    let enough = roles.iter().filter(|(_, role)| suffices(&Effective::of(*role, []))).map(|(id, _)| *id);
    let by_role = Predicate::And(vec![
        live(),
        UserView::ROLE_ID.is_one_of(enough),
        UserView::USER_TENANT_ID.is_none_of(own.keys().copied()),
    ]);
    let members = session.repository::<UserView>();
    if members.count(Some(&by_role)).await? > 0 {
        return Ok(true);
    }
    let exceptional = Predicate::And(vec![live(), UserView::USER_TENANT_ID.is_one_of(own.keys().copied())]);
    Ok(members.find_typed(exceptional).await?.iter().any(|member| {
        let role = roles.get(&member.role_id).into_iter().flatten();
        let own = own.get(&member.user_tenant_id).into_iter().flatten();
        suffices(&Effective::of(role, own.map(|own| (&own.permission, own.allowed))))
    }))
}

fn suffices(held: &Effective) -> bool {
    NEEDED.iter().all(|permission| held.has(permission))
}
