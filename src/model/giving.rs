//! What groups give, as it is read: who is in a group that gives something, which groups hold it, and which roles they carry.
//!
//! Each row stays within one tenant, whatever other programs have written, and of what is deleted there is none.

use serde::Deserialize;
use user_tenant_store::Entity;
use uuid::Uuid;

/// Members of groups that carry a role or are held by another; who is in others only has no row here. Each group is asked by
/// itself: `PostgreSQL` would else read the roles of all groups of all tenants, as long as it takes them for few.
const BELONGINGS: &str = "\
    ug.id, ug.user_tenant_id, g.tenant_id, ug.group_id, g.name \
    FROM main.user_groups AS ug \
    JOIN main.groups AS g ON g.id = ug.group_id \
    JOIN main.user_tenants AS ut ON ut.id = ug.user_tenant_id AND ut.tenant_id = g.tenant_id \
    WHERE NOT ug.deleted AND NOT g.deleted AND NOT ut.deleted AND COALESCE( \
        (SELECT TRUE FROM main.group_roles AS gr WHERE gr.group_id = ug.group_id AND NOT gr.deleted LIMIT 1), \
        (SELECT TRUE FROM main.group_groups AS gg WHERE gg.member_group_id = ug.group_id AND NOT gg.deleted LIMIT 1), \
        FALSE)";

/// Roles that groups carry.
const CARRIED: &str = "\
    gr.id, g.tenant_id, gr.group_id, gr.role_id, r.name \
    FROM main.group_roles AS gr \
    JOIN main.groups AS g ON g.id = gr.group_id \
    JOIN main.roles AS r ON r.id = gr.role_id AND r.tenant_id = g.tenant_id \
    WHERE NOT gr.deleted AND NOT g.deleted AND NOT r.deleted";

/// Groups that groups hold.
const ENCLOSURES: &str = "\
    gg.id, g.tenant_id, gg.group_id, g.name, gg.member_group_id, m.name AS member_name \
    FROM main.group_groups AS gg \
    JOIN main.groups AS g ON g.id = gg.group_id \
    JOIN main.groups AS m ON m.id = gg.member_group_id AND m.tenant_id = g.tenant_id \
    WHERE NOT gg.deleted AND NOT g.deleted AND NOT m.deleted";

/// That a member is in a group that gives something.
#[derive(Debug, Clone, Deserialize, Entity)]
#[expect(dead_code, reason = "most of it is read from records")]
#[serde(rename_all = "camelCase")]
#[entity(table = "user_groups", query = BELONGINGS, read_only, audit = "none", tenancy(column = "tenantId"))]
pub(crate) struct Belonging {
    /// Id of the row that puts the member into the group.
    #[property(id)]
    id: Uuid,
    /// Id of the membership.
    pub(crate) user_tenant_id: Uuid,
    /// Id of the tenant.
    #[property(parent)]
    tenant_id: Uuid,
    /// Id of the group.
    pub(crate) group_id: Uuid,
    /// Name of the group.
    #[property(max_length = 200)]
    pub(crate) name: String,
}

/// That a group carries a role.
#[derive(Debug, Clone, Deserialize, Entity)]
#[expect(dead_code, reason = "most of it is read from records")]
#[serde(rename_all = "camelCase")]
#[entity(table = "group_roles", query = CARRIED, read_only, audit = "none", tenancy(column = "tenantId"))]
pub(crate) struct Carried {
    /// Id of the row that gives the group the role.
    #[property(id)]
    id: Uuid,
    /// Id of the tenant.
    #[property(parent)]
    tenant_id: Uuid,
    /// Id of the group.
    pub(crate) group_id: Uuid,
    /// Id of the role.
    pub(crate) role_id: Uuid,
    /// Name of the role.
    #[property(max_length = 100)]
    pub(crate) name: String,
}

/// That a group holds another.
#[derive(Debug, Clone, Deserialize, Entity)]
#[expect(dead_code, reason = "most of it is read from records")]
#[serde(rename_all = "camelCase")]
#[entity(table = "group_groups", query = ENCLOSURES, read_only, audit = "none", tenancy(column = "tenantId"))]
pub(crate) struct Enclosure {
    /// Id of the row that puts the one into the other.
    #[property(id)]
    id: Uuid,
    /// Id of the tenant.
    #[property(parent)]
    tenant_id: Uuid,
    /// Id of the group that holds.
    pub(crate) group_id: Uuid,
    /// Its name.
    #[property(max_length = 200)]
    pub(crate) name: String,
    /// Id of the group that is held.
    pub(crate) member_group_id: Uuid,
    /// Its name.
    #[property(max_length = 200)]
    pub(crate) member_name: String,
}
