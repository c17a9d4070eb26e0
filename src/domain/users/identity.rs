//! What a person logs in with: how usernames and e-mail addresses are written, and who may change them.

use time::OffsetDateTime;
use user_tenant_store::TypedProperty;
use user_tenant_store::record::{InvalidRecord, New, Patch};
use user_tenant_store::scope::System;
use user_tenant_store::session::{Session, Write};
use user_tenant_store::value::Value;
use uuid::Uuid;

use super::{Asked, Principal, holdings};
use crate::error::{Error, Result};
use crate::model::{AddressProof, Tenant, User, UserStatus, UserTenant, forms};

/// An e-mail address in the form in which it is stored and compared.
pub(crate) fn email(text: &str) -> Result<String> {
    forms::email(text).map_err(|_| Error::InvalidEmail)
}

/// A username in the form in which it is stored and compared.
pub(crate) fn username(text: &str) -> Result<String> {
    forms::username(text).map_err(|reason| InvalidRecord::Unwritable("username", reason).into())
}

/// Changes of a person with names normalised, if the principal may make them.
///
/// What a person logs in with is the person's own to change, once they have come: before, a tenant that registered them could
/// act in their name. Another may do it who could do everything in the person's place: in the person's home, as the only
/// tenant that has the person, and holding all that the person holds; or a master, there or where the person has no home.
/// A caller who could change the address of a stronger member, or of another tenant's, would be that member after the next reset
/// of the password.
pub(super) async fn checked(
    session: &Session<System, Write>,
    principal: &Principal<'_>,
    membership: &UserTenant,
    user: &User,
    patch: Patch<User>,
) -> Result<Patch<User>> {
    let (patch, changes) = normalised(user, patch)?;
    if !(changes.login || changes.home) {
        return Ok(patch);
    }
    let text = |property| patch.get(property).and_then(Value::as_text);
    let others = crossed(session, text(User::USERNAME), text(User::EMAIL)).await?;
    if others.into_iter().flatten().any(|id| id != user.id) {
        return Err(Error::LoginTaken);
    }
    let own = user.id == principal.user;
    let at_home = user.default_tenant_id == Some(membership.tenant_id);
    // A home that let the person go has left none; another tenant that has the person can be the next.
    let settles =
        user.default_tenant_id.is_none() && patch.get(User::DEFAULT_TENANT_ID) == Some(&membership.tenant_id.into());
    if changes.home && !(at_home || settles && (own || principal.master)) {
        return Err(Error::LoginOfAnother);
    }
    if principal.master && (at_home || user.default_tenant_id.is_none()) {
        return Ok(patch);
    }
    if !(own || at_home) {
        return Err(Error::LoginOfAnother);
    }
    // Held until the commit, so that no other tenant adds the person meanwhile.
    session.repository::<User>().lock_by_id(user.id).await?;
    if is_elsewhere(session, membership).await? && !(own && has_come(session, user).await?) {
        return Err(Error::LoginOfAnother);
    }
    if !own {
        holdings::protect(session, principal, membership.id).await?;
    }
    Ok(patch)
}

/// Whether the person has ever come, as far as anybody but their home has noted it: that tenant sets its own membership active
/// when it likes. Of one who has not, the names were chosen by the tenant that registered them. Another adds them only by
/// all of these, or it would take in whom the first can log in as; and then nobody changes them in the person's name.
pub(super) async fn has_come(session: &Session<System, Write>, person: &User) -> Result<bool> {
    let joined = UserTenant::STATUS.is_one_of(UserStatus::JOINED.map(i32::from));
    let of_person = UserTenant::USER_ID.is(person.id);
    let elsewhere = person.default_tenant_id.map(|home| UserTenant::TENANT_ID.is_none_of([home]));
    let joined = joined.and(Some(&of_person)).and(elsewhere.as_ref());
    Ok(person.last_login.is_some() || session.repository::<UserTenant>().count(Some(&joined)).await? > 0)
}

/// What was shown of who owns a person's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    /// Nothing, and the person has the address that they were made with.
    Unknown,
    /// Whoever logs in as the person reads what the address is sent.
    Proven,
    /// Nothing since it was changed: the new one may be somebody else's.
    Changed,
}

impl Address {
    /// That of a person.
    pub(super) fn of(session: &Session<System, Write>, person: Uuid) -> Asked<'_, Self> {
        let proof = session.repository::<AddressProof>().find_one(AddressProof::USER_ID.is(person));
        proof.map(|proof| match proof {
            None => Self::Unknown,
            Some(proof) if proof.proven_on.is_some() => Self::Proven,
            Some(_) => Self::Changed,
        })
    }
}

/// That a person owns their address, of whom nothing is known yet.
pub(crate) fn proof(person: Uuid, now: OffsetDateTime) -> Result<New<AddressProof>> {
    let new = New::<AddressProof>::empty().with_id(person)?.with(AddressProof::USER_ID, person)?;
    Ok(new.with(AddressProof::PROVEN_ON, Some(now))?)
}

/// Notes that a person owns their address, by whatever became of it before.
pub(crate) async fn prove_address(session: &Session<System, Write>, person: Uuid) -> Result<()> {
    let proofs = session.repository::<AddressProof>();
    proofs.destroy_by_id(person).await?;
    proofs.create(proof(person, session.now())?).await?;
    Ok(())
}

/// Who has this username as an address, and who has this address as a username. Whoever logs in by it would be one of two.
/// Others who look for one of them wait until this transaction ends, since no constraint lies between the two columns.
pub(super) fn crossed<'a>(
    session: &'a Session<System, Write>,
    username: Option<&str>,
    email: Option<&str>,
) -> Asked<'a, [Option<Uuid>; 2]> {
    let users = session.repository::<User>();
    // Of a name that is no address nobody has it for one; and the same text is looked for as what it is.
    let other = |text: Option<&str>| text.filter(|text| text.contains('@') && username != email).map(ToOwned::to_owned);
    let (username, email) = (other(username), other(email));
    let texts: Vec<String> = username.iter().chain(&email).cloned().collect();
    let has = |property: TypedProperty<User, String>, text: Option<String>| {
        let found = text.map(|text| users.find_one(property.is_in_any_case(&text)));
        found.map(|found| found.map(|user| user.map(|user| user.id)))
    };
    let found = (session.serialize_on(&texts), has(User::EMAIL, username), has(User::USERNAME, email));
    session.ask(found).map(|((), by_address, by_name)| [by_address.flatten(), by_name.flatten()])
}

/// Whether another tenant has the person too; a tenant that is deleted does not count.
async fn is_elsewhere(session: &Session<System, Write>, membership: &UserTenant) -> Result<bool> {
    let of_user = UserTenant::USER_ID.is(membership.user_id);
    let others = UserTenant::TENANT_ID.is_none_of([membership.tenant_id]).and(Some(&of_user));
    let others = session.repository::<UserTenant>().all_typed(others).await?;
    let tenants = Tenant::ID.is_one_of(others.iter().map(|other| other.tenant_id));
    Ok(!others.is_empty() && session.repository::<Tenant>().count(Some(&tenants)).await? > 0)
}

/// What a patch changes of what decides about logins.
struct Changes {
    /// A name, address or number that the person logs in with.
    login: bool,
    /// The tenant that the person logs in to.
    home: bool,
}

fn normalised(user: &User, mut patch: Patch<User>) -> Result<(Patch<User>, Changes)> {
    let (name, address) = (Value::from(user.username.clone()), Value::from(user.email.clone()));
    // A name that is older than its form stays as it is, and may be sent along.
    let different = |patch: &Patch<User>, property, now: &Value| {
        patch.get(property).filter(|value| *value != now).and_then(Value::as_text).map(ToOwned::to_owned)
    };
    if let Some(text) = different(&patch, User::USERNAME, &name) {
        patch = patch.with(User::USERNAME, username(&text)?)?;
    }
    if let Some(text) = different(&patch, User::EMAIL, &address) {
        patch = patch.with(User::EMAIL, email(&text)?)?;
    }
    let (patch, username) = changed(patch, User::USERNAME, &name);
    let (patch, email) = changed(patch, User::EMAIL, &address);
    let (patch, phone) = changed(patch, User::PHONE, &user.phone.clone().into());
    let (patch, home) = changed(patch, User::DEFAULT_TENANT_ID, &user.default_tenant_id.into());
    Ok((patch, Changes { login: username || email || phone, home }))
}

/// Whether a property is to change. What is the same is not written: it was read before the row was locked, and may be
/// different now.
fn changed<V>(patch: Patch<User>, property: TypedProperty<User, V>, now: &Value) -> (Patch<User>, bool) {
    match patch.get(property) {
        Some(value) if value == now => (patch.without(property), false),
        value => {
            let is_set = value.is_some();
            (patch, is_set)
        }
    }
}
