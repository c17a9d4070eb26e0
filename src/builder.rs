//! Puts a service together: database, token verifier, bounds; then [`UserTenantService::router`] mounts it.

mod host;
mod http;
mod jobs;
mod life;
mod verifier;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use user_tenant_store::environment::Environment;
use user_tenant_store::migrate::Migrations;
use user_tenant_store::scope::{System, SystemReason};
use user_tenant_store::session::{DatabaseOptions, Limits, Read, Session, Write};

use self::host::Host;
pub use self::life::{MemberStep, PersonStep, TenantLimits, TenantStep};
pub use self::verifier::Verifier;
use self::verifier::keys;
use crate::access::active_callers::ActiveCallers;
use crate::access::authenticate::Authenticators;
use crate::access::bearer::BearerTokens;
use crate::access::caller::ClaimMap;
use crate::access::guard::Guard;
use crate::access::live_permissions::{LivePermissions, PermissionSource};
use crate::access::sessions::{RETENTION_DAYS, Sessions};
use crate::access::signature::{ProvisioningCallback, SignatureVerifier};
use crate::clock::Clock;
use crate::error::{BuildError, Error, Result};
use crate::host::Change;
use crate::http::HttpOptions;
use crate::migrations::MIGRATIONS;
use crate::model::MembershipAcceptance;
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
    host: Host,
    migrations: Migrations,
    acceptance: MembershipAcceptance,
    retention_days: u16,
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
            host: Host::default(),
            migrations: MIGRATIONS,
            acceptance: MembershipAcceptance::default(),
            retention_days: RETENTION_DAYS,
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
    /// How tokens are verified.
    #[must_use]
    pub fn verifier(self, verifier: Verifier) -> Self {
        Self { verifier: Some(verifier), ..self }
    }

    /// Tolerance for clocks that differ, applied to `exp` and `nbf` (RFC 7519, section 4.1); none by default.
    ///
    /// ```
    /// use std::time::Duration;
    /// use user_tenant_service::Builder;
    ///
    /// fn forgiving(builder: Builder) -> Builder {
    ///     builder.leeway(Duration::from_secs(5)).caller_cache(Duration::ZERO)
    /// }
    /// ```
    #[must_use]
    pub fn leeway(self, leeway: Duration) -> Self {
        Self { leeway, ..self }
    }

    /// Which claims hold the caller's fields.
    #[must_use]
    pub(crate) fn claims(self, claims: ClaimMap) -> Self {
        Self { claims, ..self }
    }

    /// How much one answer may hold.
    ///
    /// ```
    /// use user_tenant_service::Builder;
    /// use user_tenant_service::store::session::Limits;
    ///
    /// fn small(builder: Builder) -> Builder {
    ///     builder.limits(Limits { max_rows: 1_000, max_bytes: 4 << 20, ..Limits::default() })
    /// }
    /// ```
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// How long to cache that a caller is active; one second at most.
    #[must_use]
    pub fn caller_cache(self, life: Duration) -> Self {
        Self { caller_cache: life.min(Duration::from_secs(1)), ..self }
    }

    /// What says what a caller may do; the token by default.
    ///
    /// ```
    /// use user_tenant_service::{Builder, PermissionSource};
    ///
    /// fn felt_at_once(builder: Builder) -> Builder {
    ///     builder.permission_source(PermissionSource::Live)
    /// }
    /// ```
    #[must_use]
    pub fn permission_source(self, permission_source: PermissionSource) -> Self {
        Self { permission_source, ..self }
    }

    /// When a membership is active that a tenant has given to a person whose home is elsewhere; at once by default.
    ///
    /// ```
    /// use user_tenant_service::{Builder, MembershipAcceptance};
    ///
    /// fn strict(builder: Builder) -> Builder {
    ///     builder.membership_acceptance(MembershipAcceptance::Required)
    /// }
    /// ```
    #[must_use]
    pub fn membership_acceptance(self, acceptance: MembershipAcceptance) -> Self {
        Self { acceptance, ..self }
    }

    /// For how many days an archived tenant can be restored, where it does not say so itself; 30 by default.
    ///
    /// ```
    /// use user_tenant_service::Builder;
    ///
    /// fn for_a_quarter(builder: Builder) -> Builder {
    ///     builder.archive_retention_days(90)
    /// }
    /// ```
    #[must_use]
    pub fn archive_retention_days(self, retention_days: u16) -> Self {
        Self { retention_days, ..self }
    }

    /// Takes every caller whose token verifies for active: only the operator reaches this service.
    #[must_use]
    pub(crate) fn for_operator(self) -> Self {
        Self { operator: true, ..self }
    }

    /// Where time and ids come from; a test fixes them.
    ///
    /// ```
    /// use time::macros::datetime;
    /// use user_tenant_service::Builder;
    /// use user_tenant_service::store::environment::Environment;
    /// use uuid::Uuid;
    ///
    /// fn at_noon(builder: Builder) -> Builder {
    ///     builder.environment(Environment::new(|| datetime!(2026-01-01 12:00 UTC), Uuid::now_v7))
    /// }
    /// ```
    #[must_use]
    pub fn environment(self, environment: Environment) -> Self {
        let now = environment.clone();
        Self { clock: Clock::new(move || now.now()), environment, ..self }
    }

    /// Lets signed requests to `POST /user-callback` provision tenants; without it, all of them are refused.
    ///
    /// ```
    /// use std::time::Duration;
    /// use user_tenant_service::{Builder, ProvisioningCallback, SecretString};
    /// use uuid::Uuid;
    ///
    /// fn with_callback(builder: Builder, secret: SecretString, actor: Uuid) -> Builder {
    ///     builder.provisioning_callback(ProvisioningCallback {
    ///         secret,
    ///         tolerance: Duration::from_secs(20),
    ///         actor,
    ///         role_name: "SuperAdmin".to_owned(),
    ///         permissions: vec!["ViewTenant".to_owned(), "UpdateTenant".to_owned()],
    ///     })
    /// }
    /// ```
    #[must_use]
    pub fn provisioning_callback(self, callback: ProvisioningCallback) -> Self {
        Self { callback: Some(callback), ..self }
    }

    /// Serves routes of the host beside ours, within the same bounds, log and metrics. They are made with the service,
    /// whose [`UserTenantService::guarded`] lets only callers with a permission through.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use user_tenant_service::{Builder, host::Caller};
    ///
    /// async fn who(caller: Caller) -> String {
    ///     caller.user_id().to_string()
    /// }
    ///
    /// fn with_routes(builder: Builder) -> Builder {
    ///     builder.routes(|users| users.guarded(&["ViewTenant"], Router::new().route("/who", get(who))))
    /// }
    /// ```
    ///
    /// # Panics
    /// [`Self::build`] panics where a route of the host is one of ours too, as axum does.
    #[must_use]
    pub fn routes(self, routes: impl Fn(&UserTenantService) -> Router + Send + Sync + 'static) -> Self {
        Self { host: Host { routes: Some(Arc::new(routes)), ..self.host }, ..self }
    }

    /// Tells `listener` of each request that changed something; several may listen. See [`Change`].
    ///
    /// ```
    /// use tokio::sync::mpsc::UnboundedSender;
    /// use user_tenant_service::{Builder, host::Change};
    ///
    /// fn with_news(builder: Builder, news: UnboundedSender<Change>) -> Builder {
    ///     // Nobody hears it any more where the receiver is gone.
    ///     builder.on_change(move |change| drop(news.send(change.clone())))
    /// }
    /// ```
    #[must_use]
    pub fn on_change(mut self, listener: impl Fn(&Change) + Send + Sync + 'static) -> Self {
        self.host.listeners.add(listener);
        self
    }

    /// The steps to the schema, instead of [`MIGRATIONS`]: those and the application's own, or a copy of the files.
    ///
    /// ```
    /// use user_tenant_service::store::migrate::{Migration, Migrations};
    /// use user_tenant_service::{Builder, MIGRATIONS};
    ///
    /// const NOTES: &[Migration] = &[Migration {
    ///     version: 1001,
    ///     name: "notes",
    ///     up: "CREATE TABLE notes (id text PRIMARY KEY, tenant_id text NOT NULL, body text NOT NULL)",
    ///     down: "DROP TABLE notes",
    ///     additive: true,
    /// }];
    ///
    /// fn with_notes(builder: Builder) -> Builder {
    ///     builder.migrations(MIGRATIONS.and(&Migrations { postgres: NOTES, sqlite: NOTES, adoption: None, audit: None }))
    /// }
    /// ```
    #[must_use]
    pub fn migrations(self, migrations: Migrations) -> Self {
        Self { migrations, ..self }
    }

    /// Applies pending migrations first, instead of refusing to start without them.
    #[must_use]
    pub fn migrate(self, migrate: bool) -> Self {
        Self { migrate, ..self }
    }

    /// Opens the database, checks its schema and puts the service together.
    ///
    /// # Errors
    /// [`BuildError`] says what is missing or cannot be reached.
    pub async fn build(self) -> std::result::Result<UserTenantService, BuildError> {
        let verifier = self.verifier.ok_or(BuildError::NoVerifier)?;
        let sessions =
            Sessions::open(&self.database, self.limits, self.environment.clone(), self.migrations, self.migrate)
                .await?;
        let sessions = sessions.accepting(self.acceptance).retaining(self.retention_days).for_operator(self.operator);
        let metrics = Arc::new(Metrics::new().map_err(|error| BuildError::Options(error.into()))?);
        let (keys, rules) = keys(verifier, self.leeway, &sessions.lookups(), &self.clock)?;
        let signatures = self.callback.and_then(|callback| SignatureVerifier::new(callback, self.clock.clone()));
        let bearer = BearerTokens::new(keys, rules, self.claims, self.clock);
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
        let service = Arc::new(Service { sessions, guard, metrics, environment: self.environment, listeners });
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
