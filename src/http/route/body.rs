//! The body of a route: what it is for, and the schema that it must satisfy.

use serde_json::{Value as Json, json};
use user_tenant_store::schema;

use super::Meta;

/// Most items of a body that is an array.
const MOST_ITEMS: usize = 1_000;

/// The body of a route.
pub(crate) struct Body {
    /// What it is for.
    pub(crate) form: Form,
    /// What it describes.
    subject: Subject,
    /// Whether it may be left out.
    pub(crate) optional: bool,
    /// Positions of the properties that it may not name, since the path does.
    pub(super) excluding: &'static [usize],
}

/// What a body describes.
enum Subject {
    /// An entity.
    Entity(Meta),
    /// What no entity is alone; by a schema of its own.
    Schema(fn() -> Json),
}

/// What a body is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A new row.
    Create,
    /// An array of new rows.
    CreateMany,
    /// Some properties of existing rows.
    Partial,
    /// All properties of an existing row.
    Replace,
}

impl Body {
    /// A body that describes an entity.
    pub(crate) fn of(entity: Meta, form: Form) -> Self {
        Self { form, subject: Subject::Entity(entity), optional: false, excluding: &[] }
    }

    /// A body by a schema of its own.
    pub(super) fn by(schema: fn() -> Json, form: Form, optional: bool) -> Self {
        Self { form, subject: Subject::Schema(schema), optional, excluding: &[] }
    }

    /// Whether it has the properties that the body of a new row has.
    #[cfg_attr(not(feature = "mcp"), expect(dead_code, reason = "tools say it once"))]
    pub(crate) fn says_again(&self) -> bool {
        matches!(self.subject, Subject::Entity(_)) && matches!(self.form, Form::Partial | Form::Replace)
    }

    /// The JSON Schema that a body must satisfy; of one item, where it is an array.
    pub(crate) fn schema(&self) -> Json {
        match self.subject {
            Subject::Schema(schema) => schema(),
            Subject::Entity(meta) => {
                let meta = meta();
                let excluding: Vec<_> = self.excluding.iter().map(|at| meta.properties[*at].name).collect();
                match self.form {
                    Form::Create | Form::CreateMany => schema::create(meta, &excluding),
                    Form::Partial => schema::partial(meta, &excluding),
                    Form::Replace => schema::replace(meta),
                }
            }
        }
    }

    /// The schema of a body whose items have the schema `item`, which may be a reference.
    pub(crate) fn schema_around(&self, item: Json) -> Json {
        if self.form == Form::CreateMany {
            json!({ "type": "array", "maxItems": MOST_ITEMS, "items": item })
        } else {
            item
        }
    }
}
