//! An entity that belongs to no tenant must say so.

use user_tenant_store_derive::Entity;

/// A note.
#[derive(Entity)]
#[entity(table = "notes")]
struct Note {
    /// Id of the note.
    #[property(id)]
    id: i32,
}

fn main() {}
