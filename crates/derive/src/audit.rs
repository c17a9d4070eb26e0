//! The who-and-when properties that every table carries ahead of its own, as one table of data.

use crate::input::Audit;

/// One audit property: name in JSON, column, type, default as JSON, description.
pub(crate) struct AuditProperty {
    pub(crate) name: &'static str,
    pub(crate) column: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) default: Option<&'static str>,
    pub(crate) description: &'static str,
}

const fn property(
    name: &'static str,
    column: &'static str,
    kind: &'static str,
    description: &'static str,
) -> AuditProperty {
    AuditProperty { name, column, kind, default: None, description }
}

/// The audit properties of an entity, in the order of responses.
pub(crate) fn properties(audit: Audit) -> Vec<AuditProperty> {
    let person = match audit {
        Audit::None => return Vec::new(),
        Audit::Uuid | Audit::Times => "Uuid",
        Audit::Text => "Text",
    };
    let mut properties = vec![
        AuditProperty {
            default: Some("false"),
            ..property("deleted", "deleted", "Boolean", "Whether the row is deleted; such rows are never shown.")
        },
        property("deletedOn", "deleted_on", "Timestamp", "When the row was deleted."),
        property("deletedBy", "deleted_by", "Uuid", "Id of the user who deleted the row."),
        property("createdOn", "created_on", "Timestamp", "When the row was made."),
        property("modifiedOn", "modified_on", "Timestamp", "When the row was last changed."),
    ];
    if audit != Audit::Times {
        properties.extend([
            property("createdBy", "created_by", person, "Id of the membership, or else the user, that made the row."),
            property(
                "modifiedBy",
                "modified_by",
                person,
                "Id of the membership, or else the user, that last changed the row.",
            ),
        ]);
    }
    properties
}
