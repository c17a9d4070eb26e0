//! `POST /tenants/provision`: a tenant with all that it begins with.

use axum::http::Method;

use super::answers::TenantProvisioned;
use super::body::{TenantProvision, wanted};
use super::rules;
use crate::access::sessions::CallerSessions;
use crate::error::Result;
use crate::features::reason;
use crate::http::route::{Route, Sent, Told};
use crate::http::surface::Surface;
use crate::model::permission::{CREATE_TENANT, number};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::POST,
            "/tenants/provision",
            "TenantProvisioningController.provision",
            "Make a tenant with all that it begins with",
            provision,
        )
        .any_of(&[CREATE_TENANT, number::CREATE_TENANT])
        .for_masters()
        .idempotent()
        .surface(Surface::Problem),
    ]
}

async fn provision(sessions: CallerSessions, body: Sent<TenantProvision>) -> Result<Told<TenantProvisioned>> {
    let wanted = wanted(&body.0)?;
    let session = sessions.provision_tenant().await?.because(reason::of(&body.0));
    Ok(Told(
        rules::provision(session, sessions.catalogue(), sessions.new_users(), sessions.default_clients(), wanted)
            .await?
            .into_inner()
            .into(),
    ))
}
