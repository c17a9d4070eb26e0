//! Rules of links by which people set a password: who may ask for whose, by which way it goes, and what its token is good for.

use std::time::Duration;

use time::OffsetDateTime;
use user_tenant_store::record::{New, Patch};
use user_tenant_store::scope::System;
use user_tenant_store::session::{Committed, Mode, Session, Write};
use uuid::Uuid;

use super::mail::PASSWORD_RESET;
use super::rules::Person;
use crate::domain::passwords::attempts::{self, Subject};
use crate::domain::passwords::{self, Hash};
use crate::domain::principal::Principal;
use crate::domain::{holdings, users};
use crate::error::{Error, Result};
use crate::model::{PasswordReset, PersonState, Tenant, TenantState, User, UserStatus, UserTenant};
use crate::outbox::{Post, Received, post};
use crate::random;

/// For how long a link is of use, unless somebody says otherwise; and for how long at most.
pub(crate) const LIFE: Duration = Duration::from_hours(24);
pub(crate) const LONGEST_LIFE: Duration = Duration::from_hours(30 * 24);

/// By which way a link gets to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// To the address of the person, and to nobody else.
    Mail,
    /// To whoever asks, who hands it on.
    Answer,
}

/// A reset that was asked for. It has no `Debug`, so that no log can hold the token.
pub(crate) struct Requested {
    /// Its id.
    pub(crate) id: Uuid,
    /// Until when it is of use.
    pub(crate) expires_on: OffsetDateTime,
    /// The token, for whoever asks to hand on; none of a link that goes by mail.
    pub(crate) token: Option<String>,
    /// The status that the membership has then.
    pub(crate) status: i32,
}

/// Lets a member set a new password, once. Whoever sees the token can be the person in every tenant, so that only who reaches all
/// of them does; others have it sent to the person, in the tenant that is the person's home.
pub(crate) async fn request(
    session: Session<System, Write>,
    principal: &Principal<'_>,
    tenant: Uuid,
    id: Uuid,
    way: Way,
    life: Duration,
) -> Result<Committed<Requested>> {
    if way == Way::Answer && !principal.master {
        return Err(Error::MasterNeeded);
    }
    let here = UserTenant::TENANT_ID.is(tenant).and(Some(&UserTenant::USER_ID.is(id)));
    let held = session.repository::<Tenant>().hold_by_id(tenant);
    let membership = session.repository::<UserTenant>().find_one(here);
    // Locked, so that no other tenant adds the person meanwhile.
    let (_, _, membership) = session.ask((held, session.repository::<User>().lock_by_id(id), membership)).await?;
    let membership = membership.ok_or_else(|| users::unknown(&id))?;
    let user = session.repository::<User>().get(id).await?.ok_or_else(|| users::unknown(&id))?;
    if !principal.master && user.default_tenant_id != Some(tenant) {
        return Err(Error::LoginOfAnother);
    }
    if id != principal.user {
        holdings::protect(&session, principal, membership.id).await?;
    }
    if user.state() == PersonState::Deactivated {
        return Err(Error::PersonDeactivated);
    }
    let person = Person::read(&session, user).await?;
    person.kept_here()?;
    let expires_on = session.now() + life;
    let reset = New::<PasswordReset>::empty()
        .with(PasswordReset::TENANT_ID, tenant)?
        .with(PasswordReset::USER_ID, id)?
        .with(PasswordReset::EXPIRES_ON, expires_on)?
        .with(PasswordReset::CREATED_ON, session.now())?;
    let (reset, token) = match way {
        Way::Mail => {
            let address = person.user.email.as_deref().ok_or(Error::InvalidEmail)?;
            Received::of(&session, &PASSWORD_RESET, tenant, address).await?.refuse_many()?;
            (reset.with(PasswordReset::MAILED_TO, Some(address.to_owned()))?, None)
        }
        Way::Answer => {
            let token = random::secret().map_err(Error::Internal)?;
            (reset.with(PasswordReset::TOKEN, Some(random::digest(&token)))?, Some(token))
        }
    };
    let reset = session.repository::<PasswordReset>().prepare(reset)?;
    let reset_id = reset.record().id().unwrap_or_default();
    if let (Way::Mail, Some(address)) = (way, person.user.email.as_deref()) {
        let locale = membership.locale.as_deref();
        let mail = Post { kind: &PASSWORD_RESET, tenant: Some(tenant), about: reset_id, recipient: address, locale };
        post(&session, mail).await?;
    }
    let status = match membership.status {
        active if active == i32::from(UserStatus::Active) => {
            let needed = i32::from(UserStatus::PasswordChangeNeeded);
            let patch = Patch::empty().with(UserTenant::STATUS, needed)?;
            session.repository::<UserTenant>().update_by_id(membership.id, patch).await?;
            needed
        }
        other => other,
    };
    let requested = Requested { id: reset_id, expires_on, token, status };
    Ok(session.insert_and_commit(vec![reset]).await?.map(|_| requested))
}

/// The reset that a token is of.
pub(crate) async fn reset<M: Mode>(session: &Session<System, M>, token: &str) -> Result<PasswordReset> {
    let its = PasswordReset::TOKEN.is(Some(random::digest(token)));
    let reset = session.repository::<PasswordReset>().find_one(its).await?.ok_or(Error::ResetUnknown)?;
    if reset.used_on.is_some() {
        return Err(Error::ResetUsed);
    }
    if tenant_of(session, &reset).await?.is_some() { Ok(reset) } else { Err(Error::ResetExpired) }
}

/// The tenant that asked for a reset, while it, the membership and the person may act, the time is not over, and a link that goes
/// by mail goes to the address that the person has.
pub(super) async fn tenant_of<M: Mode>(session: &Session<System, M>, reset: &PasswordReset) -> Result<Option<Tenant>> {
    let (tenant, user) = (reset.tenant_id, reset.user_id);
    let tenant_row = session.repository::<Tenant>().get(tenant).await?;
    let person = session.repository::<User>().get(user).await?.filter(|user| user.state() == PersonState::Active);
    let here = UserTenant::TENANT_ID.is(tenant).and(Some(&UserTenant::USER_ID.is(user)));
    let membership = session.repository::<UserTenant>().find_one(here).await?;
    let may_act =
        |membership: UserTenant| UserStatus::MAY_ACT.iter().any(|status| i32::from(*status) == membership.status);
    let is_theirs = |user: User| reset.mailed_to.is_none() || reset.mailed_to == user.email;
    let is_open = person.is_some_and(is_theirs) && membership.is_some_and(may_act) && reset.expires_on > session.now();
    Ok(tenant_row.filter(|tenant| is_open && tenant.state() == TenantState::Active))
}

/// Sets the password by a token, once: the trigger behind the credentials ends all tokens of the person.
pub(crate) async fn complete(
    session: Session<System, Write>,
    token: &str,
    user: Uuid,
    hash: &Hash,
) -> Result<Committed<()>> {
    session.repository::<User>().lock_by_id(user).await?;
    let reset = reset(&session, token).await?;
    passwords::store(&session, reset.user_id, hash).await?;
    attempts::succeeded(&session, &[Subject::Person(user)]).await?;
    if reset.mailed_to.is_some() {
        // Its token was sent to the address that the person has, and to nobody else.
        users::prove_address(&session, user).await?;
    }
    Ok(session.commit(()).await?)
}
