#[path = "support/entities.rs"]
mod entities;

use user_tenant_store::record::Record;
use uuid::Uuid;

fn read(row: &Record) -> Option<Uuid> {
    row.uuid(entities::Comment::USR_ID)
}

fn main() {}
