//! `/tenants/{id}/users`: the users of one tenant.

use axum::http::Method;
use serde_json::{Map, Value as Json, json};
use user_tenant_store::record::{New, Patch};
use user_tenant_store::value::parse_uuid;
use user_tenant_store::{Entity, schema};
use uuid::Uuid;

use crate::access::sessions::CallerSessions;
use crate::domain::users::{self, Addition, Change, Wanted};
use crate::error::{Error, Result, Sought};
use crate::http::locators::ACTIVE_TENANT;
use crate::http::route::{Document, Empty, FilteredFreely, Form, IgnoredWhere, One, Page, Route, RowId, Sent};
use crate::model::permission::{CREATE_TENANT_USER, DELETE_TENANT_USER, UPDATE_TENANT_USER, VIEW_TENANT_USER, number};
use crate::model::{Role, User, UserView};

const USERS: &str = "/tenants/{id}/users";
const USER: &str = "/tenants/{id}/users/{userId}";

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, USERS, "TenantUserController.find", "List the users of a tenant", find)
            .any_of(&[VIEW_TENANT_USER, number::VIEW_TENANT_USER])
            .on(&ACTIVE_TENANT),
        Route::new(Method::POST, USERS, "TenantUserController.create", "Add a user to a tenant", create)
            .any_of(&[CREATE_TENANT_USER, number::CREATE_TENANT_USER])
            .on(&ACTIVE_TENANT),
        Route::new(Method::PATCH, USER, "TenantUserController.patch", "Change a user of a tenant", patch)
            .any_of(&[UPDATE_TENANT_USER, number::UPDATE_TENANT_USER])
            .on(&ACTIVE_TENANT),
        Route::new(Method::DELETE, USER, "TenantUserController.delete", "Remove a user from a tenant", delete)
            .any_of(&[DELETE_TENANT_USER, number::DELETE_TENANT_USER])
            .on(&ACTIVE_TENANT),
    ]
}

/// A new user: the person, the role it gets and the language it prefers.
struct NewUser;

impl Document for NewUser {
    const FORM: Form = Form::Create;

    fn schema() -> Json {
        let mut schema = schema::create(User::meta(), &[User::ID.name(), User::DEFAULT_TENANT_ID.name()]);
        let text = |description: &str| json!({"type": "string", "description": description});
        // The original declares text, and ignores it: the new user gets the client applications of its creator.
        schema["properties"][User::AUTH_CLIENT_IDS.name()] = json!({
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
}

/// Changes of a user: of the person and of the membership.
struct ChangedUser;

impl Document for ChangedUser {
    const FORM: Form = Form::Partial;

    fn schema() -> Json {
        // In the order of the original's name for the schema.
        let not_changed = [
            UserView::ID.name(),
            UserView::AUTH_CLIENT_IDS.name(),
            UserView::LAST_LOGIN.name(),
            UserView::TENANT_ID.name(),
            UserView::TENANT_NAME.name(),
            UserView::TENANT_KEY.name(),
            UserView::ROLE_NAME.name(),
            UserView::USER_TENANT_ID.name(),
        ];
        let mut schema = schema::partial(UserView::meta(), &not_changed);
        schema["properties"][UserView::DOB.name()]["type"] = json!(["string", "null"]);
        // What a new user's number must look like, a changed one must too.
        let mut phone = schema::create(User::meta(), &[])["properties"][User::PHONE.name()].take();
        // An empty field of a form takes the number away.
        if let Some(pattern) = phone["pattern"].as_str() {
            phone["pattern"] = format!("^$|{pattern}").into();
        }
        schema["properties"][UserView::PHONE.name()] = phone;
        schema
    }
}

async fn find(sessions: CallerSessions, filter: FilteredFreely<UserView>) -> Result<Page<UserView>> {
    let session = sessions.read_tenant();
    Ok(session.repository::<UserView>().find_page(&filter.0).await?.into())
}

async fn create(sessions: CallerSessions, body: Sent<NewUser>) -> Result<One<User>> {
    let locale = body.0.get("locale").and_then(Json::as_str).map(ToOwned::to_owned);
    let person = New::from_json(&person(&body.0))?;
    let wanted =
        Addition { person, role: role(&body.0)?.ok_or_else(|| Error::NotFound(Sought::of::<Role>("")))?, locale };
    let session = sessions.add_member().await?;
    // Boxed: all that is asked at once makes it large.
    let adding = Box::pin(users::add(session, sessions.principal(), sessions.tenant(), wanted));
    Ok(adding.await?.into_inner().into())
}

async fn patch(
    sessions: CallerSessions,
    user: RowId<User>,
    _: IgnoredWhere<UserView>,
    body: Sent<ChangedUser>,
) -> Result<Empty> {
    let change = Change {
        person: Some(Patch::from_json(&person(&body.0))?),
        role: role(&body.0)?,
        status: Patch::<UserView>::from_json(&body.0)?.get(UserView::STATUS).cloned().map(Wanted::Status),
    };
    let session = sessions.change_member(&change).await?;
    users::update(session, sessions.principal(), sessions.tenant(), user.0, change).await?.into_inner();
    Ok(Empty)
}

async fn delete(sessions: CallerSessions, user: RowId<User>, _: IgnoredWhere<UserView>) -> Result<Empty> {
    let session = sessions.remove_member().await?;
    users::remove(session, sessions.principal(), sessions.tenant(), user.0).await?.into_inner();
    Ok(Empty)
}

/// What of a body a client may say of the person.
fn person(body: &Map<String, Json>) -> Map<String, Json> {
    let ignored = [User::AUTH_CLIENT_IDS.name(), User::LAST_LOGIN.name(), User::ID.name()];
    body.iter()
        .filter(|(name, _)| User::meta().property(name).is_some() && !ignored.contains(&name.as_str()))
        .map(|(name, value)| {
            let cleared = name == User::PHONE.name() && value.as_str() == Some("");
            (name.clone(), if cleared { Json::Null } else { value.clone() })
        })
        .collect()
}

/// The role that a body names. What is no id is no role.
fn role(body: &Map<String, Json>) -> Result<Option<Uuid>> {
    let role = body.get("roleId").and_then(Json::as_str);
    role.map(|role| parse_uuid(role).map_err(|_| Error::NotFound(Sought::of::<Role>(role)))).transpose()
}
