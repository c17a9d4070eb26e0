//! Rules of tenants: who is found under an id, what a change must name, what survives a replacement.

use serde_json::Value as Json;
use user_tenant_store::filter::{Filter, Predicate};
use user_tenant_store::form::Unwritable;
use user_tenant_store::query::Query;
use user_tenant_store::record::{InvalidRecord, New, Patch, Record};
use user_tenant_store::scope::{CallerScope, System, TenantScope};
use user_tenant_store::session::{Committed, Read, Session, Write};
use user_tenant_store::value::{Value, parse_uuid};
use uuid::Uuid;

use crate::error::{Error, Result, Rule, Sought};
use crate::model::{Tenant, forms};

/// Creates a tenant. Its key stays taken even after it is deleted.
pub(crate) async fn create(session: Session<System, Write>, new: New<Tenant>) -> Result<Committed<Record>> {
    let key = given_key(new.get(Tenant::KEY))?;
    Ok(session.create_and_commit(new.with(Tenant::KEY, key)?).await?)
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
    Ok(session.update_and_commit(predicate, patch).await?)
}

/// Changes the tenant with this id.
pub(crate) async fn update_by_id(
    session: Session<CallerScope, Write>,
    id: &str,
    patch: Patch<Tenant>,
) -> Result<Committed<()>> {
    let row = known(id)?;
    let patch = with_key(&session, row, patch).await?;
    session.update_by_id_and_commit(row, patch).await?.ok_or_else(|| unknown(id))
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
    let deleted = session.repository::<Tenant>().delete_by_id(known(id)?).await?;
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
async fn with_key(session: &Session<CallerScope, Write>, id: Uuid, patch: Patch<Tenant>) -> Result<Patch<Tenant>> {
    let Some(Value::Text(text)) = patch.get(Tenant::KEY).cloned() else { return Ok(patch) };
    let now = session.repository::<Tenant>().get(id).await?.map(|tenant| tenant.key);
    if now.is_none_or(|now| now == text) {
        return Ok(patch);
    }
    Ok(patch.with(Tenant::KEY, key(&text)?)?)
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
