//! `/tenants/{id}/invitations`: who is invited into a tenant, for who may invite.

use axum::http::Method;
use serde_json::{Map, Value as Json};
use user_tenant_store::filter::Filter;

use super::answers::{Item, Made, SentAgain};
use super::body::{Again, Invitations, hours, invitees};
use super::rules::{self, Inviter};
use crate::access::sessions::CallerSessions;
use crate::error::{Error, Result, Sought};
use crate::features::reason;
use crate::http::locators::ACTIVE_TENANT;
use crate::http::route::{Empty, Filtered, One, Page, Route, RowId, Sent, Told};
use crate::http::surface::Surface;
use crate::model::Invitation;
use crate::model::permission::{
    CREATE_USER_INVITATION, DELETE_USER_INVITATION, VIEW_USER_INVITATION, VIEW_USER_INVITATION_LINK,
};

const ALL: &str = "/tenants/{id}/invitations";
const ONE: &str = "/tenants/{id}/invitations/{invitationId}";

pub(super) fn routes() -> Vec<Route> {
    let all = vec![
        Route::new(Method::GET, ALL, "InvitationController.find", "List the invitations of a tenant", find)
            .any_of(&[VIEW_USER_INVITATION]),
        Route::new(Method::POST, ALL, "InvitationController.create", "Invite people into a tenant", create)
            .any_of(&[CREATE_USER_INVITATION])
            .idempotent(),
        Route::new(Method::GET, ONE, "InvitationController.findById", "Read an invitation", find_by_id)
            .any_of(&[VIEW_USER_INVITATION]),
        Route::new(Method::DELETE, ONE, "InvitationController.revoke", "Revoke an invitation", revoke)
            .any_of(&[DELETE_USER_INVITATION]),
        Route::new(
            Method::POST,
            "/tenants/{id}/invitations/{invitationId}/resend",
            "InvitationController.resend",
            "Send an invitation again",
            resend,
        )
        .any_of(&[CREATE_USER_INVITATION])
        .counting_attempts()
        .idempotent(),
    ];
    all.into_iter().map(|route| route.on(&ACTIVE_TENANT).surface(Surface::Problem)).collect()
}

async fn find(sessions: CallerSessions, filter: Filtered<Invitation>) -> Result<Page<Invitation>> {
    Ok(sessions.read_tenant().repository::<Invitation>().find_page(&filter.0).await?.into())
}

async fn find_by_id(sessions: CallerSessions, id: RowId<Invitation>) -> Result<One<Invitation>> {
    let found = sessions.read_tenant().repository::<Invitation>().find_by_id(id.0, &Filter::default()).await?;
    Ok(found.ok_or_else(|| Error::NotFound(Sought::of::<Invitation>(&id.0)))?.into())
}

async fn create(sessions: CallerSessions, body: Sent<Invitations>) -> Result<Told<Made>> {
    let invitees = invitees(&body.0)?;
    let session = sessions.add_member().await?.because(reason::of(&body.0));
    let (principal, tenant) = (sessions.principal(), sessions.tenant());
    let done = rules::invite(session, &principal, tenant, inviter(&sessions, &body.0), invitees).await?.into_inner();
    let items = done.into_iter().enumerate().map(|(index, (address, invited))| Item::of(index, address, invited));
    Ok(Told(Made { invitations: items.collect() }))
}

async fn resend(sessions: CallerSessions, id: RowId<Invitation>, body: Sent<Again>) -> Result<Told<SentAgain>> {
    let session = sessions.add_member().await?.because(reason::of(&body.0));
    let (principal, tenant) = (sessions.principal(), sessions.tenant());
    let sent = rules::resend(session, &principal, tenant, inviter(&sessions, &body.0), id.0).await?;
    let (expires_on, link) = sent.into_inner();
    Ok(Told(SentAgain::of(id.0, expires_on, link.as_deref())))
}

async fn revoke(sessions: CallerSessions, id: RowId<Invitation>) -> Result<Empty> {
    let session = sessions.add_member().await?;
    rules::revoke(session, sessions.tenant(), id.0).await?.into_inner();
    Ok(Empty)
}

/// Who invites by this request. An answer that is kept has no links.
fn inviter(sessions: &CallerSessions, body: &Map<String, Json>) -> Inviter {
    Inviter {
        membership: sessions.in_whose_name(),
        sees_links: !sessions.answer_is_kept() && sessions.principal().permissions.contains(VIEW_USER_INVITATION_LINK),
        life: hours(body),
    }
}
