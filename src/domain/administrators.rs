//! A tenant keeps somebody who can let others in: changes after which nobody could are refused.

use std::collections::{HashMap, HashSet};

use user_tenant_store::filter::{Comparison, Filter, Predicate};
use user_tenant_store::record::Record;
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Session, Write};
use user_tenant_store::value::Value;
use uuid::Uuid;

use super::giving::Giving;
use super::holdings;
use super::principal::Principal;
use crate::error::{Error, Result};
use crate::model::permission::{UPDATE_ROLES, UPDATE_TENANT_USER, in_every_spelling, name_of};
use crate::model::{MembershipAcceptance, Role, UserLevelPermission, UserView};

/// What an administrator holds.
const NEEDED: [&str; 2] = [UPDATE_TENANT_USER, UPDATE_ROLES];

/// Whether members may cease to be administrators whose role granted `before`, and then grants `after`.
pub(crate) fn may_cease(before: &[String], after: &[String]) -> bool {
    let grants =
        |permissions: &[String], needed: &str| permissions.iter().any(|permission| name_of(permission) == needed);
    NEEDED.into_iter().any(|needed| grants(before, needed) && !grants(after, needed))
}

/// What a role lacks that is to make its holder an administrator, if anything.
pub(crate) fn lacking(permissions: &[String]) -> Option<&'static str> {
    NEEDED.into_iter().find(|needed| !permissions.iter().any(|permission| name_of(permission) == *needed))
}

/// Whether members may cease to be administrators who are granted this no more.
pub(crate) fn may_cease_without(taken: &HashSet<String>) -> bool {
    taken.iter().any(|permission| NEEDED.contains(&name_of(permission)))
}

/// How many pages of members are looked through where the one who acts is no administrator: the members who are the oldest.
const PAGES: usize = 1;

/// Whether the tenant had an administrator before a change.
#[must_use]
pub(crate) struct Administrators {
    were_there: Found,
    membership: Uuid,
    acceptance: MembershipAcceptance,
    pages: usize,
}

/// Whether an administrator was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    One,
    None,
    /// None among those who were looked through.
    Unknown,
}

impl Administrators {
    /// Looks before the change. The tenant must be locked, so that no other change comes between.
    pub(crate) async fn before(session: &Session<TenantScope, Write>, principal: &Principal<'_>) -> Result<Self> {
        let looking = Self {
            were_there: Found::Unknown,
            membership: principal.membership,
            acceptance: principal.acceptance,
            pages: if principal.master { usize::MAX } else { PAGES },
        };
        Ok(Self { were_there: looking.look(session).await?, ..looking })
    }

    /// Refuses the change when it took the last administrator away, and when it is not known that it did not.
    pub(crate) async fn remain(self, session: &Session<TenantScope, Write>) -> Result<()> {
        match self.were_there {
            Found::None => Ok(()),
            Found::One if self.look(session).await? == Found::One => Ok(()),
            // Where nobody was found before, nobody need be looked for again.
            Found::One | Found::Unknown => Err(Error::LastAdministrator),
        }
    }

    /// Whether there is one. Most who change who may do what are one themselves, and then nobody else is looked for.
    async fn look(&self, session: &Session<TenantScope, Write>) -> Result<Found> {
        let held = holdings::of(session, self.membership).await?;
        if NEEDED.iter().all(|permission| held.permissions.has(permission)) {
            let own = UserView::USER_TENANT_ID.is(self.membership).and(Some(&self.active()));
            if session.repository::<UserView>().count(Some(&own)).await? > 0 {
                return Ok(Found::One);
            }
        }
        // How many members and roles there are, and how long, any member decides who may make them. A page of them is held at a
        // time, and not all are looked through for whoever asks: an administrator can do what is refused then.
        let fields = Some(vec![UserView::ROLE_ID.position(), UserView::USER_TENANT_ID.position()]);
        let mut members = session.repository::<UserView>().pages(Filter { fields, ..Filter::matching(self.active()) });
        for _ in 0..self.pages {
            let Some(page) = members.next().await? else { return Ok(Found::None) };
            if is_among(session, &page).await? {
                return Ok(Found::One);
            }
        }
        Ok(if members.next().await?.is_some() { Found::Unknown } else { Found::None })
    }

    /// That a member is active, and the person not deactivated. Of one who has not come, the view shows a home only where it is
    /// this tenant.
    fn active(&self) -> Predicate {
        let person = UserView::DEACTIVATED_ON.compare(Comparison::Null);
        let home = UserView::DEFAULT_TENANT_ID.compare(Comparison::NotNull);
        self.acceptance.active(UserView::STATUS, &home).and(Some(&person))
    }
}

/// Which of [`NEEDED`] each of some roles or members has.
type Granted = HashMap<Uuid, [bool; NEEDED.len()]>;

/// Whether one of these members holds all of [`NEEDED`], by the role, by groups and by permissions of their own together.
async fn is_among(session: &Session<TenantScope, Write>, members: &[Record]) -> Result<bool> {
    let (granted, withheld) = exceptions(session, members).await?;
    let of = |id: Option<Uuid>, all: &Granted| id.and_then(|id| all.get(&id)).copied().unwrap_or_default();
    let among = |roles: &Granted, giving: &Giving| {
        members.iter().any(|member| {
            let membership = member.uuid(UserView::USER_TENANT_ID);
            let role = of(member.uuid(UserView::ROLE_ID), roles);
            let (own, not) = (of(membership, &granted), of(membership, &withheld));
            let carried = membership.map(|membership| giving.roles_of(membership)).unwrap_or_default();
            let by_group = |at: usize| carried.iter().any(|carried| of(Some(*carried), roles)[at]);
            (0..NEEDED.len()).all(|at| (role[at] || own[at] || by_group(at)) && !not[at])
        })
    };
    let roles = granting(session, members.iter().filter_map(|member| member.uuid(UserView::ROLE_ID)).collect()).await?;
    if among(&roles, &Giving::default()) {
        return Ok(true);
    }
    // As a rule a tenant has an administrator by a role, and then nobody's groups are read.
    let memberships = members.iter().filter_map(|member| member.uuid(UserView::USER_TENANT_ID));
    let giving = Giving::to_members(session, memberships).await?;
    let carried: HashSet<Uuid> = giving.roles();
    if carried.is_empty() {
        return Ok(false);
    }
    let by_groups = granting(session, carried).await?;
    Ok(among(&roles.into_iter().chain(by_groups).collect(), &giving))
}

/// What these roles grant of [`NEEDED`].
async fn granting(session: &Session<TenantScope, Write>, ids: HashSet<Uuid>) -> Result<Granted> {
    let ids = Role::ID.is_one_of(ids);
    let mut roles = Granted::new();
    for (at, needed) in NEEDED.into_iter().enumerate() {
        let spellings = in_every_spelling([needed.to_owned()]);
        let granting = Role::PERMISSIONS.holds_any(spellings.iter().map(String::as_str)).and(Some(&ids));
        let granting = Filter { fields: Some(vec![Role::ID.position()]), ..Filter::matching(granting) };
        let each = |row: &Record| {
            if let Some(id) = row.id() {
                roles.entry(id).or_default()[at] = true;
            }
        };
        session.repository::<Role>().for_each(granting, each).await?;
    }
    Ok(roles)
}

/// To which of these members one of [`NEEDED`] is granted, and from which one is withheld, whatever their roles say.
async fn exceptions(session: &Session<TenantScope, Write>, members: &[Record]) -> Result<(Granted, Granted)> {
    let spellings = in_every_spelling(NEEDED.map(str::to_owned));
    let named = UserLevelPermission::PERMISSION.is_one_of(spellings.iter().map(String::as_str));
    let members = members.iter().filter_map(|member| member.uuid(UserView::USER_TENANT_ID));
    let named = named.and(Some(&UserLevelPermission::USER_TENANT_ID.is_one_of(members)));
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
