//! The command line of a host application: ours, with routes and permissions of the host's own.

use std::process::ExitCode;

use axum::Router;
use user_tenant_store::EntityMeta;
use user_tenant_store::migrate::Migrations;

use crate::builder::{Builder, UserTenantService, Verifier};
use crate::host::Change;
use crate::migrations::MIGRATIONS;
use crate::model::OwnPermission;

/// A program that serves users, tenants and roles together with an application's own routes, and has all our commands:
/// `serve`, `migrate`, `bootstrap`, `token`, …
///
/// ```no_run
/// use axum::{Router, routing::get};
/// use user_tenant_service::cli::Program;
/// use user_tenant_service::host::Caller;
///
/// #[tokio::main]
/// async fn main() -> std::process::ExitCode {
///     Program::new()
///         .permissions(&["GreetMembers"])
///         .routes(|users| users.guarded(&["GreetMembers"], Router::new().route("/greeting", get(greet))))
///         .run()
///         .await
/// }
///
/// async fn greet(caller: Caller) -> String {
///     format!("Hello, {}!", caller.user_id())
/// }
/// ```
#[derive(Default)]
pub struct Program {
    permissions: Vec<OwnPermission>,
    migrations: Option<Migrations>,
    verifier: Option<Verifier>,
    extend: Vec<Box<dyn Fn(Builder) -> Builder + Send + Sync>>,
}

impl Program {
    /// Our program as it is.
    pub fn new() -> Self {
        Self::default()
    }

    /// Permissions of the application: keys, or keys and what each opens. Administrators that the program makes, at the first
    /// start of an embedded database and by `bootstrap`, hold them beside ours; see [`Builder::permissions`].
    ///
    /// ```
    /// use user_tenant_service::cli::Program;
    ///
    /// fn bakery() -> Program {
    ///     Program::new().permissions(&["EatBread"]).permissions(&[("UseOven", "Use the oven")])
    /// }
    /// ```
    #[must_use]
    pub fn permissions<P: Into<OwnPermission> + Clone>(mut self, all: &[P]) -> Self {
        self.permissions.extend(all.iter().cloned().map(Into::into));
        self
    }

    /// The steps to the schema, where the application has tables of its own; see [`Builder::migrations`].
    #[must_use]
    pub fn migrations(self, migrations: Migrations) -> Self {
        Self { migrations: Some(migrations), ..self }
    }

    /// How tokens are verified, whatever `JWT_VERIFIER` says; see [`Builder::verifier`]. The command `token` then mints
    /// none, and those that work with the configured database do so as before.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use user_tenant_service::cli::Program;
    /// use user_tenant_service::{TokenVerifier, Verifier};
    ///
    /// fn program(sessions: Arc<dyn TokenVerifier>) -> Program {
    ///     Program::new().verifier(Verifier::Host(sessions))
    /// }
    /// ```
    #[must_use]
    pub fn verifier(self, verifier: Verifier) -> Self {
        Self { verifier: Some(verifier), ..self }
    }

    /// Routes of the application; see [`Builder::routes`].
    #[must_use]
    pub fn routes(self, routes: impl Fn(&UserTenantService) -> Router + Clone + Send + Sync + 'static) -> Self {
        self.extended(move |builder| builder.routes(routes.clone()))
    }

    /// Entities of the application, whose rows are purged with their tenant; see [`Builder::entities`].
    #[must_use]
    pub fn entities(self, entities: &'static [fn() -> &'static EntityMeta]) -> Self {
        self.extended(move |builder| builder.entities(entities))
    }

    /// A listener for what requests change; see [`Builder::on_change`].
    #[must_use]
    pub fn on_change(self, listener: impl Fn(&Change) + Clone + Send + Sync + 'static) -> Self {
        self.extended(move |builder| builder.on_change(listener.clone()))
    }

    /// Reads the arguments of the process and does what they say; the exit code is for `main` to return.
    pub async fn run(self) -> ExitCode {
        super::run_program(self).await
    }

    fn extended(mut self, extend: impl Fn(Builder) -> Builder + Send + Sync + 'static) -> Self {
        self.extend.push(Box::new(extend));
        self
    }

    /// The service with what the application adds.
    pub(super) fn extend(&self, builder: Builder) -> Builder {
        self.extend.iter().fold(builder, |builder, extend| extend(builder))
    }

    /// How the application verifies tokens, if not as configured.
    pub(super) fn own_verifier(&self) -> Option<Verifier> {
        self.verifier.clone()
    }

    /// The steps to the schema.
    pub(super) fn schema(&self) -> Migrations {
        self.migrations.unwrap_or(MIGRATIONS)
    }

    /// The application's permissions.
    pub(super) fn own_permissions(&self) -> &[OwnPermission] {
        &self.permissions
    }
}
