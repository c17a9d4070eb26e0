//! What tools say of their parameters: no more than a model needs to call them, since it reads those of all tools at once.

use serde_json::{Map, Value as Json, json};
use user_tenant_store::entity::PropertyRole;
use user_tenant_store::schema::IGNORED;
use user_tenant_store::{Entity as _, EntityMeta};

use crate::http::Query;
use crate::model::{
    AuthClient, Group, Invitation, Role, Tenant, TenantConfig, UserGroup, UserLevelPermission, UserRole,
    UserTenantPrefs, UserView,
};

/// The metadata of an entity.
type Meta = fn() -> &'static EntityMeta;

/// What a list shows of each row unless `fields` names other properties: what people look for, and what leads on.
pub(super) const SHOWN: [(Meta, &[&str]); 11] = [
    (Tenant::meta, &["id", "key", "name", "status"]),
    (
        UserView::meta,
        &["id", "username", "email", "firstName", "lastName", "status", "roleId", "roleName", "userTenantId"],
    ),
    (Role::meta, &["id", "name", "roleType", "description"]),
    (Group::meta, &["id", "name", "description"]),
    (UserGroup::meta, &["id", "groupId", "userTenantId"]),
    (UserRole::meta, &["userTenantId", "userId", "username", "roleId", "roleName", "status"]),
    (UserLevelPermission::meta, &["id", "permission", "allowed", "userTenantId"]),
    (TenantConfig::meta, &["id", "configKey", "configValue"]),
    (UserTenantPrefs::meta, &["id", "configKey", "configValue"]),
    (AuthClient::meta, &["id", "clientId", "redirectUrl"]),
    (Invitation::meta, &["id", "address", "status", "delivery", "expiresOn", "roleId"]),
];

/// What of a schema a model needs; the service checks the rest, and says what is wrong.
const KEPT: [&str; 8] = ["type", "format", "enum", "default", "items", "properties", "required", "description"];

/// What a list of this entity shows.
pub(super) fn shown(meta: &EntityMeta) -> &'static [&'static str] {
    SHOWN.iter().find(|(of, _)| of().name == meta.name).map_or(&[], |(_, names)| names)
}

/// A body: without what the service accepts and ignores, and without bounds. What properties are, the tool says that makes a
/// row, and not those that change one `again`.
pub(super) fn body(mut schema: Json, again: bool) -> Json {
    // What the entity is, the tool says.
    schema["description"].take();
    let mut schema = brief(schema);
    for property in schema["properties"].as_object_mut().into_iter().filter(|_| again).flat_map(Map::values_mut) {
        property.as_object_mut().and_then(|property| property.remove("description"));
    }
    schema
}

fn brief(schema: Json) -> Json {
    let Json::Object(mut schema) = schema else { return schema };
    schema.retain(|keyword, value| KEPT.contains(&keyword.as_str()) && !value.is_null());
    if let Some(Json::Object(properties)) = schema.get_mut("properties") {
        // A row's id is never a body's to set, though the service takes it as the original does.
        properties.retain(|name, property| property["description"] != IGNORED && name != "id");
        properties.values_mut().for_each(|property| *property = brief(property.take()));
    }
    if let Some(items) = schema.get_mut("items") {
        *items = brief(items.take());
    }
    schema.into()
}

/// The query parameter, its name and its schema; `pages` says whether it is that of a list.
pub(super) fn query(query: Query, pages: bool) -> Option<(&'static str, Json)> {
    let meta = match query {
        // A model would take what has no effect for one that narrows.
        Query::None | Query::IgnoredWhere(_) | Query::Parameters(_) => return None,
        Query::Filtered(meta) | Query::FilteredById(meta) | Query::FilteredFreely(meta) => meta(),
        Query::Where(_) => return Some(("where", json!({ "type": "object" }))),
    };
    let shown = if pages { shown(meta) } else { &[] };
    let others = meta.properties.iter().filter(|property| !property.hidden && property.role != PropertyRole::Audit);
    let others: Vec<_> = others.map(|property| property.name).filter(|name| !shown.contains(name)).collect();
    let mut told = Vec::new();
    if pages {
        told.push(format!("where, order, limit, skip, fields, include. Shows {}", shown.join(", ")));
        told.extend((!others.is_empty()).then(|| format!("fields also {}", others.join(", "))));
    } else {
        told.push(format!("fields, include. Properties: {}", others.join(", ")));
    }
    let relations: Vec<_> = meta.relations.iter().map(|relation| relation.name).collect();
    told.extend((!relations.is_empty()).then(|| format!("include: {}", relations.join(", "))));
    Some(("filter", json!({ "type": "object", "description": told.join("; ") })))
}

/// The parameters that go by their names, which say what they are for.
pub(super) fn parameters(query: Query) -> impl Iterator<Item = (&'static str, Json)> {
    query.parameters().iter().map(|parameter| (parameter.name, json!({ "type": parameter.schema()["type"] })))
}

#[cfg(test)]
mod tests {
    use super::{SHOWN, shown};
    use crate::http::{Shape, routes};

    #[test]
    fn every_list_shows_some_of_its_properties() {
        for route in routes() {
            let Shape::Page(meta) = route.row.reply else { continue };
            let names = shown(meta());
            assert!(!names.is_empty(), "{}", route.operation);
            assert!(names.iter().all(|name| meta().property(name).is_some()), "{}: {names:?}", route.operation);
        }
        for (meta, names) in SHOWN {
            assert!(names.contains(&meta().id().name), "{}", meta().name);
        }
    }
}
