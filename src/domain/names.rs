//! Names that a tenant has once, in any case of their letters.

use user_tenant_store::filter::{Filter, Predicate};
use user_tenant_store::scope::{Sees, TenantScope};
use user_tenant_store::session::{Session, Write};
use user_tenant_store::value::Value;
use user_tenant_store::{Entity, StoreResult};

use crate::error::Unique;

/// Refuses a name that another row of the tenant has in other letters, where the unique index takes the two for different:
/// `SQLite`, and `PostgreSQL` with the locale C, know the case of ASCII alone. The rows that are about to get the name do
/// not count.
pub(crate) async fn keep_once<E: Entity>(
    session: &Session<TenantScope, Write>,
    unique: Unique,
    name: Option<&Value>,
    changed: Option<&Predicate>,
) -> StoreResult<()>
where
    TenantScope: Sees<E>,
{
    let Some(Value::Text(name)) = name.filter(|name| matches!(name, Value::Text(text) if !text.is_ascii())) else {
        return Ok(());
    };
    let rows = session.repository::<E>();
    let ids = async |predicate: Predicate| -> StoreResult<Vec<_>> {
        let found = rows.find(&Filter::matching(predicate)).await?;
        Ok(found.iter().map(|row| row.uuid("id")).collect())
    };
    let named = ids(Predicate::matches_in_any_case::<E>("name", name)).await?;
    if named.is_empty() {
        return Ok(());
    }
    let changed = match changed {
        Some(changed) => ids(changed.clone()).await?,
        None => Vec::new(),
    };
    if named.iter().all(|id| changed.contains(id)) { Ok(()) } else { Err(unique.violated_by(name)) }
}
