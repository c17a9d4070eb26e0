//! `PUT /users/{id}/password`, `POST /tenants/{id}/users/{userId}/password-reset`, `POST /password-resets/{token}`, `POST /credentials/verify`.

use axum::http::Method;
use user_tenant_store::Entity;

use super::answers::{ResetRequested, Verified};
use super::body::{self, Credentials, NewPassword, OwnPassword, ResetOrder};
use super::resets::{self, Way};
use super::steps;
use crate::access::entrance::TOKEN_IN_PATH;
use crate::access::locator::{Admits, Locator, TenantOf};
use crate::access::sessions::CallerSessions;
use crate::error::{Error, Result, Sought};
use crate::http::locators::ACTIVE_TENANT;
use crate::http::route::{Empty, Named, Route, RowId, Sent, Told};
use crate::http::surface::Surface;
use crate::model::User;
use crate::model::permission::{EVERYBODY, RESET_USER_PASSWORD, VERIFY_CREDENTIALS};

/// The person of the path, who must be the caller.
static OWN: Locator = Locator {
    entity: User::meta,
    tenant: TenantOf::Claims(|caller, id| (id == caller.id).then_some(caller.tenant_id)),
    refusal: |id| Error::OutOfReach(Sought::of::<User>(id)),
    admits: Admits::Active,
};

/// Everybody has a password of their own, whatever they may do.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::PUT, "/users/{id}/password", "PasswordController.change", "Change the own password", change)
            .any_of(&[EVERYBODY])
            .on(&OWN)
            .without_power()
            .counting_attempts()
            .surface(Surface::Problem),
        Route::new(
            Method::POST,
            "/tenants/{id}/users/{userId}/password-reset",
            "PasswordController.requestReset",
            "Let a member set a new password",
            request,
        )
        .any_of(&[RESET_USER_PASSWORD])
        .on(&ACTIVE_TENANT)
        .counting_attempts()
        .idempotent()
        .surface(Surface::Problem),
        Route::new(
            Method::POST,
            "/password-resets/{token}",
            "PasswordController.reset",
            "Set a new password by a link",
            complete,
        )
        .by(&TOKEN_IN_PATH)
        .surface(Surface::Problem),
        Route::new(
            Method::POST,
            "/credentials/verify",
            "PasswordController.verify",
            "Tell whether a password is right",
            verify,
        )
        .any_of(&[VERIFY_CREDENTIALS])
        .for_masters()
        .without_power()
        .counting_attempts()
        .surface(Surface::Problem),
    ]
}

async fn change(sessions: CallerSessions, body: Sent<OwnPassword>) -> Result<Empty> {
    steps::change(&sessions.logins(), sessions.subject(), body::current(&body.0), body::password(&body.0)).await?;
    Ok(Empty)
}

async fn request(sessions: CallerSessions, user: RowId<User>, body: Sent<ResetOrder>) -> Result<Told<ResetRequested>> {
    let principal = sessions.principal();
    let session = sessions.reset_password().await?;
    let (way, life) = (body::way(&body.0), body::life(&body.0));
    if way == Way::Answer && sessions.answer_is_kept() {
        return Err(Error::InvalidIdempotencyKey("is not taken where the answer has the link's secret"));
    }
    let requested = resets::request(session, &principal, sessions.tenant(), user.0, way, life).await?;
    Ok(Told(requested.into_inner().into()))
}

async fn complete(sessions: CallerSessions, token: Named, body: Sent<NewPassword>) -> Result<Empty> {
    steps::complete(&sessions.logins(), &token.0, body::password(&body.0)).await?;
    Ok(Empty)
}

async fn verify(sessions: CallerSessions, body: Sent<Credentials>) -> Result<Told<Verified>> {
    let typed = body::typed(&body.0)?;
    Ok(Told(steps::verify(&sessions.logins(), typed).await?.into()))
}
