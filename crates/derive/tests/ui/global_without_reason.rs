//! That an entity has no tenant needs a reason.

use user_tenant_store_derive::Entity;

/// A note.
#[derive(Entity)]
#[entity(table = "notes", tenancy(global))]
struct Note {
    /// Id of the note.
    #[property(id)]
    id: i32,
}

fn main() {}
