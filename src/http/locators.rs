//! What paths name that several files have: the tenant, under which most resources lie, the membership and the group.

use user_tenant_store::Entity as _;

use crate::access::locator::{Admits, Locator, TenantOf};
use crate::error::{Error, Sought};
use crate::model::{Group, Tenant, UserTenant};

/// The tenant of the path, which is the caller's unless it is a master.
pub(crate) static TENANT: Locator = tenant(Admits::NotArchived);

/// The same, where the route is about its members, so that the tenant must be active too.
pub(crate) static ACTIVE_TENANT: Locator = tenant(Admits::Active);

/// The same, where the route is about the tenant's life.
pub(crate) static ANY_TENANT: Locator = tenant(Admits::All);

/// The membership of the path, of the caller's tenant unless it is a master.
pub(crate) static MEMBERSHIP: Locator = Locator {
    entity: UserTenant::meta,
    tenant: TenantOf::Row(|lookups, id| Box::pin(lookups.tenant_of(UserTenant::TENANT_ID, id))),
    refusal: |id| Error::NotFound(Sought::of::<UserTenant>(id)),
    admits: Admits::Active,
};

/// The group of the path, of the caller's tenant unless it is a master.
pub(crate) static GROUP: Locator = Locator {
    entity: Group::meta,
    tenant: TenantOf::Row(|lookups, id| Box::pin(lookups.tenant_of(Group::TENANT_ID, id))),
    refusal: |id| Error::OutOfReach(Sought::of::<Group>(id)),
    admits: Admits::Active,
};

const fn tenant(admits: Admits) -> Locator {
    Locator {
        entity: Tenant::meta,
        tenant: TenantOf::Claims(|_, id| Some(id)),
        refusal: |id| Error::OutOfReach(Sought::of::<Tenant>(id)),
        admits,
    }
}
