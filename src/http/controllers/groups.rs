//! `/tenants/{id}/groups`: the groups of one tenant.

use axum::http::Method;

use crate::access::sessions::CallerSessions;
use crate::domain::{groups, tenants};
use crate::error::Result;
use crate::http::locators::TENANT;
use crate::http::route::{Change, Count, Create, Empty, FilteredFreely, IgnoredWhere, One, Page, Route, RowId, Where};
use crate::model::Group;
use crate::model::permission::{CREATE_GROUP, DELETE_GROUP, UPDATE_GROUP, VIEW_GROUP_LIST, number};

const GROUPS: &str = "/tenants/{id}/groups";
const GROUP: &str = "/tenants/{id}/groups/{groupId}";

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, GROUPS, "TenantGroupController.find", "List the groups of a tenant", find)
            .any_of(&[VIEW_GROUP_LIST])
            .on(&TENANT),
        Route::new(Method::POST, GROUPS, "TenantGroupController.create", "Create a group and join it", create)
            .any_of(&[CREATE_GROUP, number::CREATE_GROUP])
            .on(&TENANT)
            .excluding(const { &[Group::ID.position(), Group::TENANT_ID.position()] }),
        Route::new(Method::PATCH, GROUPS, "TenantGroupController.patch", "Change every group that matches", patch)
            .any_of(&[UPDATE_GROUP, number::UPDATE_GROUP])
            .on(&TENANT),
        Route::new(Method::DELETE, GROUP, "TenantGroupController.delete", "Delete a group", delete)
            .any_of(&[DELETE_GROUP, number::DELETE_GROUP])
            .on(&TENANT),
    ]
}

async fn find(sessions: CallerSessions, filter: FilteredFreely<Group>) -> Result<Page<Group>> {
    let session = sessions.read_tenant();
    Ok(session.repository::<Group>().find_page(&filter.0).await?.into())
}

async fn create(sessions: CallerSessions, body: Create<Group>) -> Result<One<Group>> {
    let new = body.row()?;
    let session = sessions.write_name(new.get(Group::NAME)).await?;
    Ok(groups::create(session, sessions.principal(), new).await?.into_inner().into())
}

async fn patch(sessions: CallerSessions, condition: Where<Group>, body: Change<Group>) -> Result<Count> {
    tenants::same_tenant(sessions.tenant(), body.sent.get(Group::TENANT_ID.name()))?;
    let (session, affected) = sessions.write_tenant_where::<Group>(condition.0).await?;
    Ok(Count(groups::update_all(session, affected.as_ref(), body.patch()?).await?.into_inner()))
}

async fn delete(sessions: CallerSessions, group: RowId<Group>, _: IgnoredWhere<Group>) -> Result<Empty> {
    let session = sessions.write_tenant_in_turn().await?;
    groups::delete_by_id(session, sessions.principal(), group.0).await?.into_inner();
    Ok(Empty)
}
