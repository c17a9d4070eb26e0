//! What the service stores: one file an entity, and [`registry`], which every new one must join.

use user_tenant_store::{Entity, EntityMeta};

/// What a tenant sees of a person beside names and address, as columns of SQL: nothing of a guest, whom the tenant is not
/// home to and who has not accepted the membership. Somebody without a home is a guest everywhere. `u` is the person, `ut`
/// the membership.
macro_rules! profile {
    () => {
        profile!("middle_name", "designation", "phone", "auth_client_ids", "last_login", "photo_url", "gender", "dob",
            "default_tenant_id")
    };
    ($first:literal $(, $more:literal)*) => {
        concat!(profile!(@ $first) $(, ", ", profile!(@ $more))*)
    };
    (@ $column:literal) => {
        concat!(
            "CASE WHEN ut.status NOT IN (1, 3) AND (u.default_tenant_id IS NULL OR u.default_tenant_id <> ut.tenant_id) ",
            "THEN NULL ELSE u.",
            $column,
            " END AS ",
            $column
        )
    };
}

mod auth_client;
mod date_time;
mod group;
mod jwt_key;
mod role;
mod standing;
mod tenant;
mod tenant_config;
mod user;
mod user_credentials;
mod user_group;
mod user_invitation;
mod user_level_permission;
mod user_role;
mod user_tenant;
mod user_tenant_prefs;
mod user_view;

pub use auth_client::AuthClient;
pub use group::Group;
pub use jwt_key::JwtKey;
pub use role::Role;
pub(crate) use standing::Standing;
pub use tenant::{Tenant, TenantStatus};
pub use tenant_config::TenantConfig;
pub use user::User;
pub use user_credentials::UserCredentials;
pub use user_group::UserGroup;
pub use user_invitation::UserInvitation;
pub use user_level_permission::UserLevelPermission;
pub use user_role::UserRole;
pub use user_tenant::{UserStatus, UserTenant};
pub use user_tenant_prefs::UserTenantPrefs;
pub use user_view::UserView;

#[cfg(test)]
mod tests;

/// All entities: documents, isolation tests and the command line walk this list.
pub fn registry() -> &'static [fn() -> &'static EntityMeta] {
    &[
        Tenant::meta,
        TenantConfig::meta,
        Role::meta,
        User::meta,
        UserView::meta,
        UserRole::meta,
        Standing::meta,
        UserCredentials::meta,
        UserTenant::meta,
        Group::meta,
        UserGroup::meta,
        UserInvitation::meta,
        UserLevelPermission::meta,
        UserTenantPrefs::meta,
        AuthClient::meta,
        JwtKey::meta,
    ]
}
