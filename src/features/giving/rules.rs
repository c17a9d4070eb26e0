//! Rules of what groups carry and hold: nobody gives or takes by a group what they do not hold, and no group holds itself.
//!
//! Each change locks the tenant first, so that what a group gives is the same while somebody comes into it, leaves it, or loses
//! the power to let others in.

use std::collections::{HashMap, HashSet};

use user_tenant_store::filter::{Filter, Predicate};
use user_tenant_store::record::{New, Record};
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Committed, Read, Session, Write};
use user_tenant_store::value::Value;
use uuid::Uuid;

use super::answers::{CarriedRole, HeldGroup};
use crate::domain::administrators::{self, Administrators};
use crate::domain::holdings::{self, Whom};
use crate::domain::nesting::{DEEPEST, Nesting, Unnestable};
use crate::domain::principal::Principal;
use crate::domain::{giving, tenants};
use crate::error::{Error, NamedRow, Result, Sought};
use crate::model::{Carried, Enclosure, Group, GroupGroup, GroupRole, Role};

/// Most roles that a group carries, and most groups that it holds.
const MOST_OF_GROUP: u64 = 100;
/// Most roles that all groups of a tenant carry together, each as often as it is carried, and most groups that they hold: so much
/// is the most that the walk from any member upwards reads.
const MOST_OF_TENANT: u64 = 1_000;

/// The roles that a group carries, in the order of their names.
pub(super) async fn roles(session: &Session<TenantScope, Read>, group: Uuid) -> Result<Vec<CarriedRole>> {
    let mut roles = session.repository::<Carried>().all_typed(Carried::GROUP_ID.is(group)).await?;
    roles.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(roles.into_iter().map(|role| CarriedRole { role_id: role.role_id, name: role.name }).collect())
}

/// The groups that a group holds, in the order of their names.
pub(super) async fn groups(session: &Session<TenantScope, Read>, group: Uuid) -> Result<Vec<HeldGroup>> {
    let mut groups = session.repository::<Enclosure>().all_typed(Enclosure::GROUP_ID.is(group)).await?;
    groups.sort_unstable_by(|one, other| one.member_name.cmp(&other.member_name));
    let told = |held: Enclosure| HeldGroup { group_id: held.member_group_id, name: held.member_name };
    Ok(groups.into_iter().map(told).collect())
}

/// Lets a group carry a role of its tenant.
pub(crate) async fn carry(
    session: Session<TenantScope, Write>,
    principal: &Principal<'_>,
    group: Uuid,
    role: Uuid,
) -> Result<Committed<CarriedRole>> {
    tenants::lock(&session).await?;
    let asked = session.ask((
        session.repository::<Group>().exists(group),
        session.repository::<Role>().get(role),
        session.repository::<GroupRole>().count(Some(&GroupRole::GROUP_ID.is(group))),
        session.repository::<Carried>().count(None),
    ));
    let (is_there, known, of_group, of_tenant) = asked.await?;
    is_group(is_there, group)?;
    let Some(known) = known else { return Err(Error::RelatedNotFound(Some(Sought::of::<Role>(&role)))) };
    let given: HashSet<String> = known.permissions.unwrap_or_default().into_iter().collect();
    holdings::may_give(&session, principal, &given, Whom::All).await?;
    may_have_more("roles of the group", of_group, MOST_OF_GROUP)?;
    may_have_more("roles of the tenant's groups", of_tenant, MOST_OF_TENANT)?;
    let new = New::<GroupRole>::empty().with(GroupRole::GROUP_ID, group)?.with(GroupRole::ROLE_ID, role)?;
    let committed = session.create_and_commit(new).await?;
    Ok(committed.map(|_| CarriedRole { role_id: role, name: known.name }))
}

/// Takes a role from a group. Who was in it keeps what they hold otherwise.
pub(crate) async fn drop_role(
    session: Session<TenantScope, Write>,
    principal: &Principal<'_>,
    group: Uuid,
    role: Uuid,
) -> Result<Committed<()>> {
    tenants::lock(&session).await?;
    let row = GroupRole::GROUP_ID.is(group).and(Some(&GroupRole::ROLE_ID.is(role)));
    if session.repository::<GroupRole>().count(Some(&row)).await? == 0 {
        return Err(Error::NotFound(Sought::of::<GroupRole>(&role)));
    }
    let taken = giving::granted(&session, [role]).await?;
    let administrators = before(&session, principal, &taken).await?;
    session.repository::<GroupRole>().delete_all(Some(&row)).await?;
    remain(session, administrators).await
}

/// Puts a group into another: whoever is in it is in that one as well.
pub(crate) async fn hold(
    session: Session<TenantScope, Write>,
    principal: &Principal<'_>,
    group: Uuid,
    member: Uuid,
) -> Result<Committed<HeldGroup>> {
    tenants::lock(&session).await?;
    let asked = session.ask((
        session.repository::<Group>().get(group),
        session.repository::<Group>().get(member),
        session.repository::<GroupGroup>().count(Some(&GroupGroup::GROUP_ID.is(group))),
        session.repository::<Enclosure>().pages(Filter::default()).begun(),
    ));
    let (known, held, of_group, enclosures) = asked.await?;
    let known = known.ok_or_else(|| Error::OutOfReach(Sought::of::<Group>(&group)))?;
    let Some(held) = held else { return Err(Error::RelatedNotFound(Some(Sought::of::<Group>(&member)))) };
    let given = giving::granted_by(&session, group).await?;
    holdings::may_give(&session, principal, &given, Whom::All).await?;
    may_have_more("groups in the group", of_group, MOST_OF_GROUP)?;

    let mut called = HashMap::from([(group, known.name), (member, held.name.clone())]);
    let mut nesting = Nesting::default();
    let mut of_tenant = 0;
    let note = |row: &Record| {
        let (holder, held) = (row.uuid(Enclosure::GROUP_ID), row.uuid(Enclosure::MEMBER_GROUP_ID));
        let name = |value: Option<&Value>| value.and_then(Value::as_text).unwrap_or_default().to_owned();
        if let (Some(holder), Some(held)) = (holder, held) {
            nesting.note(holder, held);
            of_tenant += 1;
            called.insert(holder, name(row.get(Enclosure::NAME)));
            called.insert(held, name(row.get(Enclosure::MEMBER_NAME)));
        }
    };
    enclosures.for_each(note).await?;
    may_have_more("groups in groups of the tenant", of_tenant, MOST_OF_TENANT)?;
    let named = |chain: Vec<Uuid>| {
        let row = |id| NamedRow { id, name: called.get(&id).cloned().unwrap_or_default() };
        chain.into_iter().map(row).collect()
    };
    nesting.check(group, member).map_err(|refused| match refused {
        Unnestable::Cycle(chain) => Error::GroupCycle { path: named(chain) },
        Unnestable::TooDeep(chain) => Error::GroupsTooDeep { path: named(chain), limit: DEEPEST },
    })?;
    let new = New::<GroupGroup>::empty().with(GroupGroup::GROUP_ID, group)?;
    let committed = session.create_and_commit(new.with(GroupGroup::MEMBER_GROUP_ID, member)?).await?;
    Ok(committed.map(|_| HeldGroup { group_id: member, name: held.name }))
}

/// Takes a group out of another: who is in it keeps what it gives itself.
pub(crate) async fn release(
    session: Session<TenantScope, Write>,
    principal: &Principal<'_>,
    group: Uuid,
    member: Uuid,
) -> Result<Committed<()>> {
    tenants::lock(&session).await?;
    let row: Predicate = GroupGroup::GROUP_ID.is(group).and(Some(&GroupGroup::MEMBER_GROUP_ID.is(member)));
    if session.repository::<GroupGroup>().count(Some(&row)).await? == 0 {
        return Err(Error::NotFound(Sought::of::<GroupGroup>(&member)));
    }
    let taken = giving::granted_by(&session, group).await?;
    let administrators = before(&session, principal, &taken).await?;
    session.repository::<GroupGroup>().delete_all(Some(&row)).await?;
    remain(session, administrators).await
}

/// Refuses to take what the principal does not hold; whether there was an administrator, where one may cease to be one.
async fn before(
    session: &Session<TenantScope, Write>,
    principal: &Principal<'_>,
    taken: &HashSet<String>,
) -> Result<Option<Administrators>> {
    holdings::may_take(principal, taken)?;
    let may_cease = administrators::may_cease_without(taken);
    Ok(if may_cease { Some(Administrators::before(session, principal).await?) } else { None })
}

async fn remain(session: Session<TenantScope, Write>, administrators: Option<Administrators>) -> Result<Committed<()>> {
    if let Some(administrators) = administrators {
        administrators.remain(&session).await?;
    }
    Ok(session.commit(()).await?)
}

fn is_group(is_there: bool, group: Uuid) -> Result<()> {
    if is_there { Ok(()) } else { Err(Error::OutOfReach(Sought::of::<Group>(&group))) }
}

fn may_have_more(what: &'static str, there_are: u64, limit: u64) -> Result<()> {
    if there_are < limit { Ok(()) } else { Err(Error::QuotaExceeded { what, limit }) }
}
