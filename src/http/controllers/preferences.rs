//! `/user-tenant-prefs`: the caller's own preferences in its tenant.

use axum::http::Method;
use user_tenant_store::Entity;
use user_tenant_store::value::parse_uuid;

use crate::domain::preferences;
use crate::error::{Error, Result, Sought};
use crate::http::route::{Call, Form, Query, Reply, Route, Shape};
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
        .body(UserTenantPrefs::meta, Form::Create, &["id", "userTenantId"])
        .reply(Shape::One(UserTenantPrefs::meta)),
        Route::new(Method::GET, PREFERENCES, "UserTenantPrefsController.find", "List the caller's preferences", find)
            .any_of(VIEW)
            .query(Query::Filter(UserTenantPrefs::meta))
            .reply(Shape::Page(UserTenantPrefs::meta)),
        Route::new(
            Method::GET,
            PREFERENCES_COUNT,
            "UserTenantPrefsController.count",
            "Count the caller's preferences",
            count,
        )
        .any_of(VIEW)
        .query(Query::Where(UserTenantPrefs::meta))
        .reply(Shape::Count),
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

async fn create(call: Call) -> Result<Reply> {
    let session = call.doors.write_tenant().await?;
    Ok(Reply::One(preferences::set(session, call.doors.principal(), call.new_row()?).await?.into_inner()))
}

async fn find(call: Call) -> Result<Reply> {
    let session = call.doors.read_tenant();
    let filter = preferences::of(&call.doors.principal(), call.filter);
    Ok(Reply::Page(session.repository::<UserTenantPrefs>().find_page(&filter).await?))
}

async fn count(call: Call) -> Result<Reply> {
    let session = call.doors.read_tenant();
    let own = preferences::own(&call.doors.principal()).and(call.predicate.as_ref());
    Ok(Reply::Count(session.repository::<UserTenantPrefs>().count(Some(&own)).await?))
}

async fn delete_by_id(call: Call) -> Result<Reply> {
    delete(call, false).await
}

async fn delete_hard_by_id(call: Call) -> Result<Reply> {
    delete(call, true).await
}

async fn delete(call: Call, for_good: bool) -> Result<Reply> {
    let id = call.path.get("id");
    let id = parse_uuid(id).map_err(|_| Error::NotFound(Sought::of::<UserTenantPrefs>(id)))?;
    let session = call.doors.write_tenant().await?;
    preferences::delete_by_id(session, call.doors.principal(), id, for_good).await?.into_inner();
    Ok(Reply::Empty)
}
