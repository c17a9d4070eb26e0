//! Sessions for the deployment's templates of roles, and which permissions there are.

use std::sync::Arc;

use user_tenant_store::StoreResult;
use user_tenant_store::audit::Context;
use user_tenant_store::filter::Filter;
use user_tenant_store::scope::{System, SystemReason, TenantScope};
use user_tenant_store::session::{Read, Session, Write};
use user_tenant_store::value::Value;
use uuid::Uuid;

use super::{CallerSessions, Sessions};
use crate::error::{Error, Result};
use crate::model::{Catalogue, OlderPermission};

impl Sessions {
    /// The same, with these permissions. Where nobody says whether roles may hold others too, they may where products have keys
    /// of their own: another program has made the database, or roles held such keys before there was a catalogue.
    pub(crate) async fn knowing(self, catalogue: Catalogue, open: Option<bool>) -> StoreResult<Self> {
        let open = match open {
            Some(open) => open,
            None => self.is_adopted || self.held_others(&catalogue).await?,
        };
        Ok(Self { catalogue: Arc::new(catalogue.opened(open)), ..self })
    }

    /// Whether a role or a member held a key that is not in the catalogue, before there was one.
    async fn held_others(&self, catalogue: &Catalogue) -> StoreResult<bool> {
        let session = self.store.read(System(SystemReason::Catalogue));
        let mut older = session.repository::<OlderPermission>().pages(Filter::default());
        while let Some(page) = older.next().await? {
            let keys = page.iter().filter_map(|row| row.get(OlderPermission::PERMISSION).and_then(Value::as_text));
            if !keys.into_iter().all(|key| catalogue.knows(key)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl CallerSessions {
    /// Reads the deployment's templates and roles of them in all tenants, which only who reaches them all may.
    pub(crate) fn read_templates(&self) -> Result<Session<System, Read>> {
        if !self.proof.caller().master {
            return Err(Error::MasterNeeded);
        }
        Ok(self.all.store.read_for(System(SystemReason::RoleTemplates), self.actor()))
    }

    /// Changes the deployment's templates, or roles of them in a tenant; as [`Self::read_templates`]. Nothing of it is done in the
    /// caller's tenant's name.
    pub(crate) async fn write_templates(&self) -> Result<Session<System, Write>> {
        if !self.proof.caller().master {
            return Err(Error::MasterNeeded);
        }
        let session = self.begin(System(SystemReason::RoleTemplates), None).await?;
        Ok(session.about(Context { tenant: None, ..self.context() }))
    }

    /// Changes roles of a template in a tenant, in the tenant's turn; as [`Self::write_templates`].
    pub(crate) async fn write_roles_of_template(&self, tenant: Uuid) -> Result<Session<System, Write>> {
        if !self.proof.caller().master {
            return Err(Error::MasterNeeded);
        }
        let turn = self.all.store.turn_to_change(&TenantScope(tenant)).await?;
        Ok(self.begin(System(SystemReason::RoleTemplates), Some(turn)).await?)
    }

    /// The same sessions, of which each transaction stands alone: whoever asks once more is answered alike without a key.
    pub(crate) fn apart(&self) -> Self {
        Self { once: None, ..self.clone() }
    }
}
