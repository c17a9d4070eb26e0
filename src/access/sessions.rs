//! All sessions of the service: each is of one scope, and asks for a proof or a reason. Beside [`Lookups`], nothing else holds the [`Store`].

mod caller;
mod clients;
mod logins;
mod templates;

use std::sync::Arc;

use user_tenant_store::audit::{Actor, ActorKind, Context};
use user_tenant_store::environment::Environment;
use user_tenant_store::filter::{Comparison, Filter};
use user_tenant_store::migrate::{Finding, Migrations, Migrator};
use user_tenant_store::scope::{System, SystemReason};
use user_tenant_store::session::{DatabaseOptions, Limits, PoolState, Read, Session, SlowReadsState, Store, Write};
use user_tenant_store::{EntityMeta, StoreError, StoreResult};

pub(crate) use self::caller::{CallerSessions, Origin};
pub(crate) use self::logins::Logins;
use super::guard::Authorized;
use super::lookups::Lookups;
use crate::domain::passwords::Passwords;
use crate::error::BuildError;
use crate::model::{
    Catalogue, Job, Mail, MembershipAcceptance, NewUsers, Tenant, User, UserRole, UserTenant, registry,
};
use crate::telemetry::population::Counts;

/// For how many days an archived tenant can be restored, unless somebody says otherwise.
pub(crate) const RETENTION_DAYS: u16 = 30;

/// All ways to the database.
#[derive(Debug, Clone)]
pub(crate) struct Sessions {
    store: Store,
    acceptance: MembershipAcceptance,
    new_users: NewUsers,
    /// For how many days an archived tenant can be restored.
    retention_days: u16,
    /// The client applications of new people whose maker has none.
    default_clients: Arc<[i32]>,
    operator: bool,
    /// Which permissions there are.
    catalogue: Arc<Catalogue>,
    /// What is done with passwords.
    passwords: Arc<Passwords>,
    /// Whether another program has made the database.
    is_adopted: bool,
    /// The entities of the application, beside ours.
    beside: &'static [fn() -> &'static EntityMeta],
}

impl Sessions {
    /// Opens the database, which from here on is reached only through its sessions. Its schema must be that
    /// of this program; with `migrate` it is brought there first.
    pub(crate) async fn open(
        database: &DatabaseOptions,
        limits: Limits,
        environment: Environment,
        migrations: Migrations,
        migrate: bool,
    ) -> std::result::Result<Self, BuildError> {
        let mut migrator = Migrator::connect(database, migrations).await?;
        if migrate {
            migrator.up().await?;
        }
        let (bearable, findings): (Vec<_>, Vec<_>) =
            migrator.check().await?.into_iter().partition(Finding::is_bearable);
        if !findings.is_empty() {
            return Err(BuildError::Schema(findings));
        }
        for finding in bearable {
            tracing::warn!("{finding}");
        }
        let is_adopted = migrator.is_adopted().await?;
        Ok(Self { is_adopted, ..Self::connect(database, limits, environment, migrations).await? })
    }

    /// The same of a database whose schema was checked, but for whether all of it can be read.
    pub(crate) async fn connect(
        database: &DatabaseOptions,
        limits: Limits,
        environment: Environment,
        migrations: Migrations,
    ) -> std::result::Result<Self, BuildError> {
        let failed = |error: StoreError| BuildError::Database(Box::new(error));
        let store = Store::open(database, limits, environment).map_err(failed)?;
        let unreadable = store.unreadable(registry(), migrations.audit.is_some()).await.map_err(failed)?;
        if !unreadable.is_empty() {
            store.close().await;
            return Err(BuildError::Schema(unreadable));
        }
        Ok(Self {
            store,
            acceptance: MembershipAcceptance::default(),
            new_users: NewUsers::default(),
            retention_days: RETENTION_DAYS,
            default_clients: Arc::default(),
            operator: false,
            catalogue: Arc::default(),
            passwords: Arc::default(),
            is_adopted: false,
            beside: &[],
        })
    }

    /// The same, with memberships active when `acceptance` says so.
    pub(crate) fn accepting(self, acceptance: MembershipAcceptance) -> Self {
        Self { acceptance, ..self }
    }

    /// The same, with people who begin in this way when they are new.
    pub(crate) fn beginning(self, new_users: NewUsers) -> Self {
        Self { new_users, ..self }
    }

    /// How people begin who are new.
    pub(crate) fn new_users(&self) -> NewUsers {
        self.new_users
    }

    /// The same, with archived tenants that can be restored for so many days.
    pub(crate) fn retaining(self, retention_days: u16) -> Self {
        Self { retention_days, ..self }
    }

    /// The same, with client applications of new people whose maker has none.
    pub(crate) fn with_default_clients(self, clients: Vec<i32>) -> Self {
        Self { default_clients: clients.into(), ..self }
    }

    /// The client applications of new people whose maker has none; `None` where the deployment names none either.
    pub(crate) fn default_clients(&self) -> Option<&[i32]> {
        Some(&*self.default_clients).filter(|clients| !clients.is_empty())
    }

    /// Which permissions there are.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The same, with what the deployment says of passwords.
    pub(crate) fn with_passwords(self, passwords: Arc<Passwords>) -> Self {
        Self { passwords, ..self }
    }

    /// What is done with passwords.
    pub(crate) fn passwords(&self) -> &Arc<Passwords> {
        &self.passwords
    }

    /// The same, with entities of the application, whose rows go with their tenant.
    pub(crate) fn with_entities(self, beside: &'static [fn() -> &'static EntityMeta]) -> Self {
        Self { beside, ..self }
    }

    /// All entities: ours, and those of the application.
    pub(crate) fn entities(&self) -> impl Iterator<Item = &'static EntityMeta> + Clone + use<> {
        registry().iter().chain(self.beside).map(|entity| entity())
    }

    /// When memberships beside a person's home are active.
    pub(crate) fn acceptance(&self) -> MembershipAcceptance {
        self.acceptance
    }

    /// For how many days an archived tenant can be restored, where it does not say so itself.
    pub(crate) fn retention_days(&self) -> u16 {
        self.retention_days
    }

    /// The same, for a service that only the operator reaches: nobody is named as the one who writes.
    pub(crate) fn for_operator(self, operator: bool) -> Self {
        Self { operator, ..self }
    }

    /// The look-ups that need no proof.
    pub(crate) fn lookups(&self) -> Lookups {
        Lookups::new(self.store.clone(), self.acceptance)
    }

    /// The sessions of an admitted caller, and no others.
    pub(crate) fn open_to(&self, proof: Authorized, origin: Origin) -> CallerSessions {
        CallerSessions { all: self.clone(), proof, origin, once: None }
    }

    /// Whether the database answers. One row at most is a short read, which shares a connection: there is one for it, whoever has
    /// all others.
    pub(crate) async fn is_ready(&self) -> StoreResult<()> {
        let session = self.store.read(System(SystemReason::Health));
        let nobody = Tenant::ID.compare(Comparison::Never);
        session.repository::<Tenant>().find(&Filter { limit: Some(1), ..Filter::matching(nobody) }).await.map(drop)
    }

    /// How many rows of a kind there are, for the metrics.
    pub(crate) async fn population(&self) -> StoreResult<Counts> {
        let session = self.store.read(System(SystemReason::Metrics));
        Ok(Counts {
            tenants: session.repository::<Tenant>().count_by(Tenant::STATUS).await?,
            users: session.repository::<User>().count(None).await?,
            memberships: session.repository::<UserTenant>().count_by(UserTenant::STATUS).await?,
            role_assignments: session.repository::<UserRole>().count(None).await?,
            jobs: session.repository::<Job>().count_by(Job::STATE).await?,
            mails_waiting: session.repository::<Mail>().count(Some(&Mail::STATE.is(Mail::WAITING))).await?,
        })
    }

    /// Reads past the wall for the service's own work; `reason` says which.
    pub(crate) fn read_system(&self, reason: SystemReason) -> Session<System, Read> {
        self.store.read(System(reason))
    }

    /// Writes past the wall for the service's own work; `reason` says which.
    pub(crate) async fn write_system(&self, reason: SystemReason) -> StoreResult<Session<System, Write>> {
        let kind = match reason {
            SystemReason::CommandLine => ActorKind::Operator,
            _ => ActorKind::System,
        };
        let context = Context { kind: Some(kind), ..Context::default() };
        self.store.write_about(System(reason), Actor::SYSTEM, context, None).await
    }

    /// The same in somebody's name, of which the audit log says this.
    pub(crate) async fn write_system_as(
        &self,
        reason: SystemReason,
        actor: Actor,
        context: Context,
    ) -> StoreResult<Session<System, Write>> {
        self.store.write_about(System(reason), actor, context, None).await
    }

    /// Ends what is under way and closes the connections.
    pub(crate) async fn close(&self) {
        self.store.close().await;
    }

    /// Whether whoever writes keeps all others from writing.
    pub(crate) fn has_one_writer(&self) -> bool {
        self.store.has_one_writer()
    }

    /// How busy the connections are, and how many reads are slow.
    pub(crate) fn load(&self) -> (PoolState, SlowReadsState) {
        (self.store.pool_state(), self.store.slow_reads())
    }
}
