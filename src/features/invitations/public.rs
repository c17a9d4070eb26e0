//! `/invitations/{token}`: what whoever was sent an invitation sees and answers, without a token of their own.

use axum::http::Method;
use serde_json::Value as Json;

use super::answers::{Arrived, ShownToInvitee};
use super::body::{Acceptance, PASSWORD, profile};
use super::rules::{self, Coming};
use crate::access::entrance::TOKEN_IN_PATH;
use crate::access::sessions::CallerSessions;
use crate::domain::passwords::{self, Password};
use crate::error::Result;
use crate::http::route::{Empty, Named, Route, Sent, Told};
use crate::http::surface::Surface;
use crate::random;

pub(super) fn routes() -> Vec<Route> {
    let all = vec![
        Route::new(
            Method::GET,
            "/invitations/{token}",
            "InvitationAnswerController.show",
            "See an invitation that one was sent",
            show,
        ),
        Route::new(
            Method::POST,
            "/invitations/{token}/accept",
            "InvitationAnswerController.accept",
            "Accept an invitation",
            accept,
        ),
        Route::new(
            Method::POST,
            "/invitations/{token}/decline",
            "InvitationAnswerController.decline",
            "Decline an invitation",
            decline,
        ),
    ];
    all.into_iter().map(|route| route.by(&TOKEN_IN_PATH).surface(Surface::Problem)).collect()
}

async fn show(sessions: CallerSessions, token: Named) -> Result<Told<ShownToInvitee>> {
    Ok(Told(rules::shown(&sessions.read_by_secret()?, &random::digest(&token.0)).await?.into()))
}

async fn accept(sessions: CallerSessions, token: Named, body: Sent<Acceptance>) -> Result<Told<Arrived>> {
    let token = random::digest(&token.0);
    let (profile, username) = profile(&body.0)?;
    let password = match body.0.get(PASSWORD).and_then(Json::as_str) {
        None => None,
        Some(typed) => {
            // Before the transaction: a hash takes its time.
            let (policy, mut names) = rules::asked_of_password(&sessions.read_by_secret()?, &token, &profile).await?;
            names.extend(username.clone());
            let (logins, password) = (sessions.logins(), Password::new(typed));
            passwords::check(logins.passwords(), &policy, &password, &names)?;
            Some(logins.passwords().hash(password).await?)
        }
    };
    let new_users = sessions.new_users();
    let default_clients = sessions.default_clients().map(<[i32]>::to_vec);
    let coming = Coming { profile, username, password, new_users, default_clients };
    let session = sessions.write_by_secret().await?;
    Ok(Told(rules::accept(session, sessions.acceptance(), &token, coming).await?.into_inner().into()))
}

async fn decline(sessions: CallerSessions, token: Named) -> Result<Empty> {
    rules::decline(sessions.write_by_secret().await?, &random::digest(&token.0)).await?.into_inner();
    Ok(Empty)
}
