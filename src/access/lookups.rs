//! What the service looks up before anybody is admitted: a key, a caller's standing, whose a row is. Each is one narrow question.

use std::sync::Arc;

use user_tenant_store::filter::{Filter, Predicate};
use user_tenant_store::memory::Memory;
use user_tenant_store::record::Record;
use user_tenant_store::scope::{System, SystemReason};
use user_tenant_store::session::Store;
use user_tenant_store::shares::Shares;
use user_tenant_store::value::Value;
use user_tenant_store::{Entity, StoreResult, TypedProperty};
use uuid::Uuid;

use super::caller::Caller;
use super::keys::ONLY_KEY;
use crate::domain::holdings::{self, Held};
use crate::error::Result;
use crate::model::{Inactive, JwtKey, MembershipAcceptance, Standing, Tenant, TenantState};

/// For how many callers of a tenant it is looked up at once what they hold.
const POWERS: usize = 8;

/// Questions to the database that need no proof, since no answer of theirs leaves the service.
#[derive(Debug, Clone)]
pub(crate) struct Lookups {
    store: Store,
    memory: Memory,
    acceptance: MembershipAcceptance,
    /// Those that read more than a row, by tenant: short reads have no share in the connections.
    powers: Arc<Shares>,
}

impl Lookups {
    /// Asks `store`; memberships are active when `acceptance` says so.
    pub(super) fn new(store: Store, acceptance: MembershipAcceptance) -> Self {
        Self { memory: store.memory(), store, acceptance, powers: Shares::new(POWERS) }
    }

    /// The age of what is remembered of a tenant: [`Self::standing_of`] holds while it is the same.
    pub(super) fn memory_age(&self, tenant: Uuid) -> u64 {
        self.memory.age(tenant)
    }

    /// Whether user, membership and tenant of a token are what it says, and active; if not, why.
    pub(super) async fn standing_of(&self, caller: &Caller) -> Result<std::result::Result<(), Inactive>> {
        let session = self.store.read(System(SystemReason::CheckCaller));
        let named = Predicate::And(vec![
            Standing::ID.is(caller.user_tenant_id),
            Standing::USER_ID.is(caller.id),
            Standing::TENANT_ID.is(caller.tenant_id),
        ]);
        // One row at most, so that it is a short read.
        let found =
            session.repository::<Standing>().find(&Filter { limit: Some(1), ..Filter::matching(named) }).await?;
        let found = found.into_iter().next().map(Record::into_entity::<Standing>).transpose()?;
        Ok(found.map_or(Err(Inactive::Unknown), |standing| standing.check(self.acceptance)))
    }

    /// What the caller holds in the database now.
    pub(super) async fn held_by(&self, caller: &Caller) -> Result<Held> {
        let _share = self.powers.wait(Some(caller.tenant_id)).await;
        let session = self.store.read(System(SystemReason::CheckCaller));
        Ok(holdings::of(&session, caller.user_tenant_id).await?)
    }

    /// The tenant of a active row that a path names, whoever's it is.
    pub(crate) async fn tenant_of<E: Entity>(&self, tenant: TypedProperty<E, Uuid>, id: Uuid) -> Result<Option<Uuid>> {
        let session = self.store.read(System(SystemReason::Locate));
        let filter = Filter { fields: Some(vec![tenant.position()]), ..Filter::default() };
        let row = session.repository::<E>().find_by_id(id, &filter).await?;
        Ok(row.and_then(|row| row.uuid(tenant)))
    }

    /// Where this tenant stands in its life; `None` when there is no such tenant.
    pub(super) async fn tenant_state(&self, id: Uuid) -> Result<Option<TenantState>> {
        let session = self.store.read(System(SystemReason::Locate));
        Ok(session.repository::<Tenant>().get(id).await?.map(|tenant| tenant.state()))
    }

    /// The public key with this id, or by [`ONLY_KEY`] the one that there is alone; the private one is never read.
    pub(crate) async fn public_key(&self, key_id: &str) -> StoreResult<Option<String>> {
        let session = self.store.read(System(SystemReason::VerifyToken));
        let keys = session.repository::<JwtKey>();
        let predicate = (key_id != ONLY_KEY).then(|| JwtKey::KEY_ID.is(key_id));
        if predicate.is_none() && keys.count(None).await? != 1 {
            return Ok(None);
        }
        let fields = Some(vec![JwtKey::PUBLIC_KEY.position()]);
        let filter = Filter { predicate, fields, limit: Some(1), ..Default::default() };
        let key = keys.find(&filter).await?.into_iter().next();
        Ok(key.and_then(|key| key.get(JwtKey::PUBLIC_KEY).and_then(Value::to_key)))
    }
}
