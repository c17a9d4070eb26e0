//! What members may do: the same function decides it as for the guard, from rows that are read together.

use std::collections::{HashMap, HashSet};

use user_tenant_store::scope::{Scope, Sees};
use user_tenant_store::session::{Mode, Read, Session};
use uuid::Uuid;

use super::answers::{Decision, EffectivePermission, EffectivePermissions, EffectiveSource};
use crate::domain::giving::{Giving, SeesGroups};
use crate::error::{Error, NamedRow, Result};
use crate::model::effective::{Effective, Sources};
use crate::model::permission::{name_of, number_of, spellings};
use crate::model::{MembershipAcceptance, Role, Standing, UserLevelPermission, UserTenant};

/// A session that sees what says what members may do.
pub(crate) trait SeesPower: SeesGroups + Sees<UserTenant> + Sees<UserLevelPermission> + Sees<Standing> {}
impl<S> SeesPower for S where S: SeesGroups + Sees<UserTenant> + Sees<UserLevelPermission> + Sees<Standing> {}

/// Whether a member has a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionQuestion {
    /// Id of the membership.
    pub membership: Uuid,
    /// The permission, by name or number.
    pub permission: String,
}

/// How many members' groups are looked at at once: each member may be in many.
const AT_ONCE: usize = 100;
/// The most groups that the sources of an answer name, each as often as it is named.
const MOST_NAMED: usize = 50_000;

/// What a member of the tenant may do; `None` where there is no such member.
pub(crate) async fn effective<S: SeesPower>(
    session: &Session<S, Read>,
    acceptance: MembershipAcceptance,
    membership: Uuid,
) -> Result<Option<EffectivePermissions>> {
    let Some(member) = session.repository::<UserTenant>().get(membership).await? else { return Ok(None) };
    let active = !active_among(session, acceptance, [membership]).await?.is_empty();
    let role = session.repository::<Role>().get(member.role_id).await?;
    let own = session.repository::<UserLevelPermission>();
    let own = own.all_typed(UserLevelPermission::USER_TENANT_ID.is(membership)).await?;
    let giving = Giving::to_members(session, [membership]).await?;
    let carried = granted(session, giving.roles()).await?;
    let permissions = concerning(role.as_ref(), &own, &by_groups(&giving, membership, &carried)?);
    Ok(Some(EffectivePermissions { user_tenant_id: membership, active, permissions }))
}

/// What each of these roles grants, by name. Bounded as an answer is: there may be more roles than fit into memory.
async fn granted<S, M>(
    session: &Session<S, M>,
    roles: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, HashSet<String>>>
where
    S: Scope + Sees<Role>,
    M: Mode,
{
    let roles: Vec<Uuid> = roles.into_iter().collect();
    if roles.is_empty() {
        return Ok(HashMap::new());
    }
    let roles = session.repository::<Role>().find_typed(Role::ID.is_one_of(roles)).await?;
    let names = |role: &Role| role.permissions.iter().flatten().map(|key| name_of(key).to_owned()).collect();
    Ok(roles.iter().map(|role| (role.id, names(role))).collect())
}

/// The sources in groups of each permission that a member has by them, by name.
fn by_groups<'a>(
    giving: &Giving,
    membership: Uuid,
    granted: &'a HashMap<Uuid, HashSet<String>>,
) -> Result<HashMap<&'a str, Vec<EffectiveSource>>> {
    let mut sources: HashMap<&str, Vec<EffectiveSource>> = HashMap::new();
    let mut named = 0;
    for (role, way) in giving.given_to(membership) {
        for permission in granted.get(&role).into_iter().flatten() {
            named += way.len();
            if named > MOST_NAMED {
                return Err(Error::AnswerTooLarge(
                    "The member has permissions by too many groups to name them all.".into(),
                ));
            }
            let groups = way.iter().map(|group| NamedRow { id: *group, name: giving.name(*group).to_owned() });
            sources.entry(permission).or_default().push(EffectiveSource::Group { id: role, groups: groups.collect() });
        }
    }
    Ok(sources)
}

/// Every permission that concerns a member with this role, these sources in groups, and these own permissions.
fn concerning(
    role: Option<&Role>,
    own: &[UserLevelPermission],
    by_groups: &HashMap<&str, Vec<EffectiveSource>>,
) -> Vec<EffectivePermission> {
    let of_role = role.and_then(|role| role.permissions.as_deref()).unwrap_or_default();
    let all = Effective::of(
        of_role.iter().map(String::as_str),
        by_groups.keys().copied(),
        own.iter().map(|own| (own.permission.as_str(), own.allowed)),
    );
    let mut own_by_name: HashMap<&str, Vec<&UserLevelPermission>> = HashMap::new();
    for own in own {
        own_by_name.entry(name_of(&own.permission)).or_default().push(own);
    }
    let concerning = |(name, sources): (&str, Sources)| {
        let of_role = role.filter(|_| sources.role).map(|role| EffectiveSource::Role { id: role.id });
        let of_groups = by_groups.get(name).into_iter().flatten().cloned();
        let alone = own_by_name.get(name).into_iter().flatten().map(|own| {
            if own.allowed { EffectiveSource::Grant { id: own.id } } else { EffectiveSource::Denial { id: own.id } }
        });
        EffectivePermission {
            permission: name.to_owned(),
            number: number_of(name),
            granted: sources.grant(),
            sources: of_role.into_iter().chain(of_groups).chain(alone).collect(),
        }
    };
    all.each().map(concerning).collect()
}

/// Answers questions about members whom the caller reaches, in their order. Who is no active member may do nothing.
pub(crate) async fn decide<S: SeesPower>(
    session: &Session<S, Read>,
    acceptance: MembershipAcceptance,
    questions: Vec<PermissionQuestion>,
) -> Result<Vec<Decision>> {
    let asked: HashSet<Uuid> = questions.iter().map(|question| question.membership).collect();
    let active = active_among(session, acceptance, asked).await?;
    let members = UserTenant::ID.is_one_of(active.iter().copied());
    // Bounded as an answer is: so many members may have more roles than fit into memory.
    let members: HashMap<Uuid, Uuid> = session
        .repository::<UserTenant>()
        .find_typed(members)
        .await?
        .into_iter()
        .map(|member| (member.id, member.role_id))
        .collect();
    let granted_to = granted(session, members.values().copied().collect::<HashSet<_>>()).await?;
    let by_groups = given(session, &members, &questions).await?;
    let asked: HashSet<&str> = questions.iter().flat_map(|question| spellings(&question.permission)).collect();
    let own = UserLevelPermission::USER_TENANT_ID
        .is_one_of(members.keys().copied())
        .and(Some(&UserLevelPermission::PERMISSION.is_one_of(asked)));
    let mut own_by_member: HashMap<(Uuid, String), Vec<bool>> = HashMap::new();
    for own in session.repository::<UserLevelPermission>().find_typed(own).await? {
        let key = (own.user_tenant_id, name_of(&own.permission).to_owned());
        own_by_member.entry(key).or_default().push(own.allowed);
    }
    let decide = |PermissionQuestion { membership, permission }: &PermissionQuestion| {
        let name = name_of(permission);
        let allowed = members.get(membership).is_some_and(|role| {
            let of_role = granted_to.get(role).is_some_and(|granted| granted.contains(name)).then_some(name);
            let of_groups = by_groups.contains(&(*membership, name)).then_some(name);
            let own = own_by_member.get(&(*membership, name.to_owned())).into_iter().flatten();
            Effective::of(of_role, of_groups, own.map(|allowed| (name, *allowed))).has(name)
        });
        Decision { user_tenant_id: *membership, permission: permission.clone(), allowed }
    };
    Ok(questions.iter().map(decide).collect())
}

/// What members are asked about and have by groups, each with the name of the permission.
async fn given<'a, S: SeesPower>(
    session: &Session<S, Read>,
    members: &HashMap<Uuid, Uuid>,
    questions: &'a [PermissionQuestion],
) -> Result<HashSet<(Uuid, &'a str)>> {
    let mut asked: HashMap<Uuid, Vec<&str>> = HashMap::new();
    for question in questions.iter().filter(|question| members.contains_key(&question.membership)) {
        asked.entry(question.membership).or_default().push(name_of(&question.permission));
    }
    let mut given = HashSet::new();
    let members: Vec<Uuid> = asked.keys().copied().collect();
    for some in members.chunks(AT_ONCE) {
        let giving = Giving::to_members(session, some.iter().copied()).await?;
        let granted = granted(session, giving.roles()).await?;
        for member in some {
            let roles = giving.roles_of(*member);
            let granted: Vec<_> = roles.iter().filter_map(|role| granted.get(role)).collect();
            let names = asked.get(member).into_iter().flatten();
            let names = names.filter(|name| granted.iter().any(|granted| granted.contains(**name)));
            given.extend(names.map(|name| (*member, *name)));
        }
    }
    Ok(given)
}

/// Which of these are active members of tenants that are active themselves.
async fn active_among<S>(
    session: &Session<S, Read>,
    acceptance: MembershipAcceptance,
    memberships: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<Uuid>>
where
    S: Scope + Sees<Standing>,
{
    let standings = session.repository::<Standing>().find_typed(Standing::ID.is_one_of(memberships)).await?;
    Ok(standings.into_iter().filter(|one| one.check(acceptance).is_ok()).map(|one| one.id).collect())
}
