//! What groups give to those who are in them: the one walk from groups upwards, a batch of statements a level.

use std::collections::{HashMap, HashSet};

use user_tenant_store::StoreResult;
use user_tenant_store::filter::Filter;
use user_tenant_store::query::Query;
use user_tenant_store::record::Record;
use user_tenant_store::repository::Pages;
use user_tenant_store::scope::{Scope, Sees, TenantScope};
use user_tenant_store::session::{Mode, Session};
use user_tenant_store::value::Value;
use uuid::Uuid;

use crate::model::{Belonging, Carried, Enclosure, GroupGroup, GroupRole, Role};

/// Of how many members is read at once at most in which groups they are, and how many rows of it make a page: whoever fills groups decides
/// how many there are. A page is short of what the store takes for a long read, which has to wait for its turn.
const AT_ONCE: usize = 20;
const PLACES: u64 = 1_500;

/// A scope that sees all that the walk reads.
pub(crate) trait SeesGroups: Sees<Belonging> + Sees<Carried> + Sees<Enclosure> + Sees<Role> {}
impl<S> SeesGroups for S where S: Scope + Sees<Belonging> + Sees<Carried> + Sees<Enclosure> + Sees<Role> {}

/// Who is in which groups, which groups hold these, and which roles all of them carry. Where nothing is read, nothing is given.
#[derive(Debug, Default)]
pub(crate) struct Giving {
    /// The groups that a member is in, of those that give something.
    places: HashMap<Uuid, Vec<Uuid>>,
    /// The groups that hold a group.
    holders: HashMap<Uuid, Vec<Uuid>>,
    /// The roles that a group carries.
    roles: HashMap<Uuid, Vec<Uuid>>,
    /// What groups are called.
    names: HashMap<Uuid, String>,
}

impl Giving {
    /// What groups give to these members.
    pub(crate) async fn to_members<S: SeesGroups, M: Mode>(
        session: &Session<S, M>,
        members: impl IntoIterator<Item = Uuid>,
    ) -> StoreResult<Self> {
        let members: Vec<Uuid> = members.into_iter().collect();
        let mut giving = Self::default();
        let (mut rest, mut at_once) = (&members[..], AT_ONCE);
        while !rest.is_empty() {
            let (some, others) = rest.split_at(at_once.min(rest.len()));
            let in_groups = Filter::matching(Belonging::USER_TENANT_ID.is_one_of(some.iter().copied()));
            giving.note_places(session.repository::<Belonging>().pages_of(PLACES, in_groups)).await?;
            // The next ones fit a page, if they are in as many groups: each further page would look at all of their rows again.
            let places: usize = some.iter().map(|member| giving.places.get(member).map_or(0, Vec::len)).sum();
            at_once = (usize::try_from(PLACES).unwrap_or(usize::MAX) / (places / some.len() + 1)).clamp(1, AT_ONCE);
            rest = others;
        }
        giving.climb_from_places(session).await?;
        Ok(giving)
    }

    /// The same, where the first page of who is in which groups was read before.
    pub(crate) async fn by_places<S: SeesGroups, M: Mode>(
        session: &Session<S, M>,
        places: Pages<'_, Belonging, S, M>,
    ) -> StoreResult<Self> {
        let mut giving = Self::default();
        giving.note_places(places).await?;
        giving.climb_from_places(session).await?;
        Ok(giving)
    }

    /// Notes who is in which groups.
    async fn note_places<S: SeesGroups, M: Mode>(&mut self, places: Pages<'_, Belonging, S, M>) -> StoreResult<()> {
        let note = |row: &Record| {
            let (member, group) = (row.uuid(Belonging::USER_TENANT_ID), row.uuid(Belonging::GROUP_ID));
            if let (Some(member), Some(group)) = (member, group) {
                self.places.entry(member).or_default().push(group);
                self.names.insert(group, text(row.get(Belonging::NAME)));
            }
        };
        places.for_each(note).await
    }

    async fn climb_from_places<S: SeesGroups, M: Mode>(&mut self, session: &Session<S, M>) -> StoreResult<()> {
        let groups: HashSet<Uuid> = self.places.values().flatten().copied().collect();
        self.climb(session, groups).await
    }

    /// What these groups give to whoever is in them.
    pub(crate) async fn by_groups<S: SeesGroups, M: Mode>(
        session: &Session<S, M>,
        groups: impl IntoIterator<Item = Uuid>,
    ) -> StoreResult<Self> {
        let mut giving = Self::default();
        giving.climb(session, groups.into_iter().collect()).await?;
        Ok(giving)
    }

    /// Reads what groups carry and which groups hold them, then of these, until nothing is above. Each group is read once, so
    /// that it ends whatever the tables hold.
    async fn climb<S: SeesGroups, M: Mode>(
        &mut self,
        session: &Session<S, M>,
        groups: HashSet<Uuid>,
    ) -> StoreResult<()> {
        let mut level: Vec<Uuid> = groups.iter().copied().collect();
        let mut seen = groups;
        while !level.is_empty() {
            let carried = Filter::matching(Carried::GROUP_ID.is_one_of(level.iter().copied()));
            let held = Filter::matching(Enclosure::MEMBER_GROUP_ID.is_one_of(level));
            let carried = session.repository::<Carried>().pages(carried).begun();
            let held = session.repository::<Enclosure>().pages(held).begun();
            let (carried, held) = session.ask((carried, held)).await?;
            let note = |row: &Record| {
                if let (Some(group), Some(role)) = (row.uuid(Carried::GROUP_ID), row.uuid(Carried::ROLE_ID)) {
                    self.roles.entry(group).or_default().push(role);
                }
            };
            carried.for_each(note).await?;
            let mut above = Vec::new();
            let note = |row: &Record| {
                if let (Some(member), Some(group)) =
                    (row.uuid(Enclosure::MEMBER_GROUP_ID), row.uuid(Enclosure::GROUP_ID))
                {
                    self.holders.entry(member).or_default().push(group);
                    self.names.insert(group, text(row.get(Enclosure::NAME)));
                    if seen.insert(group) {
                        above.push(group);
                    }
                }
            };
            held.for_each(note).await?;
            level = above;
        }
        Ok(())
    }

    /// All roles that are given to anybody.
    pub(crate) fn roles(&self) -> HashSet<Uuid> {
        self.roles.values().flatten().copied().collect()
    }

    /// The roles that groups give to a member.
    pub(crate) fn roles_of(&self, member: Uuid) -> HashSet<Uuid> {
        self.ways_of(member).iter().flat_map(|(group, _)| self.carried(*group)).copied().collect()
    }

    /// The groups of a member, and those above them, each with the place in this list of the group that leads to it: by a
    /// shortest way, where there are several.
    fn ways_of(&self, member: Uuid) -> Vec<(Uuid, Option<usize>)> {
        let mut seen = HashSet::new();
        let own = self.places.get(&member).into_iter().flatten().copied();
        let mut found: Vec<_> = own.filter(|group| seen.insert(*group)).map(|group| (group, None)).collect();
        let mut at = 0;
        while let Some((group, _)) = found.get(at).copied() {
            let above = self.holders.get(&group).into_iter().flatten().copied();
            found.extend(above.filter(|holder| seen.insert(*holder)).map(|holder| (holder, Some(at))));
            at += 1;
        }
        found
    }

    /// Each role that a group gives to a member, with the groups that lead to it: first the one that the member is in, last the
    /// one that carries the role.
    pub(crate) fn given_to(&self, member: Uuid) -> Vec<(Uuid, Vec<Uuid>)> {
        let ways = self.ways_of(member);
        let mut given = Vec::new();
        for at in 0..ways.len() {
            let mut way = Vec::new();
            let mut step = Some(at);
            while let Some((group, from)) = step.and_then(|at| ways.get(at)).copied() {
                way.push(group);
                step = from;
            }
            way.reverse();
            given.extend(self.carried(ways[at].0).iter().map(|role| (*role, way.clone())));
        }
        given
    }

    /// What a group is called.
    pub(crate) fn name(&self, group: Uuid) -> &str {
        self.names.get(&group).map_or("", String::as_str)
    }

    fn carried(&self, group: Uuid) -> &[Uuid] {
        self.roles.get(&group).map_or(&[], Vec::as_slice)
    }
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_text).unwrap_or_default().to_owned()
}

/// What these roles grant together, each permission once.
pub(crate) async fn granted<S: Sees<Role>, M: Mode>(
    session: &Session<S, M>,
    roles: impl IntoIterator<Item = Uuid>,
) -> StoreResult<HashSet<String>> {
    let roles: Vec<Uuid> = roles.into_iter().collect();
    let mut all = HashSet::new();
    if roles.is_empty() {
        return Ok(all);
    }
    let fields = Some(vec![Role::PERMISSIONS.position()]);
    let of_roles = Filter { fields, ..Filter::matching(Role::ID.is_one_of(roles)) };
    let note = |row: &Record| {
        if let Some(Value::TextArray(permissions)) = row.get(Role::PERMISSIONS) {
            all.extend(permissions.iter().cloned());
        }
    };
    session.repository::<Role>().for_each(of_roles, note).await?;
    Ok(all)
}

/// What this group, and all that hold it, grant to whoever is in it.
pub(crate) async fn granted_by<S: SeesGroups, M: Mode>(
    session: &Session<S, M>,
    group: Uuid,
) -> StoreResult<HashSet<String>> {
    let giving = Giving::by_groups(session, [group]).await?;
    granted(session, giving.roles()).await
}

/// Whether a group may give something: it carries a role, or another group holds it.
pub(crate) fn gives<M: Mode>(session: &Session<TenantScope, M>, group: Uuid) -> Query<'_, TenantScope, M, bool> {
    let carries = session.repository::<GroupRole>().count(Some(&GroupRole::GROUP_ID.is(group)));
    let is_held = session.repository::<GroupGroup>().count(Some(&GroupGroup::MEMBER_GROUP_ID.is(group)));
    session.ask((carries, is_held)).map(|(carries, is_held)| carries + is_held > 0)
}

#[cfg(test)]
mod tests;
