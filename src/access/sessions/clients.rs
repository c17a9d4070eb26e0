//! Sessions for client applications, which are of no tenant, and for a person's own rows in whatever tenant.

use user_tenant_store::StoreResult;
use user_tenant_store::audit::{Actor, Context};
use user_tenant_store::scope::{System, SystemReason};
use user_tenant_store::session::{Read, Session, Write};

use super::CallerSessions;
use crate::error::{Error, Result};

impl CallerSessions {
    /// Reads client applications, which only who reaches every tenant may.
    pub(crate) fn read_clients(&self) -> Result<Session<System, Read>> {
        self.check_master()?;
        Ok(self.all.store.read_for(System(SystemReason::Clients), self.actor()))
    }

    /// Changes client applications, and who may log in with which; as [`Self::read_clients`]. Nothing of it is done in the caller's
    /// tenant's name.
    pub(crate) async fn write_clients(&self) -> Result<Session<System, Write>> {
        self.check_master()?;
        let session = self.begin(System(SystemReason::Clients), None).await?;
        Ok(session.about(Context { tenant: None, ..self.context() }))
    }

    /// Accepts a membership of the person whom the path names, or chooses one among them, in whatever tenant: the route's locator
    /// says whose they may be. They act as a person, so that no tenant learns of a membership elsewhere.
    pub(crate) async fn write_own_membership(&self) -> StoreResult<Session<System, Write>> {
        let actor = Actor { membership: None, ..self.actor() };
        self.begin_as(System(SystemReason::OwnMembership), actor, None).await
    }

    fn check_master(&self) -> Result<()> {
        if self.proof.caller().master { Ok(()) } else { Err(Error::MasterNeeded) }
    }
}
