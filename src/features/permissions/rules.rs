//! What members may do: the same function decides it as for the guard, from rows that are read together.

use std::collections::{HashMap, HashSet};

use user_tenant_store::scope::{CallerScope, Scope, Sees, TenantScope};
use user_tenant_store::session::{Read, Session};
use uuid::Uuid;

use super::answers::{Concerning, Decision, Held, Source};
use crate::error::Result;
use crate::model::effective::{Effective, Sources};
use crate::model::permission::{name_of, number_of, spellings};
use crate::model::{MembershipAcceptance, Role, Standing, UserLevelPermission, UserTenant};

/// Whether a member has a permission.
pub(super) struct Question {
    pub(super) membership: Uuid,
    pub(super) permission: String,
}

/// What a member of the tenant may do; `None` where there is no such member.
pub(super) async fn effective(
    session: &Session<TenantScope, Read>,
    acceptance: MembershipAcceptance,
    membership: Uuid,
) -> Result<Option<Held>> {
    let Some(member) = session.repository::<UserTenant>().get(membership).await? else { return Ok(None) };
    let active = !active_among(session, acceptance, [membership]).await?.is_empty();
    let role = session.repository::<Role>().get(member.role_id).await?;
    let own = session.repository::<UserLevelPermission>();
    let own = own.all_typed(UserLevelPermission::USER_TENANT_ID.is(membership)).await?;
    Ok(Some(Held { user_tenant_id: membership, active, permissions: concerning(role.as_ref(), &own) }))
}

/// Every permission that concerns a member with this role and these own permissions.
fn concerning(role: Option<&Role>, own: &[UserLevelPermission]) -> Vec<Concerning> {
    let of_role = role.and_then(|role| role.permissions.as_deref()).unwrap_or_default();
    let all =
        Effective::of(of_role.iter().map(String::as_str), own.iter().map(|own| (own.permission.as_str(), own.allowed)));
    let mut own_by_name: HashMap<&str, Vec<&UserLevelPermission>> = HashMap::new();
    for own in own {
        own_by_name.entry(name_of(&own.permission)).or_default().push(own);
    }
    let concerning = |(name, sources): (&str, Sources)| {
        let of_role = role.filter(|_| sources.role).map(|role| Source::Role { id: role.id });
        let alone = own_by_name
            .get(name)
            .into_iter()
            .flatten()
            .map(|own| if own.allowed { Source::Grant { id: own.id } } else { Source::Denial { id: own.id } });
        Concerning {
            permission: name.to_owned(),
            number: number_of(name),
            granted: sources.grant(),
            sources: of_role.into_iter().chain(alone).collect(),
        }
    };
    all.each().map(concerning).collect()
}

/// Answers questions about members whom the caller reaches, in their order. Who is no active member may do nothing.
pub(super) async fn decide(
    session: &Session<CallerScope, Read>,
    acceptance: MembershipAcceptance,
    questions: Vec<Question>,
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
    let roles: HashSet<Uuid> = members.values().copied().collect();
    let roles = session.repository::<Role>().find_typed(Role::ID.is_one_of(roles)).await?;
    let granted: HashMap<Uuid, HashSet<&str>> = roles
        .iter()
        .map(|role| (role.id, role.permissions.iter().flatten().map(|permission| name_of(permission)).collect()))
        .collect();
    let asked: HashSet<&str> = questions.iter().flat_map(|question| spellings(&question.permission)).collect();
    let own = UserLevelPermission::USER_TENANT_ID
        .is_one_of(members.keys().copied())
        .and(Some(&UserLevelPermission::PERMISSION.is_one_of(asked)));
    let mut own_by_member: HashMap<(Uuid, String), Vec<bool>> = HashMap::new();
    for own in session.repository::<UserLevelPermission>().find_typed(own).await? {
        let key = (own.user_tenant_id, name_of(&own.permission).to_owned());
        own_by_member.entry(key).or_default().push(own.allowed);
    }
    let decide = |Question { membership, permission }| {
        let name = name_of(&permission);
        let allowed = members.get(&membership).is_some_and(|role| {
            let of_role = granted.get(role).and_then(|granted| granted.get(name)).copied();
            let own = own_by_member.get(&(membership, name.to_owned())).into_iter().flatten();
            Effective::of(of_role, own.map(|allowed| (name, *allowed))).has(name)
        });
        Decision { user_tenant_id: membership, permission, allowed }
    };
    Ok(questions.into_iter().map(decide).collect())
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
