//! What a service can be told before it is built, but for its HTTP side.

use std::sync::Arc;
use std::time::Duration;
use user_tenant_store::EntityMeta;

use axum::Router;
use user_tenant_store::environment::Environment;
use user_tenant_store::migrate::Migrations;
use user_tenant_store::session::Limits;

use super::host::Host;
use super::{Builder, UserTenantService, Verifier};
use crate::access::caller::ClaimMap;
use crate::access::live_permissions::PermissionSource;
use crate::access::revocation::Revocations;
use crate::access::signature::ProvisioningCallback;
use crate::clock::Clock;
use crate::host::Change;
#[cfg(doc)]
use crate::migrations::MIGRATIONS;
use crate::model::{MembershipAcceptance, OwnPermission};

impl Builder {
    /// How tokens are verified.
    #[must_use]
    pub fn verifier(self, verifier: Verifier) -> Self {
        Self { verifier: Some(verifier), ..self }
    }

    /// Where it is looked up whether a token was revoked; by default nowhere.
    ///
    /// ```
    /// use user_tenant_service::{BuildError, Builder, Revocations};
    ///
    /// fn with_logouts(builder: Builder) -> Result<Builder, BuildError> {
    ///     Ok(builder.revocations(Revocations::redis("redis://cache.example:6379/0")?))
    /// }
    /// ```
    #[must_use]
    pub fn revocations(self, revocations: Revocations) -> Self {
        Self { revocations: Some(revocations), ..self }
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

    /// The client applications that new people may log in with whose maker has none, by their numbers; none by default.
    ///
    /// ```
    /// use user_tenant_service::Builder;
    ///
    /// fn web(builder: Builder) -> Builder {
    ///     builder.default_auth_client_ids([1])
    /// }
    /// ```
    #[must_use]
    pub fn default_auth_client_ids(self, clients: impl IntoIterator<Item = i32>) -> Self {
        Self { default_clients: clients.into_iter().collect(), ..self }
    }

    /// Permissions of the application, beside those that were named before: `GET /permissions` lists them, and roles may hold
    /// them. Each is a key alone, or a key and what it opens.
    ///
    /// ```
    /// use user_tenant_service::Builder;
    ///
    /// fn bakery(builder: Builder) -> Builder {
    ///     builder.permissions(&[("UseOven", "Use the oven")]).permissions(&["EatBread"])
    /// }
    /// ```
    #[must_use]
    pub fn permissions<P: Into<OwnPermission> + Clone>(mut self, all: &[P]) -> Self {
        self.permissions.extend(all.iter().cloned().map(Into::into));
        self
    }

    /// Whether roles and members may be given permissions that neither the service nor the application has named. Unless it is
    /// said, they may where the database is an adopted one, or roles in it had such keys before this version.
    ///
    /// ```
    /// use user_tenant_service::Builder;
    ///
    /// fn strict(builder: Builder) -> Builder {
    ///     builder.permissions_open(false)
    /// }
    /// ```
    #[must_use]
    pub fn permissions_open(self, open: bool) -> Self {
        Self { permissions_open: Some(open), ..self }
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

    /// Entities of the application beside ours: their rows are purged with the tenant that they belong to, in an order that follows
    /// from their references. Of a table that is none of these, rows that refer to ours stop a purge.
    ///
    /// ```
    /// use user_tenant_service::store::Entity;
    /// use user_tenant_service::Builder;
    /// use uuid::Uuid;
    ///
    /// /// A note of a tenant.
    /// #[derive(serde::Deserialize, Entity)]
    /// #[serde(rename_all = "camelCase")]
    /// #[entity(table = "notes", audit = "none", tenancy(column = "tenantId"))]
    /// struct Note {
    ///     /// Id.
    ///     #[property(id)]
    ///     id: Uuid,
    ///     /// The tenant that it belongs to.
    ///     #[property(parent)]
    ///     tenant_id: Uuid,
    ///     /// What it says.
    ///     #[property(max_length = 200)]
    ///     text: String,
    /// }
    ///
    /// fn with_notes(builder: Builder) -> Builder {
    ///     builder.entities(&[Note::meta])
    /// }
    /// ```
    #[must_use]
    pub fn entities(self, entities: &'static [fn() -> &'static EntityMeta]) -> Self {
        Self { entities, ..self }
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
}
