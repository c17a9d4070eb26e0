//! The claims of a membership, for tokens that the operator mints.

use serde_json::{Map, Value as Json, json};
use user_tenant_store::TypedProperty;
use user_tenant_store::filter::{Comparison, Filter, Predicate};
use user_tenant_store::scope::System;
use user_tenant_store::session::{Read, Session};
use uuid::Uuid;

use super::holdings;
use crate::error::{Error, Result, Sought};
use crate::model::{Role, Tenant, TenantState, User, UserStatus, UserTenant, UserView};

/// What a token for this membership says: the user's names, the tenant, the role, and the permissions that it grants beside
/// those of the member alone, without those that are withheld.
pub(crate) async fn claims(session: &Session<System, Read>, user_tenant: Uuid) -> Result<Map<String, Json>> {
    let unknown = || Error::NotFound(Sought::of::<UserTenant>(&user_tenant));
    let membership = session.repository::<UserTenant>().get(user_tenant).await?.ok_or_else(unknown)?;
    let user = session.repository::<User>().get(membership.user_id).await?.ok_or_else(unknown)?;
    let role = session.repository::<Role>().get(membership.role_id).await?.ok_or_else(unknown)?;
    let held = holdings::of(session, user_tenant).await?;
    // As the role spells them and in its order, those of the member alone behind them.
    let of_role = role.permissions.unwrap_or_default();
    let alone = held.permissions.each().filter(|(_, sources)| !sources.role).map(|(name, _)| name.to_owned());
    let permissions: Vec<String> =
        of_role.iter().cloned().chain(alone).filter(|permission| held.permissions.has(permission)).collect();
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
        "permissions": permissions,
    });
    match claims {
        Json::Object(claims) => Ok(claims),
        _ => Err(Error::Internal("claims are an object".into())),
    }
}

/// The tenant of the oldest membership that there is, may its member call or not.
pub(crate) async fn oldest_members_tenant(session: &Session<System, Read>) -> Result<Option<Uuid>> {
    let first = session.repository::<UserView>().first(in_order(None)).await?;
    Ok(first.and_then(|member| member.uuid(UserView::TENANT_ID)))
}

/// Memberships by age: their ids are in the order in which they were made.
fn in_order(predicate: Option<Predicate>) -> Filter {
    let fields = [UserView::ID, UserView::TENANT_ID, UserView::USER_TENANT_ID].map(TypedProperty::position);
    let order = vec![UserView::USER_TENANT_ID.ascending()];
    Filter { predicate, fields: Some(fields.to_vec()), order, ..Filter::default() }
}

/// The oldest membership that may call, which on an embedded database is the first administrator's.
pub(crate) async fn oldest_membership(session: &Session<System, Read>) -> Result<Option<Uuid>> {
    let person = UserView::DEACTIVATED_ON.compare(Comparison::Null);
    let active = UserView::STATUS.is_one_of(UserStatus::MAY_ACT.map(i32::from)).and(Some(&person));
    let members = session.repository::<UserView>();
    let mut pages = members.pages(in_order(Some(active)));
    while let Some(members) = pages.next().await? {
        for member in &members {
            let (Some(tenant), membership) = (member.uuid(UserView::TENANT_ID), member.uuid(UserView::USER_TENANT_ID))
            else {
                continue;
            };
            let tenant = session.repository::<Tenant>().get(tenant).await?;
            if tenant.is_some_and(|tenant| tenant.state() == TenantState::Active) {
                return Ok(membership);
            }
        }
    }
    Ok(None)
}
