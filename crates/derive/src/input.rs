//! The attributes that a struct and its fields may carry, as darling reads them: add a new one here first.

#![expect(clippy::needless_continue, reason = "the derives of darling write it")]

use darling::ast::{Data, NestedMeta};
use darling::util::Ignored;
use darling::{Error, FromDeriveInput, FromField, FromMeta, Result};
use syn::{Attribute, Expr, ExprArray, Ident, LitStr, Path, Type, Visibility};

/// A struct with `#[entity(…)]`.
#[derive(FromDeriveInput)]
#[darling(attributes(entity), supports(struct_named), forward_attrs(doc))]
pub(crate) struct EntityInput {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) data: Data<Ignored, PropertyInput>,
    pub(crate) table: String,
    #[darling(default)]
    pub(crate) read_only: bool,
    pub(crate) unlogged: Option<String>,
    #[darling(default)]
    pub(crate) logged: bool,
    pub(crate) query: Option<Expr>,
    pub(crate) tenant_query: Option<Expr>,
    #[darling(default)]
    pub(crate) audit: Audit,
    pub(crate) tenancy: Option<Tenancy>,
    pub(crate) owner: Option<Owner>,
    #[darling(default)]
    pub(crate) veil: Veil,
    #[darling(multiple)]
    pub(crate) unique: Vec<UniqueInput>,
    #[darling(flatten)]
    pub(crate) relations: Relations,
}

/// A field with `#[property(…)]`.
#[derive(FromField)]
#[darling(attributes(property), forward_attrs(doc))]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of the attribute")]
pub(crate) struct PropertyInput {
    pub(crate) ident: Option<Ident>,
    pub(crate) ty: Type,
    pub(crate) attrs: Vec<Attribute>,
    #[darling(default)]
    pub(crate) id: bool,
    #[darling(default)]
    pub(crate) parent: bool,
    #[darling(default)]
    pub(crate) derived: bool,
    #[darling(default)]
    pub(crate) hidden: bool,
    #[darling(default)]
    pub(crate) logged: bool,
    #[darling(default)]
    pub(crate) remembered: bool,
    pub(crate) column: Option<String>,
    pub(crate) required: Option<bool>,
    pub(crate) max_length: Option<u32>,
    pub(crate) max_items: Option<u32>,
    pub(crate) max_bytes: Option<u32>,
    pub(crate) minimum: Option<i64>,
    pub(crate) maximum: Option<i64>,
    pub(crate) one_of: Option<ExprArray>,
    pub(crate) one_of_text: Option<ExprArray>,
    pub(crate) words: Option<ExprArray>,
    pub(crate) pattern: Option<String>,
    pub(crate) default: Option<String>,
    pub(crate) form: Option<Expr>,
}

/// Which who-and-when properties precede the own ones.
#[derive(FromMeta, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audit {
    #[default]
    Uuid,
    Text,
    Times,
    None,
}

/// How a row belongs to a tenant.
#[derive(FromMeta)]
pub(crate) enum Tenancy {
    Itself,
    Column(String),
    Through(Through),
    Global(String),
}

/// Which properties a veiled row does not show as they are, by their names in JSON.
#[derive(FromMeta, Default)]
pub(crate) struct Veil {
    /// Those that it shows as null.
    pub(crate) hides: Vec<LitStr>,
    /// Those that it shows as the veil says.
    pub(crate) replaces: Vec<LitStr>,
}

/// What only one row may have, by its properties' names in JSON.
#[derive(FromMeta)]
pub(crate) struct UniqueInput {
    /// Name of the constraint or index.
    pub(crate) name: String,
    /// The properties that no two rows have alike.
    pub(crate) properties: Vec<LitStr>,
    /// Those of them whose spellings in other cases are one.
    #[darling(default)]
    pub(crate) in_any_case: Vec<LitStr>,
    /// Whether deleted rows count too.
    #[darling(default)]
    pub(crate) deleted_too: bool,
}

/// How a row belongs to a person.
#[derive(FromMeta)]
pub(crate) enum Owner {
    Column(String),
    Through(Through),
}

/// A step to a parent entity.
#[derive(FromMeta)]
pub(crate) struct Through {
    pub(crate) local: String,
    pub(crate) foreign: String,
    pub(crate) via: Path,
}

/// All relations, of every kind, in the order they are written.
#[derive(Default)]
pub(crate) struct Relations(pub(crate) Vec<(RelationKind, RelationInput)>);

/// How many rows a relation yields, and on which side its key is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RelationKind {
    HasMany,
    HasOne,
    BelongsTo,
}

/// What stands in the parentheses of a relation.
#[derive(FromMeta)]
pub(crate) struct RelationInput {
    pub(crate) name: String,
    pub(crate) target: Path,
    pub(crate) local: Option<String>,
    pub(crate) foreign: Option<String>,
    #[darling(default)]
    pub(crate) hidden: bool,
}

impl FromMeta for Relations {
    /// Takes what no other attribute claimed, so that relations of different kinds keep their order.
    fn from_list(items: &[NestedMeta]) -> Result<Self> {
        let mut errors = Error::accumulator();
        let relations = items.iter().filter_map(|item| errors.handle(relation(item))).collect();
        errors.finish_with(Self(relations))
    }
}

fn relation(item: &NestedMeta) -> Result<(RelationKind, RelationInput)> {
    let meta = match item {
        NestedMeta::Meta(meta) => meta,
        NestedMeta::Lit(literal) => return Err(Error::unexpected_lit_type(literal)),
    };
    let kind = match meta.path() {
        path if path.is_ident("has_many") => RelationKind::HasMany,
        path if path.is_ident("has_one") => RelationKind::HasOne,
        path if path.is_ident("belongs_to") => RelationKind::BelongsTo,
        path => {
            let known = ["has_many", "has_one", "belongs_to"];
            return Err(Error::unknown_field_path_with_alts(path, &known).with_span(path));
        }
    };
    let input = RelationInput::from_meta(meta)?;
    let (key, named) = match kind {
        RelationKind::BelongsTo => ("local", &input.local),
        RelationKind::HasMany | RelationKind::HasOne => ("foreign", &input.foreign),
    };
    if named.is_none() {
        return Err(Error::missing_field(key).with_span(meta));
    }
    Ok((kind, input))
}
