//! A person, known once however many tenants the person works for.

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use user_tenant_store::Entity;
use uuid::Uuid;

use super::{Tenant, UserCredentials, UserTenant, date_time, forms};

/// A guest shows no more than the names by which the tenant introduced them ([`super::UserView`] says the same of lists);
/// conditions see no more either. The memberships lead, since their index has the order of the persons' ids.
const PERSONS: &str = concat!(
    "u.deleted, u.deleted_on, u.deleted_by, ",
    "CASE WHEN ",
    is_guest!(),
    " THEN ut.created_on ELSE u.created_on END AS created_on, CASE WHEN ",
    is_guest!(),
    " THEN ut.modified_on ELSE u.modified_on END AS modified_on, ",
    "ut.tenant_id AS within_tenant, ut.user_id AS id, ",
    names!(),
    ", ",
    profile!(),
    ", ",
    veil!(),
    ", u.deactivated_on ",
    "FROM main.user_tenants AS ut JOIN main.users AS u ON u.id = ut.user_id WHERE NOT ut.deleted"
);

/// A person. A tenant sees the persons who have a membership in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = "users",
    tenant_query = PERSONS,
    tenancy(through(local = "id", foreign = "userId", via = UserTenant)),
    owner(column = "id"),
    unique(name = "uq_users_username", properties = ["username"], in_any_case = ["username"]),
    unique(name = "uq_users_email", properties = ["email"], in_any_case = ["email"]),
    veil(
        hides = [
            "middleName", "designation", "phone", "authClientIds", "lastLogin", "photoUrl", "gender", "dob",
            "defaultTenantId", "createdBy", "modifiedBy",
        ],
        replaces = ["firstName", "lastName", "username", "email"]
    ),
    belongs_to(name = "defaultTenant", target = Tenant, local = "defaultTenantId"),
    has_one(name = "credentials", target = UserCredentials, foreign = "userId", hidden),
    has_many(name = "userTenants", target = UserTenant, foreign = "userId")
)]
pub struct User {
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
    /// Name to log in with, in lower case, once among all users.
    // A guest who was introduced by another name shows none.
    #[property(required, max_length = 150, form = forms::USERNAME)]
    pub username: Option<String>,
    /// E-mail address, in lower case, once among all users.
    // New users must have one; users of an adopted database need not.
    #[property(required, max_length = 150, form = forms::EMAIL)]
    pub email: Option<String>,
    /// Position in the organisation.
    #[property(max_length = 50)]
    pub designation: Option<String>,
    /// Telephone number in international form (E.164).
    #[property(max_length = 15, pattern = r"^\+?[1-9]\d{1,14}$")]
    pub phone: Option<String>,
    /// Ids of the client applications that the user may log in to.
    #[property(max_items = 1000)]
    pub auth_client_ids: Option<Vec<i32>>,
    /// When the user last logged in.
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
    #[property(remembered)]
    pub default_tenant_id: Option<Uuid>,
    /// When the person was deactivated in all tenants, while they are.
    #[property(hidden, logged, remembered)]
    #[serde(default, skip_serializing, with = "date_time::instant::option")]
    pub deactivated_on: Option<OffsetDateTime>,
}
