//! `/groups/{id}/user`: the members of one group.

use axum::http::Method;
use serde_json::{Map, Value as Json};
use user_tenant_store::{Entity, schema};

use crate::access::guard::Reach;
use crate::domain::group_members;
use crate::error::Result;
use crate::http::route::{Call, Form, Query, Reply, Route, Shape};
use crate::model::UserGroup;
use crate::model::permission::{
    CREATE_MULTIPLE_USER_GROUP, CREATE_USER_GROUP, REMOVE_MEMBER_FROM_USER_GROUP, VIEW_USER_GROUP_LIST, number,
};

const MEMBERS: &str = "/groups/{id}/user";
const MEMBERS_BULK: &str = "/groups/{id}/user/bulk";
const MEMBER: &str = "/groups/{id}/user/{userId}";

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, MEMBERS, "GroupUserController.find", "List the members of a group", find)
            .any_of(&[VIEW_USER_GROUP_LIST, number::VIEW_USER_GROUP_LIST])
            .reach(Reach::PathGroup)
            .query(Query::FreeFilter(UserGroup::meta))
            .reply(Shape::Page(UserGroup::meta)),
        Route::new(Method::POST, MEMBERS, "GroupUserController.create", "Add a member to a group", create)
            .any_of(&[CREATE_USER_GROUP, number::CREATE_USER_GROUP])
            .reach(Reach::PathGroup)
            .body_schema(Form::Create, new_member)
            .reply(Shape::One(UserGroup::meta)),
        Route::new(
            Method::POST,
            MEMBERS_BULK,
            "GroupUserController.createBulkUserGroups",
            "Add several members to a group: all of them or none",
            create_all,
        )
        .any_of(&[CREATE_MULTIPLE_USER_GROUP, number::CREATE_MULTIPLE_USER_GROUP])
        .reach(Reach::PathGroup)
        .body_schema(Form::CreateMany, new_member)
        .reply(Shape::Many(UserGroup::meta)),
        Route::new(Method::DELETE, MEMBER, "GroupUserController.delete", "Take a user out of a group", delete)
            .any_of(&[REMOVE_MEMBER_FROM_USER_GROUP, number::REMOVE_MEMBER_FROM_USER_GROUP])
            .reach(Reach::PathGroup)
            .query(Query::Where(UserGroup::meta)),
    ]
}

/// A new member. What is no id is refused like the id of nobody.
fn new_member() -> Json {
    let mut schema = schema::create(UserGroup::meta(), &["id", "groupId"]);
    if let Some(member) = schema["properties"]["userTenantId"].as_object_mut() {
        member.remove("format");
    }
    schema
}

fn member(body: &Map<String, Json>) -> &str {
    body.get("userTenantId").and_then(Json::as_str).unwrap_or_default()
}

async fn find(call: Call) -> Result<Reply> {
    let session = call.doors.read_tenant();
    let filter = call.filter.within(UserGroup::GROUP_ID.is(call.doors.subject()));
    Ok(Reply::Page(session.repository::<UserGroup>().find_page(&filter).await?))
}

async fn create(call: Call) -> Result<Reply> {
    let session = call.doors.write_tenant().await?;
    Ok(Reply::One(group_members::add(session, call.doors.subject(), member(&call.body)).await?.into_inner()))
}

async fn create_all(call: Call) -> Result<Reply> {
    let session = call.doors.write_tenant().await?;
    let members: Vec<&str> = call.items.iter().map(member).collect();
    Ok(Reply::Many(group_members::add_all(session, call.doors.subject(), &members).await?.into_inner()))
}

async fn delete(call: Call) -> Result<Reply> {
    let user = group_members::user(call.path.get("userId"))?;
    let session = call.doors.write_tenant().await?;
    group_members::remove(session, call.doors.principal(), call.doors.subject(), user).await?.into_inner();
    Ok(Reply::Empty)
}
