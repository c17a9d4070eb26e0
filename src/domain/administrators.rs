//! A tenant keeps somebody who can let others in: changes after which nobody could are refused.

use std::collections::HashMap;

use user_tenant_store::filter::{Comparison, Filter, Predicate};
use user_tenant_store::record::Record;
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Session, Write};
use user_tenant_store::value::Value;
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

/// Whether a active member holds all of [`NEEDED`], by its role and its own permissions together.
async fn exist(session: &Session<TenantScope, Write>, acceptance: MembershipAcceptance) -> Result<bool> {
    let spellings = in_every_spelling(NEEDED.map(str::to_owned));
    let named = UserLevelPermission::PERMISSION.is_one_of(spellings.iter().map(String::as_str));
    let mut own: HashMap<Uuid, Vec<(String, bool)>> = HashMap::new();
    let each = |row: &Record| {
        let values = (
            row.uuid(UserLevelPermission::USER_TENANT_ID),
            row.get(UserLevelPermission::PERMISSION).and_then(Value::as_text),
        );
        if let (Some(member), Some(permission)) = values {
            let allowed = row.get(UserLevelPermission::ALLOWED) == Some(&Value::Boolean(true));
            own.entry(member).or_default().push((permission.to_owned(), allowed));
        }
    };
    session.repository::<UserLevelPermission>().for_each(Filter::matching(named), each).await?;
    // No other roles: how many there are and how long, any member decides who may make them.
    let granting = Role::PERMISSIONS.holds_any(spellings.iter().map(String::as_str));
    let fields = Some(vec![Role::ID.position(), Role::PERMISSIONS.position()]);
    let mut roles: HashMap<Uuid, Vec<String>> = HashMap::new();
    let each = |row: &Record| {
        if let (Some(id), Some(Value::TextArray(granted))) = (row.id(), row.get(Role::PERMISSIONS)) {
            roles.insert(id, granted.clone());
        }
    };
    session.repository::<Role>().for_each(Filter { fields, ..Filter::matching(granting) }, each).await?;

    // Of a member who has not come, the view shows a home only where it is this tenant.
    let active = || acceptance.active(UserView::STATUS, &UserView::DEFAULT_TENANT_ID.compare(Comparison::NotNull));
    let enough = roles.iter().filter(|(_, role)| suffices(&Effective::of(*role, []))).map(|(id, _)| *id);
    let by_role = Predicate::And(vec![
        active(),
        UserView::ROLE_ID.is_one_of(enough),
        UserView::USER_TENANT_ID.is_none_of(own.keys().copied()),
    ]);
    let members = session.repository::<UserView>();
    if members.count(Some(&by_role)).await? > 0 {
        return Ok(true);
    }
    let exceptional = Predicate::And(vec![active(), UserView::USER_TENANT_ID.is_one_of(own.keys().copied())]);
    let mut found = false;
    let each = |row: &Record| {
        let role = row.uuid(UserView::ROLE_ID).and_then(|role| roles.get(&role)).into_iter().flatten();
        let own = row.uuid(UserView::USER_TENANT_ID).and_then(|member| own.get(&member)).into_iter().flatten();
        found |= suffices(&Effective::of(role, own.map(|(permission, allowed)| (permission, *allowed))));
    };
    members.for_each(Filter::matching(exceptional), each).await?;
    Ok(found)
}

fn suffices(held: &Effective) -> bool {
    NEEDED.iter().all(|permission| held.has(permission))
}
