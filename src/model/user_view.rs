//! Users as a tenant lists them: person, membership, tenant and role in one row.

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use user_tenant_store::Entity;
use uuid::Uuid;

use super::{date_time, forms};

/// The view of the original joins without asking what is deleted, so the rows are read by a join of our own.
/// A member who is a guest shows no more than the names by which the tenant introduced them; conditions see no more either.
/// The id is that of the membership's column, whose index then finds where a page begins.
const MEMBERS: &str = concat!(
    "ut.user_id AS id, ",
    names!(),
    ", ",
    profile!(),
    ", ",
    veil!(),
    ", ",
    "ut.created_on, ut.modified_on, ut.deleted, ut.deleted_by, ut.deleted_on, ",
    "u.deactivated_on, ut.tenant_id, ut.id AS user_tenant_id, ut.role_id, ut.status, t.name, t.key, r.name AS rolename ",
    "FROM main.user_tenants AS ut ",
    "JOIN main.users AS u ON u.id = ut.user_id ",
    "JOIN main.tenants AS t ON t.id = ut.tenant_id ",
    "JOIN main.roles AS r ON r.id = ut.role_id ",
    "WHERE NOT u.deleted AND NOT t.deleted AND NOT r.deleted"
);

/// A user together with one of the user's memberships, and the names of its tenant and role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "v_users",
    query = MEMBERS,
    read_only,
    tenancy(column = "tenantId"),
    veil(
        hides = [
            "middleName", "designation", "phone", "authClientIds", "lastLogin", "photoUrl", "gender", "dob",
            "defaultTenantId", "createdBy", "modifiedBy",
        ],
        replaces = ["firstName", "lastName", "username", "email"]
    )
)]
pub struct UserView {
    /// Id of the user.
    #[property(id)]
    pub id: Uuid,
    /// Given name.
    #[property(max_length = 50, form = forms::LABEL)]
    pub first_name: String,
    /// Family name.
    #[property(max_length = 50)]
    pub last_name: Option<String>,
    /// Middle name.
    #[property(max_length = 50)]
    pub middle_name: Option<String>,
    /// Name to log in with.
    // A guest who was introduced by another name shows none.
    #[property(required, max_length = 150, form = forms::USERNAME)]
    pub username: Option<String>,
    /// E-mail address.
    #[property(required, max_length = 150, form = forms::EMAIL)]
    pub email: Option<String>,
    /// Position in the organisation.
    #[property(max_length = 50)]
    pub designation: Option<String>,
    /// Telephone number.
    #[property(max_length = 15)]
    pub phone: Option<String>,
    /// Ids of the client applications that the user may log in to.
    #[property(derived, max_items = 1000)]
    pub auth_client_ids: Option<Vec<i32>>,
    /// When the user last logged in.
    #[property(derived)]
    #[serde(default, with = "date_time::instant::option")]
    pub last_login: Option<OffsetDateTime>,
    /// Address of a picture. A small picture may stand in it itself, as a `data:` URL.
    #[property(max_length = 8192)]
    pub photo_url: Option<String>,
    /// M male, F female, O other.
    #[property(max_length = 1, one_of_text = ["M", "F", "O"])]
    pub gender: Option<String>,
    /// Date of birth.
    #[serde(default, with = "date_time::midnight::option")]
    pub dob: Option<Date>,
    /// Id of the tenant that the user logs in to unless another is named.
    pub default_tenant_id: Option<Uuid>,
    /// Status of the membership: 0 registered, 1 active, 2 inactive, 3 password change needed, 4 rejected.
    #[property(
        minimum = 0,
        maximum = 11,
        words = ["registered", "active", "inactive", "password-change-needed", "rejected"]
    )]
    pub status: i32,
    /// Id of the tenant of the membership.
    #[property(parent)]
    pub tenant_id: Uuid,
    /// Id of the role of the membership.
    pub role_id: Uuid,
    /// Name of the tenant.
    #[property(derived, column = "name", max_length = 100, form = forms::LABEL)]
    pub tenant_name: String,
    /// Key of the tenant.
    #[property(derived, column = "key", max_length = 20, form = forms::KEY)]
    pub tenant_key: String,
    /// Name of the role.
    #[property(derived, column = "rolename", max_length = 100, form = forms::LABEL)]
    pub role_name: String,
    /// Id of the membership.
    #[property(derived)]
    pub user_tenant_id: Uuid,
    /// When the person was deactivated in all tenants, while they are.
    #[property(derived, hidden, logged)]
    #[serde(default, skip_serializing, with = "date_time::instant::option")]
    pub deactivated_on: Option<OffsetDateTime>,
}
