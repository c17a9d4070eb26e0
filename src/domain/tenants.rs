//! Rules of tenants: who is found under an id, what a change must name, what survives a replacement.

use serde_json::Value as Json;
use user_tenant_store::filter::{Comparison, Filter, Predicate};
use user_tenant_store::form::Unwritable;
use user_tenant_store::query::Query;
use user_tenant_store::record::{InvalidRecord, New, Patch, Record};
use user_tenant_store::scope::{CallerScope, System, TenantScope};
use user_tenant_store::session::{Committed, Mode, Read, Session, Write};
use user_tenant_store::value::{Value, parse_uuid};
use uuid::Uuid;

use crate::error::{Error, Result, Rule, Sought};
use crate::model::lifecycle::TENANTS;
use crate::model::{Tenant, TenantState, forms};

/// Creates a tenant. Its key stays taken even after it is deleted.
pub(crate) async fn create(session: Session<System, Write>, new: New<Tenant>) -> Result<Committed<Record>> {
    Ok(session.create_and_commit(with_given_key(new)?).await?)
}

/// A new tenant whose key is in the form of keys; one without a key is refused.
pub(crate) fn with_given_key(new: New<Tenant>) -> Result<New<Tenant>> {
    let key = given_key(new.get(Tenant::KEY))?;
    Ok(new.with(Tenant::KEY, key)?)
}

/// The tenant with this id, if the caller sees it; a foreign, unknown or malformed id is not found.
pub(crate) async fn find_by_id(session: &Session<CallerScope, Read>, id: &str, filter: &Filter) -> Result<Record> {
    let unknown = || Error::NotFound(Sought::of::<Tenant>(id));
    let row = parse_uuid(id).map_err(|_| unknown())?;
    session.repository::<Tenant>().find_by_id(row, filter).await?.ok_or_else(unknown)
}

/// Changes every tenant that the caller sees and the predicate selects. Who sees all must say which.
pub(crate) async fn update_all(
    session: Session<CallerScope, Write>,
    predicate: Option<&Predicate>,
    patch: Patch<Tenant>,
) -> Result<Committed<u64>> {
    if predicate.is_none() && matches!(session.scope(), CallerScope::All(_)) {
        return Err(Error::WhereRequired);
    }
    let patch = match patch.get(Tenant::KEY) {
        Some(Value::Text(text)) => {
            let key = key(text)?;
            patch.with(Tenant::KEY, key)?
        }
        _ => patch,
    };
    // One that is archived is nobody's to change, and clients have no condition that leaves it out.
    let mut within = Tenant::ARCHIVED_ON.compare(Comparison::Null).and(predicate);
    if let Some(wanted) = wanted(&patch) {
        let refused = refused(&session, wanted);
        let among = Tenant::STATUS.is_one_of(refused.iter().map(|state| i32::from(state.status()))).and(Some(&within));
        if let Some(tenant) = session.repository::<Tenant>().find_one(among).await? {
            check(&session, &tenant, wanted)?;
        }
        // Whose status others change meanwhile is not changed here.
        within = Tenant::STATUS.is_none_of(refused.iter().map(|state| i32::from(state.status()))).and(Some(&within));
    }
    Ok(session.update_and_commit(Some(&within), patch).await?)
}

/// Changes the tenant with this id.
pub(crate) async fn update_by_id(
    session: Session<CallerScope, Write>,
    id: &str,
    patch: Patch<Tenant>,
) -> Result<Committed<()>> {
    let row = known(id)?;
    let tenants = session.repository::<Tenant>();
    let wanted = wanted(&patch);
    // A status is changed by what it is until the commit.
    let asked = session.ask((wanted.map(|_| tenants.lock_by_id(row)), tenants.get(row)));
    let tenant = asked.await?.1.ok_or_else(|| unknown(id))?;
    if let Some(wanted) = wanted.filter(|wanted| i32::from(wanted.status()) != tenant.status) {
        check(&session, &tenant, wanted)?;
    }
    not_archived(&tenant)?;
    let patch = with_key(&tenant, patch)?;
    session.update_by_id_and_commit(row, patch).await?.ok_or_else(|| unknown(id))
}

/// The state that a change asks for, if it names a status.
fn wanted(patch: &Patch<Tenant>) -> Option<TenantState> {
    match patch.get(Tenant::STATUS) {
        Some(Value::Integer(status)) => i32::try_from(*status).ok().map(|status| TenantState::of(status, false)),
        _ => None,
    }
}

/// Refuses a change of the tenant's state that its life does not have. Nobody opens their own tenant again: those who are
/// remembered as active a moment longer are refused too.
fn check<M: Mode>(session: &Session<CallerScope, M>, tenant: &Tenant, wanted: TenantState) -> Result<()> {
    let state = tenant.state();
    if state != TenantState::Active && !matches!(session.scope(), CallerScope::All(_)) {
        return Err(Error::TenantNotActive(state));
    }
    Ok(TENANTS.check(state, wanted, tenant.state_before())?)
}

/// The states of which [`check`] refuses a change to `wanted`.
fn refused<M: Mode>(session: &Session<CallerScope, M>, wanted: TenantState) -> Vec<TenantState> {
    let all = [TenantState::Pending, TenantState::Active, TenantState::Suspended].into_iter();
    let is_master = matches!(session.scope(), CallerScope::All(_));
    let is_refused = |state: &TenantState| {
        let is_allowed = (is_master || *state == TenantState::Active) && TENANTS.check(*state, wanted, *state).is_ok();
        *state != wanted && !is_allowed
    };
    all.filter(is_refused).collect()
}

/// Refuses to change a tenant that is archived.
fn not_archived(tenant: &Tenant) -> Result<()> {
    match tenant.state() {
        state if state.is_archived() => Err(Error::TenantNotActive(state)),
        _ => Ok(()),
    }
}

/// Refuses to add to a tenant whose rows are being removed for good. Who was admitted before it was archived may come late.
pub(crate) fn not_purging(tenant: &Tenant) -> Result<()> {
    match tenant.state() {
        state @ TenantState::Purging => Err(Error::TenantNotActive(state)),
        _ => Ok(()),
    }
}

/// Replaces what clients set of the tenant with this id: what is absent becomes null.
pub(crate) async fn replace_by_id(
    session: Session<CallerScope, Write>,
    id: &str,
    replacement: Patch<Tenant>,
) -> Result<Committed<()>> {
    has_key(replacement.get(Tenant::KEY))?;
    update_by_id(session, id, replacement.into_replacement()).await
}

/// Deletes the tenant with this id. Its rows stay, and its callers are refused from now on.
pub(crate) async fn delete_by_id(session: Session<CallerScope, Write>, id: &str) -> Result<Committed<()>> {
    let (row, tenants) = (known(id)?, session.repository::<Tenant>());
    let (_, tenant) = session.ask((tenants.lock_by_id(row), tenants.get(row))).await?;
    not_archived(&tenant.ok_or_else(|| unknown(id))?)?;
    let deleted = tenants.delete_by_id(row).await?;
    if deleted { Ok(session.commit(()).await?) } else { Err(unknown(id)) }
}

/// Refuses a body whose tenant is another one than that of the request.
pub(crate) fn same_tenant(tenant: Uuid, body: Option<&Json>) -> Result<()> {
    match body.and_then(Json::as_str) {
        Some(body) if parse_uuid(body) != Ok(tenant) => Err(Error::TenantMismatch),
        _ => Ok(()),
    }
}

/// Keeps other changes of the tenant's users and roles waiting until this one is through.
pub(crate) async fn lock(session: &Session<TenantScope, Write>) -> Result<()> {
    there(session, session.repository::<Tenant>().lock_by_id(session.scope().0).await?)
}

/// Keeps the tenant as it is until the commit, and with it its members and roles: whoever takes one of these away locks it.
/// Others may hold it at the same time.
pub(crate) async fn hold(session: &Session<TenantScope, Write>) -> Result<()> {
    there(session, held(session).await?)
}

/// The same as a query: whether the tenant is there.
pub(crate) fn held(session: &Session<TenantScope, Write>) -> Query<'_, TenantScope, Write, bool> {
    session.repository::<Tenant>().hold_by_id(session.scope().0)
}

/// Refuses to go on in a tenant that is not there.
pub(crate) fn there(session: &Session<TenantScope, Write>, is_there: bool) -> Result<()> {
    if is_there { Ok(()) } else { Err(Error::NotFound(Sought::of::<Tenant>(&session.scope().0))) }
}

/// Refuses a body whose id is another one than that of the path.
pub(crate) fn same_id(path: &str, body: Option<&Json>) -> Result<()> {
    match body.and_then(Json::as_str) {
        Some(body) if body != path && parse_uuid(body).ok().is_none_or(|id| parse_uuid(path) != Ok(id)) => {
            Err(Error::IdMismatch { path: path.to_owned(), body: body.to_owned() })
        }
        _ => Ok(()),
    }
}

/// The key of a new tenant, in the form of keys.
fn given_key(given: Option<&Value>) -> Result<String> {
    has_key(given)?;
    match given {
        Some(Value::Text(text)) => key(text),
        _ => Ok(String::new()),
    }
}

/// A key in the form in which it is stored.
pub(crate) fn key(text: &str) -> Result<String> {
    forms::key(text).map_err(|reason| InvalidRecord::Unwritable("key", reason).into())
}

/// A patch whose key is in the form of keys. One that the tenant has already stays as it is: it may be older than the form.
fn with_key(now: &Tenant, patch: Patch<Tenant>) -> Result<Patch<Tenant>> {
    match patch.get(Tenant::KEY).cloned() {
        Some(Value::Text(text)) if text != now.key => Ok(patch.with(Tenant::KEY, key(&text)?)?),
        _ => Ok(patch),
    }
}

/// Refuses a tenant without a key. The schema does not, so that other refusals list what the original's list.
fn has_key(key: Option<&Value>) -> Result<()> {
    match key {
        Some(Value::Text(key)) if !key.trim().is_empty() => Ok(()),
        Some(Value::Text(_)) => Err(InvalidRecord::Unwritable("key", Unwritable::Empty).into()),
        _ => Err(Error::InvalidProperty { property: "key".to_owned(), rule: Rule::Required }),
    }
}

fn known(id: &str) -> Result<Uuid> {
    parse_uuid(id).map_err(|_| unknown(id))
}

fn unknown(id: &str) -> Error {
    Error::NotFound(Sought::of::<Tenant>(id))
}
