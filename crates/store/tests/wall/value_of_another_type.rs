#[path = "support/entities.rs"]
mod entities;

use user_tenant_store::filter::Predicate;
use user_tenant_store::record::{InvalidRecord, New};

fn compare() -> Predicate {
    entities::Comment::USER_ID.is("ann")
}

fn set() -> Result<New<entities::Comment>, InvalidRecord> {
    New::empty().with(entities::Comment::USER_ID, 7)
}

fn main() {}
