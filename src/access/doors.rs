//! The doors to the store: each opens a session of one scope to whoever brings the proof it asks for. Nothing else holds the [`Store`].

use user_tenant_store::audit::Actor;
use user_tenant_store::environment::Environment;
use user_tenant_store::filter::{Predicate, Test};
use user_tenant_store::migrate::Migrator;
use user_tenant_store::scope::{AllTenants, CallerScope, System, SystemReason, TenantScope};
use user_tenant_store::session::{DatabaseOptions, Limits, PoolState, Read, Session, Store, Write};
use user_tenant_store::value::Value;
use user_tenant_store::{Entity, StoreResult};

use super::caller::Caller;
use super::guard::Authorized;
use crate::error::{BuildError, Result};
use crate::migrations::MIGRATIONS;
use crate::model::{JwtKey, Tenant, TenantStatus, User, UserTenant};

/// Statuses of a membership under which its holder may call: registered, active, password change needed.
const LIVE_STATUSES: [i64; 3] = [0, 1, 3];

/// All ways to the database.
#[derive(Debug, Clone)]
pub(crate) struct Doors {
    store: Store,
}

impl Doors {
    /// Opens the database, which from here on is reached only through a door. Its schema must be that
    /// of this program; with `migrate` it is brought there first.
    pub(crate) async fn open(
        database: &DatabaseOptions,
        limits: Limits,
        environment: Environment,
        migrate: bool,
    ) -> std::result::Result<Self, BuildError> {
        let mut migrator = Migrator::connect(database, MIGRATIONS).await?;
        if migrate {
            migrator.up().await?;
        }
        let findings = migrator.check().await?;
        if !findings.is_empty() {
            return Err(BuildError::Schema(findings));
        }
        let store =
            Store::open(database, limits, environment).map_err(|error| BuildError::Database(Box::new(error)))?;
        Ok(Self { store })
    }

    /// The doors that open to an admitted caller, and no others.
    pub(crate) fn open_to(&self, proof: Authorized) -> CallerDoors {
        CallerDoors { store: self.store.clone(), proof }
    }

    /// Whether user, membership and tenant of a token are what it says, and live.
    pub(super) async fn caller_is_live(&self, caller: &Caller) -> Result<bool> {
        let session = self.store.read(System(SystemReason::CheckCaller));
        let (memberships, users, tenants) =
            (session.repository::<UserTenant>(), session.repository::<User>(), session.repository::<Tenant>());
        let membership = all_of::<UserTenant>([
            ("id", Test::Equal(caller.user_tenant_id.into())),
            ("userId", Test::Equal(caller.id.into())),
            ("tenantId", Test::Equal(caller.tenant_id.into())),
            ("status", Test::In(LIVE_STATUSES.map(Value::Integer).to_vec())),
        ]);
        let user = all_of::<User>([("id", Test::Equal(caller.id.into()))]);
        let tenant = all_of::<Tenant>([
            ("id", Test::Equal(caller.tenant_id.into())),
            ("status", Test::Equal(i32::from(TenantStatus::Active).into())),
        ]);
        let (membership, user, tenant) = tokio::try_join!(
            memberships.count(Some(&membership)),
            users.count(Some(&user)),
            tenants.count(Some(&tenant))
        )?;
        Ok(membership > 0 && user > 0 && tenant > 0)
    }

    /// The public key with this id; the private one is never read.
    pub(crate) async fn public_key(&self, key_id: &str) -> StoreResult<Option<String>> {
        let session = self.store.read(System(SystemReason::VerifyToken));
        let fields = JwtKey::meta().position("publicKey").map(|at| vec![at]);
        let filter = user_tenant_store::filter::Filter {
            predicate: Some(all_of::<JwtKey>([("keyId", Test::Equal(key_id.into()))])),
            fields,
            limit: Some(1),
            ..Default::default()
        };
        let key = session.repository::<JwtKey>().find(&filter).await?.pop();
        Ok(key.and_then(|record| record.get("publicKey").and_then(Value::to_key)))
    }

    /// Whether the database answers.
    pub(crate) async fn is_ready(&self) -> StoreResult<()> {
        let session = self.store.read(System(SystemReason::Health));
        let nobody = Predicate::Test { property: Tenant::meta().id(), path: Vec::new(), test: Test::Never };
        session.repository::<Tenant>().count(Some(&nobody)).await.map(drop)
    }

    /// Reads past the wall for the service's own work; `reason` says which.
    pub(crate) fn read_system(&self, reason: SystemReason) -> Session<System, Read> {
        self.store.read(System(reason))
    }

    /// Writes past the wall for the service's own work; `reason` says which.
    pub(crate) async fn write_system(&self, reason: SystemReason) -> StoreResult<Session<System, Write>> {
        self.store.write(System(reason), Actor::SYSTEM).await
    }

    /// How busy the connections are.
    pub(crate) fn pool_state(&self) -> PoolState {
        self.store.pool_state()
    }
}

/// What a handler holds: doors that open to one admitted caller.
pub(crate) struct CallerDoors {
    store: Store,
    proof: Authorized,
}

impl CallerDoors {
    /// Reads the tenants that the caller may see: its own, or all for a master.
    pub(crate) fn read_tenants(&self) -> Session<CallerScope, Read> {
        self.store.read(caller_scope(&self.proof))
    }

    /// Changes the tenants that the caller may see.
    pub(crate) async fn write_tenants(&self) -> StoreResult<Session<CallerScope, Write>> {
        self.store.write(caller_scope(&self.proof), actor(&self.proof)).await
    }

    /// Reads rows of the tenant that the request acts on.
    pub(crate) fn read_tenant(&self) -> Session<TenantScope, Read> {
        self.store.read(TenantScope(self.proof.tenant()))
    }

    /// Inserts a tenant in the caller's name: it lies in nobody's scope before it exists.
    pub(crate) async fn create_tenant(&self) -> StoreResult<Session<System, Write>> {
        self.store.write(System(SystemReason::CreateTenant), actor(&self.proof)).await
    }
}

fn caller_scope(proof: &Authorized) -> CallerScope {
    if proof.caller().master {
        CallerScope::All(AllTenants)
    } else {
        CallerScope::One(TenantScope(proof.caller().tenant_id))
    }
}

fn actor(proof: &Authorized) -> Actor {
    Actor { membership: Some(proof.caller().user_tenant_id), user: Some(proof.caller().id) }
}

/// All tests hold; a name that is no property yields a test that never does.
fn all_of<E: Entity>(tests: impl IntoIterator<Item = (&'static str, Test)>) -> Predicate {
    let tests = tests.into_iter().map(|(name, test)| match E::meta().property(name) {
        Some(property) => Predicate::Test { property, path: Vec::new(), test },
        None => Predicate::Test { property: E::meta().id(), path: Vec::new(), test: Test::Never },
    });
    Predicate::And(tests.collect())
}
