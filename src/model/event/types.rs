//! The types of events: one list, from which each line of the log gets its type, and the documentation its table.
//!
//! The first row that fits counts. Its condition is SQL that both databases read alike: `->>` is a text on PostgreSQL and a
//! value on SQLite, and each is compared as text.

/// A type of events.
#[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "only its name is asked for"))]
pub(crate) struct Type {
    /// Its name.
    pub(crate) name: &'static str,
    /// The table whose rows it is about.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test holds it against the entities"))]
    pub(crate) table: &'static str,
    /// What has happened.
    pub(crate) says: &'static str,
    /// An example: what an event of it has as `before`, and as `after`.
    pub(crate) example: [&'static str; 2],
}

/// A row was inserted.
macro_rules! inserted {
    () => {
        "l.operation_name = 'INSERT'"
    };
}

/// A row was changed.
macro_rules! updated {
    () => {
        "l.operation_name = 'UPDATE'"
    };
}

/// A row was deleted softly, or for good while it was there.
macro_rules! removed {
    () => {
        "l.before IS NOT NULL AND coalesce(CAST(l.before ->> 'deleted' AS text), 'false') NOT IN ('true', '1') \
         AND (l.operation_name = 'DELETE' OR CAST(l.after ->> 'deleted' AS text) IN ('true', '1'))"
    };
}

/// A row that was deleted softly is gone for good.
macro_rules! purged {
    () => {
        "l.operation_name = 'DELETE'"
    };
}

/// A column got this value.
macro_rules! became {
    ($column:literal, $value:literal) => {
        concat!(
            "CAST(l.before ->> '",
            $column,
            "' AS text) <> '",
            $value,
            "' \
             AND CAST(l.after ->> '",
            $column,
            "' AS text) = '",
            $value,
            "'"
        )
    };
    ($column:literal, $from:literal, one of $values:literal) => {
        concat!(
            "CAST(l.before ->> '",
            $column,
            "' AS text) = '",
            $from,
            "' \
             AND CAST(l.after ->> '",
            $column,
            "' AS text) IN (",
            $values,
            ")"
        )
    };
}

/// A new row has this value.
macro_rules! begins {
    ($column:literal, $values:literal) => {
        concat!("l.operation_name = 'INSERT' AND CAST(l.after ->> '", $column, "' AS text) IN (", $values, ")")
    };
}

/// A column got another value.
macro_rules! differs {
    ($column:literal) => {
        concat!("CAST(l.before ->> '", $column, "' AS text) <> CAST(l.after ->> '", $column, "' AS text)")
    };
}

/// A column was null, or is now.
macro_rules! filled {
    ($filled:literal, $empty:literal, $column:literal) => {
        concat!(
            "l.operation_name = 'UPDATE' AND l.",
            $empty,
            " ->> '",
            $column,
            "' IS NULL \
             AND l.",
            $filled,
            " ->> '",
            $column,
            "' IS NOT NULL"
        )
    };
}

/// Makes the list, and the query of events.
macro_rules! types {
    ($($name:literal $table:literal [$($condition:tt)*] $says:literal $before:literal $after:literal;)*) => {
        /// Every type, some of them of more than one condition.
        pub(crate) const ALL: &[Type] =
            &[$(Type { name: $name, table: $table, says: $says, example: [$before, $after] },)*];

        /// What an event is read from.
        pub(crate) const QUERY: &str = concat!(
            "l.position, l.operation_time, l.tenant_id, CASE ",
            $("WHEN l.table_name = '", $table, "' AND (", $($condition)*, ") THEN '", $name, "' ",)*
            "ELSE 'row.' || lower(l.operation_name) END AS type, l.table_name, l.operation_name, l.entity_id, l.user_id, \
             l.actor_kind, l.request_id, l.client_address, l.reason, l.before, l.after, l.changed_secrets \
             FROM logs.audit_logs AS l WHERE l.position IS NOT NULL"
        );
    };
}

types! {
    "tenant.created" "tenants" [inserted!()] "A tenant was made." "" r#"{"name": "Acme", "key": "acme", "status": 1}"#;
    "tenant.purged" "tenants" [purged!()] "Every row of a tenant is gone for good; `after` says how many of which table." r#"{"status": 0}"# r#"{"rows": {"roles": 3, "user_tenants": 12, "users": 11}, "lines": 71}"#;
    "tenant.removed" "tenants" [removed!()] "A tenant was deleted; its rows are kept." r#"{"name": "Acme", "key": "acme", "status": 1}"# "";
    "tenant.purgeRequested" "tenants" [filled!("after", "before", "purging_on")] "A tenant is to be purged: from now on it can be restored no more." r#"{"purgingOn": null}"# r#"{"purgingOn": "2026-05-06T07:08:09.000Z"}"#;
    "tenant.archived" "tenants" [filled!("after", "before", "archived_on")] "A tenant was archived: nobody of it is answered, and its rows are kept." r#"{"status": 1, "archivedOn": null}"# r#"{"status": 0, "archivedOn": "2026-05-06T07:08:09.000Z"}"#;
    "tenant.restored" "tenants" [filled!("before", "after", "archived_on")] "An archived tenant is again what it was." r#"{"status": 0, "archivedOn": "2026-05-06T07:08:09.000Z"}"# r#"{"status": 1, "archivedOn": null}"#;
    "tenant.suspended" "tenants" [became!("status", "0")] "A tenant was suspended: nobody of it is answered." r#"{"status": 1}"# r#"{"status": 0}"#;
    "tenant.activated" "tenants" [became!("status", "1")] "A tenant became active." r#"{"status": 0}"# r#"{"status": 1}"#;
    "tenant.changed" "tenants" [updated!()] "Something else of a tenant changed." r#"{"name": "Acme"}"# r#"{"name": "Acme Ltd"}"#;

    "configuration.added" "tenant_configs" [inserted!()] "A tenant got a value of its configuration." "" r#"{"configKey": "theme", "configValue": {"colour": "red"}}"#;
    "configuration.removed" "tenant_configs" [removed!()] "A tenant has a value of its configuration no more." r#"{"configKey": "theme", "configValue": {"colour": "red"}}"# "";
    "configuration.purged" "tenant_configs" [purged!()] "The row of a removed value is gone for good." "{}" "";
    "configuration.changed" "tenant_configs" [updated!()] "A value of a tenant's configuration changed." r#"{"configValue": {"colour": "red"}}"# r#"{"configValue": {"colour": "blue"}}"#;

    "role.created" "roles" [inserted!()] "A role was made." "" r#"{"name": "reader", "permissions": ["ViewTenant"]}"#;
    "role.removed" "roles" [removed!()] "A role was deleted." r#"{"name": "reader", "permissions": ["ViewTenant"]}"# "";
    "role.purged" "roles" [purged!()] "The row of a deleted role is gone for good." "{}" "";
    "role.changed" "roles" [updated!()] "A role changed: its name, or what it grants." r#"{"permissions": ["ViewTenant"]}"# r#"{"permissions": ["ViewTenant", "ViewRoles"]}"#;

    "roleTemplate.saved" "role_templates" [inserted!()] "A role template was made, or its next version." "" r#"{"name": "reader", "version": 1, "permissions": ["ViewTenant"]}"#;
    "roleTemplate.removed" "role_templates" [removed!()] "A version of a role template was deleted." r#"{"name": "reader", "version": 1}"# "";
    "roleTemplate.purged" "role_templates" [purged!()] "The row of a deleted version is gone for good." "{}" "";
    "roleTemplate.retired" "role_templates" [filled!("after", "before", "retired_on")] "A role template was retired; roles of it stay." r#"{"retiredOn": null}"# r#"{"retiredOn": "2026-05-06T07:08:09.000Z"}"#;
    "roleTemplate.changed" "role_templates" [updated!()] "Something else of a version of a role template changed." "{}" "{}";

    "person.created" "users" [inserted!()] "A person was made." "" r#"{"firstName": "Ann", "username": "ann"}"#;
    "person.removed" "users" [removed!()] "A person was deleted." r#"{"firstName": "Ann", "username": "ann"}"# "";
    "person.purged" "users" [purged!()] "The row of a deleted person is gone for good." "{}" "";
    "person.deactivated" "users" [filled!("after", "before", "deactivated_on")] "A person was deactivated in all tenants." r#"{"deactivatedOn": null}"# r#"{"deactivatedOn": "2026-05-06T07:08:09.000Z"}"#;
    "person.reactivated" "users" [filled!("before", "after", "deactivated_on")] "A person who was deactivated may act again." r#"{"deactivatedOn": "2026-05-06T07:08:09.000Z"}"# r#"{"deactivatedOn": null}"#;
    "person.changed" "users" [updated!()] "Something else of a person changed." r#"{"lastName": "Lee"}"# r#"{"lastName": "Moe"}"#;

    "credentials.added" "user_credentials" [inserted!()] "A person got something to log in with." "" r#"{"authProvider": "internal"}"#;
    "credentials.removed" "user_credentials" [removed!()] "What a person logs in with was deleted." r#"{"authProvider": "internal"}"# "";
    "credentials.purged" "user_credentials" [purged!()] "The row of deleted credentials is gone for good." "{}" "";
    "credentials.changed" "user_credentials" [updated!()] "What a person logs in with changed; `secrets` names which." "{}" "{}";

    "user.invited" "user_tenants" [begins!("status", "'0'")] "A person was invited into a tenant." "" r#"{"status": 0}"#;
    "user.added" "user_tenants" [inserted!()] "A person became a member of a tenant." "" r#"{"status": 1}"#;
    "user.removed" "user_tenants" [removed!()] "A member was removed from a tenant." r#"{"status": 1}"# "";
    "user.purged" "user_tenants" [purged!()] "The row of a removed member is gone for good." "{}" "";
    "user.roleChanged" "user_tenants" [differs!("role_id")] "A member got another role." r#"{"roleId": "0190c3a0-7b1e-7000-8000-000000000011"}"# r#"{"roleId": "0190c3a0-7b1e-7000-8000-000000000012"}"#;
    "user.suspended" "user_tenants" [became!("status", "2")] "A member was suspended." r#"{"status": 1}"# r#"{"status": 2}"#;
    "user.reactivated" "user_tenants" [became!("status", "2", one of "'0', '1', '3'")] "A suspended member is what they were before." r#"{"status": 2}"# r#"{"status": 1}"#;
    "user.activated" "user_tenants" [became!("status", "1")] "A member became active: an invitation was accepted, for example." r#"{"status": 0}"# r#"{"status": 1}"#;
    "user.passwordChangeNeeded" "user_tenants" [became!("status", "3")] "A member must change the password first." r#"{"status": 1}"# r#"{"status": 3}"#;
    "user.rejected" "user_tenants" [became!("status", "4")] "A member was rejected." r#"{"status": 0}"# r#"{"status": 4}"#;
    "user.changed" "user_tenants" [updated!()] "Something else of a membership changed." r#"{"locale": "en"}"# r#"{"locale": "de"}"#;

    "group.created" "groups" [inserted!()] "A group was made." "" r#"{"name": "night shift"}"#;
    "group.removed" "groups" [removed!()] "A group was deleted." r#"{"name": "night shift"}"# "";
    "group.purged" "groups" [purged!()] "The row of a deleted group is gone for good." "{}" "";
    "group.changed" "groups" [updated!()] "A group changed." r#"{"name": "night shift"}"# r#"{"name": "late shift"}"#;

    "groupMember.added" "user_groups" [inserted!()] "A member came into a group." "" "{}";
    "groupMember.removed" "user_groups" [removed!()] "A member left a group." "{}" "";
    "groupMember.purged" "user_groups" [purged!()] "The row of who has left a group is gone for good." "{}" "";
    "groupMember.changed" "user_groups" [updated!()] "Something of who is in a group changed." "{}" "{}";

    "groupRole.added" "group_roles" [inserted!()] "A group carries a role: whoever is in the group has it." "" r#"{"roleId": "0190c3a0-7b1e-7000-8000-000000000011"}"#;
    "groupRole.removed" "group_roles" [removed!()] "A group carries a role no more." r#"{"roleId": "0190c3a0-7b1e-7000-8000-000000000011"}"# "";
    "groupRole.purged" "group_roles" [purged!()] "The row of a role that was taken from a group is gone for good." "{}" "";
    "groupRole.changed" "group_roles" [updated!()] "Something of which role a group carries changed." "{}" "{}";

    "groupGroup.added" "group_groups" [inserted!()] "A group was put into another: whoever is in it is in that one too." "" r#"{"memberGroupId": "0190c3a0-7b1e-7000-8000-000000000041"}"#;
    "groupGroup.removed" "group_groups" [removed!()] "A group was taken out of another." r#"{"memberGroupId": "0190c3a0-7b1e-7000-8000-000000000041"}"# "";
    "groupGroup.purged" "group_groups" [purged!()] "The row of a group that was taken out of another is gone for good." "{}" "";
    "groupGroup.changed" "group_groups" [updated!()] "Something of which group holds which changed." "{}" "{}";

    "permission.withheld" "user_permissions" [begins!("allowed", "'false', '0'")] "A permission is withheld from a member alone." "" r#"{"permission": "ViewRoles", "allowed": false}"#;
    "permission.granted" "user_permissions" [inserted!()] "A permission is granted to a member alone." "" r#"{"permission": "ViewRoles", "allowed": true}"#;
    "permission.removed" "user_permissions" [removed!()] "An own permission of a member, or its denial, was deleted." r#"{"permission": "ViewRoles", "allowed": true}"# "";
    "permission.purged" "user_permissions" [purged!()] "The row of a deleted own permission is gone for good." "{}" "";
    "permission.changed" "user_permissions" [updated!()] "An own permission of a member changed." r#"{"allowed": true}"# r#"{"allowed": false}"#;

    "invitation.created" "user_invitations" [inserted!()] "An invitation was made." "" r#"{"expiresOn": "2026-05-06T07:08:09.000Z"}"#;
    "invitation.removed" "user_invitations" [removed!()] "An invitation was deleted." r#"{"expiresOn": "2026-05-06T07:08:09.000Z"}"# "";
    "invitation.purged" "user_invitations" [purged!()] "The row of a deleted invitation is gone for good." "{}" "";
    "invitation.changed" "user_invitations" [updated!()] "An invitation changed." r#"{"expiresOn": "2026-05-06T07:08:09.000Z"}"# r#"{"expiresOn": "2026-06-06T07:08:09.000Z"}"#;

    "tenantInvitation.created" "invitations" [inserted!()] "An address was invited into a tenant." "" r#"{"address": "ann@acme.example", "status": "pending"}"#;
    "tenantInvitation.removed" "invitations" [removed!()] "The row of an invitation into a tenant was deleted." r#"{"status": "declined"}"# "";
    "tenantInvitation.purged" "invitations" [purged!()] "The row of a deleted invitation into a tenant is gone for good." "{}" "";
    "tenantInvitation.accepted" "invitations" [became!("status", "accepted")] "Somebody came by an invitation." r#"{"status": "pending"}"# r#"{"status": "accepted", "acceptedBy": "0190c3a0-7b1e-7000-8000-000000000051"}"#;
    "tenantInvitation.declined" "invitations" [became!("status", "declined")] "Who was invited into a tenant does not want to come." r#"{"status": "pending"}"# r#"{"status": "declined"}"#;
    "tenantInvitation.revoked" "invitations" [became!("status", "revoked")] "An invitation into a tenant was revoked." r#"{"status": "pending"}"# r#"{"status": "revoked"}"#;
    "tenantInvitation.refused" "invitations" [became!("delivery", "refused")] "The mail server refuses the address of an invitation." r#"{"delivery": "queued"}"# r#"{"delivery": "refused"}"#;
    "tenantInvitation.changed" "invitations" [updated!()] "Something else of an invitation into a tenant changed: it was sent again, for example; `secrets` names what is new." r#"{"expiresOn": "2026-05-06T07:08:09.000Z"}"# r#"{"expiresOn": "2026-06-06T07:08:09.000Z"}"#;

    "preference.added" "user_tenant_prefs" [inserted!()] "A member set a preference." "" r#"{"configKey": "theme", "configValue": {"dark": true}}"#;
    "preference.removed" "user_tenant_prefs" [removed!()] "A member deleted a preference." r#"{"configKey": "theme", "configValue": {"dark": true}}"# "";
    "preference.purged" "user_tenant_prefs" [purged!()] "The row of a deleted preference is gone for good." "{}" "";
    "preference.changed" "user_tenant_prefs" [updated!()] "A member changed a preference." r#"{"configValue": {"dark": true}}"# r#"{"configValue": {"dark": false}}"#;
}

/// The type of this name.
pub(crate) fn named(name: &str) -> Option<&'static str> {
    ALL.iter().map(|known| known.name).find(|known| *known == name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{ALL, QUERY};
    use crate::model::registry;

    #[test]
    fn each_logged_table_has_types_for_whatever_happens_to_its_rows() {
        for meta in registry().iter().map(|entity| entity()) {
            if meta.read_only || !meta.is_logged() {
                continue;
            }
            let own: Vec<_> = ALL.iter().filter(|known| known.table == meta.table).collect();
            assert!(own.len() >= 4, "{}", meta.table);
            let subjects: HashSet<_> = own.iter().filter_map(|known| known.name.split('.').next()).collect();
            assert_eq!(subjects.len(), 1, "{}", meta.table);
            assert!(own.last().is_some_and(|last| last.name.ends_with(".changed")), "{}: any other change", meta.table);
        }
        assert!(QUERY.len() < 16_000);
    }

    #[test]
    fn names_are_unique_and_examples_are_json() {
        let names: HashSet<_> = ALL.iter().map(|known| known.name).collect();
        assert_eq!(names.len(), ALL.len());
        for known in ALL {
            for example in known.example.iter().filter(|example| !example.is_empty()) {
                assert!(serde_json::from_str::<serde_json::Map<_, _>>(example).is_ok(), "{}: {example}", known.name);
            }
        }
    }
}
