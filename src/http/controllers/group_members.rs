//! `/groups/{id}/user`: the members of one group.

use axum::http::Method;
use serde_json::{Map, Value as Json};
use user_tenant_store::{Entity, schema};

use crate::access::sessions::CallerSessions;
use crate::domain::{giving, group_members};
use crate::error::Result;
use crate::http::locators::GROUP;
use crate::http::route::{
    Document, Empty, FilteredFreely, Form, IgnoredWhere, Many, Named, One, Page, Route, Sent, SentAll,
};
use crate::model::UserGroup;
use crate::model::permission::{
    CREATE_MULTIPLE_USER_GROUP, CREATE_USER_GROUP, REMOVE_MEMBER_FROM_USER_GROUP, VIEW_USER_GROUP_LIST, number,
};

const MEMBERS: &str = "/groups/{id}/user";
const MEMBERS_BULK: &str = "/groups/{id}/user/bulk";
const MEMBER: &str = "/groups/{id}/user/{userId}";

/// So many new members take no longer than other writes.
const FEW: usize = 100;

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, MEMBERS, "GroupUserController.find", "List the members of a group", find)
            .any_of(&[VIEW_USER_GROUP_LIST, number::VIEW_USER_GROUP_LIST])
            .on(&GROUP),
        Route::new(Method::POST, MEMBERS, "GroupUserController.create", "Add a member to a group", create)
            .any_of(&[CREATE_USER_GROUP, number::CREATE_USER_GROUP])
            .on(&GROUP),
        Route::new(
            Method::POST,
            MEMBERS_BULK,
            "GroupUserController.createBulkUserGroups",
            "Add several members to a group: all of them or none",
            create_all,
        )
        .any_of(&[CREATE_MULTIPLE_USER_GROUP, number::CREATE_MULTIPLE_USER_GROUP])
        .on(&GROUP),
        Route::new(Method::DELETE, MEMBER, "GroupUserController.delete", "Take a user out of a group", delete)
            .any_of(&[REMOVE_MEMBER_FROM_USER_GROUP, number::REMOVE_MEMBER_FROM_USER_GROUP])
            .on(&GROUP),
    ]
}

/// A new member. What is no id is refused like the id of nobody.
struct NewMember;

impl Document for NewMember {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        let mut schema = schema::create(UserGroup::meta(), &[UserGroup::ID.name(), UserGroup::GROUP_ID.name()]);
        if let Some(member) = schema["properties"][UserGroup::USER_TENANT_ID.name()].as_object_mut() {
            member.remove("format");
        }
        schema
    }
}

fn member(body: &Map<String, Json>) -> &str {
    body.get(UserGroup::USER_TENANT_ID.name()).and_then(Json::as_str).unwrap_or_default()
}

async fn find(sessions: CallerSessions, filter: FilteredFreely<UserGroup>) -> Result<Page<UserGroup>> {
    let session = sessions.read_tenant();
    let filter = filter.0.within(UserGroup::GROUP_ID.is(sessions.subject()));
    Ok(session.repository::<UserGroup>().find_page(&filter).await?.into())
}

async fn create(sessions: CallerSessions, body: Sent<NewMember>) -> Result<One<UserGroup>> {
    let session = sessions.write_tenant().await?;
    Ok(group_members::add(session, sessions.principal(), sessions.subject(), member(&body.0))
        .await?
        .into_inner()
        .into())
}

async fn create_all(sessions: CallerSessions, body: SentAll<NewMember>) -> Result<Many<UserGroup>> {
    let session =
        if body.0.len() > FEW { sessions.write_tenant_in_turn().await? } else { sessions.write_tenant().await? };
    let members: Vec<&str> = body.0.iter().map(member).collect();
    let added = group_members::add_all(session, sessions.principal(), sessions.subject(), &members).await?;
    Ok(added.into_inner().into())
}

async fn delete(sessions: CallerSessions, user: Named, _: IgnoredWhere<UserGroup>) -> Result<Empty> {
    let user = group_members::user(&user.0)?;
    let group = sessions.subject();
    // What a group gives is taken with the tenant locked; of other groups nobody waits.
    let gives = giving::gives(&sessions.read_tenant(), group).await?;
    let session = if gives { sessions.write_tenant_in_turn().await? } else { sessions.write_tenant().await? };
    group_members::remove(session, sessions.principal(), group, user, gives).await?.into_inner();
    Ok(Empty)
}
