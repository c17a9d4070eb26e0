//! The entities that the cases try to reach.

use serde::Deserialize;
use user_tenant_store::Entity;
use uuid::Uuid;

/// Belongs to a tenant, and to nobody in particular.
#[derive(Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(table = "documents", tenancy(column = "tenantId"))]
pub(crate) struct Document {
    #[property(id)]
    pub(crate) id: Uuid,
    #[property(parent)]
    pub(crate) tenant_id: Uuid,
}

/// Belongs to a tenant through its document, and to a person.
#[derive(Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "comments",
    tenancy(through(local = "documentId", foreign = "id", via = Document)),
    owner(column = "userId")
)]
pub(crate) struct Comment {
    #[property(id)]
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    #[property(parent)]
    pub(crate) document_id: Uuid,
}

/// Belongs to no tenant.
#[derive(Deserialize, Entity)]
#[entity(table = "secrets", tenancy(global = "the sample of what no tenant may see"))]
pub(crate) struct Secret {
    #[property(id)]
    pub(crate) id: Uuid,
}

/// Belongs to what belongs to no tenant.
#[derive(Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(table = "keys", tenancy(through(local = "secretId", foreign = "id", via = Secret)))]
pub(crate) struct Key {
    #[property(id)]
    pub(crate) id: Uuid,
    #[property(parent)]
    pub(crate) secret_id: Uuid,
}
