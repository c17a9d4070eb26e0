//! Invites people into a tenant, each by itself: what is wrong with one loses nothing of the others.

use std::collections::{HashMap, HashSet};

use time::OffsetDateTime;
use user_tenant_store::record::{New, Patch};
use user_tenant_store::repository::Prepared;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Session, Write};
use user_tenant_store::value::parse_uuid;
use uuid::Uuid;

use super::super::mail::INVITATION;
use super::power::Groups;
use super::{Inviter, mail};
use crate::domain::principal::Principal;
use crate::domain::seats::{self, Taken};
use crate::domain::{provisioning, tenants, users};
use crate::error::{Error, Result, Rule, Sought};
use crate::model::{Invitation, Mail, Role, Tenant, User, UserTenant};
use crate::outbox::{Received, prepared, waiting_of};
use crate::random;

/// What is wrong where not one role is named.
const ONE_ROLE: &str = "must be there, or else role, and not both";

/// Somebody to invite.
#[derive(Debug, Clone)]
pub struct Invitee {
    /// The address, as it was typed.
    pub address: String,
    /// The role that they get; none where it is named twice or not at all.
    pub role: Option<InviteeRole>,
    /// Ids of the groups that they come into.
    pub groups: Vec<String>,
    /// The language of the mail, and of the membership.
    pub locale: Option<String>,
    /// Their given name, where it is known.
    pub first_name: Option<String>,
    /// Their family name, where it is known.
    pub last_name: Option<String>,
}

impl Invitee {
    /// Somebody of whom nothing else is known.
    pub fn new(address: impl Into<String>, role: InviteeRole) -> Self {
        let address = address.into();
        Self { address, role: Some(role), groups: Vec::new(), locale: None, first_name: None, last_name: None }
    }
}

/// How a role is named.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum InviteeRole {
    /// By its id.
    Id(String),
    /// By its name, in any case.
    Name(String),
}

/// What has become of somebody who was to be invited. It has no `Debug`, so that no log can hold a link.
pub enum Invited {
    /// They are invited.
    Invited {
        /// Id of the invitation.
        id: Uuid,
        /// Until when it lasts.
        expires_on: OffsetDateTime,
        /// The secret of the link, for callers who are given it.
        link: Option<String>,
    },
    /// They are a member already.
    Member,
    /// They are not invited, and why.
    Refused(Error),
}

/// Invites them, in one transaction. Who wants more than the tenant may have is refused from there on.
pub(crate) async fn invite(
    session: Session<System, Write>,
    principal: &Principal<'_>,
    tenant: Uuid,
    inviter: Inviter,
    invitees: Vec<Invitee>,
) -> Result<Committed<Vec<(String, Invited)>>> {
    let here = session.repository::<Tenant>().hold(tenant).await?;
    let here = here.ok_or_else(|| Error::NotFound(Sought::of::<Tenant>(&tenant)))?;
    tenants::not_purging(&here)?;
    // Nobody else invites the same address meanwhile, or takes the seats.
    seats::in_turn(&session, tenant).await?;
    let taken = seats::taken(&session, tenant).await?;
    let mails = session.repository::<Mail>().count(Some(&waiting_of(tenant))).await?;
    let mut batch = Batch {
        session: &session,
        principal,
        here: &here,
        inviter,
        taken,
        roles: HashMap::new(),
        groups: Groups::of(&session, tenant),
        rows: Rows::default(),
        mails,
    };
    let mut done = Vec::with_capacity(invitees.len());
    for invitee in invitees {
        let address = invitee.address.clone();
        let outcome = match batch.one(invitee).await {
            Ok(outcome) => outcome,
            Err(refused) if (400..500).contains(&refused.code().row().status) => Invited::Refused(refused),
            Err(failed) => return Err(failed),
        };
        done.push((address, outcome));
    }
    let Rows { invitations, mails, .. } = batch.rows;
    if !invitations.is_empty() {
        session.insert(invitations.into_iter().chain(mails)).await?;
    }
    Ok(session.commit(done).await?)
}

/// What is to be inserted for all of them, together.
#[derive(Default)]
struct Rows {
    invitations: Vec<Prepared>,
    /// Those of the invitations.
    addresses: HashSet<String>,
    mails: Vec<Prepared>,
}

/// What is known while they are invited one after the other.
struct Batch<'a> {
    session: &'a Session<System, Write>,
    principal: &'a Principal<'a>,
    here: &'a Tenant,
    inviter: Inviter,
    taken: Taken,
    roles: HashMap<InviteeRole, Option<Role>>,
    groups: Groups<'a>,
    rows: Rows,
    /// How many mails of the tenant wait.
    mails: u64,
}

impl Batch<'_> {
    /// Makes the rows of one ready. What can be refused is refused before anything is written, so that the transaction goes on.
    async fn one(&mut self, invitee: Invitee) -> Result<Invited> {
        let (session, tenant) = (self.session, self.here.id);
        let address = users::email(&invitee.address)?;
        let pending = Invitation::TENANT_ID.is(tenant).and(Some(&Invitation::STATUS.is(Invitation::PENDING)));
        let pending = Invitation::ADDRESS.is_in_any_case(&address).and(Some(&pending));
        let asked = (
            session.repository::<User>().find_one(User::EMAIL.is_in_any_case(&address)),
            session.repository::<Invitation>().find_one(pending),
            Received::of(session, &INVITATION, tenant, &address),
        );
        let (person, pending, received) = session.ask(asked).await?;
        if let Some(person) = person {
            let membership = UserTenant::USER_ID.is(person.id).and(Some(&UserTenant::TENANT_ID.is(tenant)));
            if session.repository::<UserTenant>().count(Some(&membership)).await? > 0 {
                return Ok(Invited::Member);
            }
        }
        if self.rows.addresses.contains(&address)
            || pending.as_ref().is_some_and(|pending| pending.end(session.now()).is_none())
        {
            return Err(Error::AlreadyInvited);
        }
        received.refuse_many()?;
        let role = self.role(invitee.role.as_ref()).await?;
        self.groups.may_give(self.principal, &invitee.groups).await?;
        let new = New::<Invitation>::empty()
            .with(Invitation::TENANT_ID, tenant)?
            .with(Invitation::ADDRESS, address.as_str())?
            .with(Invitation::FIRST_NAME, invitee.first_name)?
            .with(Invitation::LAST_NAME, invitee.last_name)?
            .with(Invitation::ROLE_ID, role)?
            .with(Invitation::GROUP_IDS, invitee.groups)?
            .with(Invitation::LOCALE, invitee.locale.as_deref())?;
        self.take_seat()?;
        if let Some(pending) = pending {
            let over = Patch::empty().with(Invitation::STATUS, Invitation::EXPIRED)?;
            session.repository::<Invitation>().update_by_id(pending.id, over).await?;
        }
        let (link, expires_on) = (self.inviter.link()?, self.inviter.until(session.now()));
        let new = new
            .with(Invitation::INVITER_ID, self.inviter.membership)?
            .with(Invitation::BY_MASTER, self.principal.master)?
            .with(Invitation::SECRET, link.as_deref().map(random::digest))?
            .with(Invitation::EXPIRES_ON, expires_on)?
            .with(Invitation::STATUS, Invitation::PENDING)?
            .with(Invitation::DELIVERY, Invitation::QUEUED)?;
        let new = session.repository::<Invitation>().prepare(new)?;
        let id = provisioning::id(new.record())?;
        self.rows.invitations.push(new);
        let mail = mail(tenant, id, &address, invitee.locale.as_deref());
        self.rows.mails.extend(prepared(session, &mail, self.mails)?);
        self.mails += 1;
        self.rows.addresses.insert(address);
        Ok(Invited::Invited { id, expires_on, link })
    }

    /// The role, which is one of the tenant, and grants nothing that the principal lacks.
    async fn role(&mut self, wanted: Option<&InviteeRole>) -> Result<Uuid> {
        let one = || Error::InvalidProperty { property: "roleId".to_owned(), rule: Rule::Type(ONE_ROLE.to_owned()) };
        let wanted = wanted.ok_or_else(one)?;
        if !self.roles.contains_key(wanted) {
            let by = match wanted {
                InviteeRole::Id(id) => parse_uuid(id).ok().map(|id| Role::ID.is(id)),
                InviteeRole::Name(name) => Some(Role::NAME.is_in_any_case(name)),
            };
            let found = match by {
                Some(by) => {
                    let here = by.and(Some(&Role::TENANT_ID.is(self.here.id)));
                    self.session.repository::<Role>().find_one(here).await?
                }
                None => None,
            };
            self.roles.insert(wanted.clone(), found);
        }
        let role = self.roles.get(wanted).and_then(Option::as_ref);
        let (InviteeRole::Id(named) | InviteeRole::Name(named)) = wanted;
        let role = role.ok_or_else(|| Error::NotFound(Sought::of::<Role>(named)))?;
        users::may_assign(self.principal, role.id, Some(role))?;
        Ok(role.id)
    }

    /// Takes one of the invitations that the tenant may have.
    fn take_seat(&mut self) -> Result<()> {
        seats::room_for_address(self.here, &self.taken)?;
        self.taken.addresses += 1;
        self.taken.invitations += 1;
        Ok(())
    }
}
