//! What roles are made from: the deployment's, and none of a tenant.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use user_tenant_store::Entity;
use uuid::Uuid;

use super::{date_time, forms};

/// One version of a template, of which tenants have roles. A version never changes: the next one has another number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "role_templates",
    logged,
    tenancy(global = "templates are the deployment's: every tenant may have roles of them, and none may change them"),
    unique(name = "uq_role_templates_name_version", properties = ["name", "version"], in_any_case = ["name"])
)]
pub struct RoleTemplate {
    /// Id of the version.
    #[property(id)]
    pub id: Uuid,
    /// Name of the template, which a role of it gets; once in any case, and the same in all versions.
    // In ASCII alone, of whose case both databases know.
    #[property(max_length = 100, form = forms::LABEL, pattern = "^[A-Za-z0-9][A-Za-z0-9 ._-]*$")]
    pub name: String,
    /// Number of the version, from 1 on.
    #[property(minimum = 1)]
    pub version: i32,
    /// What roles of it are for.
    #[property(max_length = 500)]
    pub description: Option<String>,
    /// Kind of its roles, a number that applications give a meaning.
    #[property(minimum = 0, maximum = 15)]
    pub role_type: Option<i32>,
    /// Keys of the permissions that its roles grant.
    #[property(max_items = 1000, max_length = 200)]
    pub permissions: Vec<String>,
    /// When the template was retired, of its newest version then. Nobody makes a role of it any more.
    #[serde(default, with = "date_time::instant::option")]
    pub retired_on: Option<OffsetDateTime>,
}
