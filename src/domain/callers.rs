//! The claims of a membership, for tokens that the operator mints.

use serde_json::{Map, Value as Json, json};
use user_tenant_store::filter::Filter;
use user_tenant_store::scope::System;
use user_tenant_store::session::{Read, Session};
use user_tenant_store::value::{Value, parse_uuid};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::model::{Role, User, UserTenant};

/// What a token for this membership says: the user's names, the tenant, the role and its permissions.
pub(crate) async fn claims(session: &Session<System, Read>, user_tenant: Uuid) -> Result<Map<String, Json>> {
    let membership = session.repository::<UserTenant>().get(user_tenant).await?.ok_or(Error::NotFound)?;
    let user = session.repository::<User>().get(membership.user_id).await?.ok_or(Error::NotFound)?;
    let role = session.repository::<Role>().get(membership.role_id).await?.ok_or(Error::NotFound)?;
    let claims = json!({
        "id": user.id,
        "userTenantId": membership.id,
        "tenantId": membership.tenant_id,
        "username": user.username,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "email": user.email,
        "role": role.name,
        "roleId": role.id,
        "permissions": role.permissions.unwrap_or_default(),
    });
    match claims {
        Json::Object(claims) => Ok(claims),
        _ => Err(Error::Internal("claims are an object".into())),
    }
}

/// The oldest live membership, which on an embedded database is the first administrator's.
pub(crate) async fn oldest_membership(session: &Session<System, Read>) -> Result<Option<Uuid>> {
    let filter = Filter { limit: Some(1), ..Filter::default() };
    let found = session.repository::<UserTenant>().find(&filter).await?.pop();
    Ok(found.and_then(|record| record.get("id").and_then(Value::to_key)).and_then(|id| parse_uuid(&id).ok()))
}
