//! A misspelt attribute is not ignored, on the struct or on a field.

use user_tenant_store_derive::Entity;

/// A note.
#[derive(Entity)]
#[entity(table = "notes", tenancy(itself), has_mony(name = "pages", target = Note, foreign = "id"))]
struct Note {
    /// Id of the note.
    #[property(id)]
    id: i32,
    /// Text of the note.
    #[property(maxlength = 10)]
    text: String,
}

fn main() {}
