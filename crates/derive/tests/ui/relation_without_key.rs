//! A relation says which property joins the two entities.

use user_tenant_store_derive::Entity;

/// A note.
#[derive(Entity)]
#[entity(
    table = "notes",
    tenancy(itself),
    has_many(name = "pages", target = Note),
    belongs_to(name = "book", target = Note)
)]
struct Note {
    /// Id of the note.
    #[property(id)]
    id: i32,
}

fn main() {}
