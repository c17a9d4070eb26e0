//! What one entity declares, once: add a property, relation or tenancy here and every layer follows.
//!
//! `#[derive(Entity)]` writes the [`EntityMeta`] of a struct. The SQL engine, the JSON Schemas, the
//! `OpenAPI` document and the isolation tests all read it; none of them is generic over entities.

use serde::de::DeserializeOwned;

use crate::form::Form;
pub use crate::value::PropertyType;

/// A type that is stored in one table or view.
pub trait Entity: DeserializeOwned + Send + Sync + 'static {
    /// How a row belongs to a tenant, as a type: [`Itself`], [`ByColumn`], [`Through`] or [`Global`].
    type Tenancy;
    /// How a row belongs to a person, as a type: [`Owned`] or [`NotOwned`].
    type Ownership;

    /// The metadata that everything else is derived from.
    fn meta() -> &'static EntityMeta;
}

/// Tenancy of the tenant entity itself: a tenant scope sees its one row.
#[derive(Debug)]
pub struct Itself;
/// Tenancy by a column that holds the tenant's id.
#[derive(Debug)]
pub struct ByColumn;
/// Tenancy through a parent entity `P` that belongs to the tenant.
#[derive(Debug)]
pub struct Through<P>(std::marker::PhantomData<P>);
/// No tenancy: only the system scope opens such an entity.
#[derive(Debug)]
pub struct Global;

/// A row that can be traced to one person ([`EntityMeta::owner`] says how).
#[derive(Debug)]
pub struct Owned;
/// A row that belongs to nobody in particular.
#[derive(Debug)]
pub struct NotOwned;

/// Everything that is known about one entity.
#[derive(Debug)]
pub struct EntityMeta {
    /// Name of the model, as schemas and messages use it: `Tenant`.
    pub name: &'static str,
    /// Name of the table or view, without schema: `tenants`.
    pub table: &'static str,
    /// What to read instead of the table or view, as the text of a `SELECT` after that word: columns named as
    /// the properties' columns, then `FROM`. Tables are written `main.<table>`, as both databases understand,
    /// whatever schema they lie in.
    /// Of a property with a [`Veil`] it has a second column, `own_<column>`, and the column `veil` beside them.
    pub query: Option<&'static str>,
    /// As `query`, for reads within one tenant only. Its column `within_tenant` names the tenant of each row: the wall
    /// compares it, and a query without it cannot be run. It must yield each row once, and leave out itself what is
    /// deleted of the tables that it joins: around it only the entity's own `deleted` is asked for.
    pub tenant_query: Option<&'static str>,
    /// What the entity is, for schemas and documents.
    pub description: &'static str,
    /// How its rows belong to a tenant.
    pub tenancy: TenantRule,
    /// How its rows belong to a person, if they do.
    pub owner: Option<OwnerRule>,
    /// All properties in the order of responses; the audit columns come first.
    pub properties: &'static [Property],
    /// Relations that `include` can follow.
    pub relations: &'static [Relation],
    /// What only one row of the table may have, beside the id.
    pub unique: &'static [Unique],
    /// Whether rows carry `deleted`, `deletedOn`, `deletedBy` and are hidden rather than removed.
    pub soft_delete: bool,
    /// Whether it can only be read (a view).
    pub read_only: bool,
    /// Why the audit log says nothing of its rows, where it does not.
    pub unlogged: Option<&'static str>,
    /// Whether the audit log tells of its rows though they belong to no tenant.
    pub logged: bool,
}

/// How rows of an entity belong to a tenant.
#[derive(Debug, Clone, Copy)]
pub enum TenantRule {
    /// The entity is the tenant.
    Itself,
    /// The named property holds the tenant's id.
    Column(&'static str),
    /// A row of `via`, whose `foreign` equals this row's `local`, belongs to the tenant.
    Through {
        /// Property of this entity.
        local: &'static str,
        /// Property of the parent.
        foreign: &'static str,
        /// The parent entity.
        via: fn() -> &'static EntityMeta,
    },
    /// No tenant, and why that is right.
    Global {
        /// The reason, for the reader of a review.
        reason: &'static str,
    },
}

/// How rows of an entity belong to a person.
#[derive(Debug, Clone, Copy)]
pub enum OwnerRule {
    /// The named property holds the user's id.
    Column(&'static str),
    /// A row of `via`, whose `foreign` equals this row's `local`, belongs to the person.
    Through {
        /// Property of this entity.
        local: &'static str,
        /// Property of the parent.
        foreign: &'static str,
        /// The parent entity.
        via: fn() -> &'static EntityMeta,
    },
}

/// One property of an entity and the column behind it.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Property {
    /// Name in JSON: `createdOn`. An identifier, or at least nothing that JSON escapes: answers hold it as it is.
    pub name: &'static str,
    /// What stands before its value in a JSON text: `"createdOn":`.
    pub member: &'static str,
    /// Name in the database: `created_on`.
    pub column: &'static str,
    /// Type of its values.
    pub kind: PropertyType,
    /// Whether a row must have it.
    pub required: bool,
    /// Who sets it.
    pub role: PropertyRole,
    /// Whether it never leaves the store through a record (passwords, secrets).
    pub hidden: bool,
    /// Whether the audit log says of it no more than that it changed.
    pub secret: bool,
    /// Whether what was read of it is remembered: a commit that changes it, or removes such a row, is counted.
    pub remembered: bool,
    /// What a veiled row shows of it.
    pub veil: Veil,
    /// What its values must satisfy beyond their type.
    pub rules: Rules,
    /// How its texts are written, if not as they come.
    pub form: Option<&'static Form>,
    /// What it holds, for schemas and documents.
    pub description: &'static str,
}

/// Who sets the value of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PropertyRole {
    /// The client, in bodies.
    Data,
    /// The service, when a row is made: the primary key.
    Id,
    /// The store: who and when. Accepted in bodies for compatibility, and ignored.
    Audit,
    /// The scope: the column or parent key that ties the row to its tenant; never updated.
    Parent,
    /// Shown only: computed or joined by a view.
    Derived,
}

/// What a row shows of a property that not every reader of the row may see.
///
/// A query veils a row by a document in its column `veil`, which is null for rows that show all. Conditions and orders use
/// the property's column, in which the query hides or replaces the value itself. The rows of an answer are read from
/// `own_<column>`, and the store then lifts no veil but lays it on: one condition for each row in place of one for each
/// value (ADR 28).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Veil {
    /// The value, always.
    None,
    /// A veiled row shows null.
    Hides,
    /// A veiled row shows the text that the veil, if it is an object, holds by the property's name, or else null. A veil that
    /// is no object, like the document `null`, replaces nothing.
    Replaces,
}

/// Constraints of a property's value, in the terms of JSON Schema.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Longest text, or longest item of an array of texts, in characters.
    pub max_length: Option<u32>,
    /// Most items of an array.
    pub max_items: Option<u32>,
    /// Longest JSON document, in bytes as it is written without spaces. JSON Schema cannot say it: `New::from_json` and
    /// `Patch::from_json` check it.
    pub max_bytes: Option<u32>,
    /// Smallest number.
    pub minimum: Option<i64>,
    /// Largest number.
    pub maximum: Option<i64>,
    /// The only numbers allowed, in the order that messages list them.
    pub one_of: Option<&'static [i64]>,
    /// The only texts allowed, in the order that messages list them.
    pub one_of_text: Option<&'static [&'static str]>,
    /// What people call the numbers, from 0 on. JSON holds the numbers.
    pub words: Option<&'static [&'static str]>,
    /// Regular expression (ECMA-262) that text must match.
    pub pattern: Option<&'static str>,
    /// Value of a new row that names none, as JSON text.
    pub default: Option<&'static str>,
}

impl Rules {
    /// No constraint.
    pub const NONE: Self = Self {
        max_length: None,
        max_items: None,
        max_bytes: None,
        minimum: None,
        maximum: None,
        one_of: None,
        one_of_text: None,
        words: None,
        pattern: None,
        default: None,
    };
}

/// A relation that `include` can follow.
#[derive(Debug)]
pub struct Relation {
    /// Name in JSON: `userTenants`.
    pub name: &'static str,
    /// How many rows it yields.
    pub kind: RelationKind,
    /// The entity at the other end.
    pub target: fn() -> &'static EntityMeta,
    /// Property of this entity.
    pub local: &'static str,
    /// Property of the target that equals it.
    pub foreign: &'static str,
    /// Whether a client may include it.
    pub includable: bool,
}

/// A unique constraint, or a unique index, of an entity's table. It has the same name in both databases.
#[derive(Debug, PartialEq, Eq)]
pub struct Unique {
    /// Name of the constraint or index.
    pub name: &'static str,
    /// The properties that no two rows have alike, in the order in which refusals name them.
    pub properties: &'static [&'static str],
    /// Those of them of which all spellings in other cases are one.
    pub in_any_case: &'static [&'static str],
    /// Whether a row that is deleted softly gives way.
    pub not_deleted: bool,
}

/// How many rows a relation yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// An array.
    HasMany,
    /// One object, found by a key at the target.
    HasOne,
    /// One object, found by a key of this row.
    BelongsTo,
}

impl Property {
    /// A text that clients may leave out, without a name: what others differ from.
    pub const PLAIN: Self = Self {
        name: "",
        member: "",
        column: "",
        kind: PropertyType::Text,
        required: false,
        role: PropertyRole::Data,
        hidden: false,
        secret: false,
        remembered: false,
        veil: Veil::None,
        rules: Rules::NONE,
        form: None,
        description: "",
    };
}

impl Unique {
    /// The properties that a refusal names: those whose spellings are compared, or else all.
    pub fn named(&self) -> &'static [&'static str] {
        if self.in_any_case.is_empty() { self.properties } else { self.in_any_case }
    }
}

impl EntityMeta {
    /// The property with this JSON name.
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// Position of the property with this JSON name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.properties.iter().position(|property| property.name == name)
    }

    /// The includable relation with this name.
    pub fn relation(&self, name: &str) -> Option<&'static Relation> {
        self.relations.iter().find(|relation| relation.name == name && relation.includable)
    }

    /// The unique constraint that a database names in [`crate::StoreError::Conflict`]: by its name, or by its columns,
    /// `tenants.key` or `user_tenants.tenant_id, user_tenants.user_id`, where `SQLite` knows no name. None of another table,
    /// of the primary key, and of no name at all.
    pub fn violated(&self, constraint: &str) -> Option<&'static Unique> {
        if let Some(named) = self.unique.iter().find(|unique| unique.name == constraint) {
            return Some(named);
        }
        let column = |part: &str| part.strip_prefix(self.table)?.strip_prefix('.').map(ToOwned::to_owned);
        let mut columns: Vec<String> = constraint.split(", ").map(column).collect::<Option<_>>()?;
        columns.sort_unstable();
        self.unique.iter().find(|unique| {
            let mut own: Vec<&str> = unique
                .properties
                .iter()
                .filter_map(|name| self.property(name))
                .map(|property| property.column)
                .collect();
            own.sort_unstable();
            unique.in_any_case.is_empty() && own == columns
        })
    }

    /// Whether the audit log tells of each change of its rows: of all that belong to tenants, unless the entity says why not;
    /// of global ones where the entity says so.
    pub fn is_logged(&self) -> bool {
        let of_a_tenant = !matches!(self.tenancy, TenantRule::Global { .. });
        !self.read_only && self.unlogged.is_none() && (self.logged || of_a_tenant)
    }

    /// Whether a row may be of several tenants at once: by rows that refer to it, as memberships do to a person.
    pub fn is_shared(&self) -> bool {
        matches!(self.tenancy, TenantRule::Through { local, .. } if local == self.id().name)
    }

    /// The primary key.
    pub fn id(&self) -> &'static Property {
        let first = &self.properties[0];
        self.properties.iter().find(|property| property.role == PropertyRole::Id).unwrap_or(first)
    }
}
