//! Rules of a member's preferences: one value a key, and each member sees only its own.

use user_tenant_store::filter::{Comparison, Filter, Predicate};
use user_tenant_store::record::{New, Patch, Record};
use user_tenant_store::scope::TenantScope;
use user_tenant_store::session::{Committed, Session, Write};
use uuid::Uuid;

use super::principal::Principal;
use crate::error::{Error, Result, Sought};
use crate::model::{UserTenant, UserTenantPrefs};

/// Most preferences of a member: applications have tens.
const MOST: u64 = 200;

/// Sets the value of a key. Of a key that was there, what was asked for is answered, as the original does.
pub(crate) async fn set(
    session: Session<TenantScope, Write>,
    principal: Principal<'_>,
    new: New<UserTenantPrefs>,
) -> Result<Committed<Record>> {
    session.repository::<UserTenant>().lock_by_id(principal.membership).await?;
    let (Some(key), Some(value)) =
        (new.get(UserTenantPrefs::CONFIG_KEY).cloned(), new.get(UserTenantPrefs::CONFIG_VALUE).cloned())
    else {
        return Err(Error::Internal("the schema asks for key and value".into()));
    };
    let preferences = session.repository::<UserTenantPrefs>();
    let same_key = own(&principal).and(Some(&UserTenantPrefs::CONFIG_KEY.compare(Comparison::Equal(key))));
    let new = new.with(UserTenantPrefs::USER_TENANT_ID, principal.membership)?;
    let record = if preferences
        .update_all(Some(&same_key), Patch::empty().with_value(UserTenantPrefs::CONFIG_VALUE, value)?)
        .await?
        > 0
    {
        new.into_record()
    } else {
        if preferences.count(Some(&own(&principal))).await? >= MOST {
            return Err(Error::QuotaExceeded { what: "preferences of the member", limit: MOST });
        }
        preferences.create(new).await?
    };
    Ok(session.commit(record).await?)
}

/// Deletes a preference of the principal, for good or only to sight.
pub(crate) async fn delete_by_id(
    session: Session<TenantScope, Write>,
    principal: Principal<'_>,
    id: Uuid,
    for_good: bool,
) -> Result<Committed<()>> {
    let preferences = session.repository::<UserTenantPrefs>();
    let preference = preferences.get(id).await?.ok_or_else(|| Error::NotFound(Sought::of::<UserTenantPrefs>(&id)))?;
    if preference.user_tenant_id != principal.membership {
        return Err(Error::RowOfAnother);
    }
    if for_good {
        preferences.destroy_by_id(id).await?;
    } else {
        preferences.delete_by_id(id).await?;
    }
    Ok(session.commit(()).await?)
}

/// Which preferences are the principal's own.
pub(crate) fn own(principal: &Principal<'_>) -> Predicate {
    UserTenantPrefs::USER_TENANT_ID.is(principal.membership)
}

/// The principal's own preferences, as far as a filter asks for them.
pub(crate) fn of(principal: &Principal<'_>, filter: Filter) -> Filter {
    filter.within(own(principal))
}
