//! `/user-tenant-prefs`: the caller's own preferences in its tenant.

use axum::http::Method;

use crate::access::sessions::CallerSessions;
use crate::domain::preferences;
use crate::error::Result;
use crate::http::route::{Count, Create, Empty, Filtered, One, Page, Route, RowId, Where};
use crate::model::UserTenantPrefs;
use crate::model::permission::{
    CREATE_USER_TENANT_PREFERENCE, DELETE_HARD_USER_TENANT_PREFERENCE, DELETE_USER_TENANT_PREFERENCE,
    VIEW_USER_TENANT_PREFERENCE, number,
};

const PREFERENCES: &str = "/user-tenant-prefs";
const PREFERENCES_COUNT: &str = "/user-tenant-prefs/count";
const PREFERENCE: &str = "/user-tenant-prefs/{id}";
const PREFERENCE_HARD: &str = "/user-tenant-prefs/{id}/hard";

const VIEW: &[&str] = &[VIEW_USER_TENANT_PREFERENCE, number::VIEW_USER_TENANT_PREFERENCE];

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::POST,
            PREFERENCES,
            "UserTenantPrefsController.create",
            "Set the value of a key for the caller",
            create,
        )
        .any_of(&[CREATE_USER_TENANT_PREFERENCE, number::CREATE_USER_TENANT_PREFERENCE])
        .without_power()
        .excluding(const { &[UserTenantPrefs::ID.position(), UserTenantPrefs::USER_TENANT_ID.position()] }),
        Route::new(Method::GET, PREFERENCES, "UserTenantPrefsController.find", "List the caller's preferences", find)
            .any_of(VIEW),
        Route::new(
            Method::GET,
            PREFERENCES_COUNT,
            "UserTenantPrefsController.count",
            "Count the caller's preferences",
            count,
        )
        .any_of(VIEW),
        Route::new(
            Method::DELETE,
            PREFERENCE,
            "UserTenantPrefsController.deleteById",
            "Delete a preference of the caller",
            delete_by_id,
        )
        .any_of(&[DELETE_USER_TENANT_PREFERENCE, number::DELETE_USER_TENANT_PREFERENCE])
        .without_power(),
        Route::new(
            Method::DELETE,
            PREFERENCE_HARD,
            "UserTenantPrefsController.deleteHardById",
            "Delete a preference of the caller for good",
            delete_hard_by_id,
        )
        .any_of(&[DELETE_HARD_USER_TENANT_PREFERENCE, number::DELETE_HARD_USER_TENANT_PREFERENCE])
        .without_power(),
    ]
}

async fn create(sessions: CallerSessions, body: Create<UserTenantPrefs>) -> Result<One<UserTenantPrefs>> {
    let session = sessions.write_tenant().await?;
    Ok(preferences::set(session, sessions.principal(), body.row()?).await?.into_inner().into())
}

async fn find(sessions: CallerSessions, filter: Filtered<UserTenantPrefs>) -> Result<Page<UserTenantPrefs>> {
    let session = sessions.read_tenant();
    let filter = preferences::of(&sessions.principal(), filter.0);
    Ok(session.repository::<UserTenantPrefs>().find_page(&filter).await?.into())
}

async fn count(sessions: CallerSessions, condition: Where<UserTenantPrefs>) -> Result<Count> {
    let session = sessions.read_tenant();
    let own = preferences::own(&sessions.principal()).and(condition.0.as_ref());
    Ok(Count(session.repository::<UserTenantPrefs>().count(Some(&own)).await?))
}

async fn delete_by_id(sessions: CallerSessions, id: RowId<UserTenantPrefs>) -> Result<Empty> {
    delete(sessions, id, false).await
}

async fn delete_hard_by_id(sessions: CallerSessions, id: RowId<UserTenantPrefs>) -> Result<Empty> {
    delete(sessions, id, true).await
}

async fn delete(sessions: CallerSessions, id: RowId<UserTenantPrefs>, for_good: bool) -> Result<Empty> {
    let session = sessions.write_tenant().await?;
    preferences::delete_by_id(session, sessions.principal(), id.0, for_good).await?.into_inner();
    Ok(Empty)
}
