//! What is taken: a unique constraint of an entity that a write would break, and the values that another row has.

use std::fmt;

use serde_json::Value as Json;
use user_tenant_store::entity::{Property, Unique};
use user_tenant_store::{Entity, EntityMeta};

use super::Error;
use crate::model::registry;

/// What another row has already. No value is told that records do not show.
#[derive(Debug)]
pub struct Taken {
    meta: &'static EntityMeta,
    unique: &'static Unique,
    /// Columns of the attempted write, with their values.
    attempted: Vec<(&'static str, String)>,
}

impl Taken {
    /// A property's value that the service itself takes for another row's.
    pub(crate) fn of<E: Entity>(property: &'static str, value: &str) -> Error {
        let meta = E::meta();
        let unique = meta.unique.iter().find(|unique| unique.named().contains(&property));
        match (unique, meta.property(property)) {
            (Some(unique), Some(Property { column, .. })) => {
                Error::Taken(Self { meta, unique, attempted: vec![(column, value.to_owned())] })
            }
            _ => Error::NotUnique,
        }
    }

    /// What a violation means that a database reports: of a constraint that no entity declares, no more than that it is one.
    pub(super) fn violated(constraint: &str, attempted: Vec<(&'static str, String)>) -> Error {
        let mut declared = registry().iter().map(|entity| entity());
        match declared.find_map(|meta| Some((meta, meta.violated(constraint)?))) {
            Some((meta, unique)) => Error::Taken(Self { meta, unique, attempted }),
            None => Error::NotUnique,
        }
    }

    /// Name of the entity.
    pub(crate) fn entity(&self) -> &'static str {
        self.meta.name
    }

    /// Whether it is about this entity.
    pub(crate) fn is_of<E: Entity>(&self) -> bool {
        self.meta.name == E::meta().name
    }

    /// The properties that no two rows have alike, as far as clients set them: the first is what is told of.
    pub(crate) fn properties(&self) -> &'static [&'static str] {
        self.unique.named()
    }

    /// The values that another row has, each with its property, as far as the write names them.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static Property, &str)> {
        let shown = self.properties().iter().filter_map(|name| self.meta.property(name));
        shown.filter(|property| !property.hidden).filter_map(|property| {
            let (_, value) = self.attempted.iter().find(|(column, _)| *column == property.column)?;
            Some((property, value.as_str()))
        })
    }
}

/// Such as `There is a Role with the name "admin" already.`
impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: Vec<_> =
            self.values().map(|(property, value)| format!("{} {}", property.name, Json::from(value))).collect();
        if values.is_empty() {
            return write!(f, "Another {} has the same {} already.", self.entity(), self.properties().join(", "));
        }
        write!(f, "There is a {} with the {} already.", self.entity(), values.join(" and the "))
    }
}

#[cfg(test)]
mod tests {
    use user_tenant_store::StoreError;

    use super::{Error, Taken};
    use crate::error::ErrorCode;
    use crate::model::Role;

    fn conflict(constraint: &str, attempted: &[(&'static str, &str)]) -> Error {
        let attempted = attempted.iter().map(|(column, value)| (*column, (*value).to_owned())).collect();
        StoreError::Conflict { constraint: constraint.to_owned(), columns: Vec::new(), attempted }.into()
    }

    #[test]
    fn a_violation_names_what_the_entity_declares_on_either_database() {
        for (constraint, attempted, told) in [
            ("idx_tenants", &[("name", "A"), ("key", "a")][..], r#"There is a Tenant with the key "a" already."#),
            ("tenants.key", &[("key", "a")], r#"There is a Tenant with the key "a" already."#),
            (
                "uq_roles_tenant_id_name",
                &[("tenant_id", "1"), ("name", "x")],
                r#"There is a Role with the name "x" already."#,
            ),
            (
                "user_tenants.tenant_id, user_tenants.user_id",
                &[("tenant_id", "1"), ("user_id", "2")],
                r#"There is a UserTenant with the userId "2" and the tenantId "1" already."#,
            ),
            ("uq_users_email", &[], "Another User has the same email already."),
        ] {
            let error = conflict(constraint, attempted);
            assert_eq!((error.to_string().as_str(), error.code()), (told, ErrorCode::Taken), "{constraint}");
        }
        let role = Taken::of::<Role>("name", "x");
        assert_eq!(role.to_string(), r#"There is a Role with the name "x" already."#);
    }

    #[test]
    fn a_violation_that_nobody_knows_is_none_of_those_that_are_known() {
        for constraint in
            ["", "roles_pkey", "roles.id", "uq_of_an_application", "others.key", "tenants.key, tenants.name"]
        {
            let error = conflict(constraint, &[("name", "admin"), ("key", "a")]);
            assert_eq!(error.code(), ErrorCode::NotUnique, "{constraint}");
            assert!(!error.to_string().contains("admin") && !error.to_string().contains("name"), "{error}");
        }
    }

    #[test]
    fn no_secret_is_told() {
        let attempted = [("auth_provider", "internal"), ("auth_id", "7"), ("password", "hash"), ("auth_token", "hush")];
        let told = conflict("idx_user_credentials_uniq", &attempted).to_string();
        assert!(told.contains("internal") && !told.contains("hash") && !told.contains("hush"), "{told}");
    }
}
