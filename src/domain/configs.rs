//! Rules of a tenant's configuration: one value a key.

use user_tenant_store::filter::{Comparison, Predicate};
use user_tenant_store::record::{New, Patch, Record};
use user_tenant_store::scope::{System, TenantScope};
use user_tenant_store::session::{Committed, Session, Write};
use uuid::Uuid;

use super::tenants;
use super::users::Asked;
use crate::error::{Error, Result};
use crate::model::TenantConfig;
use crate::model::tenant_config::PROFILE;

/// Most configurations of a tenant: applications have tens.
const MOST: u64 = 1_000;

/// Sets the value of a key. Of a key that was there, what was asked for is answered, as the original does.
pub(crate) async fn set(session: Session<TenantScope, Write>, new: New<TenantConfig>) -> Result<Committed<Record>> {
    tenants::lock(&session).await?;
    let (Some(key), Some(value)) =
        (new.get(TenantConfig::CONFIG_KEY).cloned(), new.get(TenantConfig::CONFIG_VALUE).cloned())
    else {
        return Err(Error::Internal("the schema asks for key and value".into()));
    };
    let configs = session.repository::<TenantConfig>();
    let same_key = TenantConfig::CONFIG_KEY.compare(Comparison::Equal(key));
    let record = if configs
        .update_all(Some(&same_key), Patch::empty().with_value(TenantConfig::CONFIG_VALUE, value)?)
        .await?
        > 0
    {
        new.with(TenantConfig::TENANT_ID, session.scope().0)?.into_record()
    } else {
        if configs.count(None).await? >= MOST {
            return Err(Error::QuotaExceeded { what: "configurations of the tenant", limit: MOST });
        }
        configs.create(new).await?
    };
    Ok(session.commit(record).await?)
}

/// A tenant's own `profile`, where it has one.
pub(crate) fn profile(session: &Session<System, Write>, tenant: Uuid) -> Asked<'_, Option<TenantConfig>> {
    let own = TenantConfig::TENANT_ID.is(tenant).and(Some(&TenantConfig::CONFIG_KEY.is(PROFILE)));
    session.repository::<TenantConfig>().find_one(own)
}

/// Changes every configuration that matches.
pub(crate) async fn update_all(
    session: Session<TenantScope, Write>,
    predicate: Option<&Predicate>,
    patch: Patch<TenantConfig>,
) -> Result<Committed<u64>> {
    Ok(session.update_and_commit(predicate, patch).await?)
}

/// Deletes every configuration that matches.
pub(crate) async fn delete_all(
    session: Session<TenantScope, Write>,
    predicate: Option<&Predicate>,
) -> Result<Committed<u64>> {
    let count = session.repository::<TenantConfig>().delete_all(predicate).await?;
    Ok(session.commit(count).await?)
}
