//! A tenant keeps somebody who can let others in: changes after which nobody could are refused.

use std::collections::{HashMap, HashSet};

use user_tenant_store::filter::{Comparison, Filter, Predicate};
use user_tenant_store::record::Record;
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Session, Write};
use user_tenant_store::value::Value;
use uuid::Uuid;

use super::holdings;
use super::principal::Principal;
use crate::error::{Error, Result};
use crate::model::permission::{UPDATE_ROLES, UPDATE_TENANT_USER, in_every_spelling, name_of};
use crate::model::{MembershipAcceptance, Role, UserLevelPermission, UserView};

/// What an administrator holds.
const NEEDED: [&str; 2] = [UPDATE_TENANT_USER, UPDATE_ROLES];

/// Whether the tenant had an administrator before a change.
#[must_use]
pub(crate) struct Administrators {
    were_there: bool,
    membership: Uuid,
    acceptance: MembershipAcceptance,
}

impl Administrators {
    /// Looks before the change. The tenant must be locked, so that no other change comes between.
    pub(crate) async fn before(session: &Session<TenantScope, Write>, principal: &Principal<'_>) -> Result<Self> {
        let looking = Self { were_there: false, membership: principal.membership, acceptance: principal.acceptance };
        Ok(Self { were_there: looking.are_there(session).await?, ..looking })
    }

    /// Refuses the change when it took the last administrator away.
    pub(crate) async fn remain(self, session: &Session<TenantScope, Write>) -> Result<()> {
        if self.were_there && !self.are_there(session).await? {
            return Err(Error::LastAdministrator);
        }
        Ok(())
    }

    /// Whether there is one. Most who change who may do what are one themselves, and then nobody else is looked for.
    async fn are_there(&self, session: &Session<TenantScope, Write>) -> Result<bool> {
        let held = holdings::of(session, self.membership).await?;
        if NEEDED.iter().all(|permission| held.permissions.has(permission)) {
            let own = UserView::USER_TENANT_ID.is(self.membership).and(Some(&self.active()));
            if session.repository::<UserView>().count(Some(&own)).await? > 0 {
                return Ok(true);
            }
        }
        self.are_found(session).await
    }

    /// Whether an active member holds all of [`NEEDED`], by its role and its own permissions together. Of roles and members no
    /// more than ids is held, and of no others: how many there are and how long, any member decides who may make them.
    async fn are_found(&self, session: &Session<TenantScope, Write>) -> Result<bool> {
        let mut roles = Granted::default();
        for (at, needed) in NEEDED.into_iter().enumerate() {
            let spellings = in_every_spelling([needed.to_owned()]);
            let granting = Filter {
                fields: Some(vec![Role::ID.position()]),
                ..Filter::matching(Role::PERMISSIONS.holds_any(spellings.iter().map(String::as_str)))
            };
            let each = |row: &Record| {
                if let Some(id) = row.id() {
                    roles.entry(id).or_default()[at] = true;
                }
            };
            session.repository::<Role>().for_each(granting, each).await?;
        }
        let (granted, withheld) = exceptions(session).await?;
        let exceptional: HashSet<Uuid> = granted.keys().chain(withheld.keys()).copied().collect();

        let enough = roles.iter().filter(|(_, granted)| granted.iter().all(|granted| *granted)).map(|(id, _)| *id);
        let by_role = Predicate::And(vec![
            self.active(),
            UserView::ROLE_ID.is_one_of(enough),
            UserView::USER_TENANT_ID.is_none_of(exceptional.iter().copied()),
        ]);
        let members = session.repository::<UserView>();
        if members.count(Some(&by_role)).await? > 0 {
            return Ok(true);
        }
        let exceptional = Filter {
            fields: Some(vec![UserView::ROLE_ID.position(), UserView::USER_TENANT_ID.position()]),
            ..Filter::matching(Predicate::And(vec![self.active(), UserView::USER_TENANT_ID.is_one_of(exceptional)]))
        };
        let mut found = false;
        let each = |row: &Record| {
            let of = |id: Option<Uuid>, all: &Granted| id.and_then(|id| all.get(&id)).copied().unwrap_or_default();
            let member = row.uuid(UserView::USER_TENANT_ID);
            let (role, own, not) =
                (of(row.uuid(UserView::ROLE_ID), &roles), of(member, &granted), of(member, &withheld));
            found |= (0..NEEDED.len()).all(|at| (role[at] || own[at]) && !not[at]);
        };
        members.for_each(exceptional, each).await?;
        Ok(found)
    }

    /// That a member is active. Of one who has not come, the view shows a home only where it is this tenant.
    fn active(&self) -> Predicate {
        self.acceptance.active(UserView::STATUS, &UserView::DEFAULT_TENANT_ID.compare(Comparison::NotNull))
    }
}

/// Which of [`NEEDED`] each of some roles or members has.
type Granted = HashMap<Uuid, [bool; NEEDED.len()]>;

/// The memberships to which one of [`NEEDED`] is granted, and those from which one is withheld, whatever their roles say.
async fn exceptions(session: &Session<TenantScope, Write>) -> Result<(Granted, Granted)> {
    let spellings = in_every_spelling(NEEDED.map(str::to_owned));
    let named = UserLevelPermission::PERMISSION.is_one_of(spellings.iter().map(String::as_str));
    let (mut granted, mut withheld) = (Granted::new(), Granted::new());
    let each = |row: &Record| {
        let permission = row.get(UserLevelPermission::PERMISSION).and_then(Value::as_text).map(name_of);
        let at = NEEDED.iter().position(|needed| permission == Some(*needed));
        if let (Some(at), Some(member)) = (at, row.uuid(UserLevelPermission::USER_TENANT_ID)) {
            let is_granted = row.get(UserLevelPermission::ALLOWED) == Some(&Value::Boolean(true));
            let of_members = if is_granted { &mut granted } else { &mut withheld };
            of_members.entry(member).or_default()[at] = true;
        }
    };
    session.repository::<UserLevelPermission>().for_each(Filter::matching(named), each).await?;
    Ok((granted, withheld))
}
