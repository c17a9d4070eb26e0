//! Admits a request: its head says who the caller is; then come permission and path. Only here is the proof made that opens a door.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use serde_json::Value as Json;
use user_tenant_store::value::parse_uuid;
use uuid::Uuid;

use super::authenticate::Authenticator;
use super::caller::Caller;
use super::doors::Doors;
use super::liveness::Liveness;
use super::power::Power;
use super::signature::SignatureVerifier;
use super::token::TokenError;
use crate::domain::callback::FirstRole;
use crate::error::{Error, Result, Sought};
use crate::model::{Group, Tenant, User, UserTenant};
use crate::telemetry::metrics::Metrics;

/// Which rows a route is about, and so which path a caller may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The caller's tenant; for a master every tenant.
    CallerTenants,
    /// The tenant of the path, which must be the caller's unless it is a master.
    PathTenant,
    /// As [`Self::PathTenant`], about its users, so that the tenant must be active too.
    PathTenantUsers,
    /// The members of the group of the path, of the caller's tenant unless it is a master.
    PathGroup,
    /// The membership of the path, of the caller's tenant unless it is a master.
    PathMembership,
    /// The user of the path, who must be the caller.
    PathUser,
    /// Nobody's: the sender has no token, and signs the body instead.
    Signed,
}

/// What opens a route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening {
    /// Any one of these permissions, in the token.
    pub(crate) permissions: &'static [&'static str],
    /// Which rows the route is about.
    pub(crate) reach: Reach,
    /// Whether the route gives or takes power, so that the database must grant the permission now as well.
    pub(crate) gives_power: bool,
}

/// That a live caller with the route's permission may act on the tenant that the path names.
#[derive(Debug, Clone)]
pub(crate) struct Authorized {
    caller: Arc<Caller>,
    tenant: Uuid,
    subject: Uuid,
    /// What the caller holds now, where the route gives or takes power.
    power: Option<Arc<Power>>,
    /// What a signed request may make; a caller with a token has none.
    first_role: Option<Arc<FirstRole>>,
}

impl Authorized {
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

    /// What `{id}` of the path names, where the route's reach says what that is: a tenant, group, membership or user.
    pub(crate) fn subject(&self) -> Uuid {
        self.subject
    }
}

/// Checks requests before they reach a handler.
pub(crate) struct Guard {
    authenticator: Authenticator,
    liveness: Liveness,
    metrics: Arc<Metrics>,
    signatures: Option<SignatureVerifier>,
}

impl Guard {
    /// A guard that verifies tokens with `authenticator` and, where there are any, signed requests with `signatures`.
    pub(crate) fn new(
        authenticator: Authenticator,
        liveness: Liveness,
        metrics: Arc<Metrics>,
        signatures: Option<SignatureVerifier>,
    ) -> Self {
        Self { authenticator, liveness, metrics, signatures }
    }

    /// The live caller of a request, by its head alone, or the 401 that it gets: before anything else is read of it.
    pub(crate) async fn identify(&self, doors: &Doors, request: &Parts) -> Result<Arc<Caller>> {
        let headers = &request.headers;
        if headers.contains_key(AUTHORIZATION) && names_token(request.uri.query().unwrap_or_default()) {
            // Two tokens: the original refuses to choose. One in the query alone counts as none.
            self.metrics.authentication_failed(TokenError::Malformed.reason());
            return Err(Error::MalformedAuthorization);
        }
        self.caller(doors, headers).await
    }

    /// Refuses a caller who was identified and is live no more.
    pub(crate) async fn check_live(&self, doors: &Doors, caller: &Caller) -> Result<()> {
        if self.liveness.is_live(doors, caller).await? {
            return Ok(());
        }
        self.metrics.authentication_failed(TokenError::NotLive.reason());
        Err(Error::CallerNotActive)
    }

    /// Refuses a caller whose token grants none of these permissions.
    pub(crate) fn check_permission(&self, caller: &Caller, permissions: &[&'static str]) -> Result<()> {
        if caller.may(permissions) {
            return Ok(());
        }
        self.metrics.permission_refused(permissions.first().copied().unwrap_or_default());
        Err(Error::PermissionMissing)
    }

    /// Admits a caller who was identified, or says why not.
    pub(crate) async fn admit(
        &self,
        doors: &Doors,
        caller: Arc<Caller>,
        opening: Opening,
        path_id: &str,
    ) -> Result<Authorized> {
        let Opening { permissions, reach, gives_power } = opening;
        self.check_permission(&caller, permissions)?;
        let power = if gives_power { self.power(doors, &caller, permissions).await? } else { None };
        let (tenant, subject) = if reach == Reach::CallerTenants {
            (caller.tenant_id, caller.tenant_id)
        } else {
            locate(doors, &caller, reach, path_id).await?
        };
        Ok(Authorized { caller, tenant, subject, power, first_role: None })
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
            }),
            _ => Err(self.bad_signature()),
        }
    }

    /// What the caller may give and take now; refused where the database has withdrawn what opens the route.
    async fn power(&self, doors: &Doors, caller: &Caller, permissions: &[&'static str]) -> Result<Option<Arc<Power>>> {
        if self.liveness.trusts_callers() {
            return Ok(None);
        }
        let power = Power::of(caller, doors.held_by(caller).await?);
        if !power.may(permissions) {
            self.metrics.permission_refused(permissions.first().copied().unwrap_or_default());
            return Err(Error::PermissionWithdrawn);
        }
        Ok(Some(Arc::new(power)))
    }

    fn bad_signature(&self) -> Error {
        self.metrics.authentication_failed("callback_signature");
        Error::BadSignature
    }

    async fn caller(&self, doors: &Doors, headers: &HeaderMap) -> Result<Arc<Caller>> {
        let verified = match self.authenticator.authenticate(headers).await {
            Ok(caller) if self.liveness.is_live(doors, &caller).await? => Ok(caller),
            Ok(_) => Err(TokenError::NotLive),
            Err(error) => Err(error),
        };
        verified.map_err(|error| {
            self.metrics.authentication_failed(error.reason());
            match error {
                TokenError::Missing => Error::Unauthenticated,
                TokenError::Malformed => Error::MalformedAuthorization,
                TokenError::Invalid(_) => Error::InvalidToken,
                TokenError::PasswordExpired => Error::PasswordExpired,
                TokenError::NotLive => Error::CallerNotActive,
                TokenError::Unavailable(source) => Error::Unavailable(Some(source)),
            }
        })
    }

    /// Forgets who is live, after a write that may have changed it.
    pub(crate) fn forget_callers(&self) {
        self.liveness.forget();
    }
}

/// The tenant that a path is about, and what its id names. Foreign, unknown and malformed ids are refused alike.
async fn locate(doors: &Doors, caller: &Caller, reach: Reach, id: &str) -> Result<(Uuid, Uuid)> {
    let refusal = || match reach {
        Reach::PathGroup => Error::OutOfReach(Sought::of::<Group>(id)),
        Reach::PathMembership => Error::NotFound(Sought::of::<UserTenant>(id)),
        Reach::PathUser => Error::OutOfReach(Sought::of::<User>(id)),
        Reach::CallerTenants | Reach::PathTenant | Reach::PathTenantUsers | Reach::Signed => {
            Error::OutOfReach(Sought::of::<Tenant>(id))
        }
    };
    let id = parse_uuid(id).map_err(|_| refusal())?;
    let tenant = match reach {
        Reach::PathGroup => doors.tenant_of(Group::TENANT_ID, id).await?,
        Reach::PathMembership => doors.tenant_of(UserTenant::TENANT_ID, id).await?,
        Reach::PathUser => (id == caller.id).then_some(caller.tenant_id),
        Reach::CallerTenants | Reach::PathTenant | Reach::PathTenantUsers => Some(id),
        Reach::Signed => None,
    };
    let tenant = tenant.filter(|tenant| *tenant == caller.tenant_id || caller.master).ok_or_else(refusal)?;
    if tenant != caller.tenant_id {
        // The caller's own tenant is active: otherwise the caller would not be live.
        let active = doors.tenant_is_active(tenant).await?.ok_or_else(refusal)?;
        if !active && reach != Reach::PathTenant {
            return Err(Error::TenantNotActive);
        }
    }
    Ok((tenant, id))
}

/// Whether a query string holds a token, as RFC 6750 section 2.3 would have it.
fn names_token(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token")
}
