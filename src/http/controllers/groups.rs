//! `/tenants/{id}/groups`: the groups of one tenant.

use axum::http::Method;
use user_tenant_store::Entity;

use crate::access::guard::Reach;
use crate::domain::{groups, tenants};
use crate::error::Result;
use crate::http::route::{Call, Form, Query, Reply, Route, Shape};
use crate::model::Group;
use crate::model::permission::{CREATE_GROUP, DELETE_GROUP, UPDATE_GROUP, VIEW_GROUP_LIST, number};

const GROUPS: &str = "/tenants/{id}/groups";
const GROUP: &str = "/tenants/{id}/groups/{groupId}";

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, GROUPS, "TenantGroupController.find", "List the groups of a tenant", find)
            .any_of(&[VIEW_GROUP_LIST])
            .reach(Reach::PathTenant)
            .query(Query::FreeFilter(Group::meta))
            .reply(Shape::Page(Group::meta)),
        Route::new(Method::POST, GROUPS, "TenantGroupController.create", "Create a group and join it", create)
            .any_of(&[CREATE_GROUP, number::CREATE_GROUP])
            .reach(Reach::PathTenant)
            .body(Group::meta, Form::Create, &["id", "tenantId"])
            .reply(Shape::One(Group::meta)),
        Route::new(Method::PATCH, GROUPS, "TenantGroupController.patch", "Change every group that matches", patch)
            .any_of(&[UPDATE_GROUP, number::UPDATE_GROUP])
            .reach(Reach::PathTenant)
            .query(Query::Where(Group::meta))
            .body(Group::meta, Form::Partial, &[])
            .reply(Shape::Count),
        Route::new(Method::DELETE, GROUP, "TenantGroupController.delete", "Delete a group", delete)
            .any_of(&[DELETE_GROUP, number::DELETE_GROUP])
            .reach(Reach::PathTenant)
            .query(Query::Where(Group::meta)),
    ]
}

async fn find(call: Call) -> Result<Reply> {
    let session = call.doors.read_tenant();
    Ok(Reply::Page(session.repository::<Group>().find_page(&call.filter).await?))
}

async fn create(call: Call) -> Result<Reply> {
    let session = call.doors.write_tenant().await?;
    Ok(Reply::One(groups::create(session, call.doors.principal(), call.new_row()?).await?.into_inner()))
}

async fn patch(call: Call) -> Result<Reply> {
    tenants::same_tenant(call.doors.tenant(), call.body.get("tenantId"))?;
    let session = call.doors.write_tenant().await?;
    Ok(Reply::Count(groups::update_all(session, call.predicate.as_ref(), call.patch()?).await?.into_inner()))
}

async fn delete(call: Call) -> Result<Reply> {
    let session = call.doors.write_tenant().await?;
    groups::delete_by_id(session, call.row::<Group>("groupId")?).await?.into_inner();
    Ok(Reply::Empty)
}
