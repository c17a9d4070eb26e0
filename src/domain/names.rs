//! Names that a tenant has once, in any case of their letters.

use user_tenant_store::filter::{Filter, Predicate};
use user_tenant_store::record::Record;
use user_tenant_store::scope::{Sees, TenantScope};
use user_tenant_store::session::{Session, Write};
use user_tenant_store::value::Value;
use user_tenant_store::{Entity, StoreResult, TypedProperty};
use uuid::Uuid;

use crate::error::{Result, Taken};

/// Refuses a name that another row of the tenant has in other letters, where the unique index may take the two for
/// different: `SQLite`, and `PostgreSQL` with the locale C, know the case of ASCII alone, and locales differ in the rest. The
/// rows that are about to get the name do not count.
pub(crate) async fn keep_once<E: Entity>(
    session: &Session<TenantScope, Write>,
    property: TypedProperty<E, String>,
    name: Option<&Value>,
    changed: Option<&Predicate>,
) -> Result<()>
where
    TenantScope: Sees<E>,
{
    let Some(Value::Text(name)) = name.filter(|name| matches!(name, Value::Text(text) if !text.is_ascii())) else {
        return Ok(());
    };
    let wanted = folded(name);
    session.serialize_on(&[format!("{} of {}: {wanted}", E::meta().table, session.scope().0)]).await?;
    let named = ids::<E>(session, property, None, |row| {
        row.get(property).and_then(Value::as_text).is_some_and(|text| folded(text) == wanted)
    });
    let named = named.await?;
    if named.is_empty() {
        return Ok(());
    }
    let changed = match changed {
        Some(changed) => ids::<E>(session, property, Some(changed.clone()), |_| true).await?,
        None => Vec::new(),
    };
    if named.iter().all(|id| changed.contains(id)) { Ok(()) } else { Err(Taken::of::<E>("name", name)) }
}

/// The same for all spellings in other cases, those of a sigma at the end of a word among them.
fn folded(name: &str) -> String {
    name.to_uppercase().chars().flat_map(char::to_lowercase).collect()
}

/// The ids of the rows that a condition selects and a test passes.
async fn ids<E: Entity>(
    session: &Session<TenantScope, Write>,
    property: TypedProperty<E, String>,
    predicate: Option<Predicate>,
    passes: impl Fn(&Record) -> bool,
) -> StoreResult<Vec<Option<Uuid>>>
where
    TenantScope: Sees<E>,
{
    let mut ids = Vec::new();
    let add = |row: &Record| {
        if passes(row) {
            ids.push(row.id());
        }
    };
    // What a name needs, and not what else is in the rows, which may be long.
    let fields = Some(vec![E::meta().position(E::meta().id().name).unwrap_or_default(), property.position()]);
    session.repository::<E>().for_each(Filter { predicate, fields, ..Filter::default() }, add).await?;
    Ok(ids)
}
