//! `#[derive(Entity)]`: read [`derive_entity`] for its attributes; it writes metadata, constants and no behaviour.

mod audit;
mod constant;
mod expand;
mod input;
mod property;

use darling::FromDeriveInput;
use proc_macro::TokenStream;

/// Writes `impl Entity` for a struct whose fields are the properties of a table or view, and a constant for each property:
/// `UserTenant::USER_ID` is the `user_tenant_store::TypedProperty` of the field `user_id`.
///
/// The doc comments of the struct and its fields become the descriptions in schemas. A property's
/// name in JSON is its field's name in camel case, its column the field's name in snake case. Its
/// type follows the field's: `Uuid`, `String`, `i32`, `i64`, `bool`, `OffsetDateTime`, `Date`, `Value`
/// (JSON), `Vec<String>` or `Vec<i32>`; an `Option` of these makes it not required.
///
/// `#[entity(…)]` on the struct:
///
/// - `table = "tenants"`: table or view, without schema. Required.
/// - `tenancy(…)`: how a row belongs to a tenant; one of `itself`, `column = "tenantId"`,
///   `through(local = "groupId", foreign = "id", via = Group)` and `global = "the reason"`. Required.
/// - `owner(…)`: how a row belongs to a person; one of `column = "userId"` and `through(…)`.
/// - `read_only`: a view.
/// - `unlogged = "the reason"`: the audit log says nothing of its rows; `logged`: it tells of them, though they are global.
/// - `query = SELECTION`: what to read instead of the table, a `&'static str` constant (see `EntityMeta::query`);
///   `tenant_query = SELECTION` for reads within one tenant only, with the tenant of each row in `within_tenant`.
/// - `veil(hides = ["phone"], replaces = ["email"])`: what the query of an entity does not show of every row (see `Veil`).
/// - `unique(name = "uq_books_title", properties = ["shopId", "title"])`: a unique constraint or index, once for each;
///   `in_any_case = ["title"]` of what it compares so, `deleted_too` where a deleted row does not give way.
/// - `audit = "uuid"`: which who-and-when properties precede the own ones: `uuid` (all seven; the
///   default), `text` (`createdBy` and `modifiedBy` are text), `times` (without those two) and
///   `none`. A row without them cannot be deleted softly.
/// - `has_many(name = "roles", target = Role, foreign = "tenantId")`, `has_one(…)` (the same) and
///   `belongs_to(name = "tenant", target = Tenant, local = "tenantId")`: relations, in the order of
///   documents. The other key is `id` unless named; `hidden` forbids to include one.
///
/// `#[property(…)]` on a field:
///
/// - `id`, `parent` or `derived`: its role; without, it is data that clients set.
/// - `hidden`: never leaves the store in a record, and is a secret to the audit log, which names it where it changes.
/// - `logged`: a hidden one that is no secret; the audit log shows its values.
/// - `remembered`: the program keeps in memory what it read of it; a commit that changes it, or removes such a row, is counted
///   (`Store::memory`).
/// - `column = "rolename"`: a column of another name.
/// - `required`, `required = false`: where the type of the field says it wrongly.
/// - `max_length = 100` (of an array: of each item), `max_items = 10` (arrays), `max_bytes = 65536` (JSON),
///   `minimum = 0`, `maximum = 15`, `one_of = [1, 0]`, `one_of_text = ["M", "F"]`, `pattern = "…"` (ECMA-262),
///   `default = "0"` (JSON), `words = ["off", "on"]` (what people call 0, 1, …).
/// - `form = forms::LABEL`: how its texts are written, a `static` of type `user_tenant_store::form::Form`.
///
/// Names of properties in attributes are those in JSON; ones that are no property of the struct,
/// unknown attributes and a missing tenancy do not compile.
#[proc_macro_derive(Entity, attributes(entity, property))]
pub fn derive_entity(tokens: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(tokens as syn::DeriveInput);
    input::EntityInput::from_derive_input(&input)
        .and_then(|entity| expand::expand(&entity))
        .unwrap_or_else(darling::Error::write_errors)
        .into()
}
