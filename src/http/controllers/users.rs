//! `/tenants/{id}/users`: the users of one tenant.

use axum::http::Method;
use serde_json::{Map, Value as Json, json};
use user_tenant_store::record::{New, Patch};
use user_tenant_store::value::parse_uuid;
use user_tenant_store::{Entity, schema};
use uuid::Uuid;

use crate::access::guard::Reach;
use crate::domain::users::{self, Addition, Change};
use crate::error::{Error, Result, Sought};
use crate::http::route::{Call, Form, Query, Reply, Route, Shape};
use crate::model::permission::{CREATE_TENANT_USER, DELETE_TENANT_USER, UPDATE_TENANT_USER, VIEW_TENANT_USER, number};
use crate::model::{Role, User, UserView};

const USERS: &str = "/tenants/{id}/users";
const USER: &str = "/tenants/{id}/users/{userId}";

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, USERS, "TenantUserController.find", "List the users of a tenant", find)
            .any_of(&[VIEW_TENANT_USER, number::VIEW_TENANT_USER])
            .reach(Reach::PathTenantUsers)
            .query(Query::FreeFilter(UserView::meta))
            .reply(Shape::Page(UserView::meta)),
        Route::new(Method::POST, USERS, "TenantUserController.create", "Add a user to a tenant", create)
            .any_of(&[CREATE_TENANT_USER, number::CREATE_TENANT_USER])
            .reach(Reach::PathTenantUsers)
            .body_schema(Form::Create, new_user)
            .reply(Shape::One(User::meta)),
        Route::new(Method::PATCH, USER, "TenantUserController.patch", "Change a user of a tenant", patch)
            .any_of(&[UPDATE_TENANT_USER, number::UPDATE_TENANT_USER])
            .reach(Reach::PathTenantUsers)
            .query(Query::Where(UserView::meta))
            .body_schema(Form::Partial, changed_user),
        Route::new(Method::DELETE, USER, "TenantUserController.delete", "Remove a user from a tenant", delete)
            .any_of(&[DELETE_TENANT_USER, number::DELETE_TENANT_USER])
            .reach(Reach::PathTenantUsers)
            .query(Query::Where(UserView::meta)),
    ]
}

/// What no change may name, in the order of the original's name for the schema.
const NOT_CHANGED: [&str; 8] =
    ["id", "authClientIds", "lastLogin", "tenantId", "tenantName", "tenantKey", "roleName", "userTenantId"];

/// A new user: the person, the role it gets and the language it prefers.
fn new_user() -> Json {
    let mut schema = schema::create(User::meta(), &["id", "defaultTenantId"]);
    let text = |description: &str| json!({"type": "string", "description": description});
    // The original declares text, and ignores it: the new user gets the client applications of its creator.
    schema["properties"]["authClientIds"] = json!({
        "type": ["string", "array"],
        "description": schema::IGNORED,
    });
    schema["properties"]["roleId"] = text("Id of the role that the user gets, one of the tenant.");
    schema["properties"]["locale"] = text("Language and region that the user prefers: `en`, `pt-br`.");
    schema["properties"]["locale"]["maxLength"] = json!(5);
    if let Some(required) = schema["required"].as_array_mut() {
        required.push(json!("roleId"));
    }
    schema
}

/// Changes of a user: of the person and of the membership.
fn changed_user() -> Json {
    let mut schema = schema::partial(UserView::meta(), &NOT_CHANGED);
    schema["properties"]["dob"]["type"] = json!(["string", "null"]);
    // What a new user's number must look like, a changed one must too.
    let mut phone = schema::create(User::meta(), &[])["properties"]["phone"].take();
    // An empty field of a form takes the number away.
    if let Some(pattern) = phone["pattern"].as_str() {
        phone["pattern"] = format!("^$|{pattern}").into();
    }
    schema["properties"]["phone"] = phone;
    schema
}

async fn find(call: Call) -> Result<Reply> {
    let session = call.doors.read_tenant();
    Ok(Reply::Page(session.repository::<UserView>().find_page(&call.filter).await?))
}

async fn create(call: Call) -> Result<Reply> {
    let locale = call.body.get("locale").and_then(Json::as_str).map(ToOwned::to_owned);
    let person = New::from_json(&person(&call.body))?;
    let wanted =
        Addition { person, role: role(&call.body)?.ok_or_else(|| Error::NotFound(Sought::of::<Role>("")))?, locale };
    let session = call.doors.add_member().await?;
    // Boxed: all that is asked at once makes it large.
    let adding = Box::pin(users::add(session, call.doors.principal(), call.doors.tenant(), wanted));
    Ok(Reply::One(adding.await?.into_inner()))
}

async fn patch(call: Call) -> Result<Reply> {
    let user = user(&call)?;
    let change = Change {
        person: Some(Patch::from_json(&person(&call.body))?),
        role: role(&call.body)?,
        status: Patch::<UserView>::from_json(&call.body)?.get(UserView::STATUS).cloned(),
    };
    let session = call.doors.change_member().await?;
    users::update(session, call.doors.principal(), call.doors.tenant(), user, change).await?.into_inner();
    Ok(Reply::Empty)
}

async fn delete(call: Call) -> Result<Reply> {
    let user = user(&call)?;
    let session = call.doors.remove_member().await?;
    users::remove(session, call.doors.principal(), call.doors.tenant(), user).await?.into_inner();
    Ok(Reply::Empty)
}

/// The user that the path names.
pub(super) fn user(call: &Call) -> Result<Uuid> {
    let id = call.path.get("userId");
    parse_uuid(id).map_err(|_| users::unknown(&id))
}

/// What of a body a client may say of the person.
fn person(body: &Map<String, Json>) -> Map<String, Json> {
    let ignored = ["authClientIds", "lastLogin", "id"];
    body.iter()
        .filter(|(name, _)| User::meta().property(name).is_some() && !ignored.contains(&name.as_str()))
        .map(|(name, value)| {
            let cleared = name == "phone" && value.as_str() == Some("");
            (name.clone(), if cleared { Json::Null } else { value.clone() })
        })
        .collect()
}

/// The role that a body names. What is no id is no role.
pub(super) fn role(body: &Map<String, Json>) -> Result<Option<Uuid>> {
    let role = body.get("roleId").and_then(Json::as_str);
    role.map(|role| parse_uuid(role).map_err(|_| Error::NotFound(Sought::of::<Role>(role)))).transpose()
}
