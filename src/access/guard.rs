//! Admits a request: its head says who the caller is; then come permission and path. Only here is the proof made that sessions ask for.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::request::Parts;
use serde_json::Value as Json;
use uuid::Uuid;

use super::active_callers::{ActiveCallers, Place};
use super::authenticate::Authenticators;
use super::caller::Caller;
use super::live_permissions::LivePermissions;
use super::locator::Locator;
use super::lookups::Lookups;
use super::power::Power;
use super::signature::SignatureVerifier;
use super::token::TokenError;
use crate::domain::callback::FirstRole;
use crate::error::{Error, Result};
use crate::telemetry::metrics::Metrics;

/// What opens a route.
#[derive(Clone, Copy)]
pub(crate) struct Opening {
    /// Any one of these permissions, in the token.
    pub(crate) permissions: &'static [&'static str],
    /// What the path names; `None` of a route to the caller's tenant, and for a master to every tenant.
    pub(crate) locator: Option<&'static Locator>,
    /// Whether the route gives or takes power, so that the database must grant the permission now as well.
    pub(crate) gives_power: bool,
    /// Whether only who reaches every tenant may call it.
    pub(crate) for_masters: bool,
}

/// That a active caller with the route's permission may act on the tenant that the path names.
#[derive(Debug, Clone)]
pub(crate) struct Authorized {
    caller: Arc<Caller>,
    tenant: Uuid,
    subject: Uuid,
    /// What the caller holds now, where the route gives or takes power.
    power: Option<Arc<Power>>,
    /// What a signed request may make; a caller with a token has none.
    first_role: Option<Arc<FirstRole>>,
    /// Whether nobody knows who it is: what they hold is in the path, and the rule looks for it.
    stranger: bool,
}

impl Authorized {
    /// Whether nobody knows who it is.
    pub(crate) fn is_stranger(&self) -> bool {
        self.stranger
    }

    /// The caller.
    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The tenant that the request acts on: that of the path, or the caller's.
    pub(crate) fn tenant(&self) -> Uuid {
        self.tenant
    }

    /// What the caller may give and take; none where the route does neither, or only the operator reaches the service.
    pub(crate) fn power(&self) -> Option<&Power> {
        self.power.as_deref()
    }

    /// The role that a signed request may make; the proof that it is one.
    pub(crate) fn first_role(&self) -> Option<Arc<FirstRole>> {
        self.first_role.clone()
    }

    /// The row that `{id}` of the path names, where the route has a locator; else the caller's tenant.
    pub(crate) fn subject(&self) -> Uuid {
        self.subject
    }
}

/// Checks requests before they reach a handler.
pub(crate) struct Guard {
    authenticators: Authenticators,
    active_callers: ActiveCallers,
    /// Where not the token says what a caller may do.
    live: Option<LivePermissions>,
    lookups: Lookups,
    metrics: Arc<Metrics>,
    signatures: Option<SignatureVerifier>,
}

impl Guard {
    /// A guard that knows callers by `authenticators` and, where there are any, signed requests with `signatures`.
    pub(crate) fn new(
        authenticators: Authenticators,
        active_callers: ActiveCallers,
        live: Option<LivePermissions>,
        lookups: Lookups,
        metrics: Arc<Metrics>,
        signatures: Option<SignatureVerifier>,
    ) -> Self {
        Self { authenticators, active_callers, live, lookups, metrics, signatures }
    }

    /// The active caller of a request, by its head alone, or the 401 that it gets: before anything else is read of it. The request
    /// keeps its place among those of the tenant until it is answered.
    pub(crate) async fn identify(&self, head: &Parts) -> Result<(Arc<Caller>, Place)> {
        let verified = match self.authenticators.caller(head).await {
            Ok(caller) => match self.active_callers.admit(&self.lookups, &caller).await? {
                Ok(place) => Ok((self.with_permissions(caller).await?, place)),
                Err(why) => Err(TokenError::NotActive(why)),
            },
            Err(error) => Err(error),
        };
        verified.map_err(|error| {
            self.metrics.authentication_failed(error.reason());
            match error {
                TokenError::Missing => Error::Unauthenticated,
                TokenError::Malformed => Error::MalformedAuthorization,
                TokenError::Invalid(reason) => Error::InvalidToken(reason.as_str()),
                TokenError::Revoked => Error::TokenRevoked,
                TokenError::PasswordExpired => Error::PasswordExpired,
                TokenError::NotActive(why) => Error::CallerNotActive(why),
                TokenError::Unavailable(source) | TokenError::RevocationsUnavailable(source) => {
                    Error::Unavailable(Some(source))
                }
            }
        })
    }

    /// The caller with what counts of permissions here: those of the token, or of the database.
    async fn with_permissions(&self, caller: Arc<Caller>) -> Result<Arc<Caller>> {
        match &self.live {
            // Boxed, since requests by the token would have room for it too.
            Some(live) => Box::pin(live.of(&self.lookups, &caller)).await,
            None => Ok(caller),
        }
    }

    /// Refuses a caller who was identified and is active no more.
    pub(crate) async fn check_active(&self, caller: &Caller, place: &Place) -> Result<()> {
        self.active_callers.check(&self.lookups, caller, place).await?.map_err(|why| {
            self.metrics.authentication_failed(TokenError::NotActive(why).reason());
            Error::CallerNotActive(why)
        })
    }

    /// Refuses a caller whose token grants none of these permissions.
    pub(crate) fn check_permission(&self, caller: &Caller, permissions: &[&'static str]) -> Result<()> {
        if caller.may(permissions) {
            return Ok(());
        }
        self.metrics.permission_refused(permissions.first().copied().unwrap_or_default());
        Err(Error::PermissionMissing)
    }

    /// Admits a caller who was identified, or says why not. `path_id` is what the path names, for the locator.
    pub(crate) async fn admit(&self, caller: Arc<Caller>, opening: Opening, path_id: &str) -> Result<Authorized> {
        let Opening { permissions, locator, gives_power, for_masters } = opening;
        self.check_permission(&caller, permissions)?;
        if for_masters && !caller.master {
            // Before the path is looked at, so that nothing is told of what it names.
            return Err(Error::MasterNeeded);
        }
        let power = if gives_power { self.power(&caller, permissions).await? } else { None };
        let (tenant, subject) = match locator {
            Some(locator) => locator.locate(&self.lookups, &caller, path_id).await?,
            None => (caller.tenant_id, caller.tenant_id),
        };
        Ok(Authorized { caller, tenant, subject, power, first_role: None, stranger: false })
    }

    /// Refuses a request whose head alone shows that its signature cannot be good, so that its body is not read.
    pub(crate) fn check_signature_head(&self, headers: &HeaderMap) -> Result<()> {
        if self.signatures.as_ref().is_some_and(|verifier| verifier.may_accept(headers)) {
            return Ok(());
        }
        Err(self.bad_signature())
    }

    /// Admits a signed request, whatever its body says; only then is the body looked at.
    pub(crate) fn admit_signed(&self, headers: &HeaderMap, body: Option<&Json>) -> Result<Authorized> {
        match (&self.signatures, body) {
            (Some(verifier), Some(body)) if verifier.accepts(headers, body) => Ok(Authorized {
                caller: Arc::new(Caller::provisioner(verifier.actor())),
                tenant: Uuid::nil(),
                subject: Uuid::nil(),
                power: None,
                first_role: Some(verifier.role()),
                stranger: false,
            }),
            _ => Err(self.bad_signature()),
        }
    }

    /// Admits whoever holds something that the path names: it reaches no tenant, and what it is the rule looks for.
    pub(crate) fn admit_stranger() -> Authorized {
        Authorized {
            caller: Arc::new(Caller::provisioner(Uuid::nil())),
            tenant: Uuid::nil(),
            subject: Uuid::nil(),
            power: None,
            first_role: None,
            stranger: true,
        }
    }

    /// What the caller may give and take now; refused where the database has withdrawn what opens the route.
    async fn power(&self, caller: &Caller, permissions: &[&'static str]) -> Result<Option<Arc<Power>>> {
        if self.active_callers.trusts_callers() {
            return Ok(None);
        }
        // Boxed, since reads would have room for it too.
        let power = Power::of(Box::pin(self.lookups.held_by(caller)).await?);
        if !power.may(caller, permissions) {
            self.metrics.permission_refused(permissions.first().copied().unwrap_or_default());
            return Err(Error::PermissionWithdrawn);
        }
        Ok(Some(Arc::new(power)))
    }

    fn bad_signature(&self) -> Error {
        self.metrics.authentication_failed("callback_signature");
        Error::BadSignature
    }
}
