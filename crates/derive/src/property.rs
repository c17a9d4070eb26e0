//! From one field, or one audit property, to the tokens of a `Property`: add a type or a rule here.

use darling::{Error, Result};
use heck::{ToLowerCamelCase, ToSnakeCase};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Attribute, Expr, GenericArgument, Ident, Lit, LitStr, Meta, PathArguments, Type};

use crate::audit::AuditProperty;
use crate::input::{PropertyInput, Veil};

const TYPES: &str = "a property is a Uuid, String, i32, i64, bool, OffsetDateTime, Date, Value, Vec<String> \
    or Vec<i32>, or an Option of one";

/// The literal of an audit property.
pub(crate) fn audit(audit: &AuditProperty, veil: &Veil) -> TokenStream {
    let kind = format_ident!("{}", audit.kind);
    let default = audit.default.map(|default| quote!(default: ::core::option::Option::Some(#default),));
    literal(&PropertyTokens {
        name: audit.name,
        column: audit.column,
        kind: &kind,
        required: false,
        role: "Audit",
        hidden: false,
        secret: false,
        remembered: false,
        veil: veil_of(veil, audit.name),
        rules: default.unwrap_or_default(),
        form: None,
        description: audit.description,
    })
}

/// The literal of a property that a field declares.
pub(crate) fn own(field: &PropertyInput, name: &str, veil: &Veil) -> Result<TokenStream> {
    let role = match (field.id, field.parent, field.derived) {
        (false, false, false) => "Data",
        (true, false, false) => "Id",
        (false, true, false) => "Parent",
        (false, false, true) => "Derived",
        _ => {
            let message = "a property has one role: `id`, `parent` or `derived`";
            return Err(Error::custom(message).with_span(&span(field)));
        }
    };
    if field.logged && !field.hidden {
        let message = "`logged` says of a `hidden` property that it is no secret; others are logged anyway";
        return Err(Error::custom(message).with_span(&span(field)));
    }
    let column = field.column.clone().unwrap_or_else(|| field_name(field).to_snake_case());
    let (kind, optional) = property_type(&field.ty)?;
    Ok(literal(&PropertyTokens {
        name,
        column: &column,
        kind: &kind,
        required: field.required.unwrap_or(!optional),
        role,
        hidden: field.hidden,
        secret: field.hidden && !field.logged,
        remembered: field.remembered,
        veil: veil_of(veil, name),
        rules: rules(field),
        form: field.form.as_ref(),
        description: &description(&field.attrs),
    }))
}

/// The parts of a `Property` literal.
#[expect(clippy::struct_excessive_bools, reason = "as in `Property`")]
struct PropertyTokens<'a> {
    name: &'a str,
    column: &'a str,
    kind: &'a Ident,
    required: bool,
    role: &'a str,
    hidden: bool,
    secret: bool,
    remembered: bool,
    veil: &'static str,
    rules: TokenStream,
    form: Option<&'a Expr>,
    description: &'a str,
}

fn literal(parts: &PropertyTokens<'_>) -> TokenStream {
    let PropertyTokens {
        name,
        column,
        kind,
        required,
        role,
        hidden,
        secret,
        remembered,
        veil,
        rules,
        form,
        description,
    } = parts;
    let veil = format_ident!("{veil}");
    let form =
        form.map_or_else(|| quote!(::core::option::Option::None), |form| quote!(::core::option::Option::Some(&#form)));
    let role = format_ident!("{role}");
    quote! {
        ::user_tenant_store::entity::Property {
            name: #name,
            member: concat!("\"", #name, "\":"),
            column: #column,
            kind: ::user_tenant_store::entity::PropertyType::#kind,
            required: #required,
            role: ::user_tenant_store::entity::PropertyRole::#role,
            hidden: #hidden,
            secret: #secret,
            remembered: #remembered,
            veil: ::user_tenant_store::entity::Veil::#veil,
            rules: ::user_tenant_store::entity::Rules { #rules ..::user_tenant_store::entity::Rules::NONE },
            form: #form,
            description: #description,
        }
    }
}

/// The variant of `Veil` for the property with this name.
fn veil_of(veil: &Veil, name: &str) -> &'static str {
    let names = |list: &[LitStr]| list.iter().any(|listed| listed.value() == name);
    if names(&veil.hides) {
        "Hides"
    } else if names(&veil.replaces) {
        "Replaces"
    } else {
        "None"
    }
}

fn rules(field: &PropertyInput) -> TokenStream {
    let some = |name: &str, value: Option<TokenStream>| {
        let name = format_ident!("{name}");
        value.map(|value| quote!(#name: ::core::option::Option::Some(#value),))
    };
    [
        some("max_length", field.max_length.map(|value| quote!(#value))),
        some("max_items", field.max_items.map(|value| quote!(#value))),
        some("max_bytes", field.max_bytes.map(|value| quote!(#value))),
        some("minimum", field.minimum.map(|value| quote!(#value))),
        some("maximum", field.maximum.map(|value| quote!(#value))),
        some("one_of", field.one_of.as_ref().map(|value| quote!(&#value))),
        some("one_of_text", field.one_of_text.as_ref().map(|value| quote!(&#value))),
        some("words", field.words.as_ref().map(|value| quote!(&#value))),
        some("pattern", field.pattern.as_ref().map(|value| quote!(#value))),
        some("default", field.default.as_ref().map(|value| quote!(#value))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The type of a property's values, and whether a row may be without one.
pub(crate) fn without_option(ty: &Type) -> (&Type, bool) {
    generic(ty, "Option").map_or((ty, false), |inner| (inner, true))
}

/// The variant of `PropertyType` for a Rust type, and whether it is in an `Option`.
fn property_type(ty: &Type) -> Result<(Ident, bool)> {
    let (ty, optional) = without_option(ty);
    let (name, array) = match generic(ty, "Vec") {
        Some(inner) => (last_segment(inner), true),
        None => (last_segment(ty), false),
    };
    let kind = match (name.as_deref(), array) {
        (Some("Uuid"), false) => "Uuid",
        (Some("String"), false) => "Text",
        (Some("i32" | "i64"), false) => "Integer",
        (Some("bool"), false) => "Boolean",
        (Some("OffsetDateTime"), false) => "Timestamp",
        (Some("Date"), false) => "Date",
        (Some("Value"), false) => "Json",
        (Some("String"), true) => "TextArray",
        (Some("i32"), true) => "IntegerArray",
        _ => return Err(Error::custom(TYPES).with_span(ty)),
    };
    Ok((Ident::new(kind, Span::call_site()), optional))
}

fn last_segment(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

/// `T` of `Wrapper<T>`.
fn generic<'a>(ty: &'a Type, wrapper: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last().filter(|segment| segment.ident == wrapper)?;
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(inner) => Some(inner),
            _ => None,
        }),
        _ => None,
    }
}

/// The name in JSON of a field.
pub(crate) fn json_name(field: &PropertyInput) -> String {
    field_name(field).to_lower_camel_case()
}

/// The name of a field in Rust.
pub(crate) fn field_name(field: &PropertyInput) -> String {
    field.ident.as_ref().map(|ident| ident.unraw().to_string()).unwrap_or_default()
}

/// Where a field stands, for errors.
pub(crate) fn span(field: &PropertyInput) -> Span {
    field.ident.as_ref().map_or_else(Span::call_site, Ident::span)
}

/// The text of doc comments, its lines joined.
pub(crate) fn description(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
