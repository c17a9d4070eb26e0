//! Tenancy, ownership and relations name properties that exist, as they are in JSON.

use user_tenant_store_derive::Entity;

/// A note.
#[derive(Entity)]
#[entity(
    table = "notes",
    audit = "none",
    tenancy(column = "tenant_id"),
    owner(column = "writerId"),
    belongs_to(name = "book", target = Note, local = "bookId")
)]
struct Note {
    /// Id of the note.
    #[property(id)]
    id: i32,
    /// Id of the tenant.
    tenant_id: i32,
}

fn main() {}
