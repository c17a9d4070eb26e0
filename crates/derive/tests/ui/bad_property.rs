//! Every field has a type that a column can hold, one role, and a name of its own.

use user_tenant_store_derive::Entity;

/// A note.
#[derive(Entity)]
#[entity(table = "notes", tenancy(itself))]
struct Note {
    /// Id of the note.
    #[property(derived, parent)]
    id: i32,
    /// Weight of the note.
    weight: f64,
    /// When it was made.
    created_on: String,
}

fn main() {}
