//! What whoever has the secret of an invitation may do: see who invites them, come, or decline.

use std::collections::HashSet;

use user_tenant_store::record::{New, Patch};
use user_tenant_store::repository::Prepared;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Mode, Read, Session, Write};
use user_tenant_store::value::Value;
use uuid::Uuid;

use super::inviter_of;
use super::power::{Groups, still_may_give};
use crate::domain::passwords::{self, Hash, Policy};
use crate::domain::provisioning::{self, Login};
use crate::domain::seats;
use crate::domain::users::{self, Known};
use crate::error::{Error, Result, Rule};
use crate::model::{
    AddressProof, Invitation, InvitationEnd, MembershipAcceptance, NewUsers, PersonState, Role, Tenant, TenantState,
    User, UserGroup, UserStatus, UserTenant,
};

/// The longest given name.
const LONGEST_NAME: usize = 50;

/// What somebody is shown who was invited.
pub(crate) struct Shown {
    /// What the tenant is called.
    pub(crate) tenant: String,
    /// The address that is invited.
    pub(crate) address: String,
    /// The given name of who invites; none of the operator.
    pub(crate) inviter: Option<String>,
}

/// Somebody who comes.
pub(crate) struct Coming {
    /// The profile of somebody new. Of a person who is known it changes nothing.
    pub(crate) profile: New<User>,
    /// What somebody new logs in with beside the address, if they wish.
    pub(crate) username: Option<String>,
    /// The hash of the password of somebody new.
    pub(crate) password: Option<Hash>,
    /// How somebody new begins who has chosen no password.
    pub(crate) new_users: NewUsers,
    /// The client applications of somebody new, where whoever invites has none.
    pub(crate) default_clients: Option<Vec<i32>>,
}

/// Who has come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Came {
    /// Into which tenant.
    pub(crate) tenant: Uuid,
    /// The person.
    pub(crate) user: Uuid,
    /// The membership.
    pub(crate) membership: Uuid,
}

/// An invitation, and whether it was found by what is in the mail, which shows that its holder reads what the address is sent.
struct Found {
    invitation: Invitation,
    by_mail: bool,
}

impl Found {
    /// Refuses a password that may be the tenant's, who would be the person in every tenant that takes them up. Whoever reaches
    /// every tenant is trusted with the links that they are told.
    fn may_choose_password(&self) -> Result<()> {
        if self.by_mail || self.invitation.by_master { Ok(()) } else { Err(Error::AddressNotProven) }
    }
}

/// Finds the invitation of a secret by its hash.
async fn find<M: Mode>(session: &Session<System, M>, hash: &str) -> Result<Found> {
    let invitations = session.repository::<Invitation>();
    // Both in any case, so that the time tells nothing.
    let asked = (invitations.find_one(Invitation::TOKEN.is(hash)), invitations.find_one(Invitation::SECRET.is(hash)));
    let (by_mail, by_link) = session.ask(asked).await?;
    let found = by_mail.map(|invitation| Found { invitation, by_mail: true });
    found.or(by_link.map(|invitation| Found { invitation, by_mail: false })).ok_or(Error::UnknownInvitation)
}

/// Refuses an invitation that is over, as are all of a tenant that is not open.
fn open<M: Mode>(session: &Session<System, M>, invitation: &Invitation, tenant: Option<Tenant>) -> Result<Tenant> {
    if let Some(end) = invitation.end(session.now()) {
        return Err(Error::InvitationOver(end));
    }
    let open = tenant.filter(|tenant| tenant.state() == TenantState::Active);
    open.ok_or(Error::InvitationOver(InvitationEnd::Expired))
}

/// Shows an invitation to whoever has its secret.
pub(crate) async fn shown(session: &Session<System, Read>, hash: &str) -> Result<Shown> {
    let Found { invitation, .. } = find(session, hash).await?;
    let tenant = session.repository::<Tenant>().get(invitation.tenant_id).await?;
    let tenant = open(session, &invitation, tenant)?;
    let inviter = inviter_of(session, &invitation).await?;
    Ok(Shown { tenant: tenant.name, address: invitation.address, inviter: inviter.map(|person| person.first_name) })
}

/// What the tenant of an invitation asks of a password, and the names that it may not hold.
pub(crate) async fn asked_of_password(
    session: &Session<System, Read>,
    hash: &str,
    profile: &New<User>,
) -> Result<(Policy, Vec<String>)> {
    let found = find(session, hash).await?;
    let tenant = session.repository::<Tenant>().get(found.invitation.tenant_id).await?;
    open(session, &found.invitation, tenant)?;
    found.may_choose_password()?;
    let invitation = found.invitation;
    let sent = |property| profile.get(property).and_then(Value::as_text).map(ToOwned::to_owned);
    let names = [sent(User::FIRST_NAME).or(invitation.first_name), sent(User::LAST_NAME).or(invitation.last_name)];
    let names = names.into_iter().flatten().chain([invitation.address]).collect();
    Ok((Policy::of(session, invitation.tenant_id).await?, names))
}

/// Notes that whoever was invited does not want to come.
pub(crate) async fn decline(session: Session<System, Write>, hash: &str) -> Result<Committed<()>> {
    let (session, Found { invitation, .. }, _) = locked(session, hash).await?;
    let patch = Patch::empty().with(Invitation::STATUS, Invitation::DECLINED)?;
    session.update_by_id_and_commit(invitation.id, patch).await?.ok_or(Error::UnknownInvitation)
}

/// An invitation that is not over, and that nobody else ends meanwhile; with its tenant, which is held.
async fn locked(session: Session<System, Write>, hash: &str) -> Result<(Session<System, Write>, Found, Tenant)> {
    let Invitation { id, tenant_id, .. } = find(&session, hash).await?.invitation;
    let session = session.in_name_of(tenant_id);
    // The tenant first, as everybody does who gives a role; then what was found is read again.
    let tenant = session.repository::<Tenant>().hold(tenant_id);
    let (tenant, _) = session.ask((tenant, session.repository::<Invitation>().lock_by_id(id))).await?;
    let found = find(&session, hash).await?;
    let tenant = open(&session, &found.invitation, tenant)?;
    Ok((session, found, tenant))
}

/// Lets somebody come: the person is found by the address or made, and becomes an active member with the role and the groups.
///
/// A person who is known is not changed. A link shows nothing of who has it: with one, a person who is known is invited, as by a
/// tenant that adds them, and shows no profile until they have come by themselves.
pub(crate) async fn accept(
    session: Session<System, Write>,
    acceptance: MembershipAcceptance,
    hash: &str,
    coming: Coming,
) -> Result<Committed<Came>> {
    let (session, found, tenant) = locked(session, hash).await?;
    if coming.password.is_some() {
        found.may_choose_password()?;
    }
    let Found { invitation, by_mail } = found;
    let here = Role::TENANT_ID.is(tenant.id);
    let role = session.repository::<Role>().find_one(Role::ID.is(invitation.role_id).and(Some(&here))).await?;
    let outdated = || Error::InvitationOver(InvitationEnd::Outdated);
    let role = role.ok_or_else(outdated)?;
    let given = given(&session, tenant.id, &invitation.group_ids).await?;
    if !still_may_give(&session, acceptance, &invitation, &role, &given).await? {
        return Err(Error::InvitationOver(InvitationEnd::Withdrawn));
    }
    let mut login = Login::by_address(&invitation.address)?;
    let mut known = login.owner(&session).await?;
    // Before the username is looked for, so that what is not complete does not tell whether it is somebody's.
    let profile = match known {
        Known::Nobody => named(coming.profile, &invitation)?,
        // Their own names stay; until they come, the tenant sees those by which it invited them.
        _ => introduced(&invitation)?,
    };
    if let (Known::Nobody, Some(username)) = (&known, &coming.username) {
        login = Login::new(username, &invitation.address)?;
        if login.username.contains('@') && login.username != login.email {
            return Err(Error::InvalidProperty { property: "profile/username".to_owned(), rule: somebody_elses() });
        }
        // Nor does a tenant without a seat for them tell it.
        seats::room_for_member(&session, &tenant).await?;
        known = login.owner(&session).await?;
        if !matches!(known, Known::Nobody) {
            // The address is nobody's, so that the username is somebody else's.
            return Err(Error::LoginTaken);
        }
    }
    if matches!(known, Known::Somebody { .. }) && coming.password.is_some() {
        return Err(Error::PersonKnown);
    }
    // Somebody new may log in where whoever invites may, as whom they add.
    let inviters = inviter_of(&session, &invitation).await?.and_then(|inviter| inviter.auth_client_ids);
    let clients = inviters.filter(|own| !own.is_empty()).or(coming.default_clients);
    let is_known = matches!(known, Known::Somebody { .. });
    let joining = users::joining(&session, login, known, profile, tenant.id, clients).await;
    let joining = joining.map_err(|error| match error {
        // Who reads what the address is sent is told why; whoever was told the link learns of nobody.
        Error::LoginTaken if is_known && by_mail => Error::PersonUnproven,
        other => other,
    })?;
    if joining.known.as_ref().is_some_and(|person| person.state() == PersonState::Deactivated) {
        return Err(Error::PersonDeactivated);
    }
    let user = joining.user;
    let there = UserTenant::USER_ID.is(user).and(Some(&UserTenant::TENANT_ID.is(tenant.id)));
    if session.repository::<UserTenant>().count(Some(&there)).await? > 0 {
        return Err(Error::AlreadyMember);
    }
    let is_new = joining.known.is_none();
    let status = if is_new || by_mail { UserStatus::Active } else { UserStatus::Registered };
    let membership = provisioning::membership(user, tenant.id, role.id, status)?
        .with(UserTenant::LOCALE, invitation.locale.clone())?;
    let mut rows = match &coming.password {
        Some(_) => joining.rows_without_credentials(&session, membership)?,
        None => joining.rows(&session, coming.new_users, membership)?,
    };
    let membership = rows.last().map(|row| provisioning::id(row.record())).transpose()?.unwrap_or_default();
    let over =
        Patch::empty().with(Invitation::STATUS, Invitation::ACCEPTED)?.with(Invitation::ACCEPTED_BY, membership)?;
    session.repository::<Invitation>().update_by_id(invitation.id, over).await?;
    // Behind that: the invitation gives its place back.
    seats::take(&session, &tenant, None, i32::from(status)).await?;
    if let Some(hash) = &coming.password {
        session.insert(std::mem::take(&mut rows)).await.map_err(users::faster)?;
        passwords::store(&session, user, hash).await?;
    }
    rows.extend(places(&session, membership, &invitation.group_ids)?);
    if is_new && by_mail {
        let proof = users::proof(user, session.now())?;
        rows.push(session.repository::<AddressProof>().prepare(proof)?);
    }
    let came = Came { tenant: tenant.id, user, membership };
    if rows.is_empty() {
        return Ok(session.commit(came).await?);
    }
    Ok(session.insert_and_commit(rows).await.map_err(users::faster)?.map(|_| came))
}

/// What is wrong with a username that is an address, which is somebody's who has not come yet.
fn somebody_elses() -> Rule {
    Rule::Type("must hold no @, unless it is the address itself".to_owned())
}

/// The profile of somebody new, with the names of the invitation where they give none.
fn named(profile: New<User>, invitation: &Invitation) -> Result<New<User>> {
    let mut profile = profile;
    if profile.get(User::FIRST_NAME).is_none() {
        let known = invitation.first_name.clone();
        let required = || Error::InvalidProperty { property: "profile/firstName".to_owned(), rule: Rule::Required };
        profile = profile.with(User::FIRST_NAME, known.ok_or_else(required)?)?;
    }
    if profile.get(User::LAST_NAME).is_none() && invitation.last_name.is_some() {
        profile = profile.with(User::LAST_NAME, invitation.last_name.clone())?;
    }
    Ok(profile)
}

/// How the tenant introduces a person who is known: as it called them, or by what stands before the `@`.
fn introduced(invitation: &Invitation) -> Result<New<User>> {
    let local = || invitation.address.chars().take_while(|letter| *letter != '@').take(LONGEST_NAME).collect();
    let first_name: String = invitation.first_name.clone().unwrap_or_else(local);
    Ok(New::empty().with(User::FIRST_NAME, first_name)?.with(User::LAST_NAME, invitation.last_name.clone())?)
}

/// What the groups of an invitation give, all of which are there and held.
async fn given(session: &Session<System, Write>, tenant: Uuid, groups: &[String]) -> Result<HashSet<String>> {
    let mut known = Groups::of(session, tenant);
    let mut given = HashSet::new();
    for group in groups {
        let by_group = known.given_by(group).await.map_err(|error| match error {
            Error::NotFound(_) => Error::InvitationOver(InvitationEnd::Outdated),
            other => other,
        })?;
        given.extend(by_group.iter().cloned());
    }
    Ok(given)
}

/// The rows that put the new member into the groups, each once.
fn places(session: &Session<System, Write>, membership: Uuid, groups: &[String]) -> Result<Vec<Prepared>> {
    let distinct: HashSet<Uuid> = groups.iter().filter_map(|group| Uuid::try_parse(group).ok()).collect();
    let place = |group| {
        let new = New::empty().with(UserGroup::GROUP_ID, group)?.with(UserGroup::USER_TENANT_ID, membership)?;
        Ok(session.repository::<UserGroup>().prepare(new)?)
    };
    distinct.into_iter().map(place).collect()
}
