//! From the attributes to the tokens of `impl Entity`, with the checks that need the whole struct.

use darling::{Error, Result};
use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

use crate::input::{Audit, EntityInput, Owner, RelationInput, RelationKind, Tenancy, Through, UniqueInput};
use crate::{audit, constant, property};

const MISSING_TENANCY: &str = "this entity does not say how its rows belong to a tenant; add one of\n\
    #[entity(tenancy(column = \"tenantId\"))]\n\
    #[entity(tenancy(through(local = \"groupId\", foreign = \"id\", via = Group)))]\n\
    #[entity(tenancy(itself))]\n\
    #[entity(tenancy(global = \"why no tenant may own it\"))]";

/// The `impl Entity` of one struct, or everything that is wrong with it.
pub(crate) fn expand(entity: &EntityInput) -> Result<TokenStream> {
    let mut errors = Error::accumulator();
    let fields = entity.data.as_ref().take_struct().map(|fields| fields.fields).unwrap_or_default();
    let audits = audit::properties(entity.audit);
    let mut names: Vec<String> = audits.iter().map(|property| property.name.to_owned()).collect();
    let mut properties: Vec<TokenStream> = audits.iter().map(|audit| property::audit(audit, &entity.veil)).collect();
    let mut constants: Vec<TokenStream> =
        audits.iter().enumerate().map(|(at, audit)| constant::audit(audit, at, &entity.vis)).collect();
    for field in &fields {
        let name = property::json_name(field);
        if names.contains(&name) {
            let message = format!("`{name}` is there already: see `audit` of #[entity(…)]");
            errors.push(Error::custom(message).with_span(&property::span(field)));
        }
        properties.extend(errors.handle(property::own(field, &name, &entity.veil)));
        constants.push(constant::own(field, &name, names.len(), &entity.vis));
        names.push(name);
    }

    let ids = fields.iter().filter(|field| field.id).count();
    if ids != 1 {
        let message = format!("one field must be #[property(id)], and {ids} are");
        errors.push(Error::custom(message).with_span(&entity.ident));
    }

    let local_names = entity.relations.0.iter().filter_map(|(_, relation)| relation.local.as_ref());
    let keys = [tenancy_key(entity.tenancy.as_ref()), owner_key(entity.owner.as_ref())];
    for key in local_names.chain(keys.into_iter().flatten()).filter(|key| !names.contains(key)) {
        let message = format!("`{key}` is not a property of this entity; it has {}", names.join(", "));
        errors.push(Error::custom(message).with_span(&entity.ident));
    }

    let compared = entity.unique.iter().flat_map(|unique| unique.properties.iter().chain(&unique.in_any_case));
    let listed = entity.veil.hides.iter().chain(&entity.veil.replaces).chain(compared);
    for listed in listed.filter(|name| !names.contains(&name.value())) {
        let message = format!("`{}` is not a property of this entity; it has {}", listed.value(), names.join(", "));
        errors.push(Error::custom(message).with_span(listed));
    }

    let missing = || Error::custom(MISSING_TENANCY).with_span(&entity.ident);
    let tenancy = errors.handle(entity.tenancy.as_ref().map(tenancy).ok_or_else(missing));
    let (tenancy_type, tenancy_rule) = errors.finish_with(tenancy)?.unwrap_or_default();
    let (owner_type, owner_rule) = owner(entity.owner.as_ref());
    let relations = entity.relations.0.iter().map(|(kind, input)| relation(*kind, input));
    let soft_delete = entity.audit != Audit::None;
    let uniques = entity.unique.iter().map(|input| unique(input, soft_delete));
    let EntityInput { ident, table, read_only, logged, .. } = entity;
    let (query, tenant_query) = (optional(entity.query.as_ref()), optional(entity.tenant_query.as_ref()));
    let unlogged = entity
        .unlogged
        .as_ref()
        .map_or_else(|| quote!(::core::option::Option::None), |reason| quote!(::core::option::Option::Some(#reason)));
    let name = ident.unraw().to_string();
    let description = property::description(&entity.attrs);
    Ok(quote! {
        #[automatically_derived]
        #[allow(dead_code, reason = "nobody needs all of them")]
        impl #ident {
            #(#constants)*
        }

        #[automatically_derived]
        impl ::user_tenant_store::Entity for #ident {
            type Tenancy = #tenancy_type;
            type Ownership = #owner_type;

            fn meta() -> &'static ::user_tenant_store::entity::EntityMeta {
                static META: ::user_tenant_store::entity::EntityMeta = ::user_tenant_store::entity::EntityMeta {
                    name: #name,
                    table: #table,
                    query: #query,
                    tenant_query: #tenant_query,
                    description: #description,
                    tenancy: #tenancy_rule,
                    owner: #owner_rule,
                    properties: &[#(#properties),*],
                    relations: &[#(#relations),*],
                    unique: &[#(#uniques),*],
                    soft_delete: #soft_delete,
                    read_only: #read_only,
                    unlogged: #unlogged,
                    logged: #logged,
                };
                &META
            }
        }
    })
}

fn optional(expression: Option<&syn::Expr>) -> TokenStream {
    expression.map_or_else(
        || quote!(::core::option::Option::None),
        |expression| quote!(::core::option::Option::Some(#expression)),
    )
}

fn tenancy_key(tenancy: Option<&Tenancy>) -> Option<&String> {
    match tenancy? {
        Tenancy::Column(local) | Tenancy::Through(Through { local, .. }) => Some(local),
        Tenancy::Itself | Tenancy::Global(_) => None,
    }
}

fn owner_key(owner: Option<&Owner>) -> Option<&String> {
    match owner? {
        Owner::Column(local) | Owner::Through(Through { local, .. }) => Some(local),
    }
}

/// The type and the value of a tenancy.
fn tenancy(tenancy: &Tenancy) -> (TokenStream, TokenStream) {
    let types = quote!(::user_tenant_store::entity);
    let rule = quote!(::user_tenant_store::entity::TenantRule);
    match tenancy {
        Tenancy::Itself => (quote!(#types::Itself), quote!(#rule::Itself)),
        Tenancy::Column(name) => (quote!(#types::ByColumn), quote!(#rule::Column(#name))),
        Tenancy::Through(through) => {
            let (via, fields) = (&through.via, through_fields(through));
            (quote!(#types::Through<#via>), quote!(#rule::Through { #fields }))
        }
        Tenancy::Global(reason) => (quote!(#types::Global), quote!(#rule::Global { reason: #reason })),
    }
}

/// The type and the value of an ownership.
fn owner(owner: Option<&Owner>) -> (TokenStream, TokenStream) {
    let types = quote!(::user_tenant_store::entity);
    let rule = quote!(::user_tenant_store::entity::OwnerRule);
    let value = match owner {
        None => {
            return (quote!(#types::NotOwned), quote!(::core::option::Option::None));
        }
        Some(Owner::Column(name)) => quote!(#rule::Column(#name)),
        Some(Owner::Through(through)) => {
            let fields = through_fields(through);
            quote!(#rule::Through { #fields })
        }
    };
    (quote!(#types::Owned), quote!(::core::option::Option::Some(#value)))
}

fn through_fields(Through { local, foreign, via }: &Through) -> TokenStream {
    quote!(local: #local, foreign: #foreign, via: <#via as ::user_tenant_store::Entity>::meta)
}

fn unique(UniqueInput { name, properties, in_any_case, deleted_too }: &UniqueInput, soft_delete: bool) -> TokenStream {
    let not_deleted = soft_delete && !deleted_too;
    quote! {
        ::user_tenant_store::entity::Unique {
            name: #name,
            properties: &[#(#properties),*],
            in_any_case: &[#(#in_any_case),*],
            not_deleted: #not_deleted,
        }
    }
}

fn relation(kind: RelationKind, input: &RelationInput) -> TokenStream {
    let kind = match kind {
        RelationKind::HasMany => quote!(HasMany),
        RelationKind::HasOne => quote!(HasOne),
        RelationKind::BelongsTo => quote!(BelongsTo),
    };
    let RelationInput { name, target, local, foreign, hidden } = input;
    let local = local.as_deref().unwrap_or("id");
    let foreign = foreign.as_deref().unwrap_or("id");
    let includable = !hidden;
    quote! {
        ::user_tenant_store::entity::Relation {
            name: #name,
            kind: ::user_tenant_store::entity::RelationKind::#kind,
            target: <#target as ::user_tenant_store::Entity>::meta,
            local: #local,
            foreign: #foreign,
            includable: #includable,
        }
    }
}
