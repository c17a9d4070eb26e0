//! The vocabulary of permissions: look up here what a token's `permissions` claim may hold, by name or by number.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// One permission that a token can grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The name, as it stands in the claim: `CreateTenant`.
    pub name: &'static str,
    /// The number under which the permission may stand in the claim instead, as a string: `16`.
    /// A route says itself whether it takes the number.
    pub number: Option<&'static str>,
    /// What it opens; `None` of a key that no route asks for, which is there for applications.
    pub meaning: Option<&'static str>,
}

/// Declares every permission once: a constant for its name, one in [`number`] where it has a number, a row of [`ALL`].
macro_rules! catalogue {
    ($($constant:ident = $name:literal $($number:literal)? $(: $meaning:literal)?;)*) => {
        $(
            #[doc = concat!("The claim value `", $name, "`.")]
            pub const $constant: &str = $name;
        )*

        /// Numeric claim values, under the same constant as their names.
        pub mod number {
            $($(
                #[doc = concat!("The claim value `", $number, "`, which stands for `", $name, "`.")]
                pub const $constant: &str = $number;
            )?)*
        }

        /// Every permission there is, those that no route asks for included.
        pub const ALL: &[Permission] = &[$(
            Permission { name: $name, number: catalogue!(@one $($number)?), meaning: catalogue!(@one $($meaning)?) },
        )*];
    };
    (@one) => { None };
    (@one $one:literal) => { Some($one) };
}

/// What a route asks for that is about the caller alone, whatever they may do: any token opens it, and no claim grants it.
pub(crate) const EVERYBODY: &str = "*";

catalogue! {
    VIEW_ALL_TENANT_OF_SELF = "ViewAllTenantOfSelf": "List the tenants that the caller works for";
    SUPER_ADMIN = "SuperAdmin";
    CREATE_USER_GROUP = "CreateUserGroup" "1": "Add a member to a group";
    CREATE_MULTIPLE_USER_GROUP = "CreateMultipleUserGroup" "31": "Add several members to a group at once";
    VIEW_USER_GROUP_LIST = "ViewUserGroupList" "2": "List the members of a group";
    UPDATE_USER_GROUP = "UpdateUserGroup" "3";
    DELETE_USER_GROUP = "DeleteUserGroup" "4";
    CREATE_GROUP = "CreateGroup" "32": "Create groups";
    VIEW_GROUP_LIST = "ViewGroupList" "33": "List groups";
    UPDATE_GROUP = "UpdateGroup" "34": "Change groups";
    DELETE_GROUP = "DeleteGroup" "35": "Delete groups";
    DELETE_SUBSCRIPTIONS = "DeleteSubscriptions" "5";
    VIEW_ROLES = "ViewRoles" "6": "List roles, and the permissions that there are";
    NOT_ALLOWED = "NotAllowed" "7";
    CREATE_ROLES = "CreateRoles" "8": "Create roles";
    UPDATE_ROLES = "UpdateRoles" "9": "Change roles";
    DELETE_ROLES = "DeleteRoles" "10": "Delete roles";
    VIEW_ANY_USER = "ViewAnyUser" "11";
    VIEW_TENANT_USER = "ViewTenantUser" "12": "List the users of a tenant, and which of them has which role";
    CREATE_TENANT_USER = "CreateTenantUser" "13": "Add users to a tenant";
    UPDATE_TENANT_USER = "UpdateTenantUser" "14": "Change users of a tenant, their roles and their statuses";
    UPDATE_TENANT_USER_RESTRICTED = "UpdateTenantUserRestricted";
    DELETE_TENANT_USER = "DeleteTenantUser" "15": "Remove users from a tenant";
    CREATE_TENANT = "CreateTenant" "16": "Create tenants, and values of their configuration";
    VIEW_TENANT = "ViewTenant" "17": "Read tenants and their configuration";
    UPDATE_TENANT = "UpdateTenant" "18": "Change tenants and their configuration";
    DELETE_TENANT = "DeleteTenant" "19": "Delete tenants, and values of their configuration";
    ADD_MEMBER_TO_USER_GROUP = "AddMemberToUserGroup" "20";
    UPDATE_MEMBER_IN_USER_GROUP = "UpdateMemberInUserGroup" "21";
    REMOVE_MEMBER_FROM_USER_GROUP = "RemoveMemberFromUserGroup" "22": "Take a member out of a group";
    LEAVE_USER_GROUP = "LeaveUserGroup" "23";
    CREATE_USER_TENANT_PREFERENCE = "CreateUserTenantPreference" "29": "Set own preferences";
    UPDATE_USER_TENANT_PREFERENCE = "UpdateUserTenantPreference" "24";
    VIEW_USER_TENANT_PREFERENCE = "ViewUserTenantPreference" "25": "Read own preferences";
    DELETE_USER_TENANT_PREFERENCE = "DeleteUserTenantPreference" "30": "Delete own preferences";
    DELETE_HARD_USER_TENANT_PREFERENCE = "DeleteHardUserTenantPreference" "36": "Delete own preferences for good";
    VIEW_USER_TENANT = "ViewUserTenant": "Read what belongs to a membership: groups, own permissions, and what they come to";
    CREATE_USER_TENANT = "CreateUserTenant": "Grant a member a permission, or withhold it";
    UPDATE_USER_TENANT = "UpdateUserTenant": "Change the own permissions of a member";
    DELETE_USER_TENANT = "DeleteUserTenant": "Delete the own permissions of a member";
    VIEW_USER = "ViewUser";
    CREATE_USER = "CreateUser";
    UPDATE_USER = "UpdateUser";
    DELETE_USER = "DeleteUser";
    VIEW_USER_INVITATION = "ViewUserInvitation": "List the invitations of a tenant";
    VIEW_USER_INVITATION_LINK = "ViewUserInvitationLink": "Be given the links of invitations that the caller makes or sends again: no route asks for it alone";
    CREATE_USER_INVITATION = "CreateUserInvitation": "Invite people into a tenant, and send invitations again";
    UPDATE_USER_INVITATION = "UpdateUserInvitation";
    DELETE_USER_INVITATION = "DeleteUserInvitation": "Revoke invitations";
    VIEW_USER_TENANT_BY_ID = "ViewUserTenantById";
    VIEW_USER_CREDENTIAL = "ViewUserCredential" "26";
    VIEW_USER_INVITATIONS = "ViewUserInvitations" "27";
    VIEW_USER_PERMISSIONS = "ViewUserPermissions" "28": "Ask what members may do";
    CREATE_USER_PERMISSIONS = "CreateUserPermissions": "Grant a member a permission, or withhold it";
    UPDATE_USER_PERMISSIONS = "UpdateUserPermissions": "Change the own permissions of a member";
    RESET_USER_PASSWORD = "ResetUserPassword": "Have a member set a new password";
    VERIFY_CREDENTIALS = "VerifyCredentials": "Tell whether a password is right, for a service that logs people in";
    VIEW_AUTH_CLIENT = "ViewAuthClient": "List client applications";
    CREATE_AUTH_CLIENT = "CreateAuthClient": "Make client applications";
    UPDATE_AUTH_CLIENT = "UpdateAuthClient": "Give client applications new secrets, and people the applications that they may log in with";
    DELETE_AUTH_CLIENT = "DeleteAuthClient": "Remove client applications";
    VIEW_EVENTS = "ViewEvents": "Read what changed: by whom, when and why";
}

/// The name of a permission that may be named by its number; other keys are names of their own.
pub(crate) fn name_of(permission: &str) -> &str {
    named_by_number(permission).unwrap_or(permission)
}

/// The name of a permission that is named by its number.
pub(crate) fn named_by_number(permission: &str) -> Option<&'static str> {
    if permission.bytes().all(|byte| byte.is_ascii_digit()) { other_spelling(permission) } else { None }
}

/// The number of a permission that is named by its name, where it has one.
pub(crate) fn number_of(name: &str) -> Option<&'static str> {
    if named_by_number(name).is_some() { None } else { other_spelling(name) }
}

/// A permission as it is spelled, and in the other spelling where it has two.
pub(crate) fn spellings(permission: &str) -> impl Iterator<Item = &str> {
    std::iter::once(permission).chain(other_spelling(permission))
}

/// The other spelling of a permission that has two: the number of a name, the name of a number.
fn other_spelling(permission: &str) -> Option<&'static str> {
    static OTHERS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
        let pairs = ALL.iter().filter_map(|permission| Some((permission.name, permission.number?)));
        pairs.flat_map(|(name, number)| [(name, number), (number, name)]).collect()
    });
    OTHERS.get(permission).copied()
}

/// Permissions in every spelling, so that what one of two sides names by number is found by name on the other.
pub(crate) fn in_every_spelling(permissions: impl IntoIterator<Item = String>) -> HashSet<String> {
    let permissions = permissions.into_iter();
    // Most have two.
    let mut all = HashSet::with_capacity(permissions.size_hint().1.unwrap_or_default() * 2);
    for permission in permissions {
        all.extend(other_spelling(&permission).map(str::to_owned));
        all.insert(permission);
    }
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ALL, CREATE_TENANT, in_every_spelling, number};

    #[test]
    fn a_permission_is_held_under_its_name_and_its_number() {
        let held = in_every_spelling(["14", "ViewRoles", "UseOven"].map(str::to_owned));
        let expected = ["14", "UpdateTenantUser", "ViewRoles", "6", "UseOven"].map(str::to_owned);
        assert_eq!(held, expected.into());
    }

    #[test]
    fn numbers_run_from_1_to_36_without_gaps_or_doubles() {
        let numbers: Vec<u32> =
            ALL.iter().filter_map(|permission| permission.number).map(|text| text.parse().unwrap()).collect();
        let distinct: BTreeSet<u32> = numbers.iter().copied().collect();
        assert_eq!(numbers.len(), distinct.len());
        assert_eq!(distinct, (1..=36).collect());
    }

    #[test]
    fn a_name_stands_once() {
        let names: BTreeSet<&str> = ALL.iter().map(|permission| permission.name).collect();
        assert_eq!(names.len(), ALL.len());
        assert_eq!((CREATE_TENANT, number::CREATE_TENANT), ("CreateTenant", "16"));
    }
}
