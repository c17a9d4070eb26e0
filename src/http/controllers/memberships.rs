//! `/user-tenants/{id}`: what belongs to one membership, its groups and its own permissions.

use axum::http::Method;
use serde_json::{Value as Json, json};
use user_tenant_store::{Entity, schema};

use crate::access::guard::Reach;
use crate::domain::member_permissions;
use crate::error::Result;
use crate::http::route::{Call, Form, Query, Reply, Route, Shape};
use crate::model::permission::{
    CREATE_USER_PERMISSIONS, CREATE_USER_TENANT, DELETE_USER_TENANT, UPDATE_USER_PERMISSIONS, UPDATE_USER_TENANT,
    VIEW_USER_TENANT,
};
use crate::model::{UserGroup, UserLevelPermission};

const GROUPS: &str = "/user-tenants/{id}/user-groups";
const PERMISSIONS: &str = "/user-tenants/{id}/user-level-permissions";

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, GROUPS, "UserTenantUserGroupController.find", "List a member's groups", groups)
            .any_of(&[VIEW_USER_TENANT])
            .reach(Reach::PathMembership)
            .query(Query::FreeFilter(UserGroup::meta))
            .reply(Shape::Page(UserGroup::meta)),
        Route::new(
            Method::GET,
            PERMISSIONS,
            "UserTenantUserLevelPermissionController.find",
            "List what a member is granted or denied beside its role",
            find,
        )
        .any_of(&[VIEW_USER_TENANT])
        .reach(Reach::PathMembership)
        .query(Query::FreeFilter(UserLevelPermission::meta))
        .reply(Shape::Page(UserLevelPermission::meta)),
        Route::new(
            Method::POST,
            PERMISSIONS,
            "UserTenantUserLevelPermissionController.create",
            "Grant or deny a member a permission",
            create,
        )
        .any_of(&[CREATE_USER_TENANT, CREATE_USER_PERMISSIONS])
        .reach(Reach::PathMembership)
        .body_schema(Form::Create, new_permission)
        .reply(Shape::One(UserLevelPermission::meta)),
        Route::new(
            Method::PATCH,
            PERMISSIONS,
            "UserTenantUserLevelPermissionController.patch",
            "Change every own permission of a member that matches",
            patch,
        )
        .any_of(&[UPDATE_USER_TENANT, UPDATE_USER_PERMISSIONS])
        .reach(Reach::PathMembership)
        .query(Query::Where(UserLevelPermission::meta))
        .body(UserLevelPermission::meta, Form::Partial, &[])
        .reply(Shape::Count),
        Route::new(
            Method::DELETE,
            PERMISSIONS,
            "UserTenantUserLevelPermissionController.delete",
            "Delete every own permission of a member that matches",
            delete,
        )
        .any_of(&[DELETE_USER_TENANT])
        .reach(Reach::PathMembership)
        .query(Query::Where(UserLevelPermission::meta))
        .reply(Shape::Count),
    ]
}

/// A new permission. The path names the membership; a body may repeat it.
fn new_permission() -> Json {
    let mut schema = schema::create(UserLevelPermission::meta(), &["id"]);
    schema["required"] = json!(["permission", "allowed"]);
    schema["properties"]["permission"]["minLength"] = json!(1);
    schema
}

async fn groups(call: Call) -> Result<Reply> {
    let session = call.doors.read_tenant();
    let filter = call.filter.within(UserGroup::USER_TENANT_ID.is(call.doors.subject()));
    Ok(Reply::Page(session.repository::<UserGroup>().find_page(&filter).await?))
}

async fn find(call: Call) -> Result<Reply> {
    let session = call.doors.read_tenant();
    let filter = member_permissions::of_member(call.doors.subject(), call.filter);
    Ok(Reply::Page(session.repository::<UserLevelPermission>().find_page(&filter).await?))
}

async fn create(call: Call) -> Result<Reply> {
    let (principal, member) = (call.doors.principal(), call.doors.subject());
    member_permissions::same_member(member, call.body.get("userTenantId"))?;
    let session = call.doors.write_tenant().await?;
    let created = member_permissions::create(session, principal, member, call.new_row()?).await?;
    Ok(Reply::One(created.into_inner()))
}

async fn patch(call: Call) -> Result<Reply> {
    let (principal, member) = (call.doors.principal(), call.doors.subject());
    member_permissions::same_member(member, call.body.get("userTenantId"))?;
    let session = call.doors.write_tenant().await?;
    let changed =
        member_permissions::update_all(session, principal, member, call.predicate.as_ref(), call.patch()?).await?;
    Ok(Reply::Count(changed.into_inner()))
}

async fn delete(call: Call) -> Result<Reply> {
    let (principal, member) = (call.doors.principal(), call.doors.subject());
    let session = call.doors.write_tenant().await?;
    let deleted = member_permissions::delete_all(session, principal, member, call.predicate.as_ref()).await?;
    Ok(Reply::Count(deleted.into_inner()))
}
