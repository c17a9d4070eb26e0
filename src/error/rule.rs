//! The rules of a property's value that only the service can check: what each is called, and what it asks for.

use serde_json::{Value as Json, json};
use user_tenant_store::form::Unwritable;
use user_tenant_store::record::InvalidRecord;

use super::Error;

/// A rule of a property's value.
#[derive(Debug, PartialEq, Eq)]
pub enum Rule {
    /// It must be there.
    Required,
    /// It must be a property of the entity.
    Known,
    /// It is not the client's to set.
    ReadOnly,
    /// It must have a type; which one is said.
    Type(String),
    /// It must be this one value, which is said in words too.
    Only {
        /// The value.
        value: String,
        /// What it is.
        what: &'static str,
    },
    /// It may not take more bytes than this as JSON.
    MaxBytes(u32),
    /// It must have a form.
    Form(Unwritable),
    /// Nothing else in the list may be called so.
    Once,
    /// It must grant this permission.
    Grants(&'static str),
}

impl Rule {
    /// The keyword, in the terms of JSON Schema where that has one.
    pub(crate) fn keyword(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Known => "additionalProperties",
            Self::ReadOnly => "readOnly",
            Self::Type(_) => "type",
            Self::Only { .. } => "const",
            Self::MaxBytes(_) => "maxBytes",
            Self::Form(Unwritable::Empty) => "minLength",
            Self::Form(Unwritable::TooLong(_)) => "maxLength",
            Self::Form(Unwritable::Not(_)) => "format",
            Self::Once => "uniqueItems",
            Self::Grants(_) => "grants",
        }
    }

    /// What the rule asks for, after the property's name.
    pub(crate) fn asks(&self) -> String {
        match self {
            Self::Required => "must be there".to_owned(),
            Self::Known => "is not a property".to_owned(),
            Self::ReadOnly => "cannot be set".to_owned(),
            Self::Type(wanted) => wanted.clone(),
            Self::Only { what, .. } => format!("must be {what}"),
            Self::MaxBytes(most) => format!("must NOT have more than {most} bytes as JSON"),
            Self::Form(reason) => reason.to_string(),
            Self::Once => "must NOT be there twice".to_owned(),
            Self::Grants(permission) => {
                format!("must grant {permission}, or nobody in the tenant could let others in")
            }
        }
    }

    /// The values of the rule.
    pub(crate) fn values(&self) -> Json {
        match self {
            Self::Only { value, .. } => json!({ "allowedValue": value }),
            Self::Form(Unwritable::Empty) => json!({ "limit": 1 }),
            Self::Form(Unwritable::TooLong(most)) => json!({ "limit": most }),
            _ => json!({}),
        }
    }
}

impl Error {
    /// The same of what lies in a part of the body, `groups/0`: a refused property is then named by the way to it.
    #[must_use]
    pub(crate) fn within(self, part: &str) -> Self {
        match self {
            Self::InvalidProperty { property, rule } => {
                Self::InvalidProperty { property: format!("{part}/{property}"), rule }
            }
            Self::InvalidEmail => Self::InvalidProperty {
                property: format!("{part}/email"),
                rule: Rule::Form(Unwritable::Not("must be an e-mail address")),
            },
            other => other,
        }
    }
}

impl From<InvalidRecord> for Error {
    fn from(error: InvalidRecord) -> Self {
        let (property, rule) = match error {
            InvalidRecord::UnknownProperty(name) => (name, Rule::Known),
            InvalidRecord::WrongType(name, wrong) => (name.to_owned(), Rule::Type(wrong.to_string())),
            InvalidRecord::NotSettable(name) => (name.to_owned(), Rule::ReadOnly),
            InvalidRecord::TooLong(name, most) => (name.to_owned(), Rule::MaxBytes(most)),
            InvalidRecord::Unwritable(name, reason) => (name.to_owned(), Rule::Form(reason)),
        };
        Self::InvalidProperty { property, rule }
    }
}
