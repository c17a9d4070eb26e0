//! What the service stores: one file an entity, and [`registry`], which every new one must join.

use user_tenant_store::{Entity, EntityMeta};

/// That a member is a guest, as a condition of SQL: the tenant is not the person's home, and the person has not come to it,
/// which is to say accepted the membership. A person without a home is a guest everywhere. `u` is the person, `ut` the
/// membership.
macro_rules! is_guest {
    () => {
        // Two comparisons, of which an active member needs one; PostgreSQL looks into a list anew each time.
        "ut.status <> 1 AND ut.status <> 3 AND u.default_tenant_id IS DISTINCT FROM ut.tenant_id"
    };
}

/// What a tenant sees of a person beside names and address, as columns of SQL: nothing of a guest. Each value is there
/// itself too, for the store, which lays the veil on it.
macro_rules! profile {
    () => {
        profile!("middle_name", "designation", "phone", "auth_client_ids", "last_login", "photo_url", "gender", "dob",
            "default_tenant_id", "created_by", "modified_by")
    };
    ($first:literal $(, $more:literal)*) => {
        concat!(profile!(@ $first) $(, ", ", profile!(@ $more))*)
    };
    (@ $column:literal) => {
        concat!("CASE WHEN ", is_guest!(), " THEN NULL ELSE u.", $column, " END AS ", $column,
            ", u.", $column, " AS own_", $column)
    };
}

/// The names and the address of a person as columns of SQL: of a guest those by which the tenant introduced the person, so
/// that it learns no others. A membership that another program made has no introduction, and shows the person's own.
macro_rules! names {
    () => {
        concat!(
            names!("first_name", "firstName"),
            ", ",
            names!("last_name", "lastName"),
            ", ",
            names!("username", "username"),
            ", ",
            names!("email", "email")
        )
    };
    ($column:literal, $introduced:literal) => {
        concat!(
            "CASE WHEN ut.introduction IS NOT NULL AND ",
            is_guest!(),
            " THEN ut.introduction ->> '",
            $introduced,
            "' ELSE u.",
            $column,
            " END AS ",
            $column,
            ", u.",
            $column,
            " AS own_",
            $column
        )
    };
}

/// The veil of a guest: the introduction, or the document `null` where there is none.
macro_rules! veil {
    () => {
        concat!("CASE WHEN ", is_guest!(), " THEN COALESCE(ut.introduction, 'null') END AS veil")
    };
}

mod acceptance;
mod address_proof;
mod auth_client;
mod catalogue;
pub(crate) mod date_time;
pub(crate) mod effective;
mod event;
pub(crate) mod forms;
mod giving;
mod group;
mod group_group;
mod group_role;
mod holding;
mod idempotency_key;
mod invitation;
mod job;
mod jwt_key;
pub(crate) mod lifecycle;
mod login_attempt;
mod mail;
mod new_users;
mod older_permission;
mod password_record;
mod password_reset;
pub mod permission;
mod role;
mod role_template;
mod standing;
mod tenant;
pub(crate) mod tenant_config;
mod user;
mod user_credentials;
mod user_group;
mod user_invitation;
mod user_level_permission;
mod user_role;
mod user_tenant;
mod user_tenant_prefs;
mod user_view;

pub use acceptance::MembershipAcceptance;
pub use address_proof::AddressProof;
pub use auth_client::AuthClient;
pub(crate) use catalogue::Catalogue;
pub use catalogue::OwnPermission;
pub(crate) use event::{Event, types as event_types};
pub(crate) use giving::{Belonging, Carried, Enclosure};
pub use group::Group;
pub use group_group::GroupGroup;
pub use group_role::GroupRole;
pub(crate) use holding::Holding;
pub use idempotency_key::IdempotencyKey;
pub use invitation::{Invitation, InvitationEnd};
pub use job::Job;
pub use jwt_key::JwtKey;
pub use lifecycle::{PersonState, TenantState};
pub use login_attempt::LoginAttempt;
pub use mail::Mail;
pub use new_users::{NewUserProvider, NewUsers};
pub(crate) use older_permission::OlderPermission;
pub use password_record::PasswordRecord;
pub use password_reset::PasswordReset;
pub use role::Role;
pub use role_template::RoleTemplate;
pub use standing::Inactive;
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
pub const fn registry() -> &'static [fn() -> &'static EntityMeta] {
    &[
        Tenant::meta,
        TenantConfig::meta,
        Role::meta,
        User::meta,
        UserView::meta,
        UserRole::meta,
        Standing::meta,
        Holding::meta,
        UserCredentials::meta,
        AddressProof::meta,
        PasswordRecord::meta,
        PasswordReset::meta,
        LoginAttempt::meta,
        UserTenant::meta,
        Group::meta,
        UserGroup::meta,
        UserInvitation::meta,
        UserLevelPermission::meta,
        UserTenantPrefs::meta,
        AuthClient::meta,
        JwtKey::meta,
        Event::meta,
        Job::meta,
        Mail::meta,
        IdempotencyKey::meta,
        RoleTemplate::meta,
        OlderPermission::meta,
        GroupRole::meta,
        GroupGroup::meta,
        Belonging::meta,
        Carried::meta,
        Enclosure::meta,
        Invitation::meta,
    ]
}
