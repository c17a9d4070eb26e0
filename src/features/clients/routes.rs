//! `/clients` and `/users/{id}/clients`: client applications, and who may log in with which.

use axum::http::Method;
use user_tenant_store::record::New;

use super::answers::{Issued, Made};
use super::body::{ClientsOfPerson, NewClient, named};
use crate::access::sessions::CallerSessions;
use crate::domain::clients;
use crate::error::Result;
use crate::http::route::{Empty, FilteredFreely, Named, Page, Route, RowId, Sent, Told};
use crate::http::surface::Surface;
use crate::model::permission::{CREATE_AUTH_CLIENT, DELETE_AUTH_CLIENT, UPDATE_AUTH_CLIENT, VIEW_AUTH_CLIENT};
use crate::model::{AuthClient, User};

const CLIENTS: &str = "/clients";

/// Secrets are in the answers of two: the database holds them in the clear anyhow, as the authentication service compares them.
pub(super) fn routes() -> Vec<Route> {
    let all = vec![
        Route::new(Method::GET, CLIENTS, "AuthClientController.find", "List the client applications", find)
            .any_of(&[VIEW_AUTH_CLIENT]),
        Route::new(Method::POST, CLIENTS, "AuthClientController.create", "Make a client application", create)
            .any_of(&[CREATE_AUTH_CLIENT])
            .idempotent(),
        Route::new(
            Method::POST,
            "/clients/{id}/rotate",
            "AuthClientController.rotate",
            "Give a client application another secret",
            rotate,
        )
        .any_of(&[UPDATE_AUTH_CLIENT])
        .idempotent(),
        Route::new(
            Method::DELETE,
            "/clients/{id}",
            "AuthClientController.delete",
            "Remove a client application that nobody uses",
            remove,
        )
        .any_of(&[DELETE_AUTH_CLIENT]),
        Route::new(
            Method::PUT,
            "/users/{id}/clients",
            "AuthClientController.allow",
            "Say with which client applications a person may log in",
            allow,
        )
        .any_of(&[UPDATE_AUTH_CLIENT]),
    ];
    all.into_iter().map(|route| route.for_masters().surface(Surface::Problem)).collect()
}

async fn find(sessions: CallerSessions, filter: FilteredFreely<AuthClient>) -> Result<Page<AuthClient>> {
    Ok(sessions.read_clients()?.repository::<AuthClient>().find_page(&filter.0).await?.into())
}

async fn create(sessions: CallerSessions, body: Sent<NewClient>) -> Result<Told<Made>> {
    let client = New::from_json(&body.0)?;
    let made = clients::create(sessions.write_clients().await?, client).await?;
    Ok(Told(Made(made.into_inner().into())))
}

async fn rotate(sessions: CallerSessions, id: Named) -> Result<Told<Issued>> {
    Ok(Told(clients::rotate(sessions.write_clients().await?, &id.0).await?.into_inner().into()))
}

async fn remove(sessions: CallerSessions, id: Named) -> Result<Empty> {
    clients::unused(&sessions.read_clients()?, &id.0).await?;
    clients::remove(sessions.write_clients().await?, &id.0).await?.into_inner();
    Ok(Empty)
}

async fn allow(sessions: CallerSessions, user: RowId<User>, body: Sent<ClientsOfPerson>) -> Result<Empty> {
    clients::allow(sessions.write_clients().await?, user.0, &named(&body.0)).await?.into_inner();
    Ok(Empty)
}
