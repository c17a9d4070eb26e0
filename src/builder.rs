//! Puts a service together: database, token verifier, bounds; then [`UserTenantService::router`] mounts it.

mod asking;
mod clients;
mod giving;
mod host;
mod http;
mod invitations;
mod jobs;
mod life;
mod mail;
mod options;
mod passwords;
mod provisioning;
mod templates;
mod verifier;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use user_tenant_store::EntityMeta;
use user_tenant_store::environment::Environment;
use user_tenant_store::migrate::Migrations;
use user_tenant_store::scope::{System, SystemReason};
use user_tenant_store::session::{DatabaseOptions, Limits, Read, Session, Write};

use self::host::Host;
pub use self::life::{MemberStep, PersonStep, TenantLimits, TenantStep};
pub use self::passwords::ProvenLogin;
pub use self::verifier::Verifier;
use self::verifier::keys;
use crate::access::active_callers::ActiveCallers;
use crate::access::authenticate::Authenticators;
use crate::access::bearer::BearerTokens;
use crate::access::caller::ClaimMap;
use crate::access::guard::Guard;
use crate::access::live_permissions::{LivePermissions, PermissionSource};
use crate::access::revocation::{Revocations, RevokedTokens};
use crate::access::sessions::{RETENTION_DAYS, Sessions};
use crate::access::signature::{ProvisioningCallback, SignatureVerifier};
use crate::clock::Clock;
use crate::domain::passwords::Passwords;
use crate::error::{BuildError, Error, Result};
use crate::features::MAILS;
use crate::http::HttpOptions;
use crate::mail::{LogMailer, MailOptions, Mailer, Room};
use crate::migrations::MIGRATIONS;
use crate::model::{Catalogue, MembershipAcceptance, NewUsers, OwnPermission};
use crate::service::Service;
use crate::telemetry::metrics::Metrics;

/// A running service without a socket: mount its router, or use its repositories.
#[derive(Clone)]
pub struct UserTenantService {
    service: Arc<Service>,
    router: Router,
    operators: Router,
}

/// Collects the parts of a [`UserTenantService`].
#[derive(Clone)]
pub struct Builder {
    database: DatabaseOptions,
    verifier: Option<Verifier>,
    claims: ClaimMap,
    leeway: Duration,
    limits: Limits,
    caller_cache: Duration,
    permission_source: PermissionSource,
    operator: bool,
    http: HttpOptions,
    environment: Environment,
    clock: Clock,
    migrate: bool,
    callback: Option<ProvisioningCallback>,
    revocations: Option<Revocations>,
    host: Host,
    migrations: Migrations,
    acceptance: MembershipAcceptance,
    new_users: NewUsers,
    passwords: Arc<Passwords>,
    retention_days: u16,
    default_clients: Vec<i32>,
    permissions: Vec<OwnPermission>,
    permissions_open: Option<bool>,
    entities: &'static [fn() -> &'static EntityMeta],
    mailer: Arc<dyn Mailer>,
    mail: MailOptions,
}

impl UserTenantService {
    /// Starts with a database; everything else has a default but the verifier.
    ///
    /// ```
    /// use user_tenant_service::store::session::{DatabaseOptions, SqliteOptions};
    /// use user_tenant_service::{UserTenantService, Verifier};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// let file = directory.path().join("users.db");
    /// let users = UserTenantService::builder(DatabaseOptions::Sqlite(SqliteOptions::new(file)))
    ///     .verifier(Verifier::Secret { secret: "0123456789abcdef0123456789abcdef".into(), issuer: None })
    ///     .migrate(true)
    ///     .build()
    ///     .await?;
    /// let router: axum::Router = users.router();
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(database: DatabaseOptions) -> Builder {
        Builder {
            database,
            verifier: None,
            claims: ClaimMap::default(),
            leeway: Duration::ZERO,
            limits: Limits::default(),
            caller_cache: Duration::from_secs(1),
            permission_source: PermissionSource::default(),
            operator: false,
            http: HttpOptions::default(),
            environment: Environment::system(),
            clock: Clock::system(),
            migrate: false,
            callback: None,
            revocations: None,
            host: Host::default(),
            migrations: MIGRATIONS,
            acceptance: MembershipAcceptance::default(),
            new_users: NewUsers::default(),
            passwords: Arc::default(),
            retention_days: RETENTION_DAYS,
            default_clients: Vec::new(),
            permissions: Vec::new(),
            permissions_open: None,
            entities: &[],
            mailer: Arc::new(LogMailer),
            mail: MailOptions::default(),
        }
    }

    /// All routes and system pages; nest it under a prefix or serve it as it is.
    ///
    /// ```
    /// use axum::Router;
    /// use user_tenant_service::UserTenantService;
    ///
    /// fn application(users: &UserTenantService) -> Router {
    ///     Router::new().nest("/user-tenants", users.router())
    /// }
    /// ```
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The pages for operators alone, `/health/live`, `/health/ready` and `/metrics`, for a listener that only they
    /// reach, and that no client can keep busy. [`Builder::metrics_apart`] takes the metrics off [`Self::router`].
    ///
    /// ```
    /// use tokio::net::TcpListener;
    /// use user_tenant_service::UserTenantService;
    ///
    /// async fn for_operators(users: &UserTenantService) -> std::io::Result<()> {
    ///     axum::serve(TcpListener::bind("127.0.0.1:9000").await?, users.operators_router()).await
    /// }
    /// ```
    pub fn operators_router(&self) -> Router {
        self.operators.clone()
    }

    /// A session that reads every tenant's rows, in the name of the host application. Narrow it to one tenant as soon
    /// as it is known which.
    ///
    /// ```
    /// use user_tenant_service::UserTenantService;
    /// use user_tenant_service::model::{Role, Tenant};
    /// use user_tenant_service::store::StoreResult;
    /// use user_tenant_service::store::scope::TenantScope;
    ///
    /// async fn role_names(users: &UserTenantService, tenant_key: &str) -> StoreResult<Vec<String>> {
    ///     let key = Tenant::KEY.is(tenant_key);
    ///     let Some(tenant) = users.read().repository::<Tenant>().find_one(key).await? else {
    ///         return Ok(Vec::new());
    ///     };
    ///     let within = users.read().narrow(TenantScope(tenant.id));
    ///     Ok(within.repository::<Role>().find_typed(None).await?.into_iter().map(|role| role.name).collect())
    /// }
    /// ```
    pub fn read(&self) -> Session<System, Read> {
        self.service.sessions.read_system(SystemReason::HostApplication)
    }

    /// A transaction over every tenant's rows, in the name of the host application. What it returns is `Committed`, or
    /// nothing was written.
    ///
    /// ```
    /// use user_tenant_service::model::Tenant;
    /// use user_tenant_service::store::record::Patch;
    /// use user_tenant_service::{Result, UserTenantService};
    /// use uuid::Uuid;
    ///
    /// async fn rename(users: &UserTenantService, tenant: Uuid, name: &str) -> Result<bool> {
    ///     let session = users.write().await?;
    ///     let patch = Patch::<Tenant>::empty().with(Tenant::NAME, name)?;
    ///     let found = session.repository::<Tenant>().update_by_id(tenant, patch).await?;
    ///     Ok(session.commit(found).await?.into_inner())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot be reached.
    pub async fn write(&self) -> Result<Session<System, Write>> {
        self.service.sessions.write_system(SystemReason::HostApplication).await.map_err(Error::from)
    }

    /// Finishes what the database is doing and closes its connections; requests after that are answered 503. At the end of
    /// a program on the embedded database, all is then in the one file, and can be copied.
    ///
    /// ```
    /// # async fn example(users: user_tenant_service::UserTenantService) {
    /// users.close().await;
    /// # }
    /// ```
    pub async fn close(&self) {
        self.service.sessions.close().await;
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.service.sessions
    }

    pub(crate) fn service(&self) -> &Arc<Service> {
        &self.service
    }
}

impl Builder {
    /// Opens the database, checks its schema and puts the service together.
    ///
    /// # Errors
    /// [`BuildError`] says what is missing or cannot be reached.
    pub async fn build(self) -> std::result::Result<UserTenantService, BuildError> {
        let verifier = self.verifier.ok_or(BuildError::NoVerifier)?;
        let catalogue = Catalogue::with(self.permissions).map_err(|unfit| BuildError::Options(unfit.into()))?;
        let sessions =
            Sessions::open(&self.database, self.limits, self.environment.clone(), self.migrations, self.migrate)
                .await?;
        let sessions = sessions.accepting(self.acceptance).retaining(self.retention_days).for_operator(self.operator);
        let sessions = sessions.knowing(catalogue, self.permissions_open).await;
        let sessions = sessions.map_err(|error| BuildError::Database(Box::new(error)))?;
        let sessions = sessions.with_entities(self.entities).beginning(self.new_users).with_passwords(self.passwords);
        let sessions = sessions.with_default_clients(self.default_clients);
        let metrics = Arc::new(Metrics::new().map_err(|error| BuildError::Options(error.into()))?);
        let (keys, rules) = keys(verifier, self.leeway, &sessions.lookups(), &self.clock)?;
        let signatures = self.callback.and_then(|callback| SignatureVerifier::new(callback, self.clock.clone()));
        // The operator's own commands work while Redis is away.
        let revoked = self.revocations.filter(|_| !self.operator);
        let revoked = revoked.map(|revocations| RevokedTokens::new(revocations, metrics.clone())).transpose();
        let revoked = revoked.map_err(BuildError::Options)?.map(Arc::new);
        let bearer = BearerTokens::new(keys, rules, self.claims, self.clock, revoked.clone());
        let authenticators = Authenticators::new(vec![Box::new(bearer)]);
        let active_callers = if self.operator {
            ActiveCallers::of_operator()
        } else {
            ActiveCallers::new(self.caller_cache, self.http.concurrency)
        };
        let live = !self.operator && self.permission_source == PermissionSource::Live;
        let live = live.then(|| LivePermissions::new(self.caller_cache));
        let guard = Guard::new(authenticators, active_callers, live, sessions.lookups(), metrics.clone(), signatures);
        let listeners = self.host.listeners;
        let mail = Room::new(self.mailer, &self.mail, MAILS).map_err(|error| BuildError::Options(error.into()))?;
        let (environment, mail) = (self.environment, Arc::new(mail));
        let service = Arc::new(Service { sessions, guard, metrics, environment, mail, listeners, revoked });
        let bare = UserTenantService { service: service.clone(), router: Router::new(), operators: Router::new() };
        let host = self.host.routes.map_or_else(Router::new, |routes| routes(&bare));
        let router = crate::http::router(service.clone(), &self.http, host).map_err(BuildError::Options)?;
        let operators = crate::http::operators_router(service.clone()).map_err(BuildError::Options)?;
        Ok(UserTenantService { service, router, operators })
    }
}

impl std::fmt::Debug for UserTenantService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserTenantService").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("database", &self.database)
            .field("verifier", &self.verifier)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use user_tenant_store::session::{DatabaseOptions, PostgresOptions};

    use crate::UserTenantService;

    #[test]
    fn a_service_can_be_built_in_a_task_of_its_own() {
        fn is_send(_: impl Send) {}
        is_send(
            UserTenantService::builder(DatabaseOptions::Postgres(PostgresOptions::new("postgres://nowhere"))).build(),
        );
    }
}
