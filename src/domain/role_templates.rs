//! Templates of roles: which there are, and how a tenant gets a role of one.

use user_tenant_store::filter::{Filter, Order};
use user_tenant_store::record::{New, Record};
use user_tenant_store::scope::{Scope, Sees, System};
use user_tenant_store::session::{Mode, Session, Write};
use uuid::Uuid;

use super::provisioning;
use crate::error::{Error, Result};
use crate::model::{Role, RoleTemplate};

/// The newest version of a template, retired or not.
pub(crate) async fn last<M: Mode>(session: &Session<System, M>, name: &str) -> Result<Option<RoleTemplate>> {
    let order = vec![Order { descending: true, ..RoleTemplate::VERSION.ascending() }];
    let filter = Filter { order, ..Filter::matching(RoleTemplate::NAME.is_in_any_case(name)) };
    Ok(session.repository::<RoleTemplate>().first(filter).await?.map(Record::into_entity).transpose()?)
}

/// The newest version of each of these templates, in their order.
///
/// # Errors
/// [`Error::UnknownTemplate`] of the first that is not there, or is retired.
pub(crate) async fn newest<M: Mode>(session: &Session<System, M>, names: &[String]) -> Result<Vec<RoleTemplate>> {
    let mut all = Vec::with_capacity(names.len());
    for name in names {
        let template = last(session, name).await?.filter(|template| template.retired_on.is_none());
        all.push(template.ok_or_else(|| Error::UnknownTemplate(name.clone()))?);
    }
    Ok(all)
}

/// Makes a role of a template in a tenant, with the template's name.
///
/// # Errors
/// [`Error::Taken`] where the tenant has a role of this name.
pub(crate) async fn instantiate<S>(session: &Session<S, Write>, tenant: Uuid, template: &RoleTemplate) -> Result<Uuid>
where
    S: Scope + Sees<Role>,
{
    let role = role(template)?.with(Role::TENANT_ID, tenant)?;
    provisioning::id(&session.repository::<Role>().create(role).await?)
}

/// A role as a template makes it.
pub(crate) fn role(template: &RoleTemplate) -> Result<New<Role>> {
    Ok(New::<Role>::empty()
        .with(Role::NAME, template.name.as_str())?
        .with(Role::DESCRIPTION, template.description.as_deref())?
        .with(Role::ROLE_TYPE, template.role_type)?
        .with(Role::PERMISSIONS, template.permissions.clone())?
        .with(Role::TEMPLATE_NAME, template.name.as_str())?
        .with(Role::TEMPLATE_VERSION, template.version)?)
}
