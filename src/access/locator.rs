//! What the path of a route names: how its tenant is found, and how an id is refused that the caller may not name.

use std::pin::Pin;

use user_tenant_store::EntityMeta;
use user_tenant_store::value::parse_uuid;
use uuid::Uuid;

use super::caller::Caller;
use super::lookups::Lookups;
use crate::error::{Error, Result};
use crate::model::TenantState;

/// The tenant of a row, once it is looked up; `None` where there is no such row.
pub(crate) type Found<'a> = Pin<Box<dyn Future<Output = Result<Option<Uuid>>> + Send + 'a>>;

/// What `{id}` of a path names. Each is a value beside the routes that use it.
pub(crate) struct Locator {
    /// The entity whose row it is.
    pub(crate) entity: fn() -> &'static EntityMeta,
    /// How the tenant of the row is found.
    pub(crate) tenant: TenantOf,
    /// How an id is refused: one that is foreign, unknown or malformed, all alike.
    pub(crate) refusal: fn(&str) -> Error,
    /// Which tenants beside the caller's own, which is active, may be named.
    pub(crate) admits: Admits,
}

/// Which tenants a path may name, by where they stand in their lives. Others are refused to masters too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admits {
    /// Those that are active.
    Active,
    /// Those that are not archived.
    NotArchived,
    /// All of them.
    All,
}

impl Admits {
    fn admits(self, state: TenantState) -> bool {
        match self {
            Self::Active => state == TenantState::Active,
            Self::NotArchived => !state.is_archived(),
            Self::All => true,
        }
    }
}

/// How the tenant of the row is found that a path names.
pub(crate) enum TenantOf {
    /// The claims of the caller tell it; `None` of what this caller never names.
    Claims(fn(&Caller, Uuid) -> Option<Uuid>),
    /// The row itself tells it.
    Row(for<'a> fn(&'a Lookups, Uuid) -> Found<'a>),
}

impl Locator {
    /// The tenant of the row that a path names, and the row's id.
    pub(super) async fn locate(&self, lookups: &Lookups, caller: &Caller, id: &str) -> Result<(Uuid, Uuid)> {
        let refusal = || (self.refusal)(id);
        let id = parse_uuid(id).map_err(|_| refusal())?;
        let tenant = match self.tenant {
            TenantOf::Claims(tell) => tell(caller, id),
            TenantOf::Row(look_up) => look_up(lookups, id).await?,
        };
        let tenant = tenant.filter(|tenant| caller.reaches(*tenant)).ok_or_else(refusal)?;
        if tenant != caller.tenant_id {
            // The caller's own tenant is active: otherwise the caller would not be active.
            // Boxed, since most requests stay in the caller's tenant and would have room for it too.
            let state = Box::pin(lookups.tenant_state(tenant)).await?.ok_or_else(refusal)?;
            if !self.admits.admits(state) {
                return Err(Error::TenantNotActive(state));
            }
        }
        Ok((tenant, id))
    }
}
