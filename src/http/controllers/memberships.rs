//! `/user-tenants/{id}`: what belongs to one membership, its groups and its own permissions.

use axum::http::Method;
use serde_json::{Value as Json, json};
use user_tenant_store::record::New;
use user_tenant_store::{Entity, schema};

use crate::access::sessions::CallerSessions;
use crate::domain::member_permissions;
use crate::error::Result;
use crate::http::locators::MEMBERSHIP;
use crate::http::route::{Change, Count, Document, FilteredFreely, Form, One, Page, Route, Sent, Where};
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
            .on(&MEMBERSHIP),
        Route::new(
            Method::GET,
            PERMISSIONS,
            "UserTenantUserLevelPermissionController.find",
            "List what a member is granted or denied beside its role",
            find,
        )
        .any_of(&[VIEW_USER_TENANT])
        .on(&MEMBERSHIP),
        Route::new(
            Method::POST,
            PERMISSIONS,
            "UserTenantUserLevelPermissionController.create",
            "Grant or deny a member a permission",
            create,
        )
        .any_of(&[CREATE_USER_TENANT, CREATE_USER_PERMISSIONS])
        .on(&MEMBERSHIP),
        Route::new(
            Method::PATCH,
            PERMISSIONS,
            "UserTenantUserLevelPermissionController.patch",
            "Change every own permission of a member that matches",
            patch,
        )
        .any_of(&[UPDATE_USER_TENANT, UPDATE_USER_PERMISSIONS])
        .on(&MEMBERSHIP),
        Route::new(
            Method::DELETE,
            PERMISSIONS,
            "UserTenantUserLevelPermissionController.delete",
            "Delete every own permission of a member that matches",
            delete,
        )
        .any_of(&[DELETE_USER_TENANT])
        .on(&MEMBERSHIP),
    ]
}

/// A new permission. The path names the membership; a body may repeat it.
struct NewPermission;

impl Document for NewPermission {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        let permission = UserLevelPermission::PERMISSION.name();
        let mut schema = schema::create(UserLevelPermission::meta(), &[UserLevelPermission::ID.name()]);
        schema["required"] = json!([permission, UserLevelPermission::ALLOWED.name()]);
        schema["properties"][permission]["minLength"] = json!(1);
        schema
    }
}

async fn groups(sessions: CallerSessions, filter: FilteredFreely<UserGroup>) -> Result<Page<UserGroup>> {
    let session = sessions.read_tenant();
    let filter = filter.0.within(UserGroup::USER_TENANT_ID.is(sessions.subject()));
    Ok(session.repository::<UserGroup>().find_page(&filter).await?.into())
}

async fn find(
    sessions: CallerSessions,
    filter: FilteredFreely<UserLevelPermission>,
) -> Result<Page<UserLevelPermission>> {
    let session = sessions.read_tenant();
    let filter = member_permissions::of_member(sessions.subject(), filter.0);
    Ok(session.repository::<UserLevelPermission>().find_page(&filter).await?.into())
}

async fn create(sessions: CallerSessions, body: Sent<NewPermission>) -> Result<One<UserLevelPermission>> {
    let (principal, member) = (sessions.principal(), sessions.subject());
    member_permissions::same_member(member, body.0.get(UserLevelPermission::USER_TENANT_ID.name()))?;
    let session = sessions.write_tenant_in_turn().await?;
    let created = member_permissions::create(session, principal, member, New::from_json(&body.0)?).await?;
    Ok(created.into_inner().into())
}

async fn patch(
    sessions: CallerSessions,
    condition: Where<UserLevelPermission>,
    body: Change<UserLevelPermission>,
) -> Result<Count> {
    let (principal, member) = (sessions.principal(), sessions.subject());
    member_permissions::same_member(member, body.sent.get(UserLevelPermission::USER_TENANT_ID.name()))?;
    let (session, affected) = sessions
        .write_tenant_where::<UserLevelPermission>(Some(member_permissions::of(member, condition.0.as_ref())))
        .await?;
    let changed = member_permissions::update_all(session, principal, member, affected.as_ref(), body.patch()?).await?;
    Ok(Count(changed.into_inner()))
}

async fn delete(sessions: CallerSessions, condition: Where<UserLevelPermission>) -> Result<Count> {
    let (principal, member) = (sessions.principal(), sessions.subject());
    let (session, affected) = sessions
        .write_tenant_where::<UserLevelPermission>(Some(member_permissions::of(member, condition.0.as_ref())))
        .await?;
    let deleted = member_permissions::delete_all(session, principal, member, affected.as_ref()).await?;
    Ok(Count(deleted.into_inner()))
}
