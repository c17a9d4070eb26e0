//! From one field, or one audit property, to the constant by which programs name it: `UserTenant::USER_ID`.

use heck::ToShoutySnakeCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Visibility;

use crate::audit::AuditProperty;
use crate::input::PropertyInput;
use crate::property::{field_name, without_option};

/// The constant of an audit property, which is at this position in the metadata.
pub(crate) fn audit(audit: &AuditProperty, at: usize, vis: &Visibility) -> TokenStream {
    let types = quote!(::user_tenant_store::typed::types);
    let values = match audit.kind {
        "Boolean" => quote!(bool),
        "Timestamp" => quote!(#types::OffsetDateTime),
        "Uuid" => quote!(#types::Uuid),
        _ => quote!(::std::string::String),
    };
    constant(audit.column, audit.name, at, vis, &values)
}

/// The constant of a property that a field declares.
pub(crate) fn own(field: &PropertyInput, name: &str, at: usize, vis: &Visibility) -> TokenStream {
    let (values, _) = without_option(&field.ty);
    constant(&field_name(field), name, at, vis, &quote!(#values))
}

fn constant(rust_name: &str, name: &str, at: usize, vis: &Visibility, values: &TokenStream) -> TokenStream {
    let constant = format_ident!("{}", rust_name.to_shouty_snake_case());
    let doc = format!("The property `{name}`.");
    quote! {
        #[doc = #doc]
        #vis const #constant: ::user_tenant_store::TypedProperty<Self, #values> = ::user_tenant_store::TypedProperty::at(#at);
    }
}
