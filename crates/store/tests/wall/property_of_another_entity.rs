#[path = "support/entities.rs"]
mod entities;

use user_tenant_store::record::{InvalidRecord, Patch};
use uuid::Uuid;

fn change(document: Uuid) -> Result<Patch<entities::Document>, InvalidRecord> {
    Patch::empty().with(entities::Comment::DOCUMENT_ID, document)
}

fn main() {}
